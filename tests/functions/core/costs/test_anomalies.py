"""What is an anomaly: more than 30 % and more than $10 up, at the boundaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs.anomalies import anomalies

KEY = ("Amazon ElastiCache", "111122223333")


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (100.0, 130.0, False),
        (100.0, 130.01, True),
        (100.0, 129.99, False),
        (20.0, 30.0, False),  # 50 % more, but $10
        (20.0, 30.01, True),
        (20.0, 29.99, False),
        (0.0, 10.0, False),
        (0.0, 10.01, True),
        (1000.0, 1011.0, False),
        (200.0, 100.0, False),
        (-50.0, 5.0, True),  # a correction of the bill made it less than nothing
    ],
)
def test_up_by_more_than_thirty_per_cent_and_ten_dollars(before: float, now: float, found: bool) -> None:
    assert bool(anomalies({KEY: before}, {KEY: now})) is found


@pytest.mark.parametrize(
    ("before", "change"),
    [({}, None), ({KEY: 0.0}, None), ({KEY: 0.005}, None), ({KEY: 0.01}, 4999.0), ({KEY: 20.0}, 1.5)],
)
def test_new_spend_has_no_change(before: dict[tuple[str, str], float], change: float | None) -> None:
    (found,) = anomalies(before, {KEY: 50.0})
    assert found == {
        "service": KEY[0],
        "account": KEY[1],
        "before": round(before.get(KEY, 0.0), 4),
        "now": 50.0,
        "change": change,
    }


def test_the_largest_increase_comes_first_and_each_account_is_its_own() -> None:
    before = {("a", "1"): 100.0, ("a", "2"): 100.0, ("b", "1"): 0.0}
    now = {("a", "1"): 150.0, ("a", "2"): 110.0, ("b", "1"): 400.0}
    assert [(one["service"], one["account"]) for one in anomalies(before, now)] == [("b", "1"), ("a", "1")]


@given(before=st.floats(0, 1e6), now=st.floats(0, 1e6), less=st.floats(0, 1e6))
def test_having_paid_less_before_never_hides_an_anomaly(before: float, now: float, less: float) -> None:
    assert not anomalies({KEY: before}, {KEY: now}) or anomalies({KEY: max(0.0, before - less)}, {KEY: now})
