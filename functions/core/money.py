"""Dollars that remember how they were computed.

A saving that cannot show its formula and the source of its unit prices is not a saving we print. `Amount` therefore carries three
things through every addition and subtraction: the dollars, the formula in words, and each price that went in. An amount whose price
is unknown stays unknown (`usd is None`) whatever is added to it: it is never silently zero.

The month is 730 hours, as on AWS's own pricing pages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HOURS_PER_MONTH = 730
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(slots=True, frozen=True)
class Price:
    """One list price: `usd` per `unit` in `region`, with where the number comes from.

    `fallback_for` names the region that was asked for when its own rate is unknown and us-east-1's stands in.
    """

    service: str
    key: str
    usd: float
    unit: str
    region: str
    source: str
    as_of: str
    fallback_for: str | None = None


@dataclass(slots=True, frozen=True)
class Amount:
    """USD per month with its formula and prices. `usd is None`: a price is missing, `formula` says which."""

    usd: float | None
    formula: str
    prices: tuple[Price, ...] = ()

    def __add__(self, other: Amount) -> Amount:
        if other is NOTHING or self.usd is None:
            return self
        if self is NOTHING or other.usd is None:
            return other
        return Amount(self.usd + other.usd, f"{self.formula} + {other.formula}", _union(self.prices, other.prices))

    def __sub__(self, other: Amount) -> Amount:
        """The difference; unknown when one side's rates are the region's own and the other's stand in for it (no fair comparison)."""
        if other is NOTHING or self.usd is None:
            return self
        if other.usd is None:
            return other
        stand_ins = [price for price in self.prices + other.prices if price.fallback_for]
        if stand_ins and len(stand_ins) < len(self.prices + other.prices):
            stand_in = stand_ins[0]
            reason = (
                f"no price known for {stand_in.service} {stand_in.key} in {stand_in.fallback_for}, and another region's does not compare"
            )
            return Amount(None, reason, _union(self.prices, other.prices))
        right = f"({other.formula})" if " + " in other.formula else other.formula
        return Amount(self.usd - other.usd, f"{self.formula} − {right}", _union(self.prices, other.prices))

    def times(self, factor: float, what: str) -> Amount:
        """This amount × `factor`; `what` says what the factor is ("0.5 standby", "2 instances")."""
        if self.usd is None:
            return self
        return Amount(self.usd * factor, f"({self.formula}) × {what}", self.prices)


def _union(first: tuple[Price, ...], second: tuple[Price, ...]) -> tuple[Price, ...]:
    return first + tuple(price for price in second if price not in first)


NOTHING = Amount(0.0, "0")


@dataclass(slots=True, frozen=True)
class Savings:
    """What a finding would save, in USD per month: a range, its formula and the prices behind it.

    `unpriced` says why there is no number; then low, likely and high are 0 and must not be read as "saves nothing".
    """

    low: float
    likely: float
    high: float
    formula: str
    prices: tuple[Price, ...] = ()
    unpriced: str | None = None

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.likely, self.high))):
            raise ValueError(f"a saving must be a number: {self.low}, {self.likely}, {self.high} from {self.formula}")
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError(f"a saving must be 0 ≤ low ≤ likely ≤ high: {self.low}, {self.likely}, {self.high} from {self.formula}")

    @property
    def worthless(self) -> bool:
        """Priced, and nothing to gain."""
        return self.unpriced is None and self.high <= 0.005  # half a cent: below what a bill shows


def saves(likely: Amount, *, low: Amount | None = None, high: Amount | None = None) -> Savings:
    """A saving from amounts; without `low` or `high` that end of the range is `likely`. What would cost more than it saves is 0."""
    ends = (low or likely, likely, high or likely)
    missing = next((amount for amount in ends if amount.usd is None), None)
    prices = tuple(dict.fromkeys(price for amount in ends for price in amount.prices))
    if missing is not None:
        return Savings(0.0, 0.0, 0.0, likely.formula, prices, unpriced=missing.formula)
    smallest, middle, largest = sorted(round(0.0 if usd < 0 else usd, 4) for amount in ends if (usd := amount.usd) is not None)
    return Savings(smallest, middle, largest, likely.formula, prices)


def usd(amount: float) -> str:
    """$1,234.57; four decimals below a cent, so that a small rate does not read as nothing."""
    return f"${amount:,.4f}" if 0 < amount < 0.01 else f"${amount:,.2f}"


HYGIENE = Savings(0.0, 0.0, 0.0, "costs nothing; worth tidying")
