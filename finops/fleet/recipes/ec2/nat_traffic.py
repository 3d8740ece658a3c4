"""NAT gateways with traffic: to S3 past its free endpoint, from other Availability Zones, and what looks like it and is not."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.recipes.ec2.nat_gateway import IDLE, NAT_GATEWAY, UNROUTED
from finops.fleet.recipes.ec2.network import network
from finops.fleet.register import recipe
from finops.fleet.rules import TWO_WEEKS, measured
from finops.fleet.scope import Scope, tags

ONE, TWO = {NAT_GATEWAY: 1}, {NAT_GATEWAY: 2}
ENDPOINTLESS, CROSS_ZONE = "ec2-endpointless-nat-gateway", "ec2-cross-zone-nat-gateway"
GIB = 1024**3


def gateway(scope: Scope, name: str, dice: Random, subnet: str, kind: str = "public") -> str:
    """A NAT gateway in a subnet; its id. Counts it. A public one has no address here: the embedded AWS associates none with it."""
    named = [{"ResourceType": "natgateway", "Tags": tags(name, dice)}]
    made: str = scope.client("ec2").create_nat_gateway(SubnetId=subnet, ConnectivityType=kind, TagSpecifications=named)["NatGateway"][
        "NatGatewayId"
    ]
    scope.book.count(NAT_GATEWAY)
    for check in (UNROUTED, IDLE):
        scope.book.near_miss(arn(scope, made), check)
    return made


def arn(scope: Scope, one: str) -> str:
    """A gateway's ARN, from its id."""
    return scope.arn("ec2", f"natgateway/{one}")


def default_route(scope: Scope, vpc: str, to: str, subnets: Iterable[str]) -> str:
    """A route table that sends all that subnets have for elsewhere to a gateway; its id."""
    ec2 = scope.client("ec2")
    table: str = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=to)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return table


def moves(scope: Scope, of: str, gb_a_day: float) -> None:
    """So many GB go through it on each day of two weeks: a tenth of it sent, the rest received; and connections and packets with it."""
    sent, received = gb_a_day * GIB / 10, gb_a_day * GIB * 9 / 10
    values = {
        "BytesInFromSource": sent,
        "BytesOutToDestination": sent,
        "BytesInFromDestination": received,
        "BytesOutToSource": received,
        "ActiveConnectionCount": 40.0,
        "PacketsInFromSource": sent / 1_400,
        "PacketsInFromDestination": received / 1_400,
    }
    for name, value in values.items():
        scope.daily("AWS/NATGateway", name, {"NatGatewayId": of}, value, TWO_WEEKS)


def s3_endpoint(scope: Scope, vpc: str, *tables: str) -> None:
    """A gateway endpoint for S3 of these route tables."""
    scope.client("ec2").create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Gateway", ServiceName=f"com.amazonaws.{scope.region}.s3", RouteTableIds=list(tables)
    )


def _alone(scope: Scope, name: str, dice: Random, gb_a_day: float) -> tuple[str, str, str]:
    """A public gateway of one zone's subnet, with traffic; the VPC, the route table, and the gateway's ARN."""
    vpc, (subnet,) = network(scope, "a")
    made = gateway(scope, name, dice, subnet)
    table = default_route(scope, vpc, made, [subnet])
    moves(scope, made, gb_a_day)
    scope.book.near_miss(arn(scope, made), CROSS_ZONE)
    return vpc, table, arn(scope, made)


@recipe(ONE, weight=1)
def endpointless_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """No gateway endpoint anywhere."""
    _, _, made = _alone(scope, name, dice, 100)
    scope.book.plant(made, ENDPOINTLESS, measured(14))


@recipe(ONE)
def endpoint_of_another_table(scope: Scope, name: str, dice: Random) -> None:
    """The VPC has a gateway endpoint, and not for the route table that leads here."""
    vpc, _, made = _alone(scope, name, dice, 20)
    s3_endpoint(scope, vpc, scope.client("ec2").create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
    scope.book.plant(made, ENDPOINTLESS, measured(14))


@recipe(ONE, weight=1)
def s3_served_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """The endpoint serves the table, and what is left goes to the internet."""
    vpc, table, made = _alone(scope, name, dice, 100)
    s3_endpoint(scope, vpc, table)
    scope.book.near_miss(made, ENDPOINTLESS)


@recipe(ONE)
def quiet_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """3 GB a day are 91 a month: some $4, whatever of it goes to S3."""
    _, _, made = _alone(scope, name, dice, 3)
    scope.book.near_miss(made, ENDPOINTLESS)


def _of_zones(scope: Scope, name: str, dice: Random, clients: str, gb_a_day: float) -> str:
    """A private gateway in zone a, with traffic of subnets in these zones; its ARN."""
    vpc, (home, *subnets) = network(scope, "a" + clients)
    made = gateway(scope, name, dice, home, "private")
    default_route(scope, vpc, made, subnets)
    moves(scope, made, gb_a_day)
    scope.book.near_miss(arn(scope, made), ENDPOINTLESS)
    return arn(scope, made)


@recipe(ONE, weight=1)
def cross_zone_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """200 GB a day are 6,083 a month: if they all cross, $122, and another gateway is some $35."""
    scope.book.plant(_of_zones(scope, name, dice, "ab", 200), CROSS_ZONE, measured(14))


@recipe(ONE)
def nat_gateway_of_another_zone(scope: Scope, name: str, dice: Random) -> None:
    """All of its clients are in one zone, and that is not its own."""
    scope.book.plant(_of_zones(scope, name, dice, "b", 10), CROSS_ZONE, measured(14))


@recipe(ONE)
def too_little_to_cross_for(scope: Scope, name: str, dice: Random) -> None:
    """40 GB a day are 1,217 a month: $24 at most, which is less than another gateway."""
    scope.book.near_miss(_of_zones(scope, name, dice, "abc", 40), CROSS_ZONE)


@recipe(TWO)
def nat_gateway_in_each_zone(scope: Scope, name: str, dice: Random) -> None:
    """Each has the subnet of its own zone."""
    vpc, subnets = network(scope, "ab")
    for subnet in subnets:
        made = gateway(scope, name, dice, subnet, "private")
        default_route(scope, vpc, made, [subnet])
        moves(scope, made, 200)
        scope.book.near_miss(arn(scope, made), CROSS_ZONE)
