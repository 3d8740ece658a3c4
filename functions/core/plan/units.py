"""The plan: one unit a line, written as a stream, however many there are; and beside it what is left out on purpose, with why."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from shutil import copyfileobj
from typing import BinaryIO

from functions.core import registry
from functions.core.model import Outcome, Unit, UnitOutcome, unit_id
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import Upload
from functions.core.store.unit_objects import OUTCOME, UNIT
from functions.core.tuning.rule import Rule, disabled_by

NO_SPEND = "no spend"
NOT_ENABLED = "the region is not enabled in this account"
NOT_OFFERED = "nothing answers for it in this partition"
"""Of a type that is asked once for an account."""
SWITCHED_OFF = "config/checks.toml switches all checks of it off"
ON_PURPOSE = "the organization denies the region (setting denied_regions)"
EVERYTHING = "all"
"""The region and the resource type of what is left out as a whole: an account."""


def units(
    regions_of: Mapping[str, Sequence[str]],
    types: Sequence[str],
    function_prefix: str,
    wanted: Collection[str] = (),
    rules: Iterable[Rule] = (),
) -> Iterator[Unit]:
    """Every unit, with the `rules` that are about it: each account's first region with all its types, then each one's second. `regions_of`:
    by account. What is asked once for an account comes with its first region, and is to say what it knows of the regions `wanted`; of all
    where none are named.

    So the units that run at the same time are of many accounts, whose APIs are each asked by few; and of all services, so that none needs
    a worker for each of them: type after type, four times as many workers would be started, and a sweep would take a fifth longer.
    """
    most = max(map(len, regions_of.values()), default=0)
    once = frozenset(filter(registry.asked_once, types))
    by_type = {kind: [rule for rule in rules if rule.check_id in _checks_of(kind)] for kind in types} if (rules := list(rules)) else {}
    for turn in range(most):
        for account, regions in regions_of.items():
            for resource_type in types if turn < len(regions) else ():
                asked_in = regions[turn : turn + 1]
                if resource_type in once:
                    asked_in = () if turn else registry.asked_in(resource_type, regions)
                for region in asked_in:
                    yield Unit(
                        unit_id=unit_id(account, region, resource_type),
                        account=account,
                        region=region,
                        resource_type=resource_type,
                        function=function_prefix + resource_type.partition(":")[0],
                        regions=tuple(wanted) if resource_type in once else (),
                        rules=tuple(rule for rule in by_type.get(resource_type, ()) if rule.account in ("", account)),
                    )


@cache
def _checks_of(resource_type: str) -> tuple[str, ...]:
    return tuple(check.id for check in registry.checks() if check.over.resource_type == resource_type)


def _switched_off(unit: Unit) -> dict[str, int]:
    """The checks of a unit, where none of them is on for any of its resources: then nothing there is asked. Else nothing."""
    off = {check_id: 0 for check_id in _checks_of(unit.resource_type) if unit.rules and _off_for_all(check_id, unit.rules)}
    return off if len(off) == len(_checks_of(unit.resource_type)) else {}


def _off_for_all(check_id: str, rules: Sequence[Rule]) -> bool:
    may_be_on = any(rule.check_id == check_id and rule.tag and rule.enabled for rule in rules)
    return not may_be_on and disabled_by(check_id, [rule for rule in rules if not rule.tag]) is not None


def not_offered(regions_of: Mapping[str, Sequence[str]], types: Sequence[str]) -> Iterator[UnitOutcome]:
    """What is asked once for an account, and is not known to answer in its partition."""
    for resource_type in filter(registry.asked_once, types):
        for account, regions in regions_of.items():
            if regions and not registry.asked_in(resource_type, regions):
                yield left_out(account, f"{resource_type}: {NOT_OFFERED}", EVERYTHING, resource_type)


def left_out(account: str, reason: str, region: str = EVERYTHING, resource_type: str = EVERYTHING) -> UnitOutcome:
    """What is not scanned on purpose."""
    return UnitOutcome(
        unit_id=unit_id(account, region, resource_type),
        account=account,
        region=region,
        resource_type=resource_type,
        outcome=Outcome.SKIPPED,
        reason=reason,
    )


def write(
    folder: RunFolder,
    every: Iterable[Unit],
    unpaid: Callable[[Unit], bool],
    more_left_out: Iterable[UnitOutcome],
    unknown: Iterable[UnitOutcome] = (),
    *,
    denied_regions: Collection[str] = (),
) -> tuple[int, int]:
    """Write the plan, what it leaves out and what it cannot know; returns how many units it has, and how many it leaves out.

    Left out are units in `denied_regions`, those whose checks are all switched off, and `unpaid` ones, because they bill nothing.
    """
    with ExitStack() as stack:
        plan, skipped = (stack.enter_context(_Lines()) for _ in range(2))
        for unit in every:
            off = _switched_off(unit)
            reason = ON_PURPOSE if unit.region in denied_regions else SWITCHED_OFF if off else NO_SPEND if unpaid(unit) else ""
            if reason == NO_SPEND and registry.asked_once(unit.resource_type):  # it is about other regions too
                reason = ""
            if reason:
                skipped.add(OUTCOME.dump_json(replace(left_out(unit.account, reason, unit.region, unit.resource_type), disabled=off)))
            else:
                plan.add(UNIT.dump_json(unit))
        for outcome in more_left_out:
            skipped.add(OUTCOME.dump_json(outcome))
        plan.upload(folder.bucket, folder.plan)
        skipped.replace(folder.bucket, folder.skipped)
    write_unknown(folder, unknown)
    return plan.count, skipped.count


def write_known_now(
    folder: RunFolder,
    regions_of: Mapping[str, Sequence[str]],
    types: Sequence[str],
    function_prefix: str,
    denied_regions: Collection[str] = (),
    rules: Iterable[Rule] = (),
) -> int:
    """Put the plan right for accounts whose regions were unknown when it was made: what it lacks is added, and what is planned in a region
    that the account has not enabled is left out, as are `denied_regions`. Returns how many units it has then.

    It can be done twice: what was added or left out before is not once more.
    """
    left = {outcome.unit_id: outcome for outcome in folder.read_outcomes(folder.skipped) if outcome.account in regions_of}
    there: set[str] = set()
    with _Lines() as plan, _Lines() as skipped:
        for outcome in folder.read_outcomes(folder.skipped):
            skipped.add(OUTCOME.dump_json(outcome))
        for unit in folder.read_plan():
            here = unit.account not in regions_of or unit.region in regions_of[unit.account]
            if here or registry.asked_once(unit.resource_type):
                plan.add(UNIT.dump_json(unit))
                there.update([unit.unit_id] if unit.account in regions_of else [])
            elif unit.unit_id not in left:
                skipped.add(OUTCOME.dump_json(left_out(unit.account, NOT_ENABLED, unit.region, unit.resource_type)))
        for unit in units(regions_of, types, function_prefix, rules=rules):
            if unit.unit_id in there or unit.unit_id in left:  # left out: in a region without spend
                continue
            off = _switched_off(unit)
            if unit.region in denied_regions or off:
                reason = ON_PURPOSE if unit.region in denied_regions else SWITCHED_OFF
                skipped.add(OUTCOME.dump_json(replace(left_out(unit.account, reason, unit.region, unit.resource_type), disabled=off)))
            else:
                plan.add(UNIT.dump_json(unit))
        skipped.replace(folder.bucket, folder.skipped)
        plan.upload(folder.bucket, folder.plan)
        return plan.count


def write_unknown(folder: RunFolder, unknown: Iterable[UnitOutcome]) -> None:
    """Write what the plan cannot know."""
    with _Lines() as lines:
        for outcome in unknown:
            lines.add(OUTCOME.dump_json(outcome))
        lines.replace(folder.bucket, folder.unknown)


def write_missing(folder: RunFolder, key: str) -> int:
    """Write the planned units that have no good outcome, those that began marked as resumed; returns how many."""
    objects = folder.list_units()
    with _Lines() as missing:
        for unit in folder.read_plan():
            good = objects.get(unit.unit_id)
            if not good:
                missing.add(UNIT.dump_json(replace(unit, resumed=good is not None)))
        missing.upload(folder.bucket, key)
        return missing.count


class _Lines:
    """JSON lines on the temporary disk, until they are uploaded."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self.count = 0

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self.count += 1

    def upload(self, bucket: Bucket, key: str) -> None:
        self._file.seek(0)
        with Upload(bucket, key, "application/x-ndjson") as out:
            copyfileobj(self._file, out)

    def replace(self, bucket: Bucket, key: str) -> None:
        """Upload unless there are no lines and was no object: an earlier attempt may have written what holds no more."""
        if self.count or key in bucket.keys(key):
            self.upload(bucket, key)
