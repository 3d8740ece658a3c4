"""Series know what they miss; a metric that was not fetched is no zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.usage import DAY_SECONDS, NO_USAGE, Metric, Series, Usage

START = datetime(2026, 6, 1, tzinfo=UTC)
numbers = st.lists(st.floats(0, 1e9, allow_nan=False), max_size=50)


def series(values: list[float], expected: int | None = None) -> Series:
    times = [START + timedelta(days=day) for day in range(len(values))]
    return Series(values, times, len(values) if expected is None else expected, DAY_SECONDS)


@pytest.mark.parametrize(
    ("count", "expected", "coverage"), [(0, 14, 0.0), (7, 14, 0.5), (14, 14, 1.0), (15, 14, 1.0), (0, 0, 0.0), (3, 0, 0.0)]
)
def test_coverage_is_what_is_there_of_what_should_be(count: int, expected: int, coverage: float) -> None:
    assert series([1.0] * count, expected).coverage == coverage


def test_without_datapoints_everything_is_zero_and_coverage_says_so() -> None:
    empty = series([], expected=14)
    assert (empty.count, empty.coverage, empty.maximum, empty.minimum, empty.total, empty.last) == (0, 0.0, 0.0, 0.0, 0.0, None)


@given(numbers, st.integers(0, 100))
def test_coverage_is_a_share(values: list[float], expected: int) -> None:
    assert 0 <= series(values, expected).coverage <= 1


@given(numbers.filter(bool))
def test_the_extremes_are_values(values: list[float]) -> None:
    made = series(values)
    assert (made.minimum, made.maximum) == (min(values), max(values))


@pytest.mark.parametrize(
    ("values", "silent", "unused"),
    [([], None, None), ([0.0], 1, None), ([3.0], 1, 1), ([0.0, 3.0, 0.0, 0.0], 4, 2), ([3.0, 0.0, 1.0], 3, 3)],
)
def test_silence_begins_after_the_last_datapoint_and_disuse_after_the_last_that_is_not_zero(
    values: list[float], silent: int | None, unused: int | None
) -> None:
    made = series(values)
    ends = [None if day is None else START + timedelta(days=day) for day in (silent, unused)]
    assert [made.silent_since, made.unused_since] == ends


@given(numbers.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))))
def test_the_order_of_datapoints_changes_no_statistic(orders: tuple[list[float], list[float]]) -> None:
    values, shuffled = orders
    assert series(values).maximum == series(shuffled).maximum
    assert series(values).total == series(shuffled).total


def test_since_keeps_the_days_from_a_moment_on() -> None:
    whole = series([1.0, 2.0, 3.0, 4.0], expected=4)
    for moment, values in (
        (START + timedelta(days=2), [3.0, 4.0]),
        (START + timedelta(days=1, hours=1), [2.0, 3.0, 4.0]),  # most of that day lies after it
        (START + timedelta(days=1), [2.0, 3.0, 4.0]),
        (START, [1.0, 2.0, 3.0, 4.0]),
    ):
        assert list(whole.since(moment, 2).values) == values
    assert whole.since(START + timedelta(days=9), 2).count == 0
    assert whole.since(START + timedelta(days=2), 2).coverage == 1.0


def test_a_metric_that_was_not_fetched_is_an_error() -> None:
    metric = Metric("AWS/EC2", "CPUUtilization", "Maximum", lambda resource: {})
    assert metric not in NO_USAGE
    with pytest.raises(KeyError):
        NO_USAGE[metric]
    with pytest.raises(KeyError):
        NO_USAGE.each(metric)


def test_the_window_does_not_make_a_metric_another_one() -> None:
    def dimensions(resource: object) -> dict[str, str]:
        return {}

    short = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, window="window_days")
    long = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, window="lookback_days")
    hourly = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, period=3600)
    held = Usage({short: series([1.0])})
    assert long in held
    assert hourly not in held


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([], 0.995, 0.0),
        ([7.0], 0.995, 7.0),
        ([7.0], 0.0, 7.0),
        (list(map(float, range(1, 201))), 0.995, 199.0),
        (list(map(float, range(200, 0, -1))), 0.995, 199.0),
        (list(map(float, range(1, 200))), 0.995, 199.0),
        (list(map(float, range(1, 1001))), 0.5, 500.0),
        (list(map(float, range(1, 1001))), 1.0, 1000.0),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[float], share: float, found: float) -> None:
    assert series(values).percentile(share) == found


@given(
    hours=st.lists(st.lists(st.floats(0, 100), min_size=12, max_size=12), min_size=1, max_size=60),
    share=st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.995, 1.0]),
)
def test_hourly_maxima_have_no_lower_percentile_than_those_of_their_five_minutes(hours: list[list[float]], share: float) -> None:
    fine, coarse = [value for hour in hours for value in hour], [max(hour) for hour in hours]
    assert series(coarse).percentile(share) >= series(fine).percentile(share)
