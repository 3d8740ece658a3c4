"""NAT gateways as AWS describes them, with the routes that lead to them, and what one costs while nothing goes through it.

A gateway bills by the hour while it is available, and by the GB, which nobody would save here. Its Elastic IPs stay when it is deleted, and
bill on: they are no part of a saving. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.money import Amount
from functions.core.prices.book import Prices
from functions.core.registry import collector

GONE = frozenset({"deleting", "deleted", "failed"})
"""A failed one goes by itself, usually within the hour.

https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
"""
PAGE, TABLES = 1_000, 100
"""The most on one page, of gateways and of route tables."""


@dataclass(slots=True, kw_only=True)
class NatGateway(Resource):
    """`allocations`: its Elastic IPs, but for those that AWS itself manages; a private one has none.

    `regional`: not of one zone but of all `zones` that have work for it. `appliances`: firewalls and proxies that are attached to it.
    `routes`: how many routes of other tables than its own lead to it. `route_tables`: how many the region has.
    """

    state: str
    allocations: tuple[str, ...] = ()
    regional: bool = False
    zones: tuple[str, ...] = ()
    appliances: int = 0
    routes: int
    route_tables: int


@collector("ec2:nat-gateway", iam=["ec2:DescribeNatGateways", "ec2:DescribeRouteTables"], resumes="ec2:DescribeNatGateways")
def nat_gateways(aws: Aws) -> Iterator[NatGateway]:
    """Every NAT gateway that is not gone, with the routes to it; the route tables are listed only where there is one."""
    tables: Mapping[str, Sequence[str]] | None = None
    lost: list[Any] = []

    def made(described: Mapping[str, Any]) -> NatGateway | None:
        nonlocal tables
        if described["State"] in GONE:
            return None
        tables = _tables(aws, lost) if tables is None else tables
        gateway = _gateway(aws, described, tables)
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


def _gateway(aws: Aws, described: Mapping[str, Any], tables: Mapping[str, Sequence[str]]) -> NatGateway:
    named = tags.from_list(described.get("Tags"))
    name, addresses = described["NatGatewayId"], described.get("NatGatewayAddresses", ())
    managed = described.get("AutoScalingIps") == "enabled"
    return NatGateway(
        arn=aws.arn("ec2", f"natgateway/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=described["CreateTime"],
        state=described["State"],
        allocations=() if managed else tuple(each["AllocationId"] for each in addresses if each.get("AllocationId")),
        regional=described.get("AvailabilityMode") == "regional",
        zones=tuple(sorted({each["AvailabilityZone"] for each in addresses if each.get("AvailabilityZone")})),
        appliances=len(described.get("AttachedAppliances", ())),
        # A regional gateway has a table of its own, for what comes back to it.
        routes=sum(used.count(name) for table, used in tables.items() if table != described.get("RouteTableId")),
        route_tables=len(tables),
    )


def hours(gateway: NatGateway, prices: Prices) -> Amount:
    """Its hours, USD per month. Those of a regional one have a usage type of their own, and are billed for each zone."""
    if gateway.regional:
        return Amount(None, f"no price known for a regional NAT gateway in {gateway.region}")
    return prices.hourly("AmazonVPC", "nat-gateway", 1, "NAT gateway")
