"""Savings: what an amount of dollars a month means as a finding's saving, with the terms that reports carry.

A saving that cannot show its formula and its sources is not a saving we print. What is known is never lost to what is not: with missing
parts a saving is the least that it can be, and with nothing but missing parts it is unpriced, never silently zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from functions.core.amounts import HOURS_PER_MONTH as HOURS_PER_MONTH
from functions.core.amounts import NOTHING as NOTHING
from functions.core.amounts import SECONDS_PER_MONTH as SECONDS_PER_MONTH
from functions.core.amounts import Amount as Amount
from functions.core.amounts import Price as Price
from functions.core.amounts import Term as Term
from functions.core.amounts import union
from functions.core.amounts import unknown as unknown
from functions.core.amounts import without_price as without_price


@dataclass(slots=True, frozen=True)
class SavingsTerm:
    """A line of a saving as reports carry it: `quantity` × `hours` × `factor` × `rate` (USD, of `service` and `key`) is `usd`."""

    service: str
    key: str
    quantity: float
    unit: str
    hours: int
    factor: float
    rate: float
    usd: float


@dataclass(slots=True, frozen=True)
class WholeTerm:
    """A line of a sum that the bill may make whole: `rate` is None where there is no list price of the region. `because`: of its factor."""

    service: str
    key: str
    quantity: float
    unit: str
    hours: int
    factor: float
    rate: float | None
    because: str = ""


@dataclass(slots=True, frozen=True)
class Whole:
    """A saving's sums with the terms that no list price is known for, so that rates of the bill can price them.

    `low` and `high` are None where that end is the likely value; `lacks`: what is still not included then.
    """

    likely: tuple[WholeTerm, ...]
    low: tuple[WholeTerm, ...] | None = None
    high: tuple[WholeTerm, ...] | None = None
    lacks: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Stated:
    """That somebody else states a saving, and nobody here computed it: `by` whom, `as_of` when (ISO). `after_discounts`: it is what the
    bill would go down by, with what the account has negotiated and committed to; None where that is not known.
    """

    by: str
    after_discounts: bool | None
    as_of: str


@dataclass(slots=True, frozen=True)
class Savings:
    """What a finding would save, in USD per month: a range, the formula of its likely value, its terms and the prices behind them.

    `low_terms` and `high_terms` are given where that end is not the likely value. `lacks`: what is saved too and has no known price; with
    it all three are the least that they can be. `unpriced` says why there is no number at all; then low, likely and high are 0 and must
    not be read as "saves nothing". `whole`: all of its terms where some have no list price of the region, for Rank alone; else None.
    `stated`: it is somebody else's figure, without terms, at which no rate of the bill and no commitment is to be looked at again.
    """

    low: float
    likely: float
    high: float
    formula: str
    prices: tuple[Price, ...] = ()
    unpriced: str | None = None
    lacks: tuple[str, ...] = ()
    terms: tuple[SavingsTerm, ...] = ()
    low_terms: tuple[SavingsTerm, ...] = ()
    high_terms: tuple[SavingsTerm, ...] = ()
    whole: Whole | None = None
    stated: Stated | None = None

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.likely, self.high))):
            raise ValueError(f"a saving must be a number: {self.low}, {self.likely}, {self.high} from {self.formula}")
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError(f"a saving must be 0 ≤ low ≤ likely ≤ high: {self.low}, {self.likely}, {self.high} from {self.formula}")

    def without(self, words: tuple[str, ...]) -> Savings:
        """This saving, of which something is saved too that has no price; one that has no price at all says no more than that."""
        whole = self.whole and replace(self.whole, lacks=union(self.whole.lacks, words))
        return replace(self, lacks=self.lacks if self.unpriced is not None else union(self.lacks, words), whole=whole)

    @property
    def worthless(self) -> bool:
        """Priced, and nothing to gain, as far as anybody knows."""
        return self.unpriced is None and not self.lacks and self.high <= 0.005  # half a cent: below what a bill shows

    @property
    def note(self) -> str:
        """What has to be said of a saving that is only the least that it can be; else empty."""
        return f"At least this much; not included: {'; '.join(self.lacks)}." if self.lacks else ""


def saves(likely: Amount, *, low: Amount | None = None, high: Amount | None = None) -> Savings:
    """A saving from amounts; without `low` or `high` that end of the range is `likely`. What would cost more than it saves is 0.

    An end that nobody knows does not take the rest away: `low` is then 0, `high` is what is known to be likely.
    """
    whole = _whole(likely, low, high)
    if likely.usd is None:
        return Savings(0.0, 0.0, 0.0, likely.formula, unpriced=likely.formula, whole=whole)
    least, most = low or likely, high or likely
    ends = [(_rounded(end), end) for end in (least if least.usd is not None else NOTHING, likely, most if most.usd is not None else likely)]
    ends.sort(key=lambda end: end[0])
    (smallest, lower), (middle, between), (largest, upper) = ends
    return Savings(
        smallest,
        middle,
        largest,
        between.formula,
        tuple(dict.fromkeys(price for _, end in ends for price in end.prices)),
        lacks=union(likely.lacks, most.lacks),
        terms=_terms(between),
        low_terms=_terms(lower) if lower is not between else (),
        high_terms=_terms(upper) if upper is not between else (),
        whole=whole,
    )


def states(usd: float, said: Stated, region: str) -> Savings:
    """A saving that somebody else states, USD a month. One that is not after discounts is the most: commitments may pay for some of it."""
    how = {True: "after discounts", False: "before discounts", None: "before or after discounts, it does not say"}[said.after_discounts]
    price = Price(said.by, "stated saving", round(usd, 4), "month", region, f"{said.by}, {how}", said.as_of[:10])
    low = price.usd if said.after_discounts else 0.0
    return Savings(low, price.usd, price.usd, f"{price.usd:,.10g} USD a month, as {said.by} states it {how}", (price,), stated=said)


def states_nothing(why: str, said: Stated) -> Savings:
    """What somebody else states, where it is no figure that counts: it has no price, and says why."""
    return Savings(0.0, 0.0, 0.0, why, unpriced=why, stated=said)


def _whole(likely: Amount, low: Amount | None, high: Amount | None) -> Whole | None:
    """None where every rate is known and of the region, or none would help."""
    ends = [end for end in (likely, low, high) if end is not None]
    if likely.missing is None or not any(end.missing or end.stands_in for end in ends):
        return None
    least = None if low is None else () if low.missing is None else _whole_terms(low)
    most = None if high is None or high.missing is None else _whole_terms(high)
    made = Whole(_whole_terms(likely), least, most, union(likely.open, (high or likely).open))
    return made if made.likely else None


def _whole_terms(amount: Amount) -> tuple[WholeTerm, ...]:
    return tuple(
        WholeTerm(
            term.price.service,
            term.price.key,
            term.quantity,
            term.unit,
            term.hours,
            term.factor,
            None if term.price.fallback_for or math.isnan(term.price.usd) else term.price.usd,
            " × ".join(term.because),
        )
        for term in amount.terms + (amount.missing or ())
    )


def _rounded(amount: Amount) -> float:
    """Dollars to the hundredth of a cent; 0 where it would cost more than it saves."""
    usd = amount.usd or 0.0
    return round(0.0 if usd < 0 else usd, 4)


def _terms(amount: Amount) -> tuple[SavingsTerm, ...]:
    return tuple(
        SavingsTerm(
            term.price.service, term.price.key, term.quantity, term.unit, term.hours, term.factor, term.price.usd, round(term.usd, 6)
        )
        for term in amount.terms
    )


USD = "USD"
"""The currency of list prices and of savings."""
SIGNS = {USD: "$", "EUR": "€", "CNY": "¥"}


def sign(currency: str) -> str:
    """$, €, ¥, and of any other currency its code and a space: what stands before an amount."""
    return SIGNS.get(currency, f"{currency} ")


def money(amount: float, currency: str) -> str:
    """$1,234.57, ¥1,234.57, CHF 1,234.57; four decimals below a cent, so that a small amount does not read as nothing."""
    return f"{sign(currency)}{amount:,.4f}" if 0 < amount < 0.01 else f"{sign(currency)}{amount:,.2f}"


def usd(amount: float) -> str:
    """As `money`, in US dollars."""
    return money(amount, USD)


HYGIENE = Savings(0.0, 0.0, 0.0, "costs nothing; worth tidying")
