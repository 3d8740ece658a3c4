"""What the bill counts of a thing is more than what its structure tells: the savings of findings, held against billed quantities.

Two ways. What AWS bills in one sum only (the blocks of snapshots) is shared out: a finding's saving is its part of what was billed for
all of its account and region, whether they are findings or not. Everything else is bounded: together the findings that count can save no
more of a usage type than was billed of it on the day that had the most. The day with the most, because a resource that is new has little
of the window; where only months are known there is no such day, and no bound.

Only what the bill has a line of is held against it: a line that is not there was not billed, or not seen, and says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from functions.core.money import Savings, usd
from functions.core.prices.products import metered

Json = Mapping[str, Any]
Finding = dict[str, Any]
Place = tuple[str, str]
"""Account and region."""
TERMS = ("terms", "low_terms", "high_terms")
ROUNDING = 1e-6
"""Quantities are rounded apart: no bound by less than this share."""


class Billed:
    """The quantities of a bill (bill.json's content). Without one, and where it has no line of what a finding saves, nothing changes."""

    def __init__(self, bill: Json) -> None:
        self._quantities = bill.get("quantities", {}) if bill["status"] == "ok" else {}
        self._days = f"{bill['start']} to {date.fromisoformat(bill['end']) - timedelta(1)}" if self._quantities else ""
        self._taken: dict[Place, dict[str, float]] = defaultdict(dict)
        self._known_peaks: tuple[Place, dict[str, float]] = (("", ""), {})

    def share(self, finding: Finding) -> bool:
        """Make the saving of a finding (as JSON) its share of what is billed for all such together. True when the bill tells.

        Each has its part of what is there at least, all of them less where less was billed; what was billed beyond it goes by their weights
        in what changed. `high` is as if all of it lay in those that could be deleted. No sum over them is above what was billed.
        """
        together, savings = finding.get("together"), finding["savings"]
        if together is None or savings["unpriced"] is not None:
            return False
        asked = (together["service"], together["key"])
        known = metered(*asked)
        here = self._quantities.get(finding["account"], {}).get(finding["region"], {})
        monthly = here[known.usage_type][0] if known and known.usage_type in here else None
        price = next((price for price in savings["prices"] if (price["service"], price["key"]) == asked), None)
        if monthly is None or known is None or price is None:
            finding["evidence"]["saving_from"] = "structure"
            _say(finding, "The bill does not tell what these are billed together: this is estimated from their sizes and lineages alone.")
            return False
        total, before = monthly / known.per_unit, savings["likely"]
        likely, high = _parts(together, total)
        rated: Json = next((term for term in savings["terms"] if (term["service"], term["key"]) == asked), {})
        if listed := finding.get("list_savings"):
            listed["likely"], listed["high"] = (round(units * rated["list_rate"], 4) for units in (likely, high))
            listed["low"] = min(listed["low"], listed["likely"])
        finding["evidence"] |= {
            "saving_from": "bill",
            "saving_by_structure": before,
            "billed_together": round(total, 3),
            "billed_for": together["count"],
        }
        finding["note"] = finding["note"].replace(Savings(0, 0, 0, "", lacks=tuple(savings["lacks"])).note, "").strip()
        unit = f"{price['unit']}s"
        why = f"share of {total:,.6g} {unit} billed for {known.usage_type}, {self._days}"
        savings["likely"], savings["high"] = round(likely * price["usd"], 4), round(high * price["usd"], 4)
        savings["low"] = min(savings["low"], savings["likely"])
        savings["formula"] = f"{likely:,.10g} {unit} × ${price['usd']:.10g} {together['key']} ({why})"
        savings["terms"], savings["high_terms"] = [_term(price, unit, likely, rated)], [_term(price, unit, high, rated)]
        savings["lacks"] = []
        _say(
            finding,
            f"Its share, by size and age, of the {total:,.6g} {unit} billed for {together['count']} of these in {finding['region']}: "
            f"which of them holds which part AWS does not say. Its structure alone would make it {usd(before)}.",
        )
        return True

    def bound(self, finding: Finding, counts: bool) -> bool:
        """Name the usage type of each term of a saving, and keep it within what is billed. True when it was above that.

        A finding that `counts` leaves so much less for the others; one that does not may have all that is billed.
        """
        savings = finding["savings"]
        ends = [savings.get(name) or [] for name in TERMS]
        for terms in ends:
            for term in terms:
                known = metered(term["service"], term["key"])
                term["usage_type"] = known.usage_type if known else None
        place = (finding["account"], finding["region"])
        peaks = self._peaks(place)
        if not peaks or savings["unpriced"] is not None or finding["evidence"].get("saving_from") == "bill":
            return False  # what is shared out is within the bill as it is
        taken = self._taken[place] if counts else {}
        wanted = [_wanted(terms, peaks) for terms in ends]
        left = {name: max(0.0, peaks[name] - taken.get(name, 0.0)) for of in wanted for name in of}
        for name, quantity in wanted[0].items():
            taken[name] = taken.get(name, 0.0) + min(quantity, left[name])
        if not any(quantity > left[name] * (1 + ROUNDING) for of in wanted for name, quantity in of.items()):
            return False
        likely, low, high = (_cut(terms, of, left) for terms, of in zip(ends, wanted, strict=True))
        savings["likely"] = round(savings["likely"] * likely, 4)
        savings["high"] = max(savings["likely"], round(savings["high"] * (high if ends[2] else likely), 4))
        savings["low"] = min(savings["likely"], round(savings["low"] * low, 4))
        if listed := finding.get("list_savings"):
            for end, share in (("likely", likely), ("low", low), ("high", high if ends[2] else likely)):
                listed[end] = round(listed[end] * share, 4)
        if likely < 1:
            savings["formula"] = f"({savings['formula']}) × {likely:.6g} as far as it is billed"
            if coverable := finding.get("coverable"):
                coverable["usd"] = round(coverable["usd"] * likely, 4)
        amounts = " and ".join(f"{peaks[name]:,.6g} of {name}" for name in left)
        others = ", of which other findings count some" if any(peaks[name] > left[name] for name in left) else ""
        _say(
            finding,
            f"No more can be saved than is billed: on its fullest day from {self._days} this account and region had, made a month of 31, "
            f"{amounts}{others}. What is newer than that is not in it.",
        )
        return True

    def _peaks(self, place: Place) -> dict[str, float]:
        """Usage type → what is billed of it on the fullest day, made a month; the findings of a place come together."""
        if self._known_peaks[0] != place:
            here = self._quantities.get(place[0], {}).get(place[1], {})
            self._known_peaks = (place, {name: peak for name, (_, peak) in here.items() if peak is not None})
        return self._known_peaks[1]


def _wanted(terms: list[dict[str, Any]], peaks: Mapping[str, float]) -> dict[str, float]:
    """What a sum takes away of each usage type that the bill knows by day, in the bill's units."""
    wanted: dict[str, float] = {}
    for term in terms:
        name = term["usage_type"]
        if term["factor"] > 0 and name in peaks:
            wanted[name] = wanted.get(name, 0.0) + _quantity(term)
    return wanted


def _cut(terms: list[dict[str, Any]], wanted: Mapping[str, float], left: Mapping[str, float]) -> float:
    """Cut the terms of a sum to what is left; the share of the sum that remains.

    What is taken off, the cost of what comes instead, shrinks as all does that it comes instead of.
    """
    of = {name: left[name] / quantity for name, quantity in wanted.items() if quantity > left[name] * (1 + ROUNDING)}
    gains = [(term, of.get(term["usage_type"], 1.0)) for term in terms if term["factor"] > 0]
    whole = sum(term["usd"] for term, _ in gains)
    rest = sum(term["usd"] * share for term, share in gains) / whole if whole > 0 else 1.0
    for term, share in [*gains, *((term, rest) for term in terms if term["factor"] <= 0)]:
        term["factor"], term["usd"] = term["factor"] * share, round(term["usd"] * share, 6)
    return rest


def _parts(together: Json, total: float) -> tuple[float, float]:
    """What one of those that are billed `total` together likely has of it, and at most."""
    scale = min(1.0, total / together["all_once"]) if together["all_once"] > 0 else 1.0
    rest = max(0.0, total - together["all_once"]) / together["all_changes"] if together["all_changes"] > 0 else 0.0
    likely = min(together["most"], together["once"] * scale + together["changes"] * rest)
    free = together["free_once"] * scale + together["free_changes"] * rest
    return likely, min(together["most"], likely * max(1.0, total / free)) if free > 0 else likely


def _quantity(term: Json) -> float:
    """Of a term, in the units that the bill counts its usage type in."""
    known = metered(term["service"], term["key"])
    return float(term["quantity"] * term["hours"] * term["factor"] * (known.per_unit if known else 1.0))


def _term(price: Json, unit: str, quantity: float, rated: Json) -> dict[str, Any]:
    """`rated`: the term before, which says where its rate is from."""
    return {name: rated[name] for name in ("list_rate", "rate_from") if name in rated} | {
        "service": price["service"],
        "key": price["key"],
        "quantity": quantity,
        "unit": unit,
        "hours": 1,
        "factor": 1.0,
        "rate": price["usd"],
        "usd": round(quantity * price["usd"], 6),
    }


def _say(finding: Finding, words: str) -> None:
    finding["note"] = " ".join(filter(None, (finding["note"], words)))
