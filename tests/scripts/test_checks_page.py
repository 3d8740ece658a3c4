"""The catalogue says what the code declares."""

from __future__ import annotations

from datetime import date

import pytest

from functions.core import registry
from functions.core.limits import FACTS
from functions.core.ownership.keeping import KEPT_FOR_EVER, KEPT_UNTIL
from functions.core.ownership.rules import RULES
from scripts import checks_page


def test_every_check_is_there_with_its_numbers_words_and_metrics() -> None:
    page = checks_page.page()
    for check in registry.checks():
        section = page.partition(f"\n### {check.id}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
        assert check.advice in section
        assert check.reference in section
        assert [metric.name for metric in check.metrics if f" {metric.name}, {metric.stat} of each" not in section] == []
        assert [name for name, limit in check.thresholds.items() if f"| `{name}` | {limit.default:g} |" not in section] == []


def test_that_no_datapoint_is_no_event_is_said_only_where_a_gap_is_read_so() -> None:
    page = checks_page.page()
    sections = {check: page.partition(f"\n### {check.id}\n")[2].partition("\n### ")[0] for check in registry.checks()}
    said = {check.id for check, section in sections.items() if "no datapoint means no event" in section}
    assert said == {check.id for check in sections if not check.metrics_optional and any(metric.sparse for metric in check.metrics)}
    assert said


def test_an_analyst_finds_every_tag_that_changes_a_finding() -> None:
    section = checks_page.page().partition("\n## Who else has a say\n")[2]
    assert [key for key in (*KEPT_UNTIL, *KEPT_FOR_EVER, *(rule.key for rule in RULES)) if f"`{key}`" not in section] == []


def test_every_fact_is_there_with_its_source_and_its_day() -> None:
    page = checks_page.page()
    assert len(FACTS) >= 6
    for fact in FACTS:
        assert f"| {fact.what} | <{fact.source}> | {fact.as_of} |" in page
        assert fact.source.startswith("https://docs.aws.amazon.com/")
        assert date.fromisoformat(fact.as_of) >= date(2026, 10, 1)


@pytest.mark.parametrize(
    ("check_id", "said"),
    [
        ("ebs-idle-volume", "Asks for 1 to 2 metrics of each candidate: $0.01 to $0.02 for a thousand,"),
        ("ec2-oversized-instance", "Asks for 1 to 10 metrics of each candidate: $0.01 to $0.10 for a thousand,"),
        ("ec2-idle-vpc-endpoint", "Asks for 1 metric of each candidate: $0.01 for a thousand,"),
        ("elasticache-oversized-cluster", "Asks for 1 to 8 metrics of each part of each candidate: $0.01 to $0.08 for a thousand,"),
    ],
)
def test_what_the_metrics_of_a_check_cost_is_said(check_id: str, said: str) -> None:
    """1,000 metrics are $0.01."""
    section = checks_page.page().partition(f"\n### {check_id}\n")[2].partition("\n### ")[0]
    assert said in section


def test_what_asks_for_no_metric_says_nothing_of_it() -> None:
    page = checks_page.page()
    silent = [check.id for check in registry.checks() if not check.metrics]
    assert [one for one in silent if "Asks for" in page.partition(f"\n### {one}\n")[2].partition("\n### ")[0]] == []
