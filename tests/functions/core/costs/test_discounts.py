"""The effective discount: against list prices of the region's own, against on-demand rates, or what the bill takes off; else unknown."""

from __future__ import annotations

import pytest

from functions.core.costs.discounts import Discount, discounts
from functions.core.costs.rates import rates
from functions.core.costs.rows import Answers, CostRow
from functions.core.costs.usage_types import parse
from tests.functions.core.costs.made_rows import ACCOUNT, row
from tests.functions.core.costs.test_rates import WINDOW, days

EC2, OTHER, VPC, RDS = (
    "Amazon Elastic Compute Cloud - Compute",
    "EC2 - Other",
    "Amazon Virtual Private Cloud",
    "Amazon Relational Database Service",
)
GP3, M5 = "EBS:VolumeUsage.gp3", "BoxUsage:m5.large"


def gp3(paid: float, usage_type: str = GP3, free_days: int = 0, currency: str = "USD") -> list[CostRow]:
    """What a thousand GB-months cost net in the window, of three days and some that cost nothing; $80.00 at list prices in us-east-1."""
    costs = [*[0.0] * free_days, *[paid / 3] * 3]
    return days(*costs, keys=(OTHER, usage_type), quantity=1000 / 3, currency=currency)


def of(
    service: str,
    *usage: CostRow,
    priced: list[CostRow] | None = None,
    plan_covered: tuple[CostRow, ...] = (),
    amortized: float = 100,
    net: float = 100,
) -> Discount | None:
    answers = Answers(window=WINDOW, usage=usage, plan_covered=plan_covered, priced=tuple(priced or ()))
    return discounts(answers, {service: (amortized, net)}, rates(answers)["rows"]).get(service)


@pytest.mark.parametrize(
    ("paid", "share"),
    [(80.0, 0.0), (79.995, 0.0), (79.7, 0.0), (79.2, 0.01), (72.0, 0.1), (0.8, 0.99), (80.3, 0.0)],
)
def test_what_was_paid_net_against_the_list_price(paid: float, share: float) -> None:
    """$80.00 in the 30 days of the window are $81.11 a month."""
    found = of(OTHER, priced=gp3(paid))
    assert found is not None
    assert found.share == share
    assert found.source == "usage that costs $81.11 a month at list prices, against what was paid net"


def test_a_cent_that_was_paid_for_eighty_dollars_tells_a_discount() -> None:
    found = of(OTHER, priced=gp3(0.01))
    assert found is not None
    assert found.share == 0.9999


@pytest.mark.parametrize("paid", [80.5, 100.0, 0.0, -3.0])
def test_more_than_list_or_nothing_at_all_is_no_discount(paid: float) -> None:
    assert of(OTHER, priced=gp3(paid)) is None


def test_a_free_tier_is_no_discount_on_the_rest() -> None:
    assert of(OTHER, priced=gp3(72.0, free_days=5)) == of(OTHER, priced=gp3(72.0))
    mixed = [*days(0.0, 4.0, keys=(OTHER, GP3)), *days(*[8.0] * 10, keys=(OTHER, GP3))]  # a day that is free in part
    found = of(OTHER, priced=mixed)
    assert found is not None
    assert found.share == 0.0


@pytest.mark.parametrize(
    "usage_type",
    ["CNN1-EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp9", "LBX1-EBS:VolumeUsage.gp3", "BoxUsage:m5.large", "SpotUsage:m5.large", "x"],
    ids=["no price in the region", "no price at all", "no region", "several prices", "no rate of its own", "unknown"],
)
def test_only_a_price_of_the_region_itself_is_compared_with(usage_type: str) -> None:
    assert of(OTHER, priced=gp3(72.0, usage_type)) is None


def test_days_that_do_not_agree_and_another_currency_tell_nothing() -> None:
    assert of(OTHER, priced=days(6.0, 7.0, 8.0, keys=(OTHER, GP3))) is None
    assert of(OTHER, priced=gp3(72.0, currency="CNY")) is None


def test_usage_types_count_by_what_they_would_cost_at_list_price() -> None:
    """$80 at half of the list price, and $20 at all of it."""
    gp2 = days(20.0, 20.0, 20.0, keys=(OTHER, "EBS:VolumeUsage.gp2"), quantity=200.0)
    found = of(OTHER, priced=[*days(40.0, 40.0, 40.0, keys=(OTHER, GP3), quantity=1000.0), *gp2])
    assert found is not None
    assert found.share == 0.4


def test_a_service_only_has_the_discount_of_its_own_usage() -> None:
    assert of(VPC, priced=gp3(72.0)) is None


def test_hours_of_plans_and_on_demand_against_on_demand_rates() -> None:
    usage = row(ACCOUNT, M5, unblended=50.0, quantity=500)
    plans = (row(ACCOUNT, M5, unblended=50.0, amortized=30.0, quantity=500), row(ACCOUNT, "ECS-EC2-GB-Hours", unblended=9.0, amortized=1.0))
    found = of(EC2, usage, plan_covered=plans, net=80)
    assert found == Discount(0.2, "what Savings Plans took, and on-demand hours, against on-demand rates ($100.00)")
    assert of(EC2, usage) is None, "without a plan, on-demand hours say nothing of list prices"


@pytest.mark.parametrize(("net", "share"), [(100.0, None), (99.6, None), (99.0, 0.01), (88.0, 0.12), (0.0, None), (101.0, None)])
def test_else_what_the_bill_takes_off(net: float, share: float | None) -> None:
    found = of("Amazon Simple Storage Service", net=net)
    assert (found.share if found else None) == share
    assert found is None or found.source == "what the bill takes off the amortised cost of $100.00"


def test_a_list_price_counts_before_what_the_bill_takes_off() -> None:
    found = of(OTHER, priced=gp3(76.0), net=90)
    assert found is not None
    assert found.share == 0.05
    over = of(OTHER, priced=gp3(90.0), net=90)
    assert over is not None
    assert over.share == 0.1


@pytest.mark.parametrize(
    ("usage_type", "service"),
    [
        (M5, EC2),
        (GP3, OTHER),
        ("NatGateway-Hours", OTHER),
        ("PublicIPv4:IdleAddress", VPC),
        ("VpcEndpoint-Hours", VPC),
        ("RDS:GP2-Storage", RDS),
        ("InstanceUsage:db.m5.large", RDS),
    ],
)
def test_under_which_service_a_usage_type_is_billed(usage_type: str, service: str) -> None:
    known = parse(usage_type)
    assert known is not None
    assert known.billed_as == service
