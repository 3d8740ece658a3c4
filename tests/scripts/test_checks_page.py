"""The catalogue says what the code declares."""

from __future__ import annotations

from functions.core import registry
from scripts import checks_page


def test_every_check_is_there_with_its_numbers_words_and_metrics() -> None:
    page = checks_page.page()
    for check in registry.checks():
        section = page.partition(f"\n### {check.id}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
        assert check.advice in section
        assert check.reference in section
        assert [metric.name for metric in check.metrics if f" {metric.name}, {metric.stat} of each" not in section] == []
        assert [name for name, limit in check.thresholds.items() if f"| `{name}` | {limit.default:g} |" not in section] == []
