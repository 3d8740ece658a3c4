"""Months: whole ones, the current one against the same days before, and none whose beginning is missing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from functions.core.costs.months import months


def a_dollar_a_day(first: date, end: date) -> dict[date, tuple[float, float]]:
    """Unblended is two."""
    return {first + timedelta(number): (2.0, 1.0) for number in range((end - first).days)}


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        ("2026-09-01", "2026-11-24", [("2026-09", 30, None), ("2026-10", 31, None), ("2026-11", 23, 23)]),
        ("2026-09-02", "2026-11-24", [("2026-10", 31, None), ("2026-11", 23, 23)]),
        ("2026-09-01", "2026-11-01", [("2026-09", 30, None), ("2026-10", 31, None)]),
        ("2026-09-01", "2026-11-02", [("2026-09", 30, None), ("2026-10", 31, None), ("2026-11", 1, 1)]),
        ("2026-10-01", "2026-10-31", [("2026-10", 30, None)]),
        ("2026-10-01", "2026-11-01", [("2026-10", 31, None)]),
        ("2026-10-02", "2026-11-05", [("2026-11", 4, None)]),
        ("2026-10-02", "2026-10-05", []),
        ("2026-01-01", "2026-03-31", [("2026-01", 31, None), ("2026-02", 28, None), ("2026-03", 30, 28)]),  # February counts whole
        ("2025-12-01", "2026-01-02", [("2025-12", 31, None), ("2026-01", 1, 1)]),
        ("2028-02-01", "2028-03-01", [("2028-02", 29, None)]),
    ],
)
def test_each_month_and_the_same_days_of_the_one_before(first: str, end: str, expected: list[tuple[str, float, float | None]]) -> None:
    start, stop = date.fromisoformat(first), date.fromisoformat(end)
    found = months(a_dollar_a_day(start, stop), start, stop)
    assert [(one["month"], one["amortized"], one.get("same_days_before")) for one in found] == expected
    assert all(one["unblended"] == 2 * one["amortized"] for one in found)
    assert [one["complete"] for one in found[:-1]] == [True] * (len(found) - 1 if found else 0)
    assert not found or found[-1]["complete"] is (stop.day == 1)


def test_a_day_without_costs_cost_nothing() -> None:
    (found,) = months({date(2026, 11, 3): (2.0, 1.5)}, date(2026, 11, 1), date(2026, 11, 10))
    assert found == {"month": "2026-11", "unblended": 2.0, "amortized": 1.5, "complete": False}
