"""The hours of a week, and the schedule that fits them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.amounts import Amount, Price, Term
from functions.core.limits import Limits
from functions.core.model import Resource
from functions.core.usage import Series
from functions.scanners.ec2 import week
from functions.scanners.ec2.week import OffTime

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
LIMITS = Limits({"schedule_days": 28, "min_idle_share": 0.75, "min_idle_hours": 40}, MONDAY + timedelta(days=28))
OFFICE = [not (day < 5 and 7 <= hour < 19) for day in range(7) for hour in range(24)]
"""Idle outside 7 to 19 o'clock from Monday to Friday."""
WEEKDAYS = (0, 1, 2, 3, 4)


def cells(off: OffTime) -> set[int]:
    """By walking through two weeks with a clock: off from a stop to the next start."""
    found, stopped = set(), False
    for cell in range(2 * week.HOURS_OF_WEEK):
        day, hour = cell // 24 % 7, cell % 24
        if (hour, day) in {(off.starts, each) for each in off.start_days}:
            stopped = False
        if (hour, day) in {(off.stops, each) for each in off.stop_days}:
            stopped = True
        if stopped and cell >= week.HOURS_OF_WEEK:
            found.add(cell % week.HOURS_OF_WEEK)
    return found


def test_office_hours_leave_the_nights_and_the_weekend() -> None:
    """5 × 12 hours of work leave 168 − 60 = 108."""
    off = week.off_time(OFFICE)
    assert off == OffTime(108, stops=19, starts=7, stop_days=WEEKDAYS, start_days=WEEKDAYS)
    assert off.values(_resource("i-1")) == {
        "partition": "aws",
        "schedule": "i-1",
        "stop_at": "cron(0 19 ? * MON,TUE,WED,THU,FRI *)",
        "start_at": "cron(0 7 ? * MON,TUE,WED,THU,FRI *)",
    }
    assert off.evidence()["stops_utc"] == "19:00 MON,TUE,WED,THU,FRI"


def test_a_week_of_work_elsewhere_begins_on_sunday_in_utc() -> None:
    """Nine hours earlier: from Sunday 22 o'clock to Friday 10 o'clock UTC."""
    off = week.off_time([OFFICE[(cell + 9) % week.HOURS_OF_WEEK] for cell in range(week.HOURS_OF_WEEK)])
    assert off == OffTime(108, stops=10, starts=22, stop_days=WEEKDAYS, start_days=(0, 1, 2, 3, 6))


def test_a_weekend_alone() -> None:
    off = week.off_time([day >= 5 for day in range(7) for _ in range(24)])
    assert off is not None
    assert cells(off) == set(range(5 * 24, 7 * 24))


@pytest.mark.parametrize("idle", [True, False])
def test_without_use_or_without_idle_hours_there_is_no_schedule(idle: bool) -> None:
    assert week.off_time([idle] * week.HOURS_OF_WEEK) is None


def test_a_job_at_night_keeps_the_hour_it_runs_in() -> None:
    """At 2 o'clock every night: off until then, or from then on, never through it."""
    off = week.off_time([idle and cell % 24 != 2 for cell, idle in enumerate(OFFICE)])
    assert off is not None
    assert not any(cell % 24 == 2 for cell in cells(off))
    assert off.hours == len(cells(off)) < 108


@given(st.lists(st.booleans(), min_size=24, max_size=24), st.sets(st.integers(0, 6)), st.sets(st.integers(0, 167), max_size=4))
def test_whatever_the_week_it_is_only_off_in_idle_hours_and_for_as_many_as_it_says(
    day: list[bool], free: set[int], busy: Iterable[int]
) -> None:
    idle = [(day[cell % 24] or cell // 24 in free) and cell not in set(busy) for cell in range(week.HOURS_OF_WEEK)]
    off = week.off_time(idle)
    if off is None:
        assert all(idle) or sum(idle) == 0
        return
    assert len(off.stop_days) == len(off.start_days) > 0
    found = cells(off)
    assert len(found) == off.hours
    assert all(idle[cell] for cell in found)
    assert set(week._off_cells(off)) == found
    others = (week._off(week._runs(idle), stops, starts) for stops in range(24) for starts in range(24))
    assert off.hours == max(other.hours for other in others if other is not None), "no other two times of the day are off longer"


def _hourly(value: float, count: int, first: datetime = MONDAY) -> Series:
    return Series([value] * count, [first + timedelta(hours=hour) for hour in range(count)], 672, 3600)


def test_an_hour_counts_where_every_series_saw_it() -> None:
    hours = week.hours_with((_hourly(1, 4), 1), (_hourly(3, 2), 2))
    assert hours == {MONDAY: False, MONDAY + timedelta(hours=1): False}
    assert week.hours_with((_hourly(1, 3), 1)) == {MONDAY + timedelta(hours=hour): True for hour in range(3)}


def test_two_directions_together() -> None:
    both = week.together(_hourly(1, 3), _hourly(2, 2))
    assert (both.values, both.times) == ([3, 3], _hourly(0, 2).times)


@pytest.mark.parametrize(("weeks", "idle"), [(2, False), (3, True), (4, True)])
def test_an_hour_of_the_week_is_idle_in_three_of_four(weeks: int, idle: bool) -> None:
    hours = {MONDAY + timedelta(weeks=number, hours=30): number < weeks for number in range(4)}
    assert [cell for cell, unused in enumerate(week.idle_cells(hours, LIMITS)) if unused] == ([30] if idle else [])


def test_an_hour_that_was_not_seen_is_not_idle() -> None:
    hours = {MONDAY + timedelta(weeks=number): True for number in range(2)}
    assert not any(week.idle_cells(hours, LIMITS))


def test_hours_are_those_of_utc_whatever_the_clock_of_the_datapoints() -> None:
    there = timezone(timedelta(hours=9))
    hours = {(MONDAY + timedelta(weeks=number)).astimezone(there): True for number in range(4)}
    assert week.idle_cells(hours, LIMITS).index(True) == 0


def test_use_in_hours_that_it_would_be_off_is_counted() -> None:
    off = week.off_time(OFFICE)
    assert off is not None
    assert week.busy_in(off, {MONDAY: False, MONDAY + timedelta(hours=1): True, MONDAY + timedelta(hours=12): False}) == 1


def test_what_it_saves_by_hand() -> None:
    """108 h a week × 52 ÷ 12 = 468 h a month, at 0.096 an hour: 44.93."""
    off = OffTime(108, 19, 7, WEEKDAYS, WEEKDAYS)
    saved = off.saves(Amount((Term(1, "", 730, Price("S", "hour", 0.096, "hour", "r", "", "")),)))
    assert saved.usd == pytest.approx(468 * 0.096)
    assert saved.formula == "730 h × $0.096 hour × 108 h a week × 52 ÷ 12 ÷ 730 h"


@pytest.mark.parametrize(
    ("key", "handled"),
    [
        ("Schedule", True), ("schedule", True), ("scheduler:ebs", True), ("maid_offhours", True), ("custodian_downtime", True),
        ("Auto-Stop", True), ("Name", False), ("env", False),
    ],
)  # fmt: skip
def test_a_tag_of_a_scheduler(key: str, handled: bool) -> None:
    assert week.scheduler_tag({"Name": "x", key: "y"}) == (key if handled else "")


def test_a_long_identifier_is_cut_to_the_name_of_a_schedule() -> None:
    assert len("start-" + OffTime(1, 2, 3, (0,), (0,)).values(_resource("d" * 63))["schedule"]) == 64


def _resource(name: str) -> Resource:
    return Resource(arn=f"arn:{name}", id=name, account="1", region="us-east-1")
