"""Two runs compared: against what the fleet was, to the last cent, and only where both have looked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from finops.commands.comparing import differences
from finops.commands.comparing.differences import AFTER, BACK, BEFORE, CHANGED, GONE, NEW, Differences
from functions.core.model import Outcome, Unit
from functions.core.rank.totals import exact
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core.rank.lifecycle.test_ten_weeks import EVERYTHING, MONDAY, NARROW, Fleet, run_id, swept
from tests.functions.core.rank.test_ranking import rank_again


@pytest.fixture
def world() -> Iterator[sweeps.World]:
    with sweeps.world() as made:
        yield made


def compared(s3: Any, first: int, second: int, head: dict[str, Any], listed: int = 1_000) -> Differences:
    return differences.between(sweeps.folder(s3, run_id(first)), sweeps.folder(s3, run_id(second)), head["run"]["as_of"], listed)


def ids(found: Differences, kind: str) -> set[tuple[str, str, str]]:
    return {(one["region"], one["resource_arn"].rpartition(":")[2], one["check_id"]) for one in found.kinds[kind].largest}


@pytest.mark.parametrize(("seed", "lost"), [(1, ()), (2, NARROW), (3, ())])
def test_every_finding_is_of_one_kind_and_the_kinds_make_up_the_difference(world: sweeps.World, seed: int, lost: tuple[Unit, ...]) -> None:
    fleet, runs, heads = Fleet(random.Random(seed)), [], []  # noqa: S311 - a test's
    for week in range(4):
        fleet.a_week_passes()
        denied = lost if week == 3 else ()
        runs.append(fleet.seen(tuple(unit for unit in EVERYTHING if unit not in denied)))
        heads.append(swept(world.s3, week, EVERYTHING, denied, runs[-1]))
    found = compared(world.s3, 0, 3, heads[0])
    before, after = ({(one.unit.region, one.resource, one.check): one for one in runs[week]} for week in (0, 3))
    kept = {where for where in before.keys() | after.keys() if where[1] == "vol-9"}
    out_of_sight = {where for where, one in before.items() if one.unit in lost}
    gone, come = before.keys() - after.keys() - kept, after.keys() - before.keys() - kept
    assert ids(found, GONE) == gone - out_of_sight
    assert ids(found, BEFORE) == gone & out_of_sight
    assert ids(found, NEW) == come, "what came and went between them, and came again, is new to the first"
    assert ids(found, BACK) == ids(found, AFTER) == set()
    money = {where: exact((one.cents or 0) / 100) if one.counts else 0 for where, one in before.items()}
    money_after = {where: exact((one.cents or 0) / 100) if one.counts else 0 for where, one in after.items()}
    both = before.keys() & after.keys() - kept
    assert ids(found, CHANGED) == {where for where in both if money[where] != money_after[where]}
    assert found.same == len(both) - found.kinds[CHANGED].findings
    assert found.kinds[GONE].money == -sum(money[where] for where in gone - out_of_sight)
    assert found.money == sum(money_after.values()) - sum(money.values())
    sums = [exact(head["totals"]["monthly_savings"]["likely"]) for head in heads]
    assert found.money == sums[3] - sums[0], "the difference of the two reports, to the hundredth of a cent"
    assert (found.units_in_both, found.units_in_one) == (len(EVERYTHING) - len(lost), len(lost))


def test_what_was_known_before_and_gone_in_the_first_is_back(world: sweeps.World) -> None:
    volume = sweeps.finding("vol-1", sweeps.saving(10))
    head = {}
    for day, there in enumerate(([volume], [], [volume], [volume])):
        head[day] = one_run(world.s3, day, there)
    found = compared(world.s3, 1, 3, head[1])
    assert (found.kinds[BACK].findings, found.kinds[BACK].money, found.kinds[NEW].findings) == (1, 100_000, 0)
    again = compared(world.s3, 0, 3, head[0])
    assert (again.same, again.money) == (1, 0), "in both, whatever was between them"


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({}, GONE),
        ({"unreadable": 1}, BEFORE),
        ({"insufficient": {"ebs-unattached-volume": 1}}, BEFORE),
        ({"insufficient": {"ebs-idle-volume": 1}}, GONE),
        ({"outcome": Outcome.DENIED}, BEFORE),
        ({"outcome": Outcome.INCOMPLETE}, BEFORE),
    ],
)
def test_only_what_was_looked_for_and_could_be_judged_is_resolved(world: sweeps.World, how: dict[str, Any], kind: str) -> None:
    head = one_run(world.s3, 0, [sweeps.finding("vol-1", sweeps.saving(10))])
    one_run(world.s3, 1, [], **how)
    found = compared(world.s3, 0, 1, head)
    assert {name: one.money for name, one in found.kinds.items() if one.findings} == {kind: -100_000}


@pytest.mark.parametrize(
    ("how", "kind"), [({}, NEW), ({"unreadable": 1}, NEW), ({"outcome": Outcome.DENIED}, AFTER), ({"outcome": Outcome.THROTTLED}, AFTER)]
)
def test_what_the_first_could_not_see_is_not_new(world: sweeps.World, how: dict[str, Any], kind: str) -> None:
    head = one_run(world.s3, 0, [], **how)
    one_run(world.s3, 1, [sweeps.finding("vol-1", sweeps.saving(10))])
    found = compared(world.s3, 0, 1, head)
    assert {name: one.money for name, one in found.kinds.items() if one.findings} == {kind: 100_000}


def test_what_the_first_could_not_judge_is_not_back(world: sweeps.World) -> None:
    volume = sweeps.finding("vol-1", sweeps.saving(10))
    one_run(world.s3, 0, [volume])
    head = one_run(world.s3, 1, [], unreadable=1)
    one_run(world.s3, 2, [volume])
    assert {name for name, one in compared(world.s3, 1, 2, head).kinds.items() if one.findings} == {AFTER}


def test_the_largest_are_listed(world: sweeps.World) -> None:
    head = one_run(world.s3, 0, [])
    one_run(world.s3, 1, [sweeps.finding(f"vol-{number}", sweeps.saving(number)) for number in range(1, 9)])
    found = compared(world.s3, 0, 1, head, listed=3)
    assert [one["after"] for one in found.kinds[NEW].largest] == [8, 7, 6]
    assert (found.kinds[NEW].findings, found.money) == (8, 360_000)
    assert compared(world.s3, 0, 1, head, listed=0).kinds[NEW].largest == []


def one_run(s3: Any, day: int, found: list[Any], unit: Unit | None = None, **how: Any) -> dict[str, Any]:
    """A run of one unit through the real Rank; ranking.json."""
    unit = unit or sweeps.unit()
    sweeps.write_plan(s3, [unit], run_id(day))
    sweeps.write_unit(s3, unit, found, run_id(day), **how)
    rank_again(s3, "", run_id(day), (MONDAY + timedelta(days=day)).isoformat())
    head: dict[str, Any] = Bucket(s3, sweeps.BUCKET).need_json(sweeps.folder(run_id=run_id(day)).ranking)
    return head
