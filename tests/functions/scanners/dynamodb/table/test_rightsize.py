"""Provisioned capacity that the busiest five minutes do not need."""

from __future__ import annotations

import json

import pytest

from functions.core.model import InsufficientData, Waste
from functions.scanners.dynamodb.table.collector import Table
from functions.scanners.dynamodb.table.measured_use import FIVE_READS, READS
from functions.scanners.dynamodb.table.rightsize import overprovisioned
from functions.scanners.dynamodb.table.unused import unused_table
from tests.functions.scanners.dynamodb.samples import (
    FIVES,
    HOURS,
    candidate,
    goes_on,
    judge_of,
    judged,
    part,
    series,
    table,
    waste,
    with_fives,
    with_series,
    with_throttled,
)

INDEX = part(50, 50, index="by-day")


def quiet(*parts: object, hours: list[tuple[float, float]]) -> Table:
    """Nothing throttled."""
    return with_throttled(table(*parts, hours=hours))  # type: ignore[arg-type]


def test_the_busiest_five_minutes_and_headroom_are_enough() -> None:
    """Busiest: 21,000 reads and 4,200 writes, 70 and 14 a second; at 70 % that is 100 of 500 and 20 of 200.

    (400 × 0.00013 + 180 × 0.00065) × 730 = 37.96 + 85.41 = 123.37. Low: the first 25 of each are free before and after, of which 5 writes
    are beyond the 20: (400 × 0.00013 + 175 × 0.00065) × 730 = 120.9975.
    """
    found = waste(overprovisioned, with_fives(quiet(part(500, 200), hours=[(36_000, 7_200)]), (21_000, 4_200)))
    assert (found.savings.low, found.savings.likely) == (120.9975, 123.37)
    assert found.values["units"] == "ReadCapacityUnits=100,WriteCapacityUnits=20"
    assert (found.evidence["proposed"], found.evidence["known_by"]) == ("itself 100/20", "five minutes")
    assert found.command == ""


def test_where_hours_are_enough_five_minutes_are_not_needed() -> None:
    """210 in an hour are 0.7 a second at most, if all of them came in five minutes: one unit is enough. 199 × 0.00013 × 730 = 18.8851."""
    made = quiet(part(200, 1), hours=[(210, 0)])
    assert not goes_on(overprovisioned, made)
    found = waste(overprovisioned, made)
    assert found.savings.likely == 18.8851
    assert str(found.evidence["known_by"]).startswith("hours")


@pytest.mark.parametrize(("hours", "asks"), [((3_600 * 49, 0), True), ((3_600 * 50, 3_600 * 50), False), ((3_600 * 50, 3_600 * 49), True)])
def test_five_minutes_are_asked_only_where_the_hours_leave_it_open(hours: tuple[float, float], asks: bool) -> None:
    assert goes_on(overprovisioned, quiet(part(100, 100), hours=[hours])) is asks


@pytest.mark.parametrize("reads", [0, 10, 210, 300, 3_000, 30_000, 360_000])
def test_the_verdict_of_the_hours_never_saves_more_than_that_of_five_minutes(reads: float) -> None:
    made = quiet(part(100, 1), hours=[(reads, 0)])
    by_hours = judged(overprovisioned, made)
    for share in (1 / 12, 0.5, 1):  # of the hour, in its busiest five minutes
        by_fives = judged(overprovisioned, with_fives(quiet(part(100, 1), hours=[(reads, 0)]), (reads * share, 0)))
        if isinstance(by_hours, Waste):
            assert isinstance(by_fives, Waste)
            assert by_hours.savings.likely <= by_fives.savings.likely


@pytest.mark.parametrize(("reads", "found"), [(300 * 49.9, True), (300 * 50, False), (300 * 51, False), (0, True)])
def test_half_of_the_capacity_in_the_busiest_five_minutes_is_enough_use(reads: float, found: bool) -> None:
    made = with_fives(quiet(part(100, 1), hours=[(36_000, 60)]), (reads, 1))
    assert isinstance(judged(overprovisioned, made), Waste) is found


