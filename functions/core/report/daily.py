"""The bill's days as a picture: bars for what was amortised, a line for what was charged. Positions are per cent of the picture's sides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.money import USD, money, sign

BAR = 0.76
"""Of the room that a day has; the rest is the gap."""
ABOVE = 1.5
"""A charge of more than this many times the largest bar (an upfront payment) would flatten them all: it ends at the top edge."""
LEAST = 0.0001
"""USD; a day below cost nothing that could be drawn."""
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(slots=True, frozen=True)
class Bar:
    """One day. `line` is None where nothing was charged."""

    title: str
    left: float
    width: float
    top: float
    height: float
    line: float | None


@dataclass(slots=True, frozen=True)
class Chart:
    """`lines`: height and dollars of each grid line, the lowest first. `above`: days whose charge ends at the top edge."""

    bars: list[Bar]
    lines: list[tuple[float, str]]
    label: str
    first: str
    last: str
    above: int


def chart(days: Sequence[Mapping[str, Any]], currency: str = USD) -> Chart | None:
    """From `daily` of bill.json, in its currency; None when no day cost anything."""
    largest = max((day["amortized"] for day in days), default=0.0)
    charged = max((day["unblended"] for day in days), default=0.0)
    reach = max(largest, min(charged, ABOVE * largest) if largest >= LEAST else charged)
    if reach < LEAST:
        return None
    top, lines = scale(reach, currency)

    def height(amount: float) -> float:
        return round(100 * min(max(amount, 0.0), top) / top, 2)

    room = 100 / len(days)
    bars = [
        Bar(
            title=f"{day['day']}: {money(day['amortized'], currency)} amortised, {money(day['unblended'], currency)} unblended",
            left=round(room * (number + (1 - BAR) / 2), 3),
            width=round(room * BAR, 3),
            top=round(100 - height(day["amortized"]), 2),
            height=height(day["amortized"]),
            line=round(100 - height(day["unblended"]), 2) if day["unblended"] > 0 else None,
        )
        for number, day in enumerate(days)
    ]
    amounts = [day["amortized"] for day in days]
    highest = max(days, key=lambda day: day["amortized"])
    label = (
        f"Cost of each day, amortised, from {days[0]['day']} to {days[-1]['day']}: between {money(min(amounts), currency)} and "
        f"{money(largest, currency)}, {money(sum(amounts) / len(amounts), currency)} on average; the highest on {highest['day']}."
    )
    return Chart(
        bars,
        lines,
        label,
        days[0]["day"],
        days[-1]["day"],
        sum(day["unblended"] > top for day in days),
    )


def scale(reach: float, currency: str) -> tuple[float, list[tuple[float, str]]]:
    """What a picture ends at, so that `reach` is in it, and its three or four grid lines: height and amount, the lowest first."""
    step = _step(reach / 3)
    count = math.ceil(round(reach / step, 6))
    return step * count, [(round(100 - 100 * number / count, 2), _short(step * number, currency)) for number in range(count + 1)]


def _step(at_least: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(at_least))
    return next(step * power for step in STEPS if step * power >= at_least * (1 - 1e-9))


def _short(amount: float, currency: str) -> str:
    """A grid line's amount: whole from ten up."""
    return f"{sign(currency)}{amount:,.0f}" if amount >= 10 or amount == 0 else f"{sign(currency)}{amount:,.4g}"
