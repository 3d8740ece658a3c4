"""summary.json: a run in a few kilobytes, for the command line and the digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from functions.core.rank.totals import GROUPS, PER_DOLLAR, Place, exact, place
from functions.core.report import advice, bill_numbers

LISTED = 10
OWNED_LISTED = 5
"""Of each owner who has a digest of their own."""
Json = Mapping[str, Any]


class Owned:
    """What is collected of one owner: how many findings are new or regressed, what they would save; the largest, and the largest new."""

    def __init__(self) -> None:
        self.largest: list[Json] = []
        self.newest: list[Json] = []
        self._new = [0, 0]

    def add(self, finding: Json) -> None:
        where, new = place(finding), finding["lifecycle"] in ("new", "regressed")
        if new:
            self._new[0] += 1
            self._new[1] += exact(finding["savings"]["likely"]) if where is Place.COUNTED else 0
        if where is Place.COUNTED:
            for listed in (self.largest, *([self.newest] if new else [])):
                if len(listed) < OWNED_LISTED:
                    listed.append(_short(finding))

    def as_json(self) -> dict[str, Any]:
        """Savings are USD a month."""
        new = {"findings": self._new[0], "monthly_savings_likely": self._new[1] / PER_DOLLAR}
        return {"new": new, "largest": self.largest, "newest": self.newest}


class Summary:
    """Collects the first few of everything while the report is written; findings come best first. `owners`: of whom there is a digest of
    their own."""

    def __init__(self, head: Json, owners: Iterable[str] = ()) -> None:
        self._head = head
        self._owners = {owner: Owned() for owner in owners}
        self._largest: list[Json] = []
        self._new: list[Json] = []
        self._resolved: list[Json] = []
        self._not_seen: list[Json] = []

    def add(self, finding: Json) -> None:
        if (owned := self._owners.get(finding["owner"])) is not None:
            owned.add(finding)
        if len(self._largest) < LISTED or (len(self._new) < LISTED and finding["lifecycle"] in ("new", "regressed")):
            if place(finding) is not Place.COUNTED:
                return
            short = _short(finding)
            if len(self._largest) < LISTED:
                self._largest.append(short)
            if len(self._new) < LISTED and finding["lifecycle"] in ("new", "regressed"):
                self._new.append(short)

    def add_resolved(self, resolved: Json) -> None:
        if len(self._resolved) < LISTED:
            self._resolved.append(resolved)

    def add_not_seen(self, scope: Json) -> None:
        if len(self._not_seen) < LISTED:
            self._not_seen.append(scope)

    def as_json(self, files: Json) -> dict[str, Any]:
        """`files`: key in the bucket by format. Lists are cut to LISTED; the counts beside them are of everything."""
        coverage, totals = self._head["coverage"], self._head["totals"]
        groups = {f"by_{group}": dict(list(totals[f"by_{group}"].items())[:LISTED]) for group in GROUPS}
        return {
            "run": self._head["run"] | {"account_names": self._account_names(groups["by_account"])},
            "coverage": {
                name: coverage[name]
                for name in ("ratio", "min_ratio", "met", "planned", "units", "skipped", "insufficient_data", "disabled", "unreadable")
                if name in coverage
            },
            "totals": {name: value for name, value in totals.items() if not name.startswith("by_") and name != "price_sources"} | groups,
            "realised": self._head.get("realised"),
            "trend": self._head.get("trend", []),
            "warnings": self._head["warnings"][:LISTED],
            "advice": advice.totals(self._head["advice"]),
            "bill": bill_numbers.short(self._head),
            "sweep_cost": bill_numbers.short_sweep_cost(self._head),
            "largest": self._largest,
            "new": self._new,
            "resolved": self._resolved,
            "not_seen": self._not_seen,
            "files": files,
            **({"owners": self._owned()} if self._owners else {}),
        }

    def _owned(self) -> dict[str, Any]:
        """By owner what they may save, how much of it is new, and the first few. Who owns nothing is not in it."""
        sums = self._head["totals"]["by_owner"]
        return {owner: sums[owner] | owned.as_json() for owner, owned in self._owners.items() if owner in sums}

    def _account_names(self, by_account: Json) -> dict[str, str]:
        """The names of the accounts that stand in this summary."""
        owned = (each for one in self._owners.values() for each in (one.largest, one.newest))
        listed = (self._largest, self._new, self._resolved, self._not_seen, *owned)
        here = dict.fromkeys((*by_account, *(one.get("account", "") for each in listed for one in each)))
        names = self._head["run"].get("account_names") or {}
        return {account: names[account] for account in here if account in names}


def _short(finding: Json) -> dict[str, Any]:
    names = (
        "finding_id", "check_id", "title", "action", "resource_type", "resource_arn", "resource_id", "resource_name", "account", "region",
        "owner", "lifecycle", "first_seen",
    )  # fmt: skip
    savings = finding["savings"]
    return {name: finding[name] for name in names} | {"monthly_savings": {end: savings[end] for end in ("low", "likely", "high")}}
