"""New, persisting, regressed, resolved: over several runs, several scopes, and runs that are repeated."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from functions.core.model import Finding, Lifecycle, Outcome, Unit, UnitOutcome
from functions.core.rank import history, scratch_database
from functions.core.rank.history import FORGET_DAYS, History, previous
from functions.core.rank.lifecycle.known import as_resolved
from functions.core.rank.run import REAL_TIME, what_if
from functions.core.store.bucket import Bucket
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

UNIT = sweeps.unit()
ELSEWHERE = sweeps.unit(region="eu-west-1")
DAY_1 = datetime(2026, 11, 1, 2, tzinfo=UTC)


def run_id(day: int) -> str:
    return f"{DAY_1 + timedelta(days=day - 1):%Y%m%dT%H%M%SZ}-abcdef"


def sweep(
    s3: Any, day: int, found: Iterable[Finding], outcomes: Iterable[UnitOutcome], *, name: str | None = None
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """One run: for each finding's resource its lifecycle and the day that it was first seen; and the resources that are resolved."""
    now = DAY_1 + timedelta(days=day - 1)
    with closing(scratch_database.database()) as database, History(sweeps.folder(s3, name or run_id(day)), now, database) as books:
        for outcome in outcomes:
            books.add_unit(outcome)
        noted = {}
        for one in found:
            unit = sweeps.unit(one.resource_type, one.account, one.region)
            lifecycle, first, _ = books.note(FINDING.dump_python(one, mode="json"), unit.unit_id)
            noted[one.resource_id] = (lifecycle, first[:10])
        gone = [as_resolved(known)["resource_arn"].rpartition(":")[2] for known in books.close_books()]
    return noted, gone


def seen(
    unit: Unit = UNIT, outcome: Outcome = Outcome.OK, insufficient: tuple[str, ...] = (), disabled: tuple[str, ...] = ()
) -> UnitOutcome:
    return UnitOutcome(
        unit_id=unit.unit_id,
        account=unit.account,
        region=unit.region,
        resource_type=unit.resource_type,
        outcome=outcome,
        insufficient=dict.fromkeys(insufficient, 1),
        disabled=dict.fromkeys(disabled, 0),
    )


VOL_1, VOL_2 = sweeps.finding("vol-1"), sweeps.finding("vol-2")


def test_a_finding_lives_through_new_persisting_resolved_and_regressed() -> None:
    with sweeps.world() as world:
        s3 = world.s3
        assert sweep(s3, 1, [VOL_1, VOL_2], [seen()]) == ({"vol-1": ("new", "2026-11-01"), "vol-2": ("new", "2026-11-01")}, [])
        assert sweep(s3, 2, [VOL_1, VOL_2], [seen()])[0]["vol-1"] == ("persisting", "2026-11-01")
        assert sweep(s3, 3, [VOL_2], [seen()]) == ({"vol-2": ("persisting", "2026-11-01")}, ["vol-1"])
        assert sweep(s3, 4, [VOL_2], [seen(outcome=Outcome.EMPTY)])[1] == [], "resolved once, not every day"
        assert sweep(s3, 5, [VOL_1, VOL_2], [seen()])[0]["vol-1"] == ("regressed", "2026-11-01")
        assert sweep(s3, 6, [VOL_1, VOL_2], [seen()])[0]["vol-1"] == ("persisting", "2026-11-01")


