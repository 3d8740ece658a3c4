"""The rules of the fleet at their boundaries: just before, at, just after."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.fleet.rules import (
    Moment,
    Rule,
    always,
    charged_within,
    days_silent,
    full_hour,
    measured,
    measured_hourly,
    never,
    noon,
    not_seen,
    older_than,
    seen,
    silent,
    silent_or_unseen,
)

CREATED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
AS_OF = CREATED + timedelta(days=60)
SECOND = timedelta(seconds=1)


def at(**after: float) -> Moment:
    """So long after the fleet was created."""
    return Moment(CREATED + timedelta(**after), CREATED, AS_OF)


@pytest.mark.parametrize(
    ("rule", "moment", "waste"),
    [
        (always, at(days=0), True),
        (never, at(days=400), False),
        (older_than(7), Moment(CREATED + timedelta(days=7) - SECOND, CREATED, AS_OF), False),
        (older_than(7), at(days=7), True),
        (measured(14), at(days=60), True),
        (measured(14), at(days=59), True),  # 13 of 14 days are 93 %
        (measured(14), at(days=58), False),  # 12 are 86 %
        (measured(14), at(days=61), True),
        (measured(14), at(days=62), False),
        (measured(14), at(days=6), False),
        (measured(14, range(1, 14)), at(days=60), True),
        (measured(14, range(1, 13)), at(days=60), False),
        (measured(7), at(days=60), True),
        (measured(7), at(days=61), False),  # 6 of 7 days are 86 %
        (measured_hourly(14, range(1, 337)), at(days=60), True),
        (measured_hourly(14, range(1, 337)), at(days=60, hours=33), True),  # 303 of 336 are 90.2 %
        (measured_hourly(14, range(1, 337)), at(days=60, hours=34), False),  # 302 are 89.9 %
        (measured_hourly(14, range(1, 303)), at(days=60), False),
        (seen(7, range(1, 8)), at(days=60), True),
        (seen(7, range(1, 8)), at(days=66), True),
        (seen(7, range(1, 8)), at(days=67), False),
        (seen(7, range(1, 8)), at(days=52), False),
        (silent(30, 31, lookback=90), at(days=60), True),
        (silent(30, 30, lookback=90), at(days=60), False),
        (silent(30, 30, lookback=90), at(days=61), True),
        (silent(30, 31, lookback=90), at(days=119), True),
        (silent(30, 31, lookback=90), at(days=120), False),  # 91 days ago: nobody looks so far back
        (silent(30, 31, lookback=90), at(days=29), False),  # the datapoint is in the future
        (silent(30, 31, lookback=90, min_age=61), at(days=60), False),
        (silent_or_unseen(7, 1, lookback=32), at(days=60), False),
        (silent_or_unseen(7, 1, lookback=32), at(days=66), False),
        (silent_or_unseen(7, 1, lookback=32), at(days=67), True),
        (silent_or_unseen(7, 1, lookback=32), at(days=100), True),
        (silent_or_unseen(7, 1, lookback=32), at(days=6), False),
        (silent_or_unseen(7, 1, lookback=32), at(days=7), True),  # the datapoint is in the future
        (not_seen(90), at(days=60), False),
        (not_seen(90), at(days=90), True),
        (not_seen(90, [1]), at(days=90), False),
        (not_seen(90, [1]), at(days=150), True),
        (not_seen(14, range(1, 15)), at(days=60), False),
        (not_seen(14, range(1, 15)), at(days=74), True),
        (charged_within(180, date(2027, 7, 22)), at(days=60), True),  # 23 January 2027 and 180 days
        (charged_within(180, date(2027, 7, 23)), at(days=60), False),
        (charged_within(180, date(2020, 1, 1)), at(days=0), True),
    ],
)
def test_a_rule_at_its_boundary(rule: Rule, moment: Moment, waste: bool) -> None:
    assert rule(moment) is waste


@given(st.integers(min_value=0, max_value=200), st.integers(min_value=0, max_value=23), st.integers(min_value=0, max_value=59))
def test_a_silence_ends_with_the_24_hours_of_the_last_datapoint(days: int, hours: int, minutes: int) -> None:
    """They are counted back from the sweep's full hour."""
    moment = at(days=60 + days, hours=hours, minutes=minutes)
    end, ended = full_hour(moment.as_of), moment.as_of - timedelta(days=days_silent(moment, 31))
    assert (end - ended) % timedelta(days=1) == timedelta(0)
    assert ended - timedelta(days=1) <= noon(AS_OF, 31) < ended


@given(st.integers(min_value=0, max_value=200), st.integers(min_value=0, max_value=23))
def test_the_window_moves_with_the_sweep_and_the_days_do_not(days: int, hours: int) -> None:
    """Counting by days before `as_of` and counting real days in the real window are the same."""
    moment = at(days=days, hours=hours)
    points = [noon(AS_OF, day) for day in range(1, 15)]
    end = full_hour(moment.as_of)
    assert moment.daily(range(1, 15), 14) == sum(end - timedelta(days=14) <= point < end for point in points)
