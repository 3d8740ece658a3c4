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
    """One list price: `usd` per `unit` in `region`, with where the number comes from; `usd` is not a number where nobody knows it.

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
    """USD per month as a sum of terms. `lacks`: in words, the parts whose rate is not known.

    `missing`: the terms that went missing for the want of a list price of this region, with those they were to be compared with. With them
    the sum is whole, but for `open`, the parts that no rate would help to know: the bill may tell the rates. None where the sum cannot
    be made whole, because something is taken off it whose quantity is not known.
    """

    terms: tuple[Term, ...] = ()
    lacks: tuple[str, ...] = ()
    missing: tuple[Term, ...] | None = ()
    open: tuple[str, ...] = ()

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
        missing = None if self.missing is None or other.missing is None else self.missing + other.missing
        return Amount(self.terms + other.terms, union(self.lacks, other.lacks), missing, union(self.open, other.open))

    def __sub__(self, other: Amount) -> Amount:
        """The difference; unknown when something of `other` is, and when a rate of this region would be compared with a stand-in.

        What only this side lacks, or has at a stand-in beside the region's own rates, makes it the least that it can be.
        """
        less = tuple(term.times(-1) for term in other.terms)
        missing: tuple[Term, ...] | None = None
        if self.missing is not None and other.missing is not None and not other.open:
            missing = self.terms + self.missing + less + tuple(term.times(-1) for term in other.missing)
        if other.lacks:
            return Amount((), other.lacks, missing, self.open)
        if not self.terms and self.lacks:
            return Amount((), self.lacks, missing, self.open)
        whole, gone = self, self.missing
        for term in other.terms:
            alike = [one for one in whole.terms if _alike(one, term)] or whole.terms
            unlike = [one for one in alike if (one.price.fallback_for is None) != (term.price.fallback_for is None)]
            words = [_does_not_compare(one.price if one.price.fallback_for else term.price) for one in unlike]
            if len(unlike) == len(alike) or term.price.fallback_for:
                if unlike:
                    return Amount((), (words[0],), missing, self.open)
                continue
            gone = None if gone is None else gone + tuple(one for one in whole.terms if one in unlike)
            whole = Amount(tuple(one for one in whole.terms if one not in unlike), union(whole.lacks, tuple(words)))
        return Amount(whole.terms + less, whole.lacks, gone, self.open)

    def times(self, factor: float, what: str) -> Amount:
        """This amount × `factor`; `what` says what the factor is ("0.5 standby", "2 instances")."""
        missing = None if self.missing is None else tuple(term.times(factor, what) for term in self.missing)
        return Amount(tuple(term.times(factor, what) for term in self.terms), self.lacks, missing, self.open)

    def lacking(self, *words: str) -> Amount:
        """This amount without parts that it has in truth: the least that it can be."""
        return Amount(self.terms, union(self.lacks, words), self.missing, union(self.open, words))


def unknown(why: str) -> Amount:
    """An amount of which nothing has a price, whatever the rates are."""
    return Amount(lacks=(why,), open=(why,))


def without_price(why: str, quantity: float, unit: str, hours: int, service: str, key: str, region: str) -> Amount:
    """An amount that only lacks its rate: there is no list price of `key`."""
    price = Price(service, key, math.nan, "", region, "", "")
    return Amount(lacks=(why,), missing=(Term(quantity, unit, hours, price),))


NOTHING = Amount()


def union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """The words of both, each once, in their order."""
    return first + tuple(word for word in second if word not in first)


def _alike(one: Term, other: Term) -> bool:
    """Counted alike (the same service and unit), so that the rates are compared: storage with storage, hours with hours."""
    return (one.price.service, one.price.unit) == (other.price.service, other.price.unit)


def _does_not_compare(price: Price) -> str:
    return f"no price known for {price.service} {price.key} in {price.fallback_for}, and another region's does not compare"
