"""NAT gateways as AWS describes them, with the routes that lead to them, and what one costs while nothing goes through it.

A gateway bills by the hour while it is available, and by the GB that goes through it. Its Elastic IPs stay when it is deleted, and bill on:
they are no part of a saving, but for those that AWS itself manages.
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
from functions.core.usage import Dimensions
from functions.scanners.ec2.bills import NAT_GATEWAY
from functions.scanners.ec2.nat_gateway.paths import DYNAMODB, S3, Endpoints, RouteTables, route_tables
from functions.scanners.ec2.subnets import Subnet, subnets

GONE = frozenset({"deleting", "deleted", "failed"})
"""A failed one goes by itself, usually within the hour.

https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
"""
PAGE = 1_000
"""The most on one page."""


@dataclass(slots=True, kw_only=True)
class NatGateway(Resource):
    """`allocations`: its Elastic IPs, but for the `managed` ones, which AWS itself gives and takes; a private one has none.

    `regional`: not of one zone but of all `zones` that have work for it. `appliances`: firewalls and proxies that are attached to it.
    `routes`: how many routes of other tables than its own lead to it. `route_tables`: how many the region has.

    `zone`: its own, "" for a regional one. `client_zones`: the region's own zones of the subnets that have a route to it; `unplaced`: how
    many subnets are somewhere else, or nobody knows where; `other_gateways`: those of these zones where the VPC has another gateway like
    this one. `served`: the route tables of these subnets whose default route it is. `without_s3`, `without_dynamodb`: those of them whose
    traffic to the service no endpoint takes; where nobody knows, `unseen` says why.
    """

    vpc: str = ""
    state: str
    public: bool = True
    allocations: tuple[str, ...] = ()
    managed: int = 0
    regional: bool = False
    zone: str = ""
    zones: tuple[str, ...] = ()
    appliances: int = 0
    routes: int
    route_tables: int
    served: tuple[str, ...] = ()
    client_zones: tuple[str, ...] = ()
    unplaced: int = 0
    other_gateways: tuple[str, ...] = ()
    without_s3: tuple[str, ...] = ()
    without_dynamodb: tuple[str, ...] = ()
    unseen: str = ""


@collector(
    "ec2:nat-gateway",
    arns=["ec2:*:*:natgateway/*"],
    iam=["ec2:DescribeNatGateways", "ec2:DescribeRouteTables", "ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints"],
    resumes="ec2:DescribeNatGateways",
    placed_by=["SubnetId", "NatGatewayAddresses[].AvailabilityZone"],
    bills=[NAT_GATEWAY],
)
def nat_gateways(aws: Aws) -> Iterator[NatGateway]:
    """Every NAT gateway that is not gone, with the ways to it. Route tables and subnets are listed only where there is a gateway, endpoints
    only where one is the way to the internet: each once.
    """
    around: _Around | None = None

    def made(described: Mapping[str, Any]) -> NatGateway | None:
        nonlocal around
        if described["State"] in GONE:
            return None
        if around is None:
            around = _Around(route_tables(aws), subnets(aws), Endpoints(aws))
        gateway = _gateway(aws, described, around)
        if around.tables.lost and not gateway.routes:
            raise LookupError("a route table that may lead to it could not be read")
        return gateway

    for page in aws.each_page("ec2", "DescribeNatGateways", "NatGateways", MaxResults=PAGE):
        yield from _beside_each_other(list(aws.readable(page, made)))


@dataclass(slots=True, frozen=True)
class _Around:
    """What of a region says which way its traffic takes."""

    tables: RouteTables
    subnets: Mapping[str, Subnet]
    endpoints: Endpoints


def _gateway(aws: Aws, described: Mapping[str, Any], around: _Around) -> NatGateway:
    named = tags.from_list(described.get("Tags"))
    name, addresses = described["NatGatewayId"], described.get("NatGatewayAddresses", ())
    allocated = tuple(each["AllocationId"] for each in addresses if each.get("AllocationId"))
    managed = described.get("AutoScalingIps") == "enabled"
    zones = sorted({each["AvailabilityZone"] for each in addresses if each.get("AvailabilityZone")})
    own = around.subnets.get(described.get("SubnetId", ""))
    gateway = NatGateway(
        arn=aws.arn("ec2", f"natgateway/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=described["CreateTime"],
        vpc=described.get("VpcId") or "",
        state=described["State"],
        public=described.get("ConnectivityType") != "private",
        allocations=() if managed else allocated,
        managed=len(allocated) if managed else 0,
        regional=described.get("AvailabilityMode") == "regional",
        zone=own.zone if own else "",
        zones=tuple(zones),
        appliances=len(described.get("AttachedAppliances", ())),
        # A regional gateway has a table of its own, for what comes back to it.
        routes=around.tables.routes(name, but=described.get("RouteTableId", "")),
        route_tables=len(around.tables.tables),
        place=place(aws.region, own.place if own else None, *zones),
    )
    hash(gateway.vpc)  # what is no text cannot be looked up
    _add_clients(gateway, around)
    return gateway


def _add_clients(gateway: NatGateway, around: _Around) -> None:
    """Who reaches the internet through it, and what of that endpoints would take. Only a public one is a way to S3."""
    serving = around.tables.serving(gateway.id, around.subnets)
    clients = [around.subnets.get(name) for of_it in serving.values() for name in of_it]
    zones = [subnet.zone for subnet in clients if subnet is not None and subnet.zone and not subnet.place]
    gateway.served = tuple(sorted(name for name in serving if around.tables.tables[name].default == gateway.id))
    gateway.client_zones, gateway.unplaced = tuple(sorted(set(zones))), len(clients) - len(zones)
    if around.tables.lost:
        gateway.unplaced += 1  # of a table that could not be read there may be more
    if not (gateway.served and gateway.public):
        return
    vpcs = {name: around.tables.tables[name].vpc for name in gateway.served}
    try:
        gateway.without_s3 = around.endpoints.lacking(S3, vpcs)
        gateway.without_dynamodb = around.endpoints.lacking(DYNAMODB, vpcs)
    except LookupError as unseen:
        gateway.unseen = str(unseen)


def _beside_each_other(page: Sequence[NatGateway]) -> Sequence[NatGateway]:
    """The gateways of one page, each with those that its VPC has in its clients' zones. One on another page is not seen: a later scan may
    begin with any page, and a zone without a gateway is the dearer case.
    """
    there = {(one.vpc, one.public, one.zone) for one in page if one.state == "available" and not one.regional and one.vpc}
    for one in page:
        others = [zone for zone in one.client_zones if zone != one.zone and (one.vpc, one.public, zone) in there]
        one.other_gateways = tuple(others)
    return page


def dimensions(gateway: NatGateway) -> Dimensions | list[Dimensions]:
    """Of its metrics. A regional gateway is measured in each of its zones, and nowhere else.

    https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html
    """
    if gateway.regional:
        return [{"NatGatewayId": gateway.id, "AvailabilityZone": zone} for zone in gateway.zones]
    return {"NatGatewayId": gateway.id}


def hours(gateway: NatGateway, prices: Prices) -> Amount:
    """Its hours and those of its managed addresses, USD per month. A regional one has a usage type of its own, and bills for each zone."""
    addresses = prices.hourly("AmazonVPC", "public-ipv4.in-use", gateway.managed, "public IPv4 address") if gateway.managed else NOTHING
    if gateway.regional:
        return addresses + unknown(f"no price known for a regional NAT gateway in {gateway.region}")
    return addresses + prices.hourly("AmazonVPC", "nat-gateway", 1, "NAT gateway")