@pytest.mark.parametrize(
    ("second", "resolved"),
    [
        ([seen()], True),
        ([seen(outcome=Outcome.EMPTY)], True),
        ([seen(outcome=Outcome.DENIED)], False),
        ([seen(outcome=Outcome.THROTTLED)], False),
        ([seen(outcome=Outcome.INCOMPLETE)], False),
        ([seen(outcome=Outcome.FAILED)], False),
        ([seen(outcome=Outcome.SKIPPED)], False),
        ([], False),
        ([seen(ELSEWHERE)], False),
        ([seen(insufficient=(VOL_1.check_id,))], False),
        ([seen(insufficient=("ebs-idle-volume",))], True),
        ([seen(disabled=(VOL_1.check_id,))], False),
        ([seen(disabled=("ebs-idle-volume",))], True),
        ([replace(seen(), unreadable=1)], False),
    ],
)
def test_only_what_was_looked_for_and_could_be_judged_is_gone(second: list[UnitOutcome], resolved: bool) -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        assert sweep(world.s3, 2, [], second)[1] == (["vol-1"] if resolved else [])
        lifecycle, first = sweep(world.s3, 3, [VOL_1], [seen()])[0]["vol-1"]
        assert (lifecycle, first) == ("regressed" if resolved else "persisting", "2026-11-01")


def test_a_sweep_of_one_region_forgets_nothing_of_the_others() -> None:
    there = sweeps.finding("vol-9", of=ELSEWHERE)
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1, there], [seen(), seen(ELSEWHERE)])
        assert sweep(world.s3, 2, [VOL_1], [seen()]) == ({"vol-1": ("persisting", "2026-11-01")}, [])
        assert sweep(world.s3, 3, [there], [seen(), seen(ELSEWHERE)]) == ({"vol-9": ("persisting", "2026-11-01")}, ["vol-1"])


@pytest.mark.parametrize(("regions", "resolved"), [((), True), (("us-east-1",), False), (("eu-west-1", "eu-west-3"), True)])
def test_a_unit_about_all_regions_says_nothing_of_those_that_it_was_not_asked_for(regions: tuple[str, ...], resolved: bool) -> None:
    """The finding is of an instance in eu-west-1; the unit is asked in us-east-1."""
    known = FINDING.dump_python(sweeps.finding("i-1"), mode="json") | {"resource_arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"}
    with sweeps.world() as world:
        for day in (1, 2):
            now = DAY_1 + timedelta(days=day - 1)
            with closing(scratch_database.database()) as database, History(sweeps.folder(world.s3, run_id(day)), now, database) as books:
                books.add_unit(seen(), regions if day == 2 else ())
                if day == 1:
                    books.note(known, UNIT.unit_id)
                assert bool([*books.close_books()]) is (day == 2 and resolved)


def test_what_regressed_says_since_when_it_was_gone() -> None:
    found = FINDING.dump_python(VOL_1, mode="json")
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        sweep(world.s3, 3, [], [seen()])
        sweep(world.s3, 4, [], [seen()])
        for day, expected in ((5, "2026-11-03T02:00:00+00:00"), (6, None)):
            now = DAY_1 + timedelta(days=day - 1)
            with closing(scratch_database.database()) as database, History(sweeps.folder(world.s3, run_id(day)), now, database) as books:
                assert books.note(found, UNIT.unit_id).gone_from == expected


STOP = sweeps.finding("i-1", sweeps.saving(30), check="ec2-idle")
RESIZE = sweeps.finding("i-1", sweeps.saving(20), check="ec2-too-big", counted_by=STOP.finding_id)
RESIZE_ALONE = sweeps.finding("i-1", sweeps.saving(20), check="ec2-too-big")
STORAGE = sweeps.finding("i-1", sweeps.saving(8), check="ec2-stopped")
SUPPRESSED = replace(VOL_1, lifecycle=Lifecycle.SUPPRESSED)


