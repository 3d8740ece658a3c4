"""NAT gateways as AWS describes them, with the routes that lead to them, and what one costs while nothing goes through it.

A gateway bills by the hour while it is available, and by the GB, which nobody would save here. Its Elastic IPs stay when it is deleted, and
bill on: they are no part of a saving, but for those that AWS itself manages.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.money import NOTHING, Amount, unknown
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.ec2.bills import NAT_GATEWAY

GONE = frozenset({"deleting", "deleted", "failed"})
"""A failed one goes by itself, usually within the hour.

https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
"""
PAGE, TABLES = 1_000, 100
"""The most on one page, of gateways and of route tables."""


@dataclass(slots=True, kw_only=True)
class NatGateway(Resource):
    """`allocations`: its Elastic IPs, but for the `managed` ones, which AWS itself gives and takes; a private one has none.

    `regional`: not of one zone but of all `zones` that have work for it. `appliances`: firewalls and proxies that are attached to it.
    `routes`: how many routes of other tables than its own lead to it. `route_tables`: how many the region has.
    """

    state: str
    allocations: tuple[str, ...] = ()
    managed: int = 0
    regional: bool = False
    zones: tuple[str, ...] = ()
    appliances: int = 0
    routes: int
    route_tables: int


@collector(
    "ec2:nat-gateway",
    iam=["ec2:DescribeNatGateways", "ec2:DescribeRouteTables", "ec2:DescribeSubnets"],
    resumes="ec2:DescribeNatGateways",
    placed_by=["SubnetId", "NatGatewayAddresses[].AvailabilityZone"],
    bills=[NAT_GATEWAY],
)
def nat_gateways(aws: Aws) -> Iterator[NatGateway]:
    """Every NAT gateway that is not gone, with the routes to it; route tables and subnets are listed only where there is one."""
    tables: Mapping[str, Sequence[str]] | None = None
    elsewhere: Mapping[str, str] = {}
    lost: list[Any] = []

    def made(described: Mapping[str, Any]) -> NatGateway | None:
        nonlocal tables, elsewhere
        if described["State"] in GONE:
            return None
        if tables is None:
            tables, elsewhere = _tables(aws, lost), _subnets_elsewhere(aws)
        gateway = _gateway(aws, described, tables, elsewhere)
        if lost and not gateway.routes:
            raise LookupError("a route table that may lead to it could not be read")
        return gateway

    yield from aws.readable(aws.pages("ec2", "DescribeNatGateways", "NatGateways", MaxResults=PAGE), made)


def _tables(aws: Aws, lost: list[Any]) -> Mapping[str, Sequence[str]]:
    """Route table's id → the NAT gateways of its routes, one for each route. `lost`: the tables that cannot be read.

    A route counts in every state: it is a blackhole where AWS takes the gateway for gone, and of one that is available that is a mistake.
    """
    listed = aws.pages("ec2", "DescribeRouteTables", "RouteTables", MaxResults=TABLES)
    return dict(aws.readable(listed, _gateways_of, lost))


def _gateways_of(table: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return table["RouteTableId"], [route["NatGatewayId"] for route in table.get("Routes", ()) if route.get("NatGatewayId")]


def _subnets_elsewhere(aws: Aws) -> Mapping[str, str]:
    """The subnets that are not in the region's own zones → where they are: of a gateway with one subnet AWS does not say its zone."""

    def where(subnet: Mapping[str, Any]) -> tuple[str, str] | None:
        found = place(aws.region, subnet.get("OutpostArn"), subnet.get("AvailabilityZone"))
        return (subnet["SubnetId"], found) if found else None

    return dict(aws.readable(aws.pages("ec2", "DescribeSubnets", "Subnets", MaxResults=PAGE), where, []))


def _gateway(aws: Aws, described: Mapping[str, Any], tables: Mapping[str, Sequence[str]], elsewhere: Mapping[str, str]) -> NatGateway:
    named = tags.from_list(described.get("Tags"))
    name, addresses = described["NatGatewayId"], described.get("NatGatewayAddresses", ())
    allocated = tuple(each["AllocationId"] for each in addresses if each.get("AllocationId"))
    managed = described.get("AutoScalingIps") == "enabled"
    zones = sorted({each["AvailabilityZone"] for each in addresses if each.get("AvailabilityZone")})
    return NatGateway(
        arn=aws.arn("ec2", f"natgateway/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=described["CreateTime"],
        state=described["State"],
        allocations=() if managed else allocated,
        managed=len(allocated) if managed else 0,
        regional=described.get("AvailabilityMode") == "regional",
        zones=tuple(zones),
        appliances=len(described.get("AttachedAppliances", ())),
        # A regional gateway has a table of its own, for what comes back to it.
        routes=sum(used.count(name) for table, used in tables.items() if table != described.get("RouteTableId")),
        route_tables=len(tables),
        place=place(aws.region, elsewhere.get(described.get("SubnetId", "")), *zones),
    )


def hours(gateway: NatGateway, prices: Prices) -> Amount:
    """Its hours and those of its managed addresses, USD per month. A regional one has a usage type of its own, and bills for each zone."""
    addresses = prices.hourly("AmazonVPC", "public-ipv4.in-use", gateway.managed, "public IPv4 address") if gateway.managed else NOTHING
    if gateway.regional:
        return addresses + unknown(f"no price known for a regional NAT gateway in {gateway.region}")
    return addresses + prices.hourly("AmazonVPC", "nat-gateway", 1, "NAT gateway")
