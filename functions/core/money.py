"""Dollars that remember how they were computed.

A saving that cannot show its formula and its sources is not a saving we print. `Amount` is a sum that keeps its terms, from which figure,
formula and sources derive, and, in words, the parts that it lacks because nobody knows their rate. What is known is never lost to them:
the amount is then the least that it can be; with nothing but missing parts it is unknown (`usd is None`), never silently zero.

The month is 730 hours, as on AWS's own pricing pages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

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
class Term:
    """One line of a sum, USD per month: `quantity` (of `unit`, "" where the price says it all) for `hours` (1: by the month) at `price`.

    `factor` is what it was multiplied with since, negative where it is taken away; `because` says what the factors are.
    """

    quantity: float
    unit: str
    hours: int
    price: Price
    factor: float = 1.0
    because: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        return self.price.usd * self.quantity * self.hours * self.factor

    @property
    def words(self) -> str:
        """Its part of the formula, without the sign."""
        counted = f"{self.quantity:,.10g} {self.unit}" if self.unit or self.hours == 1 else ""
        hours = f"{self.hours} h" if self.hours != 1 else ""
        return " × ".join(filter(None, (counted, hours, f"${self.price.usd:.10g} {self.price.key}", *self.because)))

    def times(self, factor: float, what: str = "") -> Term:
        """This line × `factor`, which is `what`."""
        return replace(self, factor=self.factor * factor, because=(*self.because, what) if what else self.because)


@dataclass(slots=True, frozen=True)
class Amount:
    """USD per month as a sum of terms. `lacks`: in words, the parts whose rate is not known."""

    terms: tuple[Term, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def usd(self) -> float | None:
        """The dollars, at least; None when nothing of it has a price."""
        return None if self.lacks and not self.terms else sum(term.usd for term in self.terms)

    @property
    def formula(self) -> str:
        """Every term in words, or what is missing when that is all there is."""
        if not self.terms:
            return "; ".join(self.lacks) or "0"
        first, *others = self.terms
        rest = "".join(f" {'−' if term.factor < 0 else '+'} {term.words}" for term in others)
        return f"{'−' if first.factor < 0 else ''}{first.words}{rest}"

    @property
    def prices(self) -> tuple[Price, ...]:
        """Each price that went in, once."""
        return tuple(dict.fromkeys(term.price for term in self.terms))

    @property
    def stands_in(self) -> bool:
        """True when another region's rate is in it, in place of this region's."""
        return any(term.price.fallback_for for term in self.terms)

    def __add__(self, other: Amount) -> Amount:
        if not other.terms and not other.lacks:
            return self
        return Amount(self.terms + other.terms, _union(self.lacks, other.lacks))

    def __sub__(self, other: Amount) -> Amount:
        """The difference; unknown when something of `other` is, and when a rate of this region would be compared with a stand-in.

        What only this side lacks, or has at a stand-in beside the region's own rates, makes it the least that it can be.
        """
        if other.lacks:
            return Amount(lacks=other.lacks)
        if not self.terms and self.lacks:
            return self
        whole = self
        for term in other.terms:
            alike = [one for one in whole.terms if _alike(one, term)] or whole.terms
            unlike = [one for one in alike if (one.price.fallback_for is None) != (term.price.fallback_for is None)]
            words = [_does_not_compare(one.price if one.price.fallback_for else term.price) for one in unlike]
            if len(unlike) == len(alike) or term.price.fallback_for:
                if unlike:
                    return unknown(words[0])
                continue
            whole = Amount(tuple(one for one in whole.terms if one not in unlike), _union(whole.lacks, tuple(words)))
        return Amount(whole.terms + tuple(term.times(-1) for term in other.terms), whole.lacks)

    def times(self, factor: float, what: str) -> Amount:
        """This amount × `factor`; `what` says what the factor is ("0.5 standby", "2 instances")."""
        return Amount(tuple(term.times(factor, what) for term in self.terms), self.lacks)

    def lacking(self, *words: str) -> Amount:
        """This amount without parts that it has in truth: the least that it can be."""
        return Amount(self.terms, _union(self.lacks, words))


def unknown(why: str) -> Amount:
    """An amount of which nothing has a price."""
    return Amount(lacks=(why,))


NOTHING = Amount()


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return first + tuple(word for word in second if word not in first)


def _alike(one: Term, other: Term) -> bool:
    """Counted alike (the same service and unit), so that the rates are compared: storage with storage, hours with hours."""
    return (one.price.service, one.price.unit) == (other.price.service, other.price.unit)


def _does_not_compare(price: Price) -> str:
    return f"no price known for {price.service} {price.key} in {price.fallback_for}, and another region's does not compare"


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
class Savings:
    """What a finding would save, in USD per month: a range, the formula of its likely value, its terms and the prices behind them.

    `low_terms` and `high_terms` are given where that end is not the likely value. `lacks`: what is saved too and has no known price; with
    it all three are the least that they can be. `unpriced` says why there is no number at all; then low, likely and high are 0 and must
    not be read as "saves nothing".
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

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.likely, self.high))):
            raise ValueError(f"a saving must be a number: {self.low}, {self.likely}, {self.high} from {self.formula}")
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError(f"a saving must be 0 ≤ low ≤ likely ≤ high: {self.low}, {self.likely}, {self.high} from {self.formula}")

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
    if likely.usd is None:
        return Savings(0.0, 0.0, 0.0, likely.formula, unpriced=likely.formula)
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
        lacks=_union(likely.lacks, most.lacks),
        terms=_terms(between),
        low_terms=_terms(lower) if lower is not between else (),
        high_terms=_terms(upper) if upper is not between else (),
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


def usd(amount: float) -> str:
    """$1,234.57; four decimals below a cent, so that a small rate does not read as nothing."""
    return f"${amount:,.4f}" if 0 < amount < 0.01 else f"${amount:,.2f}"


HYGIENE = Savings(0.0, 0.0, 0.0, "costs nothing; worth tidying")