@pytest.mark.parametrize(
    ("days", "realised"),
    [
        ([[STOP, RESIZE], []], [30]),
        ([[STOP, RESIZE], [RESIZE_ALONE], []], [10, 20]),
        ([[STOP, RESIZE], [RESIZE_ALONE], [RESIZE_ALONE], []], [10, 20]),
        ([[STOP], [STORAGE], []], [22, 8]),
        ([[STORAGE], [STOP], []], [0, 30]),
        ([[VOL_1], [VOL_2], []], [10, 10]),
        ([[SUPPRESSED], []], [0]),
        ([[VOL_1], [SUPPRESSED], []], [0]),
        ([[sweeps.finding("vol-1", sweeps.UNPRICED)], []], [0]),
        ([[sweeps.hygiene("vol-1", UNIT)], []], [0]),
        ([[VOL_1], [], [VOL_1], [VOL_1], []], [10, 10]),
    ],
)
def test_the_money_of_a_resource_is_realised_once(days: list[list[Finding]], realised: list[float]) -> None:
    """What is resolved in each run, in USD per month; `test_ten_weeks.py` has them all together."""
    told = []
    with sweeps.world() as world:
        for day, found in enumerate(days, 1):
            now = DAY_1 + timedelta(days=day - 1)
            with closing(scratch_database.database()) as database, History(sweeps.folder(world.s3, run_id(day)), now, database) as books:
                books.add_unit(seen())
                for one in found:
                    books.note(FINDING.dump_python(one, mode="json"), UNIT.unit_id)
                gone = [as_resolved(known)["realised_likely"] for known in books.close_books()]
            told += [sum(gone)] if gone else []
    assert told == realised


def test_the_same_run_again_says_the_same_and_writes_the_same() -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        first = sweep(world.s3, 2, [VOL_2], [seen()])
        written = world.objects()
        assert sweep(world.s3, 2, [VOL_2], [seen()]) == first == ({"vol-2": ("new", "2026-11-02")}, ["vol-1"])
        assert world.objects() == written
        sweep(world.s3, 3, [], [seen()])
        assert sweep(world.s3, 2, [VOL_2], [seen()]) == first, "a later run changes nothing for an earlier one"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({1: 0, 2: 60, 4: 120}, [2]),  # one after the other
        ({1: 0, 2: 29, 4: 120}, [2, 1]),  # the second may have begun before the first was there
        ({1: 60, 2: 30, 4: 120}, [2, 1]),  # the second began inside of the first, and ended before it
        ({1: 90, 2: 0, 4: 120}, [2, 1]),  # the first was resumed
        ({2: 0, 4: 120}, [2]),
        ({4: 120}, []),
        ({3: 0, 4: 120}, []),  # its own, of an earlier attempt
    ],
)
def test_a_run_compares_with_the_newest_before_it_and_with_what_that_may_not_have_read(
    minutes: dict[int, int], expected: list[int]
) -> None:
    class Listed:
        def objects(self, prefix: str) -> Iterable[dict[str, Any]]:
            for day, minute in minutes.items():
                yield {"Key": history.key_of(run_id(day)), "LastModified": DAY_1 + timedelta(minutes=minute)}
            yield {"Key": f"{prefix}20261102T999999Z.txt", "LastModified": DAY_1}

    assert previous(cast("Bucket", Listed()), run_id(3)) == [history.key_of(run_id(day)) for day in expected]


def test_of_many_small_sweeps_inside_a_long_one_only_the_last_and_the_long_one_are_read() -> None:
    class Listed:
        def objects(self, prefix: str) -> Iterable[dict[str, Any]]:
            yield {"Key": history.key_of(run_id(1)), "LastModified": DAY_1 + timedelta(hours=10)}
            for hour in range(1, 10):
                yield {"Key": history.key_of(f"20261101T{hour + 2:02}0000Z-bbbbbb"), "LastModified": DAY_1 + timedelta(hours=hour)}

    assert previous(cast("Bucket", Listed()), run_id(2)) == [history.key_of("20261101T110000Z-bbbbbb"), history.key_of(run_id(1))]


def inside(day: int) -> str:
    """A run that started ten minutes after that day's."""
    return f"{DAY_1 + timedelta(days=day - 1, minutes=10):%Y%m%dT%H%M%SZ}-bbbbbb"


