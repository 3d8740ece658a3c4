"""Are the prices that findings rest on too old to be relied on?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

MAX_DAYS = 45


REFRESH = "run the function FinOpsAnalyzer-prices, or `finops prices refresh`"
REFRESH_HERE = "`finops prices refresh --profile NAME` fetches today's"
"""Where the flow runs on somebody's own machine."""


def warning(totals: Mapping[str, Any], started: date, refresh: str = REFRESH) -> str | None:
    """One sentence when findings rest on prices that were older than 45 days when the run started, else None.

    `totals`: those of the report; a finding that rests on several sources is counted by each of them, so the number is an upper bound.
    `refresh`: what to do about it.
    """
    limit = started - timedelta(days=MAX_DAYS)
    stale = [source for source in totals["price_sources"] if earliest(source["as_of"]) < limit]
    if not stale:
        return None
    findings = min(sum(source["findings"] for source in stale), totals["counted"])
    what = f"{'Up to ' if len(stale) > 1 else ''}{findings} finding{' rests' if findings == 1 else 's rest'} on list prices"
    oldest = min(earliest(source["as_of"]) for source in stale)
    return f"{what} older than {MAX_DAYS} days (the oldest of {oldest}): {refresh}."


def earliest(as_of: str) -> date:
    """The first day that a source's date can mean: "2026-10" is 2026-10-01."""
    year, month, day = (*(int(part) for part in as_of.split("-")), 1, 1)[:3]
    return date(year, month, day)
