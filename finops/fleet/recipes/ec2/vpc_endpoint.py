"""VPC endpoints: that nothing goes through, that do what another one does, and what looks like it and is not."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.recipes.ec2.network import network
from finops.fleet.register import bills, recipe
from finops.fleet.rules import not_seen, older_than
from finops.fleet.scope import Scope, tags
from functions.scanners.ec2.service import VPC

ENDPOINT = "ec2:vpc-endpoint"
ONE, TWO = {ENDPOINT: 1}, {ENDPOINT: 2}
IDLE, DUPLICATE = "ec2-idle-vpc-endpoint", "ec2-duplicate-vpc-endpoint"
WINDOW = 30
MONTH = range(1, WINDOW + 1)


def endpoint(
    scope: Scope,
    name: str,
    dice: Random,
    inside: tuple[str, list[str]],
    used: Iterable[int] = (),
    kind: str = "Interface",
    service: str = "ssm",
    private_dns: bool = True,
) -> str:
    """An endpoint in a VPC's subnets, with traffic on these days before the sweep; its ARN. Counts it, and plants it as idle."""
    vpc, subnets = inside
    at = f"com.amazonaws.{scope.region}.{service}"
    made: str = scope.client("ec2").create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType=kind,
        ServiceName=at,
        SubnetIds=subnets,
        PrivateDnsEnabled=private_dns,
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags(name, dice)}],
    )["VpcEndpoint"]["VpcEndpointId"]
    scope.book.count(ENDPOINT)
    days = tuple(used)
    dimensions = {"Endpoint Type": kind, "Service Name": at, "VPC Endpoint Id": made, "VPC Id": vpc}
    scope.daily("AWS/PrivateLinkEndpoints", "BytesProcessed", dimensions, 5e6, days)
    arn = scope.arn("ec2", f"vpc-endpoint/{made}")
    scope.book.plant(arn, IDLE, not_seen(WINDOW, days))
    if days:
        scope.book.near_miss(arn, IDLE)
    return arn


@recipe(ONE, weight=1)
def idle_vpc_endpoint(scope: Scope, name: str, dice: Random) -> None:
    """In two zones, and without a datapoint."""
    scope.book.near_miss(endpoint(scope, name, dice, network(scope, "ab")), DUPLICATE)


@recipe(ONE)
def idle_firewall_endpoint(scope: Scope, name: str, dice: Random) -> None:
    """Of a Gateway Load Balancer, in one zone."""
    at = network(scope, "a")
    scope.book.near_miss(endpoint(scope, name, dice, at, (), "GatewayLoadBalancer", "vpce-svc-0123", private_dns=False), DUPLICATE)


@recipe(ONE, weight=3)
def vpc_endpoint_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: idle only when the fleet's traffic has ended a month ago."""
    scope.book.near_miss(endpoint(scope, name, dice, network(scope, "ab"), MONTH), DUPLICATE)


@recipe(ONE)
def vpc_endpoint_of_one_day(scope: Scope, name: str, dice: Random) -> None:
    """Used on the first day of the window, and never since."""
    scope.book.near_miss(endpoint(scope, name, dice, network(scope, "a"), MONTH[-1:]), DUPLICATE)


@recipe({})
def gateway_endpoint(scope: Scope, name: str, dice: Random) -> None:
    """It costs nothing, and has no metrics."""
    vpc, _ = network(scope, "a")
    made = scope.client("ec2").create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Gateway", ServiceName=f"com.amazonaws.{scope.region}.dynamodb"
    )
    scope.book.near_miss(scope.arn("ec2", f"vpc-endpoint/{made['VpcEndpoint']['VpcEndpointId']}"), IDLE)


@recipe(TWO, weight=1)
def duplicate_vpc_endpoint(scope: Scope, name: str, dice: Random) -> None:
    """A second one in one of the first one's subnets; nothing goes through either."""
    vpc, subnets = network(scope, "ab")
    scope.book.near_miss(endpoint(scope, name, dice, (vpc, subnets)), DUPLICATE)
    scope.book.plant(endpoint(scope, name, dice, (vpc, subnets[:1]), private_dns=False), DUPLICATE, older_than(7))


@recipe(TWO)
def duplicate_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Both have traffic; the second one is called by its own names."""
    at = network(scope, "a")
    scope.book.near_miss(endpoint(scope, name, dice, at, MONTH), DUPLICATE)
    scope.book.plant(endpoint(scope, name, dice, at, MONTH, private_dns=False), DUPLICATE, older_than(7))


@recipe(TWO)
def two_endpoints_in_two_zones(scope: Scope, name: str, dice: Random) -> None:
    """One of them could be in both, but neither does what the other does."""
    vpc, subnets = network(scope, "ab")
    for number, subnet in enumerate(subnets):
        scope.book.near_miss(endpoint(scope, name, dice, (vpc, [subnet]), MONTH, private_dns=not number), DUPLICATE)


@bills
def vpc_endpoints(adding: Adding) -> None:
    """Their hours in each zone; no GB, which are next to nothing here."""
    usage = {
        "Interface": ("VpcEndpoint-Hours", "vpc-endpoint.interface"),
        "GatewayLoadBalancer": ("VpcEndpoint-GWLBE-Hours", "vpc-endpoint.gateway-load-balancer"),
    }
    for one in adding.listed("ec2", "describe_vpc_endpoints", "VpcEndpoints"):
        if one["VpcEndpointType"] in usage:
            usage_type, key = usage[one["VpcEndpointType"]]
            for _ in one["SubnetIds"]:
                adding.hours(VPC, usage_type, "AmazonVPC", key)
