"""Realised savings: the money of what earlier sweeps, and this one, saw resolved and nobody saw come back.

It adds up over the runs, of what the run's scope is about (scope.py), for as long as the history remembers (400 days). What regressed is
not in it any more. A resource's money is in it once, see `known.worth`. What could not be looked at is not resolved, and what was resolved
before its unit could not be seen any more stays so.

`compared` sets what was expected beside what the bill then did, where that can be said of the very resources: a Data Export has a line for
each (rank/bill/resource_costs.py). Cost Explorer cannot say it: it bills a usage type in a region as one amount, in which one volume that
was deleted is lost among those that were made or changed in the same month, so its fall or rise is not the findings' doing; and its costs
by resource are of the last 14 days, of EC2 alone, for extra money.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsageWithResources.html
"""

from __future__ import annotations

from typing import Any

from functions.core.rank.bill.resource_costs import ResourceCosts
from functions.core.rank.lifecycle.known import Known, worth
from functions.core.rank.lifecycle.scope import Scope
from functions.core.rank.totals import PER_DOLLAR


class Realised:
    """`before` and `now` take what earlier runs and this one saw resolved; then `as_json`."""

    def __init__(self, scope: Scope | None, costs: ResourceCosts) -> None:
        self._scope, self._costs = scope, costs
        self._findings = 0
        self._likely = 0
        self._since: str | None = None

    def before(self, known: Known) -> None:
        """A finding that an earlier run saw resolved."""
        if self._scope is None or self._scope.covers(known):
            self.now(known)
            if amount := worth(known):
                self._costs.realised(known, amount)

    def now(self, known: Known) -> int:
        """A finding that this run saw resolved; what it realises, in hundredths of a cent a month."""
        if amount := worth(known):
            self._findings += 1
            self._likely += amount
            self._since = min(self._since or known["resolved"], known["resolved"])
        return amount

    def as_json(self) -> dict[str, Any]:
        """`realised` of a report: `since` the first of them was resolved (ISO, None when nothing was), the `findings` that bring money, USD
        per month, and `compared`: of `findings` what was `expected`, and by how much their resources' bill fell (`billed`)."""
        return {
            "since": self._since,
            "findings": self._findings,
            "monthly_likely": self._likely / PER_DOLLAR,
            "compared": self._costs.compared(),
        }
