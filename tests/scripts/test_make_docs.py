"""The catalogue says what the code declares, and --check notices when it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from functions.core import registry
from scripts import make_docs


def test_every_check_is_there_with_its_numbers_words_and_metrics() -> None:
    page = make_docs.page()
    for check in registry.checks():
        section = page.partition(f"\n### {check.id}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
        assert check.advice in section
        assert check.reference in section
        assert [metric.name for metric in check.metrics if f" {metric.name}, {metric.stat} of each" not in section] == []
        assert [name for name, limit in check.thresholds.items() if f"| `{name}` | {limit.default:g} |" not in section] == []


def test_the_permissions_of_each_service_are_those_of_its_lambda() -> None:
    rows = make_docs.page().partition("## Permissions")[2].splitlines()
    for service in registry.services():
        row = next(row for row in rows if row.startswith(f"| {service} |"))
        assert row.count("`") // 2 == len(registry.iam_actions(service=service))


def test_check_tells_stale_from_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "CHECKS.md"
    monkeypatch.setattr(make_docs, "TARGET", target)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["make_docs", *arguments])
        return make_docs.main()

    assert run("--check") == 1
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert not target.exists()
    assert run() == 0
    capsys.readouterr()
    assert run("--check") == 0
    assert capsys.readouterr().out == ""
    target.write_text(target.read_text() + "edited by hand")
    assert run("--check") == 1
    assert "make docs" in capsys.readouterr().out
