"""Which capacity mode costs less, against sums made by hand."""

from __future__ import annotations

import json

import pytest

from functions.core.model import InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.scanners.dynamodb.table.capacity_mode import hardly_used, steady
from functions.scanners.dynamodb.table.collector import Table
from functions.scanners.dynamodb.table.measured_use import READS, WRITES
from tests.functions.scanners.dynamodb.samples import candidate, goes_on, judged, part, series, table, waste, with_fives, with_series


def test_hardly_used_capacity_costs_more_than_requests() -> None:
    """Provisioned: (100 × 0.00013 + 100 × 0.00065) × 730 = 9.49 + 47.45 = 56.94.

    On demand: 10 reads and 5 writes a second are 26.28 and 13.14 million a month: 26.28 × 0.125 + 13.14 × 0.625 = 3.285 + 8.2125 = 11.4975.
    56.94 − 11.4975 = 45.4425. Low: 75 of each, 42.705 − 11.4975 = 31.2075.
    """
    found = waste(hardly_used, table(part(100, 100), hours=[(36_000, 18_000)]))
    assert (found.savings.low, found.savings.likely) == (31.2075, 45.4425)
    assert (found.evidence["usd_provisioned"], found.evidence["usd_on_demand"]) == (56.94, 11.4975)
    assert found.evidence["capacity"] == "itself 100/100"


def test_the_break_even_is_that_of_the_prices() -> None:
    """A unit costs 0.00065 an hour, and 3,600 × 0.625 / 1,000,000 = 0.00225 used all the time: at 28.9 % of that both cost the same.

    With a fifth to save, it is 0.8 × 28.9 % = 23.1 %.
    """
    used = 100 * 3_600 * 0.00065 / 0.00225

    def found(share: float) -> bool:
        made = table(part(0, 100), hours=[(0, used * share)])
        return isinstance(judged(hardly_used, made), Waste)

    assert found(0.799)
    assert not found(0.801)
    assert isinstance(judged(hardly_used, table(part(0, 100), hours=[(0, used * 0.999)]), min_saving_percent=0), Waste)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "sa-east-1", "ap-northeast-1"])
def test_no_table_would_cost_less_both_ways(region: str) -> None:
    prices = Prices(region)
    for share in (0.05, 0.2, 0.28, 0.3, 0.5, 0.69):
        units = 700 * share
        provisioned = table(part(700, 700), hours=[(3_600 * units, 3_600 * units)])
        on_demand = with_fives(table(part(), hours=[(3_600 * units, 3_600 * units)], on_demand=True), (300 * units, 300 * units))
        there = [
            isinstance(check(made, check.limits(provisioned.created), prices), Waste)
            for check, made in ((hardly_used, provisioned), (steady, on_demand))
            if provisioned.created
        ]
        assert len(there) == 2
        if share >= 0.3:
            assert not there[0], "well used"
        assert there[1], "as even as can be"


@pytest.mark.parametrize(("least", "found"), [(100, True), (1, False)])
def test_of_scaled_capacity_the_least_is_counted(least: int, found: bool) -> None:
    made = table(part(400, 400, scaled_from=(least, least)), hours=[(36_000, 18_000)])
    verdict = judged(hardly_used, made)
    assert isinstance(verdict, Waste) is found
    if isinstance(verdict, Waste):
        assert verdict.savings.likely == 45.4425
        assert verdict.evidence["set_by"] == "auto scaling, its least"


def test_an_index_counts_with_its_table() -> None:
    made = table(part(100, 100), part(100, 100, index="by-day"), hours=[(36_000, 18_000), (0, 18_000)])
    assert waste(hardly_used, made).savings.likely == pytest.approx(2 * 56.94 - 11.4975 - 8.2125)


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (table(), True),
        (table(part(5, 5, scaled_from=(1, 1))), True),
        (table(part(), on_demand=True), False),
        (table(age=29), False),
        (table(status="UPDATING"), False),
    ],
)
def test_which_provisioned_tables_are_asked_about(made: Table, asked: bool) -> None:
    assert candidate(hardly_used, made) is asked


@pytest.mark.parametrize("made", [table(replicas=("eu-west-1",)), table(scaling_known=False)])
def test_what_cannot_be_judged_is_said(made: Table) -> None:
    assert isinstance(candidate(hardly_used, made), InsufficientData)


def test_steady_use_costs_less_by_capacity() -> None:
    """70 reads and 35 writes a second, all the time: 183.96 and 91.98 million a month.

    On demand: 183.96 × 0.125 + 91.98 × 0.625 = 22.995 + 57.4875 = 80.4825. At 70 % they need 100 and 50:
    (100 × 0.00013 + 50 × 0.00065) × 730 = 9.49 + 23.725 = 33.215. 80.4825 − 33.215 = 47.2675.
    """
    made = with_fives(table(part(gib=5), hours=[(252_000, 126_000)], on_demand=True), (21_000, 10_500))
    found = waste(steady, made)
    assert (found.savings.low, found.savings.likely) == (47.2675, 47.2675)
    assert found.values["units"] == "ReadCapacityUnits=100,WriteCapacityUnits=50"
    assert found.coverable is not None
    assert found.coverable.family == "on-demand.write"


@pytest.mark.parametrize(("peak", "found"), [(1, True), (1.93, True), (1.95, False), (3, False)])
def test_a_peak_of_twice_the_average_takes_the_saving(peak: float, found: bool) -> None:
    """0.00225 × 0.8 × 0.7 / 0.00065 = 1.938 times, for a table that is only written."""
    made = with_fives(table(part(), hours=[(0, 3_600 * 700)], on_demand=True), (0, 300 * 700 * peak))
    assert isinstance(judged(steady, made), Waste) is found


def test_an_index_gets_capacity_of_its_own() -> None:
    hours, fives = [(252_000, 126_000), (0, 126_000)], [(21_000, 10_500), (0, 10_500)]
    found = waste(steady, with_fives(table(part(), part(index="by-day"), hours=hours, on_demand=True), *fives))
    (update,) = json.loads(found.values["index_units"])
    assert update["Update"]["ProvisionedThroughput"] == {"ReadCapacityUnits": 1, "WriteCapacityUnits": 50}
    assert "PROVISIONED --provisioned-throughput {units} --global-secondary-index-updates {index_units}" in found.command
    assert "auto scaling" in found.note


def test_five_minutes_are_asked_only_where_the_hours_are_steady() -> None:
    assert goes_on(steady, table(part(), hours=[(100, 100)], on_demand=True))
    assert not goes_on(steady, table(part(), on_demand=True)), "nothing is steady, too, and costs nothing"
    spiky = with_series(table(part(), on_demand=True), {READS: [series(0, READS)], WRITES: [series(1, WRITES, last=10)]})
    assert not goes_on(steady, spiky)


@pytest.mark.parametrize(
    ("made", "asked"), [(table(part(), on_demand=True), True), (table(), False), (table(part(), on_demand=True, age=29), False)]
)
def test_which_tables_on_demand_are_asked_about(made: Table, asked: bool) -> None:
    assert candidate(steady, made) is asked


def test_replicas_change_their_mode_together() -> None:
    assert isinstance(candidate(steady, table(part(), on_demand=True, replicas=("eu-west-1",))), InsufficientData)


def test_without_a_price_nothing_is_compared() -> None:
    assert isinstance(judged(hardly_used, table(part(100, 100)), region="cn-north-1"), InsufficientData)
    made = with_fives(table(part(), hours=[(1, 1)], on_demand=True), (1, 1))
    assert isinstance(judged(steady, made, region="cn-north-1"), InsufficientData)
