"""The effective discount: against list prices of the region's own, against on-demand rates, or what the bill takes off; else unknown."""

from __future__ import annotations

import pytest

from functions.core.costs.discounts import Discount, discounts
from functions.core.costs.rows import Answers, CostRow
from functions.core.costs.usage_types import parse
from functions.core.money import Price
from tests.functions.core.costs.made_rows import ACCOUNT, WINDOW, row

EC2, OTHER, VPC, RDS = (
    "Amazon Elastic Compute Cloud - Compute",
    "EC2 - Other",
    "Amazon Virtual Private Cloud",
    "Amazon Relational Database Service",
)
GP3, M5 = "EBS:VolumeUsage.gp3", "BoxUsage:m5.large"


def price_of(region: str, service: str, key: str) -> Price | None:
    """$0.08 in us-east-1, which stands in for eu-south-2; nothing else is known."""
    if (service, key) != ("AmazonEBS", "volume.gp3") or region not in ("us-east-1", "eu-south-2"):
        return None
    return Price(service, key, 0.08, "GB-Mo", "us-east-1", "book", "2026-10-01", None if region == "us-east-1" else region)


def gp3(paid: float, quantity: float = 1000, usage_type: str = GP3) -> CostRow:
    return row(ACCOUNT, usage_type, unblended=80.0, net=paid, quantity=quantity)


def of(service: str, *usage: CostRow, plan_covered: tuple[CostRow, ...] = (), amortized: float = 100, net: float = 100) -> Discount | None:
    found = discounts(Answers(window=WINDOW, usage=usage, plan_covered=plan_covered), {service: (amortized, net)}, price_of)
    return found.get(service)


@pytest.mark.parametrize(
    ("paid", "share"),
    [(80.0, 0.0), (79.7, 0.0), (79.2, 0.01), (72.0, 0.1), (0.01, 0.9999), (80.3, 0.0)],
)
def test_what_was_paid_net_against_the_list_price(paid: float, share: float) -> None:
    found = of(OTHER, gp3(paid))
    assert found == Discount(share, "usage that costs $80.00 at list prices, against what was paid net")


@pytest.mark.parametrize("paid", [80.5, 100.0, 0.0, -3.0])
def test_more_than_list_or_nothing_at_all_is_no_discount(paid: float) -> None:
    assert of(OTHER, gp3(paid)) is None


def test_a_free_tier_is_no_discount_on_the_rest() -> None:
    assert of(OTHER, gp3(72.0), gp3(0.0, 30)) == of(OTHER, gp3(72.0))


@pytest.mark.parametrize(
    "usage_type",
    ["EUS2-EBS:VolumeUsage.gp3", "EUW1-EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp2", "LBX1-EBS:VolumeUsage.gp3", "BoxUsage:m5.large", "x"],
    ids=["another region's price", "no price in the region", "no price at all", "no region", "several prices", "unknown"],
)
def test_only_a_price_of_the_region_itself_is_compared_with(usage_type: str) -> None:
    assert of(OTHER, gp3(72.0, usage_type=usage_type)) is None


def test_a_service_only_has_the_discount_of_its_own_usage() -> None:
    assert of(VPC, gp3(72.0)) is None


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
    found = of(OTHER, gp3(76.0), net=90)
    assert found is not None
    assert found.share == 0.05
    over = of(OTHER, gp3(90.0), net=90)
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
