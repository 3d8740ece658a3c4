"""Counts in words: the one place that says what is counted as what."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report import counts

NOTHING: dict[str, Any] = {
    "resources": 10_240,
    "findings": 416,
    "counted": 416,
    "unpriced": 0,
    "hygiene": 0,
    "counted_elsewhere": 0,
    "suppressed": {"findings": 0, "monthly_savings_likely": 0.0},
}
SUPPRESSED = {"findings": 5, "monthly_savings_likely": 1234.5}

LAST = "5 suppressed ($1,234.50 a month) and 398 verdicts withheld (too little data, or kept by a tag)."


def coverage(**units: int) -> dict[str, Any]:
    return {"planned": sum(units.values()), "units": units, "insufficient_data": {}}


def test_findings_and_resources() -> None:
    assert counts.in_words(NOTHING) == "416 findings in 10,240 resources"
    assert counts.in_words({"findings": 1, "resources": 1}) == "1 finding in 1 resource"


@pytest.mark.parametrize(("counted", "words"), [(416, "416 findings"), (330, "330 findings in the sum"), (1, "1 finding in the sum")])
def test_how_many_are_in_the_sum(counted: int, words: str) -> None:
    assert counts.in_sum(NOTHING | {"counted": counted}) == words


@pytest.mark.parametrize(
    ("totals", "withheld", "words"),
    [
        ({}, {}, ""),
        ({"counted": 415, "unpriced": 1}, {}, "415 of them are in the sum. Not included: 1 finding without a price."),
        ({"suppressed": SUPPRESSED}, {}, "Not included: 5 suppressed ($1,234.50 a month)."),
        (
            {"suppressed": SUPPRESSED | {"by_tag": {"findings": 2, "monthly_savings_likely": 34.5}}},
            {},
            "Not included: 5 suppressed ($1,234.50 a month, 2 of them by a tag).",
        ),
        ({}, {"a": 1}, "Not included: 1 verdict withheld (too little data, or kept by a tag)."),
        ({"counted": 1, "counted_elsewhere": 415}, {}, "1 of them is in the sum. Not included: 415 counted by another finding."),
        (
            {"counted": 330, "unpriced": 12, "hygiene": 20, "counted_elsewhere": 54, "suppressed": SUPPRESSED},
            {"a": 300, "b": 98},
            f"330 of them are in the sum. Not included: 12 findings without a price, 20 to tidy up, 54 counted by another finding, {LAST}",
        ),
    ],
)
def test_what_is_beside_the_sum(totals: dict[str, Any], withheld: dict[str, int], words: str) -> None:
    assert counts.beside_the_sum(NOTHING | totals, {"insufficient_data": withheld}) == words


def test_a_summary_of_long_ago_has_fewer_numbers() -> None:
    old = {"findings": 3, "resources": 5, "unpriced": 2}
    assert counts.beside_the_sum(old, {"insufficient_data": {}}) == "Not included: 2 findings without a price."


def test_what_was_skipped_was_neither_seen_nor_missed() -> None:
    assert counts.units(coverage(ok=3, empty=2, denied=1, skipped=4)) == (6, 5, 1, 4)
    assert counts.units(coverage(ok=1)) == (1, 1, 0, 0)


@pytest.mark.parametrize(("ratio", "text"), [(1.0, "100 %"), (0.999999, "99.99 %"), (0.95, "95 %"), (0.0, "0 %"), (1 / 3, "33.33 %")])
def test_a_ratio_is_never_rounded_up(ratio: float, text: str) -> None:
    assert counts.percent(ratio) == text
