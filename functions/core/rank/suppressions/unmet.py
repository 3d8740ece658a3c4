"""Which suppressions are no longer what somebody wanted: they end soon, or match nothing where it was looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from functions.core import registry
from functions.core.model import Outcome, UnitOutcome
from functions.core.rank.suppressions import SOON, Suppression

SHOWN = 3
"""Entries that are named in the warnings of one kind; the others are counted."""


class Unmet:
    """The entries that hold and have matched nothing yet: `unit` for each unit, `finding` and `known` for what there is, then `warnings`.

    An entry that names an account, a region or a check is judged only where all of its units were seen: what was not seen may be what it
    is for. What an earlier sweep found somewhere else counts as well, so that a sweep of one region does not call the others' entries idle.
    """

    def __init__(self, suppressions: Sequence[Suppression], today: date) -> None:
        types = {check.id: check.over.resource_type for check in (registry.checks() if suppressions else ())}
        self._types = {one.where: types.get(one.equals.get("check_id", ""), "") for one in suppressions}
        self._left = [one for one in suppressions if one.until >= today]
        self._looked: set[str] = set()
        self._waiting: dict[str, list[Suppression]] = {}
        for one in self._left:
            self._waiting.setdefault(one.account, []).append(one)
        self._soon = [one for one in self._left if one.until <= today + SOON]

    def unit(self, outcome: UnitOutcome) -> None:
        """How a unit ended, of those that the entries are about."""
        if outcome.outcome is Outcome.SKIPPED:
            return
        seen = outcome.outcome.good and not outcome.unreadable
        for account in (outcome.account, ""):
            for one in self._waiting.get(account, ()):
                if one.region in ("", outcome.region) and self._types[one.where] in ("", outcome.resource_type):
                    self._judge(one, seen)

    def _judge(self, one: Suppression, seen: bool) -> None:
        if seen:
            self._looked.add(one.where)
        elif one.account or one.region or self._types[one.where]:
            self._drop([one])

    def _drop(self, met: Iterable[Suppression]) -> None:
        """These are no longer asked about."""
        for one in met:
            self._left.remove(one)
            self._waiting[one.account].remove(one)

    def finding(self, finding: Mapping[str, Any]) -> None:
        """A finding of this sweep that an entry suppresses, as JSON: others may match it too."""
        if self._left:
            self._drop([one for one in self._left if one.matches(finding)])

    def known(self, known: Mapping[str, Any]) -> None:
        """What an earlier sweep found and this one did not look for, a line of the history; its tags are not in it, and may be any."""
        if self._left:
            account, region, _ = known["unit"].split(".", 2)
            about = {"finding_id": known["id"], "check_id": known["check"], "account": account, "region": region}
            self._drop([one for one in self._left if one.matches({**about, "resource_arn": known["arn"]}, tagged=False)])

    @property
    def warnings(self) -> list[str]:
        """A sentence for each entry that ends soon, and for each that matched nothing."""
        soon = sorted(self._soon, key=lambda one: one.until)
        unmet = [one for one in self._left if one.where in self._looked]
        return [
            *_some("A suppression ends on {until}: {reason} ({where})", "{count} more suppressions end by {last}", soon),
            *_some("A suppression matches nothing that was seen: {reason} ({where})", "{count} more suppressions match nothing", unmet),
        ]


def _some(each: str, others: str, entries: Sequence[Suppression]) -> Iterator[str]:
    for one in entries[:SHOWN]:
        yield each.format(until=one.until, reason=one.why, where=one.where)
    if more := entries[SHOWN:]:
        yield f"{others.format(count=len(more), last=max(one.until for one in more))}: `finops suppressions check` lists them"
