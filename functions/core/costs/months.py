"""Calendar months of a daily series, and the current one against the same days of the month before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

Daily = Mapping[date, tuple[float, float]]
"""Day → USD unblended and amortised; a day that is not there cost nothing."""


def months(daily: Daily, first: date, end: date) -> list[dict[str, Any]]:
    """Each month of the days from `first` to `end` (exclusive), the oldest first. A month of which the beginning is missing is left out.

    The current month has `complete` false, and `same_days_before`: amortised USD of the same days of the month before, where they are
    known. A shorter month before counts whole.
    """
    made = []
    month = first if first.day == 1 else _next(first)
    while month < end:
        following = _next(month)
        entry: dict[str, Any] = {"month": f"{month:%Y-%m}", **_sums(daily, month, min(following, end)), "complete": following <= end}
        if not entry["complete"]:
            before = _first_of(month - timedelta(1))
            if before >= first:
                same = _sums(daily, before, min(month, before + (end - month)))
                entry["same_days_before"] = same["amortized"]
        made.append(entry)
        month = following
    return made


def _first_of(day: date) -> date:
    return day.replace(day=1)


def _next(day: date) -> date:
    """The first day of the month after."""
    return _first_of(_first_of(day) + timedelta(31))


def _sums(daily: Daily, start: date, end: date) -> dict[str, float]:
    inside = [usd for day, usd in daily.items() if start <= day < end]
    return {"unblended": round(sum(one for one, _ in inside), 4), "amortized": round(sum(one for _, one in inside), 4)}
