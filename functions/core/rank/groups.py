"""Groups of findings for the advice: by account and service, the largest likely saving first, `limit` of them at most.

Rank shows every finding twice. `add`, as they are decided, keeps only sums: some hundred bytes for each check of each group. Then it is
known which groups are the largest, and `collect`, as the findings are written in their order, keeps the first few of those groups.
What is suppressed or counted elsewhere is in no group: there is nothing more to do about it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from functions.core import focus, registry
from functions.core.advice.facts import (
    ADVICE_LENGTH,
    UNDO_LENGTH,
    CheckFacts,
    Facts,
    Money,
    More,
    ResourceFacts,
    plain,
    resource_facts,
    sentences,
    within_budget,
)
from functions.core.rank.totals import PER_DOLLAR, Place, exact
from functions.core.store.bucket import JSON
from functions.core.store.run_folder import RunFolder

NO_GROUP = 0
OF_EACH_CHECK, OF_ALL = 5, 60
"""Findings that are kept of a chosen group: more than can fit into its facts."""
TO_ACT_ON = frozenset({Place.COUNTED, Place.UNPRICED, Place.HYGIENE})


@dataclass(slots=True)
class _Sums:
    """Findings, and money in hundredths of a cent."""

    findings: int = 0
    unpriced: int = 0
    low: int = 0
    likely: int = 0
    high: int = 0

    def add(self, savings: Mapping[str, Any], where: Place) -> None:
        self.findings += 1
        if where is Place.COUNTED:
            self.low += exact(savings["low"])
            self.likely += exact(savings["likely"])
            self.high += exact(savings["high"])
        elif where is Place.UNPRICED:
            self.unpriced += 1

    @property
    def money(self) -> Money:
        return Money(low=self.low / PER_DOLLAR, likely=self.likely / PER_DOLLAR, high=self.high / PER_DOLLAR)


@dataclass(slots=True)
class _Group:
    account: str
    family: str
    sums: _Sums = field(default_factory=_Sums)
    checks: dict[str, _Sums] = field(default_factory=lambda: defaultdict(_Sums))

    @property
    def id(self) -> str:
        """Readable, and safe in a key: 111122223333.ebs."""
        return f"{self.account}.{self.family}"


class Groups:
    """See the module. `add` all findings, `collect` all of them in their order, then `write`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._numbers: dict[tuple[str, str], int] = {}
        self._groups: list[_Group] = []
        self._chosen: dict[int, list[Mapping[str, Any]]] | None = None
        self._kept: Counter[tuple[int, str]] = Counter()
        self._full: set[int] = set()

    @property
    def found(self) -> int:
        """How many groups there are, chosen or not."""
        return len(self._groups)

    @property
    def chosen(self) -> int:
        """How many of them are to be advised on."""
        return min(len(self._groups), self._limit)

    def add(self, finding: Mapping[str, Any], where: Place) -> int:
        """Count a ranked finding, as JSON. The number of its group, from 1; NO_GROUP when there is nothing to do about it."""
        if where not in TO_ACT_ON:
            return NO_GROUP
        key = (finding["account"], finding["resource_type"].partition(":")[0])
        number = self._numbers.setdefault(key, len(self._groups) + 1)
        if number > len(self._groups):
            self._groups.append(_Group(*key))
        group = self._groups[number - 1]
        group.sums.add(finding["savings"], where)
        group.checks[finding["check_id"]].add(finding["savings"], where)
        return number

    def collect(self, number: int, line: bytes) -> None:
        """A finding of group `number`, as a line of JSON, best first; all are added before."""
        if self._chosen is None:
            self._chosen = {chosen: [] for chosen in self._order()}
        kept = self._chosen.get(number)
        if kept is None or number in self._full:
            return
        finding = from_json(line)
        check = (number, finding["check_id"])
        if len(kept) < OF_ALL or self._kept[check] < OF_EACH_CHECK:
            self._kept[check] += 1
            kept.append(finding)
            if len(kept) >= OF_ALL and all(
                self._kept[number, name] >= min(OF_EACH_CHECK, sums.findings) for name, sums in self._groups[number - 1].checks.items()
            ):
                self._full.add(number)

    def _order(self) -> list[int]:
        def largest_first(number: int) -> tuple[int, int, int, str]:
            group = self._groups[number - 1]
            return (-group.sums.likely, -group.sums.high, -group.sums.findings, group.id)

        return sorted(range(1, len(self._groups) + 1), key=largest_first)[: self._limit]

    def facts(self) -> list[Facts]:
        """The facts of each chosen group, the largest first."""
        return [_facts(self._groups[number - 1], findings) for number, findings in (self._chosen or {}).items()]

    def write(self, folder: RunFolder, analyze: bool) -> list[dict[str, str]]:
        """Write each group's facts, and the list of those that a model is to be asked about: all, or none.

        Returns `group_id` and `facts_key` of each group, also when no model is asked: then rules give the advice.
        """
        written = []
        for facts in self.facts():
            key = folder.facts(facts.group_id)
            folder.bucket.put(key, to_json(facts), JSON)
            written.append({"group_id": facts.group_id, "facts_key": key})
        lines = b"".join(to_json(one) + b"\n" for one in written) if analyze else b""
        folder.bucket.put(folder.groups, lines, "application/x-ndjson")
        return written


def _facts(group: _Group, findings: list[Mapping[str, Any]]) -> Facts:
    resources = _with_unique_ids(findings)
    first = {finding["check_id"]: finding for finding in reversed(findings)}
    words = {check.id: check for check in registry.checks()}

    def check_facts(check_id: str, sums: _Sums) -> CheckFacts:
        finding = first[check_id]
        return CheckFacts(
            check_id=check_id,
            resource_type=finding["resource_type"],
            question=plain(finding["title"], ADVICE_LENGTH),
            advice=sentences(words[check_id].advice, ADVICE_LENGTH) if check_id in words else "",
            action=finding["action"],
            effort=finding["effort"],
            risk=finding["risk"],
            undo=plain(finding["undo"], UNDO_LENGTH),
            findings=sums.findings,
            unpriced=sums.unpriced,
            savings=sums.money,
        )

    def made(checks: tuple[CheckFacts, ...], listed: tuple[ResourceFacts, ...]) -> Facts:
        shown = sum(exact(one.savings.likely) for one in listed if one.savings)
        return Facts(
            group_id=group.id,
            account=group.account,
            family=group.family,
            service=focus.service(group.family)[1],
            findings=group.sums.findings,
            unpriced=group.sums.unpriced,
            savings=group.sums.money,
            checks=checks,
            resources=listed,
            more=More(findings=group.sums.findings - len(listed), likely=(group.sums.likely - shown) / PER_DOLLAR),
        )

    largest_first = sorted(group.checks.items(), key=lambda item: (-item[1].likely, -item[1].high, -item[1].findings, item[0]))
    return within_budget(made, tuple(check_facts(*item) for item in largest_first), resources)


def _with_unique_ids(findings: list[Mapping[str, Any]]) -> list[ResourceFacts]:
    """A database may have the same name in two regions: then both go by their ARN."""
    times = Counter(finding["resource_id"] for finding in findings)
    return [
        resource_facts(finding if times[finding["resource_id"]] == 1 else {**finding, "resource_id": finding["resource_arn"]})
        for finding in findings
    ]
