"""Findings at the account's own rates: what the bill says that a unit costs takes the place of the list price, which stays beside it.

Scan and Cost run side by side, so findings come with list prices. A rate of the bill (core/costs/rates.py) counts for each term of a saving
that it is for: in `savings`, which is what everything adds up, whereas `list_savings` keeps what it was. Terms say which rate counted. What
has no list price in its region, or only that of another one, has a figure where the bill knows every rate that is missing.

A term without a rate of its own stays at list price, also beside one that has: what is not on the bill has no discount that is known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from functions.core.costs.usage_types import parse
from functions.core.money import USD, Savings
from functions.core.prices.products import metered
from functions.core.rank.bill.commitments import without_rows
from functions.core.rank.headlines import Finding
from functions.core.rank.totals import PER_DOLLAR, Place, exact

Json = Mapping[str, Any]
BILL, LIST = "bill", "list"
ENDS = ("likely", "low", "high")
TERMS = {"likely": "terms", "low": "low_terms", "high": "high_terms"}


class OwnRates:
    """The rates of a bill (bill.json's content), or of a Data Export where it has none. Without them, in another currency than list
    prices, and for what it has no rate of, list prices count.

    Accounts that the bill has no row of keep list prices: whether its rates are theirs is not known.
    """

    def __init__(self, bill: Json) -> None:
        self._rates: dict[tuple[str, str, str], tuple[float, dict[str, Any], int]] = {}
        self._explained: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self._unseen = frozenset(without_rows(bill))
        if "rates" not in bill or bill["rates"]["currency"] != USD:
            return
        last = (date.fromisoformat(bill["end"]) - timedelta(1)).isoformat()
        for number, row in enumerate(bill["rates"]["rows"]):
            for service, key, factor in row["book"] if row["own"] is not None else ():
                rate = row["own"] * factor
                source = f"the bill's own rate of {row['usage_type']}, median of {row['days']} days"
                price = {"service": service, "key": key, "usd": rate, "unit": "", "region": row["region"], "source": source, "as_of": last}
                self._rates[row["region"], service, key] = (rate, {**price, "fallback_for": None}, number)

    def reprice(self, finding: Finding) -> bool:
        """Set a finding's saving (as JSON) to own rates where there are any. True when a figure changed."""
        savings = finding["savings"]
        whole = savings.pop("whole", None)
        if not self._rates or finding["account"] in self._unseen:
            return False
        region = finding["region"]
        if whole and all(term["rate"] is not None or (region, term["service"], term["key"]) in self._rates for term in whole["likely"]):
            return self._complete(finding, whole)
        known = [self._at_own(savings[name], region) for name in TERMS.values() if savings.get(name)]
        if not any(known):
            return False
        before = _amounts(savings)
        covered = _covered(finding, savings["terms"], "list_rate")
        sums = {end: _sum(savings[name]) for end, name in TERMS.items() if savings.get(name)}
        likely = sums.get("likely", savings["likely"])
        # an end without terms of its own is the likely value, or nothing
        low = sums["low"] if "low" in sums else likely if savings["low"] == savings["likely"] else savings["low"]
        high = sums["high"] if "high" in sums else likely if savings["high"] == savings["likely"] else savings["high"]
        self._set(finding, before, (low, likely, high), covered)
        for term in savings["terms"]:
            if term["rate_from"] == BILL:
                savings["formula"] = _formula_at_own(savings["formula"], term["list_rate"], term["key"], term["rate"])
        return True

    def _complete(self, finding: Finding, whole: Json) -> bool:
        """Price a finding of which list prices are missing."""
        savings, region = finding["savings"], finding["region"]
        before = _amounts(savings)
        ends: dict[str, list[dict[str, Any]] | None] = {}
        for end in ENDS:
            terms = whole.get(end)
            ends[end] = None if terms is None else [self._known(term, region) for term in terms]
            if terms and any(term["rate"] is None and term["rate_from"] == LIST for term in ends[end] or ()):
                ends[end] = None if end == "high" else []  # an end that nobody knows: nothing, or what is likely
        likely_terms = ends["likely"] or []
        likely = _sum(likely_terms)
        low = likely if ends["low"] is None else _sum(ends["low"])
        high = likely if ends["high"] is None else _sum(ends["high"])
        finding["note"] = finding["note"].replace(_note(savings["lacks"]), "").strip()
        savings["unpriced"], savings["lacks"] = None, list(whole["lacks"])
        savings["terms"], savings["low_terms"], savings["high_terms"] = likely_terms, ends["low"] or [], ends["high"] or []
        savings["formula"] = _formula(likely_terms, [term["because"] for term in whole["likely"]])
        known = {(price["service"], price["key"]) for price in savings["prices"]}
        for term in likely_terms:
            asked = (term["service"], term["key"])
            if asked not in known and (region, *asked) in self._rates:
                known.add(asked)
                savings["prices"].append(dict(self._rates[region, *asked][1]))
        self._set(finding, before, (low, likely, high), 0.0)
        finding["note"] = " ".join(filter(None, (finding["note"], _note(savings["lacks"]))))
        return True

    def _known(self, term: Json, region: str) -> dict[str, Any]:
        own = self._rates.get((region, term["service"], term["key"]))
        rate = term["rate"] if own is None else own[0]
        usd = 0.0 if rate is None else rate * term["quantity"] * term["hours"] * term["factor"]
        rated = {"rate": rate, "usd": round(usd, 6), "list_rate": term["rate"], "rate_from": LIST if own is None else BILL}
        return {name: value for name, value in term.items() if name != "because"} | rated

    def _at_own(self, terms: list[dict[str, Any]], region: str) -> bool:
        """Set the terms of a sum to own rates. True when one of them is another than its list price."""
        differs = False
        known = [self._rates.get((region, term["service"], term["key"])) for term in terms]
        # a discount of what comes instead, against the list price of what is there, would make a saving larger than it is
        alike = any(own is not None and term["factor"] > 0 for own, term in zip(known, terms, strict=True))
        for own, term in zip(known, terms, strict=True):
            listed = term["rate"]
            if own is not None and term["factor"] < 0 and own[0] < listed and not alike:
                own = None
            term["list_rate"], term["rate_from"] = listed, LIST
            if own is not None:
                term["rate_from"] = BILL
                if own[0] != listed:
                    differs = True
                    term["rate"] = own[0]
                    term["usd"] = round(own[0] * term["quantity"] * term["hours"] * term["factor"], 6)
        return differs

    def _set(self, finding: Finding, before: dict[str, Any], figures: tuple[float, float, float], covered: float) -> None:
        savings, region = finding["savings"], finding["region"]
        low, likely, high = (round(max(0.0, usd), 4) for usd in figures)
        savings["low"], savings["likely"], savings["high"] = min(low, likely), likely, max(likely, high)
        finding["list_savings"] = before
        savings["prices"] = [self._price(price, region) for price in savings["prices"]]
        if coverable := finding.get("coverable"):
            now = _covered(finding, savings["terms"], "rate")
            coverable["list_usd"] = coverable["usd"]
            coverable["usd"] = round(max(0.0, coverable["usd"] * now / covered if covered else now), 4)

    def _price(self, price: dict[str, Any], region: str) -> dict[str, Any]:
        own = self._rates.get((region, price["service"], price["key"]))
        return price if own is None or own[0] == price["usd"] else {**own[1], "unit": price["unit"]}

    def explain(self, finding: Finding, place: Place) -> None:
        """Count what a ranked finding saves at each of the rates; only what counts."""
        savings = finding["savings"]
        if place is not Place.COUNTED or not self._rates:
            return
        whole = sum(term["usd"] for term in savings["terms"])
        share = savings["likely"] / whole if whole > 0 else 0.0
        at = [
            (self._rates[finding["region"], term["service"], term["key"]][2], exact(term["usd"] * share))
            for term in savings["terms"]
            if term.get("rate_from") == BILL
        ]
        for number, usd in at:
            self._explained[number][0] += usd
        for number in {number for number, _ in at}:
            self._explained[number][1] += 1

    def explained(self, bill: Json) -> dict[str, Any]:
        """`rates` of a bill with what each row explains: USD a month of counted savings, and of how many findings."""
        rows = []
        for number, row in enumerate(bill["rates"]["rows"]):
            usd, findings = self._explained.get(number, (0, 0))
            rows.append({**row, "explains": usd / PER_DOLLAR, "findings": findings})
        return {**bill["rates"], "rows": rows}


def _amounts(savings: Json) -> dict[str, Any]:
    return {name: savings[name] for name in ("low", "likely", "high", "unpriced")}


def _sum(terms: list[dict[str, Any]] | None) -> float:
    return float(sum(term["rate"] * term["quantity"] * term["hours"] * term["factor"] for term in terms or ()))


@lru_cache(maxsize=4096)
def _can_be_covered(service: str, key: str) -> bool:
    """Whether commitments can pay for what has this price."""
    known = metered(service, key)
    meaning = parse(known.usage_type) if known else None
    return meaning is not None and (meaning.hours or meaning.by_plan)


def _covered(finding: Finding, terms: list[dict[str, Any]], rate: str) -> float:
    """USD a month of the terms that commitments can pay for, at their `rate` or `list_rate`."""
    if not finding.get("coverable"):
        return 0.0
    can_be = (term for term in terms if _can_be_covered(term["service"], term["key"]))
    return float(sum((term[rate] or 0.0) * term["quantity"] * term["hours"] * term["factor"] for term in can_be))


def _note(lacks: list[str]) -> str:
    return Savings(0, 0, 0, "", lacks=tuple(lacks)).note


@lru_cache(maxsize=4096)
def _priced(listed: float, key: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(f'${listed:.10g} {key}')}(?![\w.-])")


def _formula_at_own(formula: str, listed: float, key: str, own: float) -> str:
    """The formula with the bill's rate in place of the list price of a key."""
    return formula if own == listed else _priced(listed, key).sub(f"${own:.10g} {key} as billed", formula)


def _formula(terms: list[dict[str, Any]], because: list[str]) -> str:
    parts = []
    for number, (term, why) in enumerate(zip(terms, because, strict=True)):
        counted = f"{term['quantity']:,.10g} {term['unit']}" if term["unit"] or term["hours"] == 1 else ""
        hours = f"{term['hours']} h" if term["hours"] != 1 else ""
        rate = f"${term['rate']:.10g} {term['key']}" + (" as billed" if term["rate_from"] == BILL else "")
        sign = "−" if term["factor"] < 0 else "+" if number else ""
        words = " × ".join(filter(None, (counted, hours, rate, why)))
        parts.append(f"{sign}{' ' if number else ''}{words}")
    return " ".join(parts)
