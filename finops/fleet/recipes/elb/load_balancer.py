"""Load balancers of the three kinds of today: with nothing behind them, with nothing healthy, with nobody in front.

The embedded AWS calls a target healthy when its instance runs. Its ARNs begin with app/ for every kind of load balancer.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.recipes.ec2.instance import backend, stopped_backend
from finops.fleet.register import bills, recipe
from finops.fleet.rules import TWO_WEEKS, WEEK, measured, not_seen, older_than
from finops.fleet.scope import Scope, tags

BALANCER, TARGET_GROUP = "elb:load-balancer", "elb:target-group"
ELB = "Amazon Elastic Load Balancing"
NAMESPACES = {"application": "AWS/ApplicationELB", "network": "AWS/NetworkELB", "gateway": "AWS/GatewayELB"}
PROTOCOLS = {"application": ("HTTP", 80), "network": ("TCP", 80), "gateway": ("GENEVE", 6081)}
BOTH = {BALANCER: 1, TARGET_GROUP: 1}
SUBNET, VPC = "subnet-00000001", "vpc-00000001"
"""The default ones of every account and region of the embedded AWS."""


def balancer(scope: Scope, name: str, dice: Random, kind: str = "application") -> str:
    """An internet-facing load balancer without a listener; its ARN. Counts it."""
    made: str = scope.client("elbv2").create_load_balancer(Name=name, Type=kind, Subnets=[SUBNET], Tags=tags(name, dice))["LoadBalancers"][
        0
    ]["LoadBalancerArn"]
    scope.book.count(BALANCER)
    return made


def group(scope: Scope, name: str, dice: Random, targets: Iterable[str], kind: str = "application") -> str:
    """A target group with instances; its ARN. Counts it."""
    elb = scope.client("elbv2")
    protocol, port = PROTOCOLS[kind]
    made: str = elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=VPC, Tags=tags(name, dice))["TargetGroups"][0][
        "TargetGroupArn"
    ]
    listed = [{"Id": target} for target in targets]
    if listed:
        elb.register_targets(TargetGroupArn=made, Targets=listed)
    scope.book.count(TARGET_GROUP)
    return made


def forward(scope: Scope, load_balancer: str, to: str, kind: str = "application") -> None:
    """A listener that forwards everything."""
    protocol, port = PROTOCOLS[kind]
    listening = {} if kind == "gateway" else {"Protocol": protocol, "Port": port}
    scope.client("elbv2").create_listener(
        LoadBalancerArn=load_balancer, DefaultActions=[{"Type": "forward", "TargetGroupArn": to}], **listening
    )


def serving(scope: Scope, name: str, dice: Random, targets: Iterable[str], kind: str = "application") -> str:
    """A load balancer that forwards to instances; its ARN."""
    made = balancer(scope, name, dice, kind)
    to = group(scope, name, dice, targets, kind)
    forward(scope, made, to, kind)
    scope.book.near_miss(to, "elb-orphan-target-group")
    return made


def traffic(scope: Scope, load_balancer: str, kind: str, days: Iterable[int] = TWO_WEEKS, **a_day: float) -> None:
    """Metrics of a load balancer, by name, with the same value each day."""
    dimensions = {"LoadBalancer": load_balancer.partition(":loadbalancer/")[2]}
    for name, value in a_day.items():
        scope.daily(NAMESPACES[kind], name, dimensions, value, days)


@recipe({BALANCER: 1}, weight=1)
def balancer_without_targets(scope: Scope, name: str, dice: Random) -> None:
    """No listener, no target group."""
    made = balancer(scope, name, dice, dice.choice(tuple(NAMESPACES)))
    scope.book.plant(made, "elb-no-targets", older_than(7))


@recipe(BOTH)
def balancer_with_an_empty_group(scope: Scope, name: str, dice: Random) -> None:
    """It forwards to nothing."""
    made = serving(scope, name, dice, [])
    scope.book.plant(made, "elb-no-targets", older_than(7))
    scope.book.near_miss(made, "elb-no-healthy-targets")


@recipe(BOTH)
def scaled_to_nothing_for_now(scope: Scope, name: str, dice: Random) -> None:
    """It forwards to nothing at this moment, and had requests on every day."""
    made = serving(scope, name, dice, [])
    traffic(scope, made, "application", ConsumedLCUs=20, RequestCount=50_000)
    scope.book.near_miss(made, "elb-no-targets")
    scope.book.plant(made, "elb-no-targets", not_seen(14, TWO_WEEKS, min_age=7))


@recipe({BALANCER: 1})
def balancer_that_redirects(scope: Scope, name: str, dice: Random) -> None:
    """No target, but its listener answers by itself, and is asked."""
    made = balancer(scope, name, dice)
    elsewhere = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Host": "example.com", "StatusCode": "HTTP_301"}}
    scope.client("elbv2").create_listener(LoadBalancerArn=made, Protocol="HTTP", Port=80, DefaultActions=[elsewhere])
    traffic(scope, made, "application", ConsumedLCUs=0.05, HTTP_Redirect_Count=400)
    scope.book.near_miss(made, "elb-no-targets")
    scope.book.near_miss(made, "elb-idle")


def healthy(scope: Scope, load_balancer: str, target_group: str, most: float) -> None:
    """The most healthy targets at once, on each day of a week."""
    dimensions = {
        "LoadBalancer": load_balancer.partition(":loadbalancer/")[2],
        "TargetGroup": target_group.rpartition(":")[2],
    }
    scope.daily("AWS/ApplicationELB", "HealthyHostCount", dimensions, most, WEEK)


@recipe(BOTH)
def balancer_without_healthy_targets(scope: Scope, name: str, dice: Random) -> None:
    """Its only target is stopped, and no day of the week saw it healthy."""
    made = balancer(scope, name, dice)
    to = group(scope, name, dice, [stopped_backend(scope)])
    forward(scope, made, to)
    healthy(scope, made, to, 0)
    scope.book.plant(made, "elb-no-healthy-targets", measured(7))
    scope.book.near_miss(made, "elb-idle")


@recipe(BOTH)
def failing_and_asked_all_the_same(scope: Scope, name: str, dice: Random) -> None:
    """No day saw it healthy, and requests arrive: perhaps it is only the health check that is wrong."""
    made = balancer(scope, name, dice)
    to = group(scope, name, dice, [stopped_backend(scope)])
    forward(scope, made, to)
    healthy(scope, made, to, 0)
    traffic(scope, made, "application", RequestCount=5_000)
    scope.book.near_miss(made, "elb-no-healthy-targets")


@recipe(BOTH)
def balancer_that_was_healthy_this_week(scope: Scope, name: str, dice: Random) -> None:
    """Its only target is stopped now, and was healthy some time on every day."""
    made = balancer(scope, name, dice)
    to = group(scope, name, dice, [stopped_backend(scope)])
    forward(scope, made, to)
    healthy(scope, made, to, 1)
    scope.book.near_miss(made, "elb-no-healthy-targets")


@recipe(BOTH)
def one_healthy_target(scope: Scope, name: str, dice: Random) -> None:
    """One of two is stopped; ten requests a day are just enough."""
    made = serving(scope, name, dice, [stopped_backend(scope), backend(scope)])
    traffic(scope, made, "application", ConsumedLCUs=0.05, RequestCount=10)
    for check in ("elb-no-targets", "elb-no-healthy-targets", "elb-idle"):
        scope.book.near_miss(made, check)


@recipe(BOTH, weight=1)
def idle_application_balancer(scope: Scope, name: str, dice: Random) -> None:
    """139 requests in two weeks: less than ten a day."""
    made = serving(scope, name, dice, [backend(scope)])
    traffic(scope, made, "application", ConsumedLCUs=0.05, RequestCount=139 / 14)
    scope.book.plant(made, "elb-idle", measured(14))


@recipe(BOTH)
def websockets_that_stay_open(scope: Scope, name: str, dice: Random) -> None:
    """Five requests a day, and what they opened goes on: 40 LCU-hours."""
    made = serving(scope, name, dice, [backend(scope)])
    traffic(scope, made, "application", ConsumedLCUs=40, RequestCount=5)
    scope.book.near_miss(made, "elb-idle")


@recipe(BOTH)
def one_websocket(scope: Scope, name: str, dice: Random) -> None:
    """So little that capacity units do not show it: one connection, which is open all day."""
    made = serving(scope, name, dice, [backend(scope)])
    traffic(scope, made, "application", ConsumedLCUs=0.01, RequestCount=1, ActiveConnectionCount=24 * 60)
    scope.book.near_miss(made, "elb-idle")


@recipe(BOTH)
def idle_network_balancer(scope: Scope, name: str, dice: Random) -> None:
    """No flow."""
    made = serving(scope, name, dice, [backend(scope)], "network")
    traffic(scope, made, "network", NewFlowCount=0, ActiveFlowCount=0)
    scope.book.plant(made, "elb-idle", measured(14))


@recipe(BOTH)
def one_long_flow(scope: Scope, name: str, dice: Random) -> None:
    """No new flow for weeks, but one that goes on."""
    made = serving(scope, name, dice, [backend(scope)], "network")
    traffic(scope, made, "network", NewFlowCount=0, ActiveFlowCount=1)
    scope.book.near_miss(made, "elb-idle")


@recipe(BOTH)
def idle_gateway_balancer(scope: Scope, name: str, dice: Random) -> None:
    """Flows are reported only when there are some; that it reports at all is seen from its capacity units."""
    made = serving(scope, name, dice, [backend(scope)], "gateway")
    traffic(scope, made, "gateway", ConsumedLCUs=0)
    scope.book.plant(made, "elb-idle", measured(14))


@recipe(BOTH)
def balancer_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """No request, but also only 12 of 14 days with any metric."""
    made = serving(scope, name, dice, [backend(scope)])
    traffic(scope, made, "application", range(1, 13), ConsumedLCUs=0)
    scope.book.near_miss(made, "elb-idle")


@recipe(BOTH, weight=2)
def busy_balancer(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary."""
    made = serving(scope, name, dice, [backend(scope)])
    traffic(scope, made, "application", ConsumedLCUs=2, RequestCount=dice.randint(10_000, 90_000))
    for check in ("elb-no-targets", "elb-no-healthy-targets", "elb-idle"):
        scope.book.near_miss(made, check)


@bills
def balancers(adding: Adding) -> None:
    """Their hours, not what they balance."""
    for made in adding.listed("elbv2", "describe_load_balancers", "LoadBalancers"):
        kind = str(made["Type"])
        adding.hours(ELB, "LoadBalancerUsage", "AWSELB", f"load-balancer.{kind}", operation=f"LoadBalancing:{kind.title()}")
