"""Provisioned capacity that the busiest minute does not need."""

from __future__ import annotations

import json

import pytest

from functions.core.model import InsufficientData, Waste
from functions.scanners.dynamodb.table.collector import Table
from functions.scanners.dynamodb.table.measured_use import MINUTE_READS
from functions.scanners.dynamodb.table.rightsize import overprovisioned
from functions.scanners.dynamodb.table.unused import unused_table
from tests.functions.scanners.dynamodb.samples import (
    MINUTES,
    candidate,
    goes_on,
    judge_of,
    judged,
    part,
    series,
    table,
    waste,
    with_minutes,
    with_series,
)

INDEX = part(50, 50, index="by-day")


def test_the_busiest_minute_and_headroom_are_enough() -> None:
    """Busiest minute: 4,200 reads and 840 writes, 70 and 14 a second; at 70 % that is 100 of 500 and 20 of 200.

    (400 × 0.00013 + 180 × 0.00065) × 730 = 37.96 + 85.41 = 123.37. Low: the first 25 of each are free before and after, of which 5 writes
    are beyond the 20: (400 × 0.00013 + 175 × 0.00065) × 730 = 120.9975.
    """
    found = waste(overprovisioned, with_minutes(table(part(500, 200), hours=[(36_000, 7_200)]), (4_200, 840)))
    assert (found.savings.low, found.savings.likely) == (120.9975, 123.37)
    assert found.values["units"] == "ReadCapacityUnits=100,WriteCapacityUnits=20"
    assert found.evidence["proposed"] == "itself 100/20"
    assert found.command == ""


@pytest.mark.parametrize(
    ("reads", "found"),
    [(60 * 49.9, True), (60 * 50, False), (60 * 51, False), (0, True)],
)
def test_half_of_the_capacity_in_the_busiest_minute_is_enough_use(reads: float, found: bool) -> None:
    made = with_minutes(table(part(100, 1), hours=[(3_600, 60)]), (reads, 1))
    assert isinstance(judged(overprovisioned, made), Waste) is found


def test_one_busy_minute_in_two_weeks_counts() -> None:
    made = with_minutes(table(part(100, 1), hours=[(3_600, 60)]), (60, 1))
    busy = with_series(made, {MINUTE_READS: [series(60, MINUTE_READS, last=60 * 90)]})
    assert judged(overprovisioned, busy) is None


@pytest.mark.parametrize("times", [1, 2, 5, 40])
def test_busier_tables_never_save_more(times: float) -> None:
    def saved(reads: float) -> float:
        verdict = judged(overprovisioned, with_minutes(table(part(1_000, 1), hours=[(3_600, 60)]), (reads, 1)))
        return verdict.savings.likely if isinstance(verdict, Waste) else 0.0

    assert saved(600 * times) <= saved(600 * (times - 1))


def test_what_was_throttled_stays_as_it_is() -> None:
    made = with_minutes(table(part(100, 100), hours=[(0, 0)]), (60, 60), throttled=[(1, 0)])
    assert waste(overprovisioned, made).values["units"] == "ReadCapacityUnits=100,WriteCapacityUnits=2"
    both = with_minutes(table(part(100, 100), hours=[(0, 0)]), (60, 60), throttled=[(1, 1)])
    assert judged(overprovisioned, both) is None


def test_an_index_is_sized_apart_and_only_what_changes_is_said() -> None:
    made = with_minutes(table(part(10, 10), INDEX, hours=[(30_000, 30_000), (0, 3_600)]), (540, 540), (0, 60))
    found = waste(overprovisioned, made)
    assert found.values["units"] == ""
    (update,) = json.loads(found.values["index_units"])
    assert update["Update"]["ProvisionedThroughput"] == {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}
    assert found.command.endswith("--table-name {id} --global-secondary-index-updates {index_units}")
    assert found.savings.likely == pytest.approx((49 * 0.00013 + 48 * 0.00065) * 730, abs=1e-4)


def test_what_auto_scaling_sets_is_left_to_it() -> None:
    scaled = part(500, 500, scaled_from=(5, None))
    assert isinstance(candidate(overprovisioned, table(scaled)), InsufficientData)
    made = with_minutes(table(scaled, INDEX, hours=[(0, 0), (0, 0)]), (0, 0), (0, 0))
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


@pytest.mark.parametrize("made", [table(replicas=("eu-west-1",)), table(scaling_known=False)])
def test_what_cannot_be_judged_is_said(made: Table) -> None:
    assert isinstance(candidate(overprovisioned, made), InsufficientData)


@pytest.mark.parametrize(("hours", "asks"), [((3_600 * 49, 0), True), ((3_600 * 50, 3_600 * 50), False), ((3_600 * 50, 3_600 * 49), True)])
def test_minutes_are_asked_only_where_the_busiest_hour_leaves_room(hours: tuple[float, float], asks: bool) -> None:
    assert goes_on(overprovisioned, table(part(100, 100), hours=[hours])) is asks


def test_too_few_minutes_are_said() -> None:
    made = with_minutes(table(part(100, 1), hours=[(3_600, 60)]), (60, 1))
    short = with_series(made, {MINUTE_READS: [series(60, MINUTE_READS, count=int(MINUTES * 0.9) - 1)]})
    judge = judge_of(overprovisioned)
    assert judge.findings(short) == []
    assert judge.insufficient[overprovisioned.id] == 1


def test_of_an_unused_table_only_its_deletion_is_counted() -> None:
    made = with_minutes(table(part(500, 200, gib=40)), (0, 0))
    found = judge_of(unused_table, overprovisioned).findings(made)
    assert [(one.check_id, one.headline) for one in found] == [(unused_table.id, True), (overprovisioned.id, False)]