def test_five_busy_minutes_in_a_month_count() -> None:
    made = with_fives(quiet(part(100, 1), hours=[(36_000, 60)]), (300, 1))
    assert judged(overprovisioned, with_series(made, {FIVE_READS: [series(300, FIVE_READS, last=300 * 90)]})) is None


def test_what_was_throttled_stays_as_it_is() -> None:
    made = with_fives(table(part(100, 100), hours=[(3_600, 3_600)]), (300, 300))
    assert waste(overprovisioned, with_throttled(made, (1, 0))).values["units"] == "ReadCapacityUnits=100,WriteCapacityUnits=2"
    assert judged(overprovisioned, with_throttled(made, (1, 1))) is None


def test_an_index_is_sized_apart_and_only_what_changes_is_said() -> None:
    made = with_fives(quiet(part(10, 10), INDEX, hours=[(30_000, 30_000), (0, 3_600)]), (2_700, 2_700), (0, 300))
    found = waste(overprovisioned, made)
    assert found.values["units"] == ""
    (update,) = json.loads(found.values["index_units"])
    assert update["Update"]["ProvisionedThroughput"] == {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}
    assert found.command.endswith("--table-name {id} --global-secondary-index-updates {index_units}")
    assert found.savings.likely == pytest.approx((49 * 0.00013 + 48 * 0.00065) * 730, abs=1e-4)


def test_what_auto_scaling_sets_is_left_to_it() -> None:
    scaled = part(500, 500, scaled_from=(5, None))
    assert isinstance(judged(overprovisioned, quiet(scaled, hours=[(0, 0)])), InsufficientData)
    made = quiet(scaled, INDEX, hours=[(0, 0), (0, 0)])
    assert candidate(overprovisioned, made) is True
    assert waste(overprovisioned, made).evidence["proposed"] == "by-day 1/1"


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (table(part(2, 1)), True),
        (table(part(1, 1)), False),
        (table(part(1, 1), INDEX), True),
        (table(part(), on_demand=True), False),
        (table(part(9, 9), age=29), False),
        (table(part(9, 9), status="UPDATING"), False),
    ],
)
def test_which_tables_are_asked_about(made: Table, asked: bool) -> None:
    assert candidate(overprovisioned, made) is asked
    if not asked:
        assert judged(overprovisioned, made) is None


@pytest.mark.parametrize("made", [table(replicas=("eu-west-1",)), table(scaling_known=False)])
def test_what_cannot_be_judged_is_said(made: Table) -> None:
    assert isinstance(judged(overprovisioned, made), InsufficientData)


def test_what_cloudwatch_did_not_give_is_not_known() -> None:
    made = quiet(part(100, 1), hours=[(36_000, 60)])
    made.usage = made.usage.updated({}, {FIVE_READS: "InternalError"})
    verdict = judged(overprovisioned, made)
    assert isinstance(verdict, InsufficientData)
    assert "InternalError" in verdict.reason


@pytest.mark.parametrize(("metric", "of"), [(READS, HOURS), (FIVE_READS, FIVES)])
def test_too_few_datapoints_are_said(metric: object, of: int) -> None:
    made = with_fives(quiet(part(100, 1), hours=[(36_000, 60)]), (300, 1))
    short = with_series(made, {metric: [series(60, metric, count=int(of * 0.9) - 1)]})  # type: ignore[dict-item, arg-type]
    judge = judge_of(overprovisioned)
    assert judge.findings(short) == []
    assert judge.insufficient[overprovisioned.id] == 1


def test_of_an_unused_table_only_its_deletion_is_counted() -> None:
    found = judge_of(unused_table, overprovisioned).findings(quiet(part(500, 200, gib=40), hours=[(0, 0)]))
    assert [(one.check_id, one.headline) for one in found] == [(unused_table.id, True), (overprovisioned.id, False)]
