"""The ways to a NAT gateway: the route tables that lead to it, the subnets that these serve, and the endpoints that take the traffic to S3
and DynamoDB off it.

A gateway endpoint serves route tables, and costs nothing: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
An interface endpoint with private DNS serves the whole VPC, because there the service's name leads to it:
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.scanners.ec2.subnets import Subnet

TABLES, ENDPOINTS = 100, 1_000
"""The most on one page, of route tables and of endpoints."""
EVERYTHING = "0.0.0.0/0"
"""The default route of IPv4, which is the way to S3 and DynamoDB where nothing more exact is."""
S3, DYNAMODB = "s3", "dynamodb"
"""How the names of the services that have gateway endpoints end: "com.amazonaws.us-east-1.s3"."""


@dataclass(slots=True, frozen=True)
class RouteTable:
    """`gateways`: the NAT gateways of its routes, one for each route. `default`: the one that its default route leads to. `subnets`: those
    that are associated with it; a `main` one serves all others of its VPC too.
    """

    vpc: str
    gateways: tuple[str, ...]
    default: str
    subnets: tuple[str, ...]
    main: bool


@dataclass(slots=True)
class RouteTables:
    """Every route table of the region, by id. `lost`: those that could not be read."""

    tables: Mapping[str, RouteTable]
    lost: Collection[Any] = ()
    associated: frozenset[str] = field(init=False)
    leading: Mapping[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.associated = frozenset(subnet for table in self.tables.values() for subnet in table.subnets)
        self.leading = defaultdict(set)
        for name, table in self.tables.items():
            for gateway in table.gateways:
                self.leading[gateway].add(name)

    def routes(self, gateway: str, but: str) -> int:
        """How many routes lead to a gateway, those of the table `but` left out. A route counts in every state: it is a blackhole where AWS
        takes the gateway for gone, and of one that is available that is a mistake.
        """
        return sum(table.gateways.count(gateway) for name, table in self.tables.items() if name != but)

    def serving(self, gateway: str, subnets: Mapping[str, Subnet]) -> dict[str, list[str]]:
        """The tables with a route to a gateway → the subnets that each serves; those that serve none are left out."""
        served = {name: [*self.tables[name].subnets, *self._by_main(name, subnets)] for name in self.leading.get(gateway, ())}
        return {name: of_it for name, of_it in served.items() if of_it}

    def _by_main(self, name: str, subnets: Mapping[str, Subnet]) -> Iterator[str]:
        table = self.tables[name]
        if table.main and not self.lost:  # a lost one may be the table of some of these
            yield from (one for one, subnet in subnets.items() if subnet.vpc == table.vpc and one not in self.associated)


def route_tables(aws: Aws) -> RouteTables:
    """All of the region, in one listing."""
    lost: list[Any] = []
    listed = aws.pages("ec2", "DescribeRouteTables", "RouteTables", MaxResults=TABLES)
    return RouteTables(dict(aws.readable(listed, _table, lost)), lost)


def _table(described: Mapping[str, Any]) -> tuple[str, RouteTable]:
    routes, associations = described.get("Routes", ()), described.get("Associations", ())
    gateways = [(route["NatGatewayId"], route.get("DestinationCidrBlock")) for route in routes if route.get("NatGatewayId")]
    table = RouteTable(
        vpc=described.get("VpcId") or "",
        gateways=tuple(gateway for gateway, _ in gateways),
        default=next((gateway for gateway, to in gateways if to == EVERYTHING), ""),
        subnets=tuple(one["SubnetId"] for one in associations if one.get("SubnetId")),
        main=any(one.get("Main") for one in associations),
    )
    hash(table)  # all of it is looked up by others: an id that is no text has to cost this table only
    return described["RouteTableId"], table


@dataclass(slots=True)
class Endpoints:
    """Which route tables and VPCs have endpoints for a service, in `S3` or `DYNAMODB`. Asked for when the first gateway needs it.

    AWS's refusal is noted in `aws.refused`, so that what needs no endpoints is judged all the same.
    """

    aws: Aws
    served: Mapping[str, set[str]] | None = None
    why_not: str = ""

    def lacking(self, service: str, tables: Mapping[str, str]) -> tuple[str, ...]:
        """Those of some route tables, each with its VPC, whose traffic to a service no endpoint takes. LookupError where nobody knows."""
        if self.served is None and not self.why_not:
            self._ask()
        if self.served is None:
            raise LookupError(self.why_not)
        return tuple(sorted(name for name, vpc in tables.items() if not self.served.get(service, set()) & {name, vpc}))

    def _ask(self) -> None:
        lost: list[Any] = []
        served: dict[str, set[str]] = defaultdict(set)
        try:
            listed = self.aws.pages("ec2", "DescribeVpcEndpoints", "VpcEndpoints", MaxResults=ENDPOINTS)
            for service, where in self.aws.readable(listed, _serves, lost):
                served[service].update(where)
        except Denied as denied:
            self.aws.refused, self.why_not = denied, "AWS refused to list the VPC endpoints"
            return
        if lost:
            self.why_not = "a VPC endpoint could not be read"
        else:
            self.served = served


def _serves(endpoint: Mapping[str, Any]) -> tuple[str, frozenset[str]] | None:
    """The service of an endpoint, and the route tables or the VPC that it takes the traffic of."""
    service = endpoint["ServiceName"].rpartition(".")[2]
    if service not in (S3, DYNAMODB) or endpoint["State"].casefold() != "available":
        return None
    if endpoint["VpcEndpointType"] == "Gateway":
        return service, frozenset(endpoint.get("RouteTableIds", ()))
    # Private DNS may be for resolvers outside the VPC only: clients inside are then led to where they were before.
    resolvers_only = (endpoint.get("DnsOptions") or {}).get("PrivateDnsOnlyForInboundResolverEndpoint")
    return service, frozenset([endpoint["VpcId"]] if endpoint.get("PrivateDnsEnabled") and not resolvers_only else [])
