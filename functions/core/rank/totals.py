"""What a sweep found, in sums. Money is added as whole hundredths of a cent, so that every way to add it up gives the same total."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from typing import Any

from functions.core.prices.book import without_sku
from functions.core.rank.suppressions.suppressor import TAG

PER_DOLLAR = 10_000
"""Savings are rounded to four decimals where they are made (`money.saves`): nothing is lost here."""
GROUPS = ("service", "account", "region", "check", "owner", "action", "confidence", "state")
"""What the sums are by. `state` is new, persisting or regressed; the owner of what nobody owns is ""."""
EASY = frozenset({"VeryLow", "Low"})


class Place(IntEnum):
    """Where a finding stands in the report, best first: what counts, what would with a price, tidying, counted elsewhere, suppressed."""

    COUNTED = 0
    UNPRICED = 1
    HYGIENE = 2
    COUNTED_ELSEWHERE = 3
    SUPPRESSED = 4


def place(finding: Mapping[str, Any]) -> Place:
    """The place of a ranked finding, as JSON."""
    if finding["lifecycle"] == "suppressed":
        return Place.SUPPRESSED
    if not finding["headline"]:
        return Place.COUNTED_ELSEWHERE
    if finding["savings"]["unpriced"] is not None:
        return Place.UNPRICED
    return Place.COUNTED if finding["savings"]["high"] > 0 else Place.HYGIENE


def exact(usd: float) -> int:
    """Dollars as whole hundredths of a cent."""
    return round(usd * PER_DOLLAR)


def is_quick(finding: Mapping[str, Any]) -> bool:
    """Whether a finding is quick and safe to act on: little effort, and little risk."""
    return finding["effort"] in EASY and finding["risk"] in EASY


class Totals:
    """The sums of a report. Only headline findings that are not suppressed bring money, `findings` counts all that are not suppressed."""

    def __init__(self) -> None:
        self._all = [0, 0, 0, 0]
        self._quick = [0, 0, 0, 0]
        self._groups: dict[str, dict[str, list[int]]] = {name: defaultdict(lambda: [0, 0, 0, 0]) for name in GROUPS}
        self._places: Counter[Place] = Counter()
        self._lifecycles: Counter[str] = Counter()
        self._sources: Counter[tuple[str, str]] = Counter()
        self._suppressed = {"": [0, 0], TAG: [0, 0]}
        self._resolved = [0, 0]

    def add(self, finding: Mapping[str, Any]) -> Place:
        """Count a ranked finding, as JSON; returns where it stands."""
        where = place(finding)
        self._places[where] += 1
        self._lifecycles[finding["lifecycle"]] += 1
        savings = finding["savings"]
        if where is Place.SUPPRESSED:
            self._add_suppressed(finding)
            return where
        money = (0, 0, 0)
        if where is Place.COUNTED:
            money = (exact(savings["low"]), exact(savings["likely"]), exact(savings["high"]))
            for source in {(without_sku(price["source"]), price["as_of"]) for price in savings["prices"]}:
                self._sources[source] += 1
        groups = self._groups
        quick = [self._quick] if where is Place.COUNTED and is_quick(finding) else []
        for sums in (
            self._all,
            groups["service"][finding["resource_type"].partition(":")[0]],
            groups["account"][finding["account"]],
            groups["region"][finding["region"]],
            groups["check"][finding["check_id"]],
            groups["owner"][finding["owner"]],
            groups["action"][finding["action"]],
            groups["confidence"][finding["confidence"]],
            groups["state"][finding["lifecycle"]],
            *quick,
        ):
            sums[0] += 1
            sums[1] += money[0]
            sums[2] += money[1]
            sums[3] += money[2]
        return where

    def _add_suppressed(self, finding: Mapping[str, Any]) -> None:
        """What another finding counts would bring no money if it were not suppressed either: of one resource the best is hidden, once."""
        hidden = exact(finding["savings"]["likely"]) if finding["counted_by"] is None else 0
        for by in {"", finding.get("suppressed_by", "")} & self._suppressed.keys():
            self._suppressed[by][0] += 1
            self._suppressed[by][1] += hidden

    def add_resolved(self, realised: int) -> None:
        """Count a finding of an earlier sweep that is gone, and what is realised by that, in hundredths of a cent a month: nothing where
        it was unpriced, or another finding counted for its resource."""
        self._resolved[0] += 1
        self._resolved[1] += realised

    @property
    def findings(self) -> int:
        return self._all[0]

    @property
    def monthly_likely(self) -> float:
        return self._all[2] / PER_DOLLAR

    @property
    def accounts(self) -> Collection[str]:
        """Those in which something was found that is not suppressed."""
        return self._groups["account"].keys()

    def monthly_likely_without(self, accounts: Iterable[str]) -> float:
        """USD a month, without what these accounts would save."""
        by_account = self._groups["account"]
        return (self._all[2] - sum(by_account[account][2] for account in accounts if account in by_account)) / PER_DOLLAR

    def as_json(self, resources: int) -> dict[str, Any]:
        """`totals` of report.json; groups come with the largest likely saving first. USD per month but for `annual_savings`."""
        _, *money = self._all
        places = self._places
        return {
            "resources": resources,
            "findings": self.findings,
            "counted": places[Place.COUNTED],
            "unpriced": places[Place.UNPRICED],
            "hygiene": places[Place.HYGIENE],
            "counted_elsewhere": places[Place.COUNTED_ELSEWHERE],
            "monthly_savings": _range(money),
            "annual_savings": _range([12 * amount for amount in money]),
            "quick": _sums(self._quick),
            "suppressed": _left_out(self._suppressed[""]) | {"by_tag": _left_out(self._suppressed[TAG])},
            "resolved": _left_out(self._resolved),
            "lifecycle": {name: self._lifecycles[name] for name in ("new", "persisting", "regressed", "suppressed")}
            | {"resolved": self._resolved[0]},
            **{f"by_{name}": _group(self._groups[name].items()) for name in GROUPS},
            "price_sources": [
                {"source": source, "as_of": as_of, "findings": count}
                for (source, as_of), count in sorted(self._sources.items(), key=lambda item: (-item[1], item[0]))
            ],
        }


def _range(money: list[int]) -> dict[str, float]:
    low, likely, high = (amount / PER_DOLLAR for amount in money)
    return {"low": low, "likely": likely, "high": high}


def _left_out(sums: list[int]) -> dict[str, Any]:
    return {"findings": sums[0], "monthly_savings_likely": sums[1] / PER_DOLLAR}


def _group(sums: Iterable[tuple[str, list[int]]]) -> dict[str, Any]:
    ordered = sorted(sums, key=lambda item: (-item[1][2], -item[1][3], -item[1][0], item[0]))
    return {name: _sums(one) for name, one in ordered}


def _sums(one: list[int]) -> dict[str, Any]:
    count, *money = one
    return {"findings": count, "monthly_savings": _range(money)}
