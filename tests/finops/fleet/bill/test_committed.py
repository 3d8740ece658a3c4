"""What commitments cover, and their rows: they add up to what AWS bills, unblended and amortised."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from finops.embedded.cost_explorer.ledger import Row
from finops.fleet.bill import committed
from finops.fleet.bill.billable import EC2, RDS, Use
from finops.fleet.bill.committed import COMPUTE_PLAN, INSTANCE_PLAN, PART, RESERVED

TODAY = date(2026, 11, 24)
START, UNTIL = date(2026, 10, 15), date(2026, 12, 2)
DAYS = (UNTIL - START).days
HOME, OTHER = "111111111111", "222222222222"


def use(kind: str, usd: float, quantity: float = 24.0, account: str = HOME, service: str = EC2, **more: Any) -> Use:
    name = "BoxUsage" if service == EC2 else "InstanceUsage"
    return Use(account, "us-west-2", service, f"USW2-{name}:{kind}", "Hrs", kind, usd=usd, quantity=quantity, **more)


M5, M5_LARGER, C5 = use("m5.large", 2.4), use("m5.xlarge", 9.6, 48.0), use("c5.large", 2.0, account=OTHER)
PLACE = (HOME, "us-west-2", "m5")


def total(rows: list[Row], metric: str) -> float:
    return sum(row.days_in(START, UNTIL) * row.amount(metric) for row in rows)


def test_lines_are_put_together_by_family() -> None:
    storage = Use(HOME, "us-west-2", EC2, "USW2-EBS:VolumeUsage.gp3", "GB-Mo", usd=1.0)
    assert committed.places([M5, M5_LARGER, C5, storage]) == {PLACE: [M5, M5_LARGER], (OTHER, "us-west-2", "c5"): [C5]}


def test_the_place_with_the_most_findings_is_chosen_then_the_dearest() -> None:
    among = committed.places([M5, M5_LARGER, C5])
    assert committed.choose(among, {(OTHER, "us-west-2", "c5"): 1}) == (OTHER, "us-west-2", "c5")
    assert committed.choose(among, {}) == PLACE
    assert committed.choose(among, {PLACE: 9}, avoid=[HOME]) == (OTHER, "us-west-2", "c5")
    assert committed.choose({PLACE: [M5]}, {}, avoid=[HOME]) == PLACE, "where there is no other"
    assert committed.choose({}, {}) is None


def test_a_plan_that_covers_all_takes_back_what_it_covers_and_bills_the_commitment() -> None:
    plan = committed.full_plan(PLACE, [M5, M5_LARGER], TODAY)
    rows = list(committed.plan_rows(plan, [M5, M5_LARGER], 1.0, INSTANCE_PLAN, START, UNTIL))
    assert {row.record_type for row in rows} == {"SavingsPlanCoveredUsage", "SavingsPlanNegation", "SavingsPlanRecurringFee"}
    assert total(rows, "UnblendedCost") == pytest.approx(plan.hourly * 24 * DAYS)
    assert total(rows, "AmortizedCost") == pytest.approx(plan.hourly * 24 * DAYS)
    used = total([row for row in rows if row.record_type == "SavingsPlanCoveredUsage"], "AmortizedCost")
    assert used == pytest.approx(12.0 * INSTANCE_PLAN * DAYS)
    assert used / (plan.hourly * 24 * DAYS) == pytest.approx(0.95, abs=0.001)
    assert total([row for row in rows if row.record_type == "SavingsPlanCoveredUsage"], "UsageQuantity") == 72 * DAYS
    assert (plan.type, plan.region, plan.family) == ("EC2InstanceSavingsPlans", "us-west-2", "m5")


def test_a_plan_that_covers_a_part_leaves_the_rest_on_demand() -> None:
    plan = committed.part_plan(PLACE, [M5, M5_LARGER], OTHER, TODAY)
    rows = list(committed.plan_rows(plan, [M5, M5_LARGER], PART, COMPUTE_PLAN, START, UNTIL))
    rest = [row for row in rows if row.record_type == "Usage"]
    assert total(rest, "UsageQuantity") == pytest.approx(0.6 * 72 * DAYS)
    assert total(rest, "AmortizedCost") == pytest.approx(0.6 * 12.0 * DAYS)
    assert total(rows, "AmortizedCost") == pytest.approx((0.6 + 0.4 * 0.8) * 12.0 * DAYS, rel=1e-4)
    assert total(rows, "UnblendedCost") == pytest.approx(total(rows, "AmortizedCost"))
    (fee,) = [row for row in rows if row.record_type == "SavingsPlanRecurringFee"]
    assert (fee.account, fee.service, fee.usage_type) == (OTHER, "Savings Plans for AWS Compute usage", "ComputeSP:1yrNoUpfront")
    assert fee.amortized == pytest.approx(0, abs=0.001), "nothing of it is unused"
    assert (plan.region, plan.family) == ("", "")


def test_rows_say_the_operation_of_what_they_are_about() -> None:
    windows = use("m5.large", 4.5, operation="RunInstances:0002")
    plan = committed.part_plan(PLACE, [windows], OTHER, TODAY)
    rows = list(committed.plan_rows(plan, [windows], PART, COMPUTE_PLAN, START, UNTIL))
    assert {row.operation for row in rows if row.record_type != "SavingsPlanRecurringFee"} == {"RunInstances:0002"}
    assert [row.operation for row in rows if row.record_type == "SavingsPlanRecurringFee"] == [""]


def test_half_of_the_most_numerous_single_az_databases_are_reserved() -> None:
    many = use("db.m6g.large", 5 * 3.6, 5 * 24.0, service=RDS, platform="PostgreSQL")
    doubled = Use(HOME, "us-west-2", RDS, "USW2-Multi-AZUsage:db.m6g.large", "Hrs", "db.m6g.large", usd=90.0, quantity=240.0)
    chosen = committed.reserve([use("db.m5.large", 4.0, service=RDS), many, doubled, M5], TODAY)
    assert chosen is not None
    line, one = chosen
    assert (line, one.count, one.instance_type, one.platform) == (many, 2, "db.m6g.large", "PostgreSQL")
    assert [one.on_demand, one.hourly] == pytest.approx([0.15, 0.15 * RESERVED])
    assert committed.reserve([M5, doubled], TODAY) is None


def test_a_reservation_bills_nothing_by_the_hour_and_its_fee_on_the_first() -> None:
    line = use("db.m6g.large", 3 * 3.6, 3 * 24.0, service=RDS)
    chosen = committed.reserve([line], TODAY)
    assert chosen is not None
    one = chosen[1]
    rows = list(committed.reserved_rows(one, line, START, UNTIL))
    fees = [row for row in rows if row.record_type == "RIFee"]
    assert [(row.day, row.end - row.day) for row in fees] == [
        (date(2026, 11, 1), timedelta(days=1)),
        (date(2026, 12, 1), timedelta(days=1)),
    ]
    assert [row.unblended for row in fees] == [pytest.approx(30 * 24 * one.hourly), pytest.approx(31 * 24 * one.hourly)]
    covered = [row for row in rows if row.record_type == "DiscountedUsage"]
    assert [total(covered, metric) for metric in ("UnblendedCost", "AmortizedCost")] == pytest.approx([0.0, 24 * one.hourly * DAYS])
    assert total([row for row in rows if row.record_type == "Usage"], "UsageQuantity") == 2 * 24 * DAYS


def test_commitments_end_after_the_moment_that_a_fleet_is_swept_at() -> None:
    ends = [
        committed.full_plan(PLACE, [M5], TODAY).end,
        committed.part_plan(PLACE, [M5], OTHER, TODAY).end,
    ]
    assert all(timedelta(days=60) < end - TODAY < timedelta(days=366) for end in ends)
