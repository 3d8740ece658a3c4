"""When prices are too old: at the boundary, and with dates that are not whole."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from functions.core.prices.age import earliest, warning

STARTED = date(2026, 11, 24)


def totals(*sources: tuple[str, int], counted: int = 100) -> dict[str, Any]:
    return {"counted": counted, "price_sources": [{"source": "a list", "as_of": as_of, "findings": count} for as_of, count in sources]}


@pytest.mark.parametrize(
    ("as_of", "warned"),
    [("2026-10-11", False), ("2026-10-10", False), ("2026-10-09", True), ("2026-11", False), ("2026-10", True), ("2026", True)],
)
def test_45_days_are_still_fresh(as_of: str, warned: bool) -> None:
    assert (warning(totals((as_of, 1)), STARTED) is not None) is warned


def test_no_priced_finding_is_nothing_to_warn_of() -> None:
    assert warning(totals(), STARTED) is None


@pytest.mark.parametrize(
    ("sources", "counted", "expected"),
    [
        ([("2026-10-09", 1), ("2026-11-20", 7)], 8, "1 finding rests on list prices older than 45 days (the oldest of 2026-10-09)"),
        ([("2026-10-09", 12)], 20, "12 findings rest on list prices older than 45 days (the oldest of 2026-10-09)"),
        ([("2026", 5), ("2026-10-09", 4)], 20, "Up to 9 findings rest on list prices older than 45 days (the oldest of 2026-01-01)"),
        ([("2024-07-01", 5), ("2026-10-09", 4)], 6, "Up to 6 findings rest on list prices older than 45 days (the oldest of 2024-07-01)"),
    ],
)
def test_the_sentence_says_how_many_how_old_and_what_to_do(sources: list[tuple[str, int]], counted: int, expected: str) -> None:
    assert warning(totals(*sources, counted=counted), STARTED) == (
        f"{expected}: run the function FinOpsAnalyzer-prices, or `finops prices refresh`."
    )


@pytest.mark.parametrize(("as_of", "expected"), [("2026-10-15", (2026, 10, 15)), ("2026-10", (2026, 10, 1)), ("2026", (2026, 1, 1))])
def test_a_date_that_is_not_whole_means_its_first_day(as_of: str, expected: tuple[int, int, int]) -> None:
    assert earliest(as_of) == date(*expected)
