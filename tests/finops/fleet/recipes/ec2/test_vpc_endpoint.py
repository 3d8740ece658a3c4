"""The recipes for VPC endpoints: what is found of each, and when; and what they bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from finops.fleet.bill.billable import Adding, Billable
from finops.fleet.recipes.ec2 import vpc_endpoint
from functions.core.prices.book import Prices
from tests.finops.fleet.making import ACCOUNT, REGION, Made, StandIn, assert_made_as_declared, on, recipes_of, shown

IDLE, DUPLICATE = "ec2-idle-vpc-endpoint", "ec2-duplicate-vpc-endpoint"
LATER = on((100,), IDLE)
FOUND = {
    "idle-vpc-endpoint": on((60, 100), IDLE),
    "idle-firewall-endpoint": on((60, 100), IDLE),
    "vpc-endpoint-in-use": LATER,
    "vpc-endpoint-of-one-day": LATER,
    "gateway-endpoint": {},
    "duplicate-vpc-endpoint": on((60, 100), IDLE, DUPLICATE),
    "duplicate-in-use": {60: {DUPLICATE}, 100: {IDLE, DUPLICATE}},
    "two-endpoints-in-two-zones": LATER,
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(vpc_endpoint)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(vpc_endpoint)


def test_only_one_of_two_has_private_dns() -> None:
    for recipe in recipes_of(vpc_endpoint):
        made = [one for one in Made(recipe).asked("create_vpc_endpoint") if one["VpcEndpointType"] == "Interface"]
        assert sum(one["PrivateDnsEnabled"] for one in made) == bool(made), recipe.id


class Three(StandIn):
    """An interface endpoint in two zones, one of a firewall in one, and one that costs nothing."""

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        assert (service, account, region) == ("ec2", ACCOUNT, REGION)
        return self

    def can_paginate(self, operation: str) -> bool:
        return operation == "describe_vpc_endpoints"

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self) -> Iterator[Mapping[str, Any]]:
        kinds = {"Interface": ["subnet-1", "subnet-2"], "GatewayLoadBalancer": ["subnet-1"], "Gateway": []}
        yield {"VpcEndpoints": [{"VpcEndpointType": kind, "SubnetIds": subnets} for kind, subnets in kinds.items()]}


def test_each_zone_of_one_is_billed_by_the_hour() -> None:
    made = Billable(ACCOUNT, REGION)
    vpc_endpoint.vpc_endpoints(Adding(made, Prices(REGION), Three()))
    uses = {use.usage_type: use for use in made.lines()}
    assert {name: use.quantity for name, use in uses.items()} == {"VpcEndpoint-Hours": 48, "VpcEndpoint-GWLBE-Hours": 24}
    assert sum(use.usd for use in uses.values()) == pytest.approx(72 * 0.01)