@pytest.mark.parametrize("small_first", [True, False])
def test_a_small_sweep_inside_a_long_one_hides_nothing_whichever_ends_first(small_first: bool) -> None:
    """The nightly sweep of two regions, and one of the first region that started after it."""
    there, born = sweeps.finding("vol-9", of=ELSEWHERE), sweeps.finding("vol-8", of=ELSEWHERE)
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1, there], [seen(), seen(ELSEWHERE)])

        def small() -> Any:
            return sweep(world.s3, 2, [VOL_1, VOL_2], [seen()], name=inside(2))

        def long() -> Any:
            return sweep(world.s3, 2, [VOL_1, VOL_2, there, born], [seen(), seen(ELSEWHERE)])

        for one in (small, long) if small_first else (long, small):
            noted, gone = one()
            assert (noted["vol-1"], gone) == (("persisting", "2026-11-01"), [])
        noted, gone = sweep(world.s3, 3, [VOL_1, VOL_2, there, born], [seen(), seen(ELSEWHERE)])
    assert gone == []
    assert noted == {
        "vol-1": ("persisting", "2026-11-01"),
        "vol-2": ("persisting", "2026-11-02"),
        "vol-9": ("persisting", "2026-11-01"),
        "vol-8": ("persisting", "2026-11-02"),
    }


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.INCOMPLETE, Outcome.SKIPPED, Outcome.FAILED])
def test_a_sweep_that_saw_a_unit_badly_leaves_it_as_the_one_beside_it_saw_it(outcome: Outcome) -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1, VOL_2], [seen()])
        assert sweep(world.s3, 2, [VOL_2], [seen()])[1] == ["vol-1"]
        assert sweep(world.s3, 2, [], [seen(outcome=outcome)], name=inside(2))[1] == []
        assert sweep(world.s3, 3, [VOL_1, VOL_2], [seen()]) == (
            {"vol-1": ("regressed", "2026-11-01"), "vol-2": ("persisting", "2026-11-01")},
            [],
        )


def test_what_a_resumed_run_has_seen_at_last_is_known_although_a_later_run_had_ended_before() -> None:
    there = sweeps.finding("vol-9", of=ELSEWHERE)
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen(), seen(ELSEWHERE)])
        sweep(world.s3, 2, [VOL_1], [seen(), seen(ELSEWHERE, Outcome.THROTTLED)])
        sweep(world.s3, 3, [], [seen()])
        sweep(world.s3, 2, [VOL_1, there], [seen(), seen(ELSEWHERE)])
        noted, gone = sweep(world.s3, 4, [VOL_1, there], [seen(), seen(ELSEWHERE)])
    assert (noted, gone) == ({"vol-1": ("regressed", "2026-11-01"), "vol-9": ("persisting", "2026-11-02")}, [])


def test_resolved_once_although_it_is_carried_on_by_two() -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        sweep(world.s3, 2, [], [])
        sweep(world.s3, 2, [], [], name=inside(2))
        assert sweep(world.s3, 3, [], [seen()])[1] == ["vol-1"]
        assert sweep(world.s3, 4, [], [seen()])[1] == []
        assert len(sweeps.gz_lines(world.s3, history.key_of(run_id(4)))) == 1


def test_an_as_of_a_little_earlier_than_an_earlier_run_does_not_turn_back_what_became_known() -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        sweep(world.s3, 3, [], [seen()], name=run_id(2))  # as of a day later than its start
        assert sweep(world.s3, 2, [VOL_1], [seen()], name=inside(2))[0]["vol-1"] == ("regressed", "2026-11-01")
        assert sweep(world.s3, 4, [VOL_1], [seen()])[0]["vol-1"] == ("persisting", "2026-11-01")


