"""The contracts on rows of a ledger: which days and which amounts they change, and what rate a bill tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from statistics import median

import pytest

from finops.embedded.cost_explorer.ledger import Row
from finops.fleet.bill import contracts
from finops.fleet.bill.billable import EC2, EC2_OTHER, Use

DAY = timedelta(days=1)
START, UNTIL = date(2026, 10, 15), date(2026, 12, 2)
DISCOUNTED = (EC2_OTHER, "us-west-2", "USW2-EBS:VolumeUsage.gp3")
FREE = (EC2_OTHER, "us-east-1", "EBS:VolumeUsage.gp3")
TIERED = (EC2_OTHER, "us-east-1", "EBS:SnapshotUsage")
AT_LIST = (EC2_OTHER, "us-east-1", "NatGateway-Hours")


def use(key: contracts.Key) -> Use:
    service, region, usage_type = key
    return Use("111111111111", region, service, usage_type, "GB-Mo", usd=0.8, quantity=10.0)


def on_demand(key: contracts.Key, record_type: str = "Usage") -> Row:
    service, region, usage_type = key
    amounts = {"unblended": 0.8, "amortized": 0.8, "quantity": 10.0}
    return Row(START, "111111111111", service, usage_type, record_type, region, until=UNTIL, **amounts)  # type: ignore[arg-type]


def by_day(rows: Iterable[Row], metric: str) -> dict[date, float]:
    """Each day of the ledger with its amount; every day is in one row."""
    found: dict[date, float] = {}
    for row in rows:
        for number in range((row.end - row.day).days):
            assert row.day + number * DAY not in found
            found[row.day + number * DAY] = row.amount(metric)
    return found


@pytest.mark.parametrize("key", [DISCOUNTED, FREE, TIERED, AT_LIST])
def test_every_day_is_billed_once_and_its_quantity_whole(key: contracts.Key) -> None:
    quantities = by_day(contracts.applied(on_demand(key)), "UsageQuantity")
    assert quantities == {START + number * DAY: 10.0 for number in range((UNTIL - START).days)}


def test_a_private_discount_is_in_the_net_amounts_only() -> None:
    (row,) = contracts.applied(on_demand(DISCOUNTED))
    assert (row.unblended, row.amortized) == (0.8, 0.8)
    assert [row.amount(metric) for metric in ("NetUnblendedCost", "NetAmortizedCost")] == pytest.approx([0.8 * 0.92] * 2)


@pytest.mark.parametrize("metric", ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"])
def test_a_free_tier_is_eaten_in_the_first_days_of_each_month(metric: str) -> None:
    costs = by_day(contracts.applied(on_demand(FREE)), metric)
    free = {day for day, usd in costs.items() if usd == 0}
    partly = {day: usd for day, usd in costs.items() if 0 < usd < 0.8}
    assert free == {date(2026, 11, number) for number in (1, 2, 3)} | {date(2026, 12, 1)}
    assert partly == {date(2026, 11, 4): pytest.approx(0.32)}
    assert {usd for day, usd in costs.items() if day not in free | partly.keys()} == {0.8}
    assert median(usd for usd in costs.values() if usd) / 10 == 0.08, "the days that cost something tell the list price"


@pytest.mark.parametrize("days", [10, 14, 30, 48])
@pytest.mark.parametrize("before", range(8))
def test_fewer_than_half_of_the_days_agree_where_the_price_falls_from_tier_to_tier(days: int, before: int) -> None:
    until = UNTIL - before * DAY
    row = replace(on_demand(TIERED), day=until - days * DAY, until=until)
    costs = list(by_day(contracts.applied(row), "NetAmortizedCost").values())
    assert len(costs) == days
    middle = median(costs)
    agreeing = [usd for usd in costs if abs(usd / middle - 1) <= 0.005]
    assert len(agreeing) < days / 2
    assert 0.7 * 0.8 < min(costs) < max(costs) <= 0.8


def test_each_month_begins_at_the_list_price() -> None:
    costs = by_day(contracts.applied(on_demand(TIERED)), "UnblendedCost")
    assert [round(costs[date(2026, 11, number)] / 0.8, 6) for number in (1, 4, 5, 9, 29, 30)] == [1, 1, 0.96, 0.92, 0.72, 0.72]
    assert costs[date(2026, 12, 1)] == 0.8


@pytest.mark.parametrize("row", [on_demand(AT_LIST), on_demand(FREE, "SavingsPlanCoveredUsage"), on_demand(DISCOUNTED, "Credit")])
def test_what_no_contract_is_about_and_what_is_not_on_demand_stays_as_it_is(row: Row) -> None:
    assert list(contracts.applied(row)) == [row]


def test_own_rates_are_told_of_what_does_not_cost_its_list_price_and_has_one_rate() -> None:
    unlisted = Use("111111111111", "us-west-2", EC2, "USW2-BoxUsage:m1.small", "Hrs", "m1.small", usd=24 * 0.0396, quantity=24.0)
    uses = [use(DISCOUNTED), use(FREE), use(TIERED), use(AT_LIST), unlisted]
    assert contracts.own_rates(uses) == {
        DISCOUNTED: pytest.approx(0.08 * 0.92),
        (EC2, "us-west-2", "USW2-BoxUsage:m1.small"): pytest.approx(0.0396),
    }
    assert contracts.mixed(uses) == {TIERED}
    assert (contracts.own_rates([use(AT_LIST)]), contracts.mixed([use(AT_LIST)])) == ({}, frozenset())


def test_what_only_the_contract_has_a_price_of_is_known_in_every_region() -> None:
    home, west = (Use("1", region, EC2, name, "Hrs") for region, name in (("us-east-1", "BoxUsage:m1.small"), DISCOUNTED[1:]))
    assert (contracts.agreed(home), contracts.agreed(west)) == (contracts.AGREED[EC2, "BoxUsage:m1.small"], None)
