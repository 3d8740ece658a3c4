"""The bill of a small fleet in a running AWS: Cost Explorer says what `Billed` expects, and what was planted is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

import pytest

from finops import fleet
from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.fleet.bill import bill
from finops.fleet.bill.bill import BLIND, CLOUDFRONT, EXCLUDED, KMS, SQS, Billed
from finops.fleet.bill.billable import EC2, EC2_OTHER, RDS, Billable
from finops.fleet.bill.committed import Pool
from finops.fleet.bill.contracts import FREE, Key
from finops.fleet.recipes.elb.load_balancer import ELB
from finops.fleet.recipes.lambda_ import LAMBDA
from functions.core.costs import services
from functions.core.costs.rows import CostRow
from functions.core.prices.book import Prices
from tests.finops.asking import by, only

DAY = timedelta(days=1)
NOT_EXCLUDED = {"Not": only("RECORD_TYPE", *EXCLUDED)}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


@pytest.fixture(scope="module")
def seeded(aws: EmbeddedAws) -> tuple[fleet.Fleet, Billed]:
    small = fleet.seed(aws, resources=1)
    return small, bill.seed(aws, small)


@pytest.fixture(scope="module")
def billed(seeded: tuple[fleet.Fleet, Billed]) -> Billed:
    return seeded[1]


def asked(aws: EmbeddedAws, today: date, key: str, metric: str = "AmortizedCost", account: str | None = None) -> dict[str, float]:
    period = {"Start": (today - 30 * DAY).isoformat(), "End": today.isoformat()}
    answer = aws.client("ce", account).get_cost_and_usage(
        TimePeriod=period, Granularity="DAILY", Metrics=[metric], GroupBy=by(key), Filter=NOT_EXCLUDED
    )
    found: dict[str, float] = {}
    for part in answer["ResultsByTime"]:
        for group in part["Groups"]:
            found[group["Keys"][0]] = found.get(group["Keys"][0], 0.0) + float(group["Metrics"][metric]["Amount"])
    return found


@pytest.mark.parametrize(("key", "name"), [("SERVICE", "service"), ("LINKED_ACCOUNT", "account"), ("REGION", "region")])
@pytest.mark.parametrize("metric", ["UnblendedCost", "AmortizedCost"])
def test_cost_explorer_says_what_is_expected(aws: EmbeddedAws, billed: Billed, key: str, name: str, metric: str) -> None:
    assert asked(aws, billed.today, key, metric) == pytest.approx(billed.by(name, metric=metric), abs=1e-6)
    assert sum(billed.by(name, metric=metric).values()) == pytest.approx(billed.spent(metric=metric))


def test_a_linked_account_sees_its_own_bill(aws: EmbeddedAws, billed: Billed) -> None:
    assert asked(aws, billed.today, "LINKED_ACCOUNT", account=ACCOUNTS[1]).keys() == {ACCOUNTS[1]}


def test_all_services_of_the_fleet_are_on_the_bill_in_every_account_and_only_in_its_regions(billed: Billed) -> None:
    assert billed.by("service").keys() >= {EC2, EC2_OTHER, RDS, ELB, LAMBDA, *BLIND}
    assert billed.by("region").keys() == {*REGIONS, "global"}
    assert billed.by("account").keys() == set(ACCOUNTS)
    assert min(billed.by("account").values()) > 100


def test_the_same_fleet_has_the_same_bill_every_day_but_for_what_is_planted(billed: Billed) -> None:
    now, before = billed.by("service"), billed.by("service", end=billed.today - 30 * DAY)
    changed = {service for service, usd in now.items() if abs(usd / before[service] - 1) > 0.3}
    assert changed == {SQS, KMS}
    assert billed.anomaly == (SQS, ACCOUNTS[1])
    assert [now[SQS], before[SQS]] == pytest.approx([90, 45])
    assert billed.near_misses == ((CLOUDFRONT, ACCOUNTS[2]), (KMS, ACCOUNTS[0]))
    assert now[CLOUDFRONT] / before[CLOUDFRONT] == pytest.approx(1.29)
    assert now[KMS] - before[KMS] == pytest.approx(7.5)


def test_what_no_scanner_looks_at_is_so_by_the_analyzers_own_list(billed: Billed) -> None:
    assert not [service for service in billed.blind if services.scanned(service)]
    assert [service for service in (EC2, EC2_OTHER, RDS, ELB, LAMBDA) if not services.scanned(service)] == []
    start = billed.today - 30 * DAY
    spent = [(one, one.days_in(start, billed.today) * one.amortized) for one in billed.rows()]
    rows = [CostRow(start, billed.today, (one.service, one.usage_type), usd, usd, usd) for one, usd in spent]
    assert billed.blind_monthly() == pytest.approx(services.blind_spot(billed.by("service"), 730 / 720, rows)["monthly"], abs=0.001)


def test_two_whole_months_lie_in_the_ledger() -> None:
    for day in (date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 31), date(2026, 9, 30), date(2026, 10, 31)):
        first = (day.replace(day=1) - DAY).replace(day=1)
        assert day - bill.DAYS * DAY <= (first - DAY).replace(day=1)


def test_taxes_credits_and_refunds_are_there_and_are_no_spend(aws: EmbeddedAws, billed: Billed) -> None:
    period = {"Start": (billed.today - 30 * DAY).isoformat(), "End": billed.today.isoformat()}
    answer = aws.client("ce").get_cost_and_usage(
        TimePeriod=period,
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        GroupBy=by("RECORD_TYPE"),
        Filter=only("RECORD_TYPE", *EXCLUDED),
    )
    seen = [
        (group["Keys"][0], float(group["Metrics"]["UnblendedCost"]["Amount"]))
        for part in answer["ResultsByTime"]
        for group in part["Groups"]
    ]
    assert {name for name, _ in seen} == EXCLUDED
    assert sum(usd for _, usd in seen) == pytest.approx(3 * 40 - 3 * 25 - 7)


def findings_in(seeded: tuple[fleet.Fleet, Billed], aws: EmbeddedAws, pool: Pool, check: str) -> int:
    """How many instances of a pool have a finding."""
    listed = aws.client("ec2", pool.account, pool.region).get_paginator("describe_instances").paginate()
    ids = {
        instance["InstanceId"]
        for page in listed
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        if instance["InstanceType"].startswith(f"{pool.family}.")
    }
    return sum(found == check and arn.rpartition("/")[2] in ids for arn, found in seeded[0].expected())


def test_one_family_with_an_idle_instance_is_covered_to_the_full(aws: EmbeddedAws, seeded: tuple[fleet.Fleet, Billed]) -> None:
    billed = seeded[1]
    assert billed.covered is not None
    assert findings_in(seeded, aws, billed.covered, "ec2-idle-instance") > 0
    assert billed.hours(billed.covered, "Usage") == 0
    assert billed.hours(billed.covered, "SavingsPlanCoveredUsage") > 0
    assert (billed.covered.service, billed.covered.share) == ("AmazonEC2", 1.0)


def test_another_with_one_not_on_graviton_in_part_and_in_another_account(aws: EmbeddedAws, seeded: tuple[fleet.Fleet, Billed]) -> None:
    billed = seeded[1]
    assert billed.covered is not None
    assert billed.partly is not None
    assert billed.partly.account != billed.covered.account
    assert findings_in(seeded, aws, billed.partly, "ec2-graviton") > 0
    covered, rest = (billed.hours(billed.partly, name) for name in ("SavingsPlanCoveredUsage", "Usage"))
    assert covered / (covered + rest) == pytest.approx(billed.partly.share)


def test_databases_are_reserved(aws: EmbeddedAws, billed: Billed) -> None:
    assert billed.reserved is not None
    hours, rest = (billed.hours(billed.reserved, name) for name in ("DiscountedUsage", "Usage"))
    assert 0 < hours / (hours + rest) == pytest.approx(billed.reserved.share)


def test_cost_explorer_tells_the_commitments(aws: EmbeddedAws, billed: Billed) -> None:
    client: Any = aws.client("ce")
    period = {"Start": (billed.today - 30 * DAY).isoformat(), "End": billed.today.isoformat()}
    plans = client.get_savings_plans_utilization_details(TimePeriod=period)["SavingsPlansUtilizationDetails"]
    assert billed.covered is not None
    assert billed.partly is not None
    assert billed.reserved is not None
    used = {plan["SavingsPlanArn"]: float(plan["Utilization"]["UtilizationPercentage"]) for plan in plans}
    assert used == {billed.covered.commitment: pytest.approx(95, abs=0.1), billed.partly.commitment: pytest.approx(100, abs=0.1)}
    reservations = client.get_reservation_utilization(TimePeriod=period, GroupBy=by("SUBSCRIPTION_ID"), Filter=only("SERVICE", RDS))
    (group,) = reservations["UtilizationsByTime"][0]["Groups"]
    assert (group["Value"], group["Utilization"]["UtilizationPercentage"]) == (billed.reserved.commitment, "100")
    assert float(group["Utilization"]["TotalActualHours"]) == billed.hours(billed.reserved, "DiscountedUsage")


def test_everything_in_the_fleet_has_a_price(billed: Billed) -> None:
    assert billed.unpriced == {}


def rates(aws: EmbeddedAws, today: date, service: str) -> dict[Key, list[float]]:
    """Service, region and usage type → what one cost on demand, net, on each of 30 days that cost something."""
    period = {"Start": (today - 30 * DAY).isoformat(), "End": today.isoformat()}
    found: dict[Key, list[float]] = {}
    for region in REGIONS:
        wanted = {"And": [only("SERVICE", service), only("REGION", region), only("RECORD_TYPE", "Usage")]}
        answer = aws.client("ce").get_cost_and_usage(
            TimePeriod=period, Granularity="DAILY", Metrics=["NetAmortizedCost", "UsageQuantity"], GroupBy=by("USAGE_TYPE"), Filter=wanted
        )
        for part in answer["ResultsByTime"]:
            for group in part["Groups"]:
                usd, quantity = (float(group["Metrics"][name]["Amount"]) for name in ("NetAmortizedCost", "UsageQuantity"))
                if usd:
                    found.setdefault((service, region, group["Keys"][0]), []).append(usd / quantity)
    return found


def agreeing(days: list[float]) -> int:
    return sum(abs(rate / median(days) - 1) <= 0.005 for rate in days)


def test_the_bill_tells_the_own_rates_and_nothing_of_what_is_mixed(aws: EmbeddedAws, billed: Billed) -> None:
    told = rates(aws, billed.today, EC2) | rates(aws, billed.today, EC2_OTHER)
    assert {service for service, _, _ in billed.own_rates} == {EC2, EC2_OTHER}
    assert billed.mixed
    assert {key: pytest.approx(median(told[key])) for key in billed.own_rates} == billed.own_rates
    assert all(agreeing(told[key]) == len(told[key]) == 30 for key in billed.own_rates)
    assert {key for key, days in told.items() if agreeing(days) < len(days) / 2} == billed.mixed


def test_a_free_tier_leaves_the_list_price_and_fewer_days(aws: EmbeddedAws, billed: Billed) -> None:
    told = rates(aws, billed.today, EC2_OTHER)
    for key, tier in FREE.items():
        assert key not in billed.own_rates
        assert agreeing(told[key]) <= len(told[key]) < 30
        assert len(told[key]) - agreeing(told[key]) <= 2, "the day that is partly free"
        assert 30 - len(told[key]) >= tier.days - 1, "a window of 30 days may begin within the free days, and end before the next ones"
        price = Prices(key[1]).price("AmazonEBS", "volume.gp3")
        assert price is not None
        assert median(told[key]) == pytest.approx(price.usd)


def test_the_private_discount_is_the_only_difference_between_net_and_gross(billed: Billed) -> None:
    less = billed.spent() - billed.spent(metric="NetAmortizedCost")
    assert less == pytest.approx(0.08 * billed.spent(service=EC2_OTHER, region="us-west-2"))
    assert less > 0


def test_what_has_no_list_price_is_on_the_bill_and_idle_and_under_no_plan(aws: EmbeddedAws, seeded: tuple[fleet.Fleet, Billed]) -> None:
    unlisted = [key for key in seeded[1].own_rates if key[0] == EC2]
    assert unlisted
    for _, region, usage_type in unlisted:
        kind = usage_type.rpartition(":")[2]
        assert Prices(region).price("AmazonEC2", f"ondemand.linux.shared.{kind}") is None
        rows = list(seeded[1].rows(region=region, usage_type=usage_type))
        assert {(row.record_type, row.operation) for row in rows} == {("Usage", "RunInstances")}
        for account in {row.account for row in rows}:
            pool = Pool("AmazonEC2", account, region, kind.partition(".")[0], 0.0, "", seeded[1].today)
            assert findings_in(seeded, aws, pool, "ec2-idle-instance") > 0


def test_an_account_without_anything_has_a_bill_without_commitments() -> None:
    made = bill.make([Billable(ACCOUNTS[0], "us-east-1")], ACCOUNTS[:1], "us-east-1", date(2026, 11, 24))
    assert (made.covered, made.partly, made.reserved, made.ledger.plans, made.ledger.reservations) == (None, None, None, (), ())
    assert made.by("account").keys() == {ACCOUNTS[0]}
    assert made.spent() > 0
