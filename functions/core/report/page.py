"""What report.html shows of a run: the first findings of each place, the units that were not seen, and the sums as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.rank.totals import Place, place
from functions.core.report import bill_numbers
from functions.core.report.advice import NOT_WANTED, in_words
from functions.core.report.bill import Bill
from functions.core.report.browser.details import Details
from functions.core.report.browser.index import Index
from functions.core.report.counts import plural
from functions.core.report.export import Export
from functions.core.report.trend import Trend, trend
from functions.core.services import services

SHOWN = {Place.COUNTED: 20, Place.UNPRICED: 20, Place.HYGIENE: 20, Place.COUNTED_ELSEWHERE: 0, Place.SUPPRESSED: 20}
"""Findings on the page as it is before its script runs; the list that the script makes has all that `Index` takes."""
RESOLVED_SHOWN = 50
REASONS_SHOWN = 100
SCOPES_SHOWN = 20
"""Units listed under each reason why they were not seen."""
GROUP_ROWS = 10
OUTCOME_ORDER = ("denied", "throttled", "incomplete", "failed", "skipped")
Json = Mapping[str, Any]


class Page:
    """Collects while the report is written: `add` the findings, best first, `add_resolved` and `add_not_seen` the others."""

    def __init__(self, head: Json, details: Details | None = None) -> None:
        self.head = head
        self.index = Index()
        self.details = details
        self.findings: dict[Place, list[Json]] = {where: [] for where in Place}
        self.resolved: list[Json] = []
        self._reasons: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def bill(self) -> Bill:
        return Bill(bill_numbers.bill(self.head))

    @property
    def export(self) -> Export:
        return Export(bill_numbers.bill(self.head).get("export") or {})

    @property
    def whose(self) -> str:
        """Of an excerpt, whose findings it has; "" of the whole."""
        excerpt = self.head.get("excerpt") or {}
        owner, account = excerpt.get("owner"), excerpt.get("account")
        parts = [*([owner or "nobody"] if owner is not None else []), *([f"account {account}"] if account else [])]
        return f"what belongs to {' in '.join(parts)}" if parts else ""

    @property
    def trend(self) -> Trend | None:
        return trend(self.head.get("trend") or ())

    @property
    def sweep_cost(self) -> dict[str, Any] | None:
        """With its lines in order, each with its share."""
        cost = bill_numbers.sweep_cost(self.head)
        return None if cost is None else {**cost, "lines": bill_numbers.sweep_lines(cost)}

    def add(self, finding: Json) -> None:
        self.index.add(finding)
        if self.details:
            self.details.add(finding)
        where = place(finding)
        shown = self.findings[where]
        if len(shown) < SHOWN[where]:
            shown.append(finding)

    def add_resolved(self, resolved: Json) -> None:
        if len(self.resolved) < RESOLVED_SHOWN:
            self.resolved.append(resolved)

    def add_not_seen(self, scope: Json) -> None:
        key = (scope["outcome"], scope["reason"])
        if key not in self._reasons and len(self._reasons) >= REASONS_SHOWN:
            key = (scope["outcome"], "other reasons, listed in report.json")
        reason = self._reasons.setdefault(key, {"outcome": key[0], "reason": key[1], "count": 0, "findings": 0, "scopes": []})
        reason["count"] += 1
        reason["findings"] += scope["findings"]
        if len(reason["scopes"]) < SCOPES_SHOWN:
            reason["scopes"].append(scope)

    @property
    def not_seen(self) -> list[Json]:
        """The reasons, by outcome, the most frequent first."""
        return sorted(self._reasons.values(), key=lambda one: (OUTCOME_ORDER.index(one["outcome"]), -one["count"], one["reason"]))

    @property
    def not_listed(self) -> str:
        """What the page's list has not, and where that is; "" when it has everything."""
        if not self.index.left_out:
            return ""
        return f"{plural(self.index.left_out, 'finding')} of less value did not fit into this page: report.csv and report.json have all."

    @property
    def why_by_rule(self) -> str | None:
        """Why all of the advice is by rule, where it is and for one reason: said once, not for each group."""
        if not self.head["analyze"]:
            return NOT_WANTED
        reasons = {one["reason"] and in_words(one["reason"]) for one in self.head["advice"]}
        return reasons.pop() if len(reasons) == 1 else None

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The tables of sums: what they are by is a facet of the list of findings, too."""
        totals = self.head["totals"]
        return [
            _group("check", "Check", totals["by_check"]),
            _group("service", "Service", totals["by_service"], {card.id: card.name for card in services().values()}),
            _group("account", "Account", totals["by_account"], self.head["run"].get("account_names")),
            _group("region", "Region", totals["by_region"]),
            _group("owner", "Owner", totals["by_owner"], {"": "nobody"}),
            _group("action", "Action", totals["by_action"]),
        ]


def _group(key: str, title: str, sums: Json, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The largest rows, and the others as one row, so that a table always adds up to the total."""
    rows = [
        {"value": name, "name": (names or {}).get(name, name), "findings": one["findings"], "likely": one["monthly_savings"]["likely"]}
        for name, one in sums.items()
    ]
    rest = rows[GROUP_ROWS:]
    rows = rows[:GROUP_ROWS]
    if rest:
        rows.append(
            {
                "value": None,
                "name": f"{len(rest)} others",
                "findings": sum(row["findings"] for row in rest),
                "likely": round(sum(row["likely"] for row in rest), 4),
            }
        )
    top = max((row["likely"] for row in rows), default=0.0)
    for row in rows:
        row["share"] = round(100 * row["likely"] / top, 1) if top else 0.0
    return {"key": key, "title": title, "rows": rows}
