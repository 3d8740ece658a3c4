"""The last runs of the same scope as a picture: bars for what could be saved, a line for what has been saved.

Positions are per cent of the picture's sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.money import USD, usd
from functions.core.report.daily import BAR, LEAST, scale

Json = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Run:
    """One run. `new`: the part of the bar's height that the run before had not; `realised`: how far down the line stands."""

    title: str
    left: float
    width: float
    top: float
    height: float
    new: float
    realised: float


@dataclass(slots=True, frozen=True)
class Trend:
    """`lines`: height and dollars of each grid line, the lowest first. `rows`: the runs, for the table beside the picture."""

    runs: list[Run]
    lines: list[tuple[float, str]]
    label: str
    rows: Sequence[Json]

    @property
    def line(self) -> str:
        """The points of the line, in a picture of 100 by 100."""
        return " ".join(f"{run.left + run.width / 2:.3f},{run.realised:.2f}" for run in self.runs)


def trend(rows: Sequence[Json]) -> Trend | None:
    """From `trend` of ranking.json, oldest first; None where there is nothing to compare, or nothing was ever found."""
    reach = max((max(row["monthly_likely"], row["realised_likely"]) for row in rows), default=0.0)
    if len(rows) < 2 or reach < LEAST:
        return None
    top, lines = scale(reach, USD)

    def height(amount: float) -> float:
        return round(100 * min(max(amount, 0.0), top) / top, 2)

    room = 100 / len(rows)
    runs = [
        Run(
            title=(
                f"{row['as_of'][:10]}: {usd(row['monthly_likely'])} a month could be saved, {usd(row['new_likely'])} of it new; "
                f"{usd(row['realised_likely'])} a month realised so far"
            ),
            left=round(room * (number + (1 - BAR) / 2), 3),
            width=round(room * BAR, 3),
            top=round(100 - height(row["monthly_likely"]), 2),
            height=height(row["monthly_likely"]),
            new=height(row["new_likely"]),
            realised=round(100 - height(row["realised_likely"]), 2),
        )
        for number, row in enumerate(rows)
    ]
    first, last = rows[0], rows[-1]
    label = (
        f"{len(rows)} sweeps of the same scope, from {first['as_of'][:10]} to {last['as_of'][:10]}: what could be saved went from "
        f"{usd(first['monthly_likely'])} to {usd(last['monthly_likely'])} a month, and {usd(last['realised_likely'])} a month have been "
        "realised."
    )
    return Trend(runs, lines, label, rows)
