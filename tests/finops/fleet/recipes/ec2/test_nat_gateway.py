"""The recipes for NAT gateways: what is found of each, when, and at which numbers; and what they bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from finops.fleet.bill.billable import EC2_OTHER, Adding, Billable
from finops.fleet.recipes.ec2 import nat_gateway
from functions.core.prices.book import Prices
from tests.finops.fleet.making import ACCOUNT, REGION, Made, StandIn, assert_made_as_declared, on, recipes_of, shown

UNROUTED = on((60, 100), "ec2-unrouted-nat-gateway")
FOUND = {
    "unrouted-nat-gateway": UNROUTED,
    "unrouted-since-yesterday": on((100,), "ec2-unrouted-nat-gateway"),
    "unrouted-and-silent-nat-gateway": UNROUTED,
    "deleted-nat-gateway": {},
    "idle-nat-gateway": on((60,), "ec2-idle-nat-gateway"),
    "nat-gateway-unseen-for-3-days": on((60,), "ec2-idle-nat-gateway"),
    "nat-gateway-hardly-measured": {},
    "nat-gateway-never-measured": {},
    "nat-gateway-with-datagrams": {},
    "nat-gateway-of-one-evening": {},
    "nat-gateway-in-use": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(nat_gateway)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(nat_gateway)


def test_a_route_leads_to_all_but_the_unrouted_ones() -> None:
    for recipe in recipes_of(nat_gateway):
        made = Made(recipe)
        unrouted = bool(made.checks(100) & {"ec2-unrouted-nat-gateway"}) or recipe.id == "deleted-nat-gateway"
        assert len(made.asked("create_route")) == (0 if unrouted else 1), recipe.id


@pytest.mark.parametrize(
    ("recipe", "days", "largest"),
    [
        ("idle-nat-gateway", 32, (0, 0, 0)),
        ("nat-gateway-unseen-for-3-days", 29, (0, 0, 0)),
        ("nat-gateway-hardly-measured", 28, (0, 0, 0)),
        ("nat-gateway-with-datagrams", 32, (0, 1, 0)),
        ("nat-gateway-of-one-evening", 32, (3, 2_000, 9_000)),
    ],
)
def test_the_metrics_are_at_the_limits(recipe: str, days: int, largest: tuple[float, float, float]) -> None:
    made = Made(next(one for one in recipes_of(nat_gateway) if one.id == recipe))
    values: dict[str, list[float]] = {}
    for point in made.scope.metrics["AWS/NATGateway"]:
        values.setdefault(point["MetricName"], []).append(point["Value"])
    assert {name: (len(each), max(each)) for name, each in values.items()} == dict(
        zip(
            ("ActiveConnectionCount", "PacketsInFromSource", "PacketsInFromDestination"),
            ((days, most) for most in largest),
            strict=True,
        )
    )


class Three(StandIn):
    """Two gateways that are there, and one that is not."""

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        assert (service, account, region) == ("ec2", ACCOUNT, REGION)
        return self

    def can_paginate(self, operation: str) -> bool:
        return operation == "describe_nat_gateways"

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"NatGateways": [{"State": state}]} for state in ("available", "deleted", "available"))


def test_those_that_are_there_are_billed_by_the_hour() -> None:
    made = Billable(ACCOUNT, REGION)
    nat_gateway.nat_gateways(Adding(made, Prices(REGION), Three()))
    (use,) = made.lines()
    assert (use.service, use.usage_type, use.unit, use.quantity) == (EC2_OTHER, "NatGateway-Hours", "Hrs", 48)
    assert use.usd == pytest.approx(48 * 0.045)
