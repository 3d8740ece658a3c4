"""NAT gateways: with no route to them, with nothing that goes through them, and what looks like it and is not.

They are private ones: the embedded AWS does not associate a gateway's address with it, which would be waste of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import EC2_OTHER, Adding
from finops.fleet.recipes.elb.load_balancer import SUBNET, VPC
from finops.fleet.register import bills, recipe
from finops.fleet.rules import measured, older_than, silent_or_unseen
from finops.fleet.scope import Scope, tags

NAT_GATEWAY = "ec2:nat-gateway"
ONE = {NAT_GATEWAY: 1}
UNROUTED, IDLE = "ec2-unrouted-nat-gateway", "ec2-idle-nat-gateway"
WINDOW = 32
MONTH = range(1, WINDOW + 1)


def gateway(scope: Scope, name: str, dice: Random) -> str:
    """A NAT gateway; its id. Counts it."""
    named = [{"ResourceType": "natgateway", "Tags": tags(name, dice)}]
    made: str = scope.client("ec2").create_nat_gateway(SubnetId=SUBNET, ConnectivityType="private", TagSpecifications=named)["NatGateway"][
        "NatGatewayId"
    ]
    scope.book.count(NAT_GATEWAY)
    return made


def route(scope: Scope, to: str) -> None:
    """A route table with a default route to a gateway."""
    ec2 = scope.client("ec2")
    table = ec2.create_route_table(VpcId=VPC)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=to)


def traffic(scope: Scope, of: str, connections: float, sent: float, received: float, days: Iterable[int] = MONTH) -> None:
    """The most TCP connections at once, and the packets from both sides, on each of these days."""
    dimensions, points = {"NatGatewayId": of}, tuple(days)
    scope.daily("AWS/NATGateway", "ActiveConnectionCount", dimensions, connections, points)
    scope.daily("AWS/NATGateway", "PacketsInFromSource", dimensions, sent, points)
    scope.daily("AWS/NATGateway", "PacketsInFromDestination", dimensions, received, points)


def _arn(scope: Scope, one: str) -> str:
    return scope.arn("ec2", f"natgateway/{one}")


def _routed(scope: Scope, name: str, dice: Random) -> str:
    """A gateway with a route to it, which is therefore never an unrouted one; its id."""
    made = gateway(scope, name, dice)
    route(scope, made)
    scope.book.near_miss(_arn(scope, made), UNROUTED)
    return made


@recipe(ONE, weight=1)
def unrouted_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """And nothing known of its traffic."""
    made = _arn(scope, gateway(scope, name, dice))
    scope.book.plant(made, UNROUTED, older_than(7))
    scope.book.near_miss(made, IDLE)


@recipe(ONE)
def unrouted_since_yesterday(scope: Scope, name: str, dice: Random) -> None:
    """No route leads to it at this moment, and traffic went through it until yesterday."""
    made = gateway(scope, name, dice)
    traffic(scope, made, 5, 9_000, 9_000)
    scope.book.near_miss(_arn(scope, made), UNROUTED)
    scope.book.plant(_arn(scope, made), UNROUTED, silent_or_unseen(7, 1, lookback=WINDOW))


@recipe(ONE)
def unrouted_and_silent_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """With a month of zeros too: that makes it sure, and no second finding."""
    made = gateway(scope, name, dice)
    traffic(scope, made, 0, 0, 0)
    scope.book.plant(_arn(scope, made), UNROUTED, older_than(7))
    scope.book.near_miss(_arn(scope, made), IDLE)


@recipe({})
def deleted_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """AWS shows it for a while, and bills it no more."""
    ec2 = scope.client("ec2")
    made = ec2.create_nat_gateway(SubnetId=SUBNET, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=made)
    scope.book.near_miss(_arn(scope, made), UNROUTED)


@recipe(ONE, weight=1)
def idle_nat_gateway(scope: Scope, name: str, dice: Random) -> None:
    """A route leads to it, and 32 days of zeros came of it."""
    made = _routed(scope, name, dice)
    traffic(scope, made, 0, 0, 0)
    scope.book.plant(_arn(scope, made), IDLE, measured(WINDOW))


@recipe(ONE)
def nat_gateway_unseen_for_3_days(scope: Scope, name: str, dice: Random) -> None:
    """29 of 32 datapoints are 91 %: enough."""
    made, days = _routed(scope, name, dice), range(1, 30)
    traffic(scope, made, 0, 0, 0, days)
    scope.book.plant(_arn(scope, made), IDLE, measured(WINDOW, days))


@recipe(ONE)
def nat_gateway_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """28 of 32 datapoints are 88 %: looks idle, and cannot be judged."""
    made = _routed(scope, name, dice)
    traffic(scope, made, 0, 0, 0, range(1, 29))
    scope.book.near_miss(_arn(scope, made), IDLE)


@recipe(ONE)
def nat_gateway_never_measured(scope: Scope, name: str, dice: Random) -> None:
    """No datapoint at all is no zero."""
    scope.book.near_miss(_arn(scope, _routed(scope, name, dice)), IDLE)


@recipe(ONE)
def nat_gateway_with_datagrams(scope: Scope, name: str, dice: Random) -> None:
    """No TCP connection ever, and a packet a day from one side: a name server is asked by UDP."""
    made = _routed(scope, name, dice)
    traffic(scope, made, 0, 1, 0)
    scope.book.near_miss(_arn(scope, made), IDLE)


@recipe(ONE)
def nat_gateway_of_one_evening(scope: Scope, name: str, dice: Random) -> None:
    """Used on the first day of the window, and never since."""
    made = _routed(scope, name, dice)
    traffic(scope, made, 0, 0, 0, MONTH[:-1])
    traffic(scope, made, 3, 2_000, 9_000, MONTH[-1:])
    scope.book.near_miss(_arn(scope, made), IDLE)


@recipe(ONE, weight=3)
def nat_gateway_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary."""
    made = _routed(scope, name, dice)
    traffic(scope, made, dice.randint(20, 5_000), dice.randint(100_000, 50_000_000), dice.randint(100_000, 90_000_000))
    scope.book.near_miss(_arn(scope, made), IDLE)


@bills
def nat_gateways(adding: Adding) -> None:
    """Their hours; no GB, which no metric of the fleet tells."""
    for one in adding.listed("ec2", "describe_nat_gateways", "NatGateways"):
        if one["State"] == "available":
            adding.hours(EC2_OTHER, "NatGateway-Hours", "AmazonVPC", "nat-gateway")