def test_a_history_of_the_version_before_is_gone_on_with() -> None:
    """One line as it was written on 27 November 2026."""
    line = {
        "id": VOL_1.finding_id, "unit": UNIT.unit_id, "check": VOL_1.check_id, "arn": VOL_1.resource_arn, "name": "", "likely": 10.0,
        "first": "2026-09-01T02:00:00+00:00", "last": "2026-10-31T02:00:00+00:00", "resolved": None,
    }  # fmt: skip
    with sweeps.world() as world:
        body = gzip.compress(json.dumps(line).encode() + b"\n")
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=history.key_of("20261031T020000Z-aaaaaa"), Body=body)
        assert sweep(world.s3, 1, [VOL_1], [seen()])[0]["vol-1"] == ("persisting", "2026-09-01")
        assert set(sweeps.gz_lines(world.s3, history.key_of(run_id(1)))[0]) == set(line), "and it can be gone back to"


def test_an_exception_leaves_the_history_as_it_was() -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        before = world.objects()
        with pytest.raises(RuntimeError, match="stop"):
            sweep(world.s3, 2, stopping(), [seen()])
        assert world.objects() == before


def stopping() -> Iterable[Finding]:
    yield VOL_1
    raise RuntimeError("stop")


@pytest.mark.parametrize(("days", "known"), [(FORGET_DAYS - 1, True), (FORGET_DAYS, True), (FORGET_DAYS + 1, False)])
@pytest.mark.parametrize("resolved", [True, False])
def test_what_was_not_seen_for_long_is_forgotten(days: int, known: bool, resolved: bool) -> None:
    with sweeps.world() as world:
        sweep(world.s3, 1, [VOL_1], [seen()])
        sweep(world.s3, 2, [], [seen()] if resolved else [])
        last = 2 if resolved else 1
        sweep(world.s3, last + days, [], [])
        lifecycle, _ = sweep(world.s3, last + days + 1, [VOL_1], [seen()])[0]["vol-1"]
        assert lifecycle == (("regressed" if resolved else "persisting") if known else "new")


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (timedelta(0), False),
        (REAL_TIME, False),
        (-REAL_TIME, False),
        (REAL_TIME + timedelta(seconds=1), True),
        (timedelta(days=-60), True),
    ],
)
def test_another_day_is_a_what_if(shift: timedelta, expected: bool) -> None:
    assert what_if(DAY_1 + shift, DAY_1) is expected


def test_a_resolved_finding_tells_what_it_was() -> None:
    with sweeps.world() as world, closing(scratch_database.database()) as database:
        sweep(world.s3, 1, [sweeps.finding("vol-1", sweeps.saving(7.5)), sweeps.finding("vol-2", sweeps.UNPRICED)], [seen()])
        with History(sweeps.folder(world.s3, run_id(2)), DAY_1 + timedelta(days=1), database) as books:
            books.add_unit(seen())
            gone, unpriced = (as_resolved(known) for known in books.close_books())
    assert gone == {
        "finding_id": VOL_1.finding_id,
        "check_id": VOL_1.check_id,
        "resource_arn": VOL_1.resource_arn,
        "resource_name": VOL_1.resource_name,
        "account": sweeps.ACCOUNT,
        "region": sweeps.REGION,
        "monthly_savings_likely": 7.5,
        "realised_likely": 7.5,
        "first_seen": "2026-11-01T02:00:00+00:00",
        "last_seen": "2026-11-01T02:00:00+00:00",
        "lifecycle": "resolved",
    }
    assert unpriced["monthly_savings_likely"] is None


def test_many_findings_keep_their_own_story() -> None:
    many = [sweeps.finding(f"vol-{number}") for number in range(10)]
    with sweeps.world() as world:
        sweep(world.s3, 1, many[5:], [seen()])
        sweep(world.s3, 2, many[3:], [seen()])
        noted, gone = sweep(world.s3, 3, many[:8], [seen()])
    assert noted == {
        f"vol-{number}": ("new", "2026-11-03") if number < 3 else ("persisting", "2026-11-02" if number < 5 else "2026-11-01")
        for number in range(8)
    }
    assert sorted(gone) == ["vol-8", "vol-9"]
