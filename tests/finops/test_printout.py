"""What a person reads after a sweep."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from finops import printout
from tests.finops.reports import RUN_ID, finding, report, unseen


def printed(whole: dict[str, Any], seconds: float = 9.46) -> str:
    stream = io.StringIO()
    printout.show(Console(file=stream, width=140), whole, Path("out") / RUN_ID, seconds)
    return stream.getvalue()


def test_the_ten_largest_that_count_in_order() -> None:
    counted = [finding(number, float(number)) for number in range(1, 13)]
    others = [
        finding(20, 99.0, headline=False),
        finding(21, 98.0, lifecycle="suppressed"),
        finding(22, 97.0, lifecycle="resolved"),
        finding(23, 96.0, lifecycle="regressed"),
    ]
    shown = printout.largest(report(others + counted))
    assert [found["savings"]["likely"] for found in shown] == [96.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0]


def test_equal_savings_come_in_the_same_order_every_time() -> None:
    same = [finding(number, 1.0) for number in range(5)]
    assert printout.largest(report(same)) == printout.largest(report(same[::-1]))


def test_a_row_says_money_action_resource_place_and_check() -> None:
    text = printed(
        report([finding(1, 1234.5, resource_name="web [prod]"), finding(2, 0.0, savings={"likely": 0.0, "unpriced": "no price"})])
    )
    rows = text.splitlines()
    assert rows[0].strip() == "Largest savings"
    assert rows[2].split() == ["1,234.50", "Delete", "web", "[prod]", "111111111111", "us-east-1", "ebs-unattached-volume"]
    assert rows[3].split()[:3] == ["unpriced", "Delete", "vol-2"]


def test_totals_time_and_places() -> None:
    text = printed(report([finding(1, 1000.0)]))
    assert "1 findings in 1,530 resources: $1,000.00 a month ($500.00 to $1,000.00), $12,000.00 a year." in text
    assert f"The sweep took 9.5 s (run {RUN_ID})." in text
    assert f"out/{RUN_ID}/report.html, .json, .csv (also out/latest)" in text


def test_coverage_is_a_line_and_what_was_not_seen_has_its_reason() -> None:
    assert printout.coverage(report([])["coverage"]) == ["Coverage 100 %: 4 of 4 units seen."]
    lines = printout.coverage(report([], [unseen(1, "[bold]role[/bold] not there")])["coverage"])
    assert lines == [
        "Coverage 80 %: 4 of 5 units seen.",
        "  not seen: 000000000001 us-east-1 ebs:volume: denied: [bold]role[/bold] not there",
    ]
    assert lines[1] in printed(report([], [unseen(1, "[bold]role[/bold] not there")]))


def test_coverage_never_rounds_up_to_100() -> None:
    assert "Coverage 99.99 %" in printout.coverage({"ratio": 0.999999, "units": {"ok": 999_999, "failed": 1}, "not_seen": [unseen(1)]})[0]


def test_many_scopes_not_seen_are_counted() -> None:
    lines = printout.coverage(report([], [unseen(number) for number in range(7)])["coverage"])
    assert len(lines) == 7
    assert lines[-1] == "  and 2 more, in the report"


def test_nothing_found_is_said() -> None:
    assert printed(report([])).startswith("No savings found")
