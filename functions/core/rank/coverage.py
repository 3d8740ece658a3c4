"""How much of what was asked for was seen. Beside every sum stands what it does not contain."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from functions.core.aws.refusals import forbidden_by
from functions.core.meter.scans import Took
from functions.core.model import Outcome, UnitOutcome
from functions.core.plan.units import EVERYTHING, ON_PURPOSE
from functions.core.tuning.file import KEY

UNREADABLE_SHOWN = 10
"""Sentences about what could not be read: a fault in one scanner is met in every region."""


ACCOUNTS_SHOWN = 5
DISABLED_SHOWN = 10
"""Checks with a sentence of their own; the others are named in one."""
OF_THE_ACCOUNT = ("sts:AssumeRole", "ec2:DescribeRegions")
"""Who denies these says nothing of the region that a unit is in: they are asked where the analyzer is."""
REGION_DENIED = "the region is denied by {}; if that is on purpose, list it in the setting denied_regions"
"""Instead of what AWS says of each single action there: no permission of ours would change it."""


class Coverage:
    """Counts outcomes. The ratio is good units ÷ (planned − skipped): a denied region makes a report smaller, never more complete."""

    def __init__(self) -> None:
        self.units: Counter[Outcome] = Counter()
        self.resources = 0
        self._skipped: Counter[str] = Counter()
        self._skipped_regions: defaultdict[str, set[str]] = defaultdict(set)
        self._not_enrolled: defaultdict[str, set[str]] = defaultdict(set)
        self._insufficient: Counter[str] = Counter()
        self._disabled: Counter[str] = Counter()
        self._disabled_in: defaultdict[str, set[str]] = defaultdict(set)
        self._unmeasured = 0
        self._unreadable: Counter[tuple[str, str]] = Counter()
        self._reasons: dict[tuple[str, str], str] = {}
        self._calls: Counter[str] = Counter()
        self._pages = 0
        self._took = Took()

    def add(self, outcome: UnitOutcome) -> None:
        self.units[outcome.outcome] += 1
        self.resources += outcome.resources
        if outcome.outcome is Outcome.SKIPPED and outcome.calls:  # it was asked, and the account does not use what would tell
            self._not_enrolled[outcome.reason].add(outcome.account)
        elif outcome.outcome is Outcome.SKIPPED:
            self._skipped[outcome.reason] += 1
            self._skipped_regions[outcome.reason].update({outcome.region} - {EVERYTHING})
        self._insufficient.update(outcome.insufficient)
        self._disabled.update(outcome.disabled)
        for check_id in outcome.disabled:
            self._disabled_in[check_id].add(outcome.account)
        self._unmeasured += outcome.unmeasured
        if outcome.unreadable:
            where = (outcome.resource_type, outcome.region)
            self._unreadable[where] += outcome.unreadable
            self._reasons.setdefault(where, outcome.unreadable_reason)
        self._calls.update(outcome.calls)
        self._pages += outcome.pages
        self._took.add(outcome)

    @property
    def planned(self) -> int:
        return self.units.total()

    @property
    def asked(self) -> int:
        """Units that somebody wanted to see: all but the skipped ones."""
        return self.planned - self.units[Outcome.SKIPPED]

    @property
    def not_seen(self) -> int:
        """Units without a good outcome, the skipped ones aside: nobody wanted to see those."""
        return sum(count for outcome, count in self.units.items() if not outcome.good and outcome is not Outcome.SKIPPED)

    @property
    def ratio(self) -> float:
        """0 to 1; 1 when every unit was skipped on purpose."""
        return (self.asked - self.not_seen) / self.asked if self.asked else 1.0

    def warnings(self) -> Iterator[str]:
        """A sentence for what accounts are not enrolled in, one for what was too dear, and one for each resource type and region in which
        something could not be read, the most first."""
        for reason, accounts in self._not_enrolled.items():
            yield f"{_named(accounts)}: {reason}"
        yield from self._switched_off()
        if self._unmeasured:
            number = "1 resource was" if self._unmeasured == 1 else f"{self._unmeasured:,} resources were"
            yield f"{number} not judged by all checks: the sweep has spent max_metric_usd on metrics, on the dearest resources first"
        found = sorted(self._unreadable.items(), key=lambda item: (-item[1], item[0]))
        for (resource_type, region), count in found[:UNREADABLE_SHOWN]:
            number = "1 item that could not be read was" if count == 1 else f"{count:,} items that could not be read were"
            yield f"{resource_type} in {region}: {number} left out; the first: {self._reasons[resource_type, region]}"
        if more := found[UNREADABLE_SHOWN:]:
            rest = sum(count for _, count in more)
            yield f"{len(more):,} more resource types and regions: {rest:,} items that could not be read were left out"

    def _switched_off(self) -> Iterator[str]:
        """Nobody may take what nobody looked at for clean: which checks, in which accounts, and for how many resources that were listed."""
        off = sorted(self._disabled, key=lambda check_id: (-self._disabled[check_id], check_id))
        for check_id in off[:DISABLED_SHOWN]:
            resources = f"{_counted(self._disabled[check_id], 'resource')} that it did not judge"
            yield f"Disabled by {KEY}: {check_id}, in {_named(self._disabled_in[check_id])}: {resources}"
        if more := off[DISABLED_SHOWN:]:
            yield f"Disabled by {KEY}: {_counted(len(more), 'more check')}: {', '.join(sorted(more))}"

    def as_json(self, min_ratio: float) -> dict[str, Any]:
        """`coverage` of report.json, but for the list `not_seen`, which can be long and is kept beside it."""
        return {
            "ratio": round(self.ratio, 6),
            "min_ratio": min_ratio,
            "met": self.ratio >= min_ratio,
            "planned": self.planned,
            "units": {outcome.value: self.units[outcome] for outcome in Outcome},
            "skipped": {
                reason: {"units": units, "regions": len(self._skipped_regions[reason])} for reason, units in self._skipped.most_common()
            },
            "not_enrolled": {reason: len(accounts) for reason, accounts in self._not_enrolled.items()},
            "insufficient_data": dict(sorted(self._insufficient.items(), key=lambda item: (-item[1], item[0]))),
            "disabled": {
                check_id: {"accounts": len(self._disabled_in[check_id]), "resources": resources}
                for check_id, resources in sorted(self._disabled.items())
            },
            "unmeasured": self._unmeasured,
            "unreadable": self._unreadable.total(),
            "api_calls": dict(sorted(self._calls.items(), key=lambda item: (-item[1], item[0]))),
            "pages": self._pages,
            "took": self._took.as_json(),
        }


def left_out(seen: Mapping[str, Any]) -> str:
    """What was skipped on purpose, and why, in words; `seen`: coverage as JSON. "" when nothing was, or an earlier version wrote it."""
    said = []
    for reason, one in seen.get("skipped", {}).items():
        where = f" in {one['regions']:,} region{'' if one['regions'] == 1 else 's'}" if one["regions"] else ""
        said.append(f"{one['units']:,}{where}: {reason}")
    return "; ".join(said)


def denied_on_purpose(seen: Mapping[str, Any]) -> int:
    """How many regions were left out because the organization denies them."""
    regions: int = seen.get("skipped", {}).get(ON_PURPOSE, {"regions": 0})["regions"]
    return regions


class NotSeen:
    """The units that did not end well, written one a line as they come; and the regions that are denied as a whole.

    The ledger is in the plan's order, which has all units of an account and region one after the other: only those of one are held. A
    region counts as denied when most of its units were denied, and AWS names a policy for at least one of them: some services refuse
    without a reason, and the policies that deny regions make exceptions.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._place = ("", "")
        self._held: list[UnitOutcome] = []
        self._units = 0
        self._denied: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._good: set[str] = set()

    def add(self, outcome: UnitOutcome) -> None:
        """The next unit of the ledger, however it ended."""
        place = (outcome.account, outcome.region)
        if place != self._place:
            self.close()
            self._place = place
        self._units += outcome.outcome is not Outcome.SKIPPED
        if outcome.outcome.good:
            self._good.add(outcome.account)
        else:
            self._held.append(outcome)

    def close(self) -> None:
        """Write what is held."""
        policy = _denied_by(self._held, self._units)
        if policy:
            self._denied[self._place[0]][self._place[1]] = policy
        for outcome in self._held:
            line = scope(outcome)
            if policy and outcome.outcome is Outcome.DENIED:
                line["reason"] = REGION_DENIED.format(policy)
            self._write(to_json(line) + b"\n")
        self._held, self._units = [], 0

    def warnings(self) -> Iterator[str]:
        """What to do about regions, and accounts, that a policy denies."""
        open_ones = {account: regions for account, regions in self._denied.items() if account in self._good}
        if open_ones:
            policies = Counter(policy for regions in open_ones.values() for policy in regions.values())
            names = sorted({region for regions in open_ones.values() for region in regions})
            where = f"{_counted(len(names), 'region')} of {_counted(len(open_ones), 'account')}"
            yield (
                f"{where} cannot be seen: {policies.most_common(1)[0][0]} denies them, which no permission of ours changes. If that is on "
                "purpose, add them to cdk.json and deploy, to leave them out; else whoever owns the policy has to allow the role there. "
                f'"denied_regions": {json.dumps(names)}'
            )
        if shut := sorted(self._denied.keys() - self._good):
            named = ", ".join([*shut[:ACCOUNTS_SHOWN], *["…"] * (len(shut) > ACCOUNTS_SHOWN)])
            yield (
                f"In {_counted(len(shut), 'account')} ({named}) nothing could be seen, and a policy forbids it: whoever owns it has "
                "to allow the role there, or leave them out of the sweep."
            )


def _denied_by(not_seen: Sequence[UnitOutcome], units: int) -> str:
    """The policy that denies a region of so many units; "" when none does. An account that cannot be entered is no matter of regions."""
    denied = [one for one in not_seen if one.outcome is Outcome.DENIED and not any(action in one.reason for action in OF_THE_ACCOUNT)]
    policies = Counter(filter(None, (forbidden_by(one.reason) for one in denied)))
    return policies.most_common(1)[0][0] if policies and 2 * len(denied) > units else ""


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _named(accounts: Collection[str]) -> str:
    """How many, and which; the first of many."""
    listed = ", ".join([*sorted(accounts)[:ACCOUNTS_SHOWN], *["…"] * (len(accounts) > ACCOUNTS_SHOWN)])
    return f"{_counted(len(accounts), 'account')} ({listed})"


def scope(outcome: UnitOutcome) -> dict[str, Any]:
    """One line of `not_seen`: the scope, and why. `findings` were found before the unit stopped; they are in the report."""
    return {
        "account": outcome.account,
        "region": outcome.region,
        "resource_type": outcome.resource_type,
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "findings": outcome.findings,
    }
