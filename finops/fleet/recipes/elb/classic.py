"""Classic Load Balancers: with nothing behind them, with nobody in front, and what looks like it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.recipes.ec2.instance import backend
from finops.fleet.recipes.elb.load_balancer import BALANCER, ELB
from finops.fleet.register import bills, recipe
from finops.fleet.rules import WEEK, measured, not_seen, older_than
from finops.fleet.scope import Scope, tags


def classic(scope: Scope, name: str, dice: Random, instances: Iterable[str] = ()) -> str:
    """A Classic Load Balancer; its ARN. Counts it."""
    elb = scope.client("elb")
    elb.create_load_balancer(
        LoadBalancerName=name,
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
        AvailabilityZones=[scope.zone],
        Tags=tags(name, dice),
    )
    listed = [{"InstanceId": instance} for instance in instances]
    if listed:
        elb.register_instances_with_load_balancer(LoadBalancerName=name, Instances=listed)
    scope.book.count(BALANCER)
    return scope.arn("elasticloadbalancing", f"loadbalancer/{name}")


def classic_traffic(scope: Scope, name: str, requests: float, most_healthy: float = 1, days: Iterable[int] = WEEK) -> None:
    """Requests, and the most healthy instances at once, on each of these days."""
    points = tuple(days)
    scope.daily("AWS/ELB", "RequestCount", {"LoadBalancerName": name}, requests, points)
    scope.daily("AWS/ELB", "HealthyHostCount", {"LoadBalancerName": name}, most_healthy, points)


@recipe({BALANCER: 1})
def classic_without_instances(scope: Scope, name: str, dice: Random) -> None:
    """Nothing behind it."""
    scope.book.plant(classic(scope, name, dice), "elb-classic-idle", older_than(7))


@recipe({BALANCER: 1})
def classic_scaled_to_nothing_for_now(scope: Scope, name: str, dice: Random) -> None:
    """Nothing behind it at this moment, and 100 requests on every day."""
    made = classic(scope, name, dice)
    scope.daily("AWS/ELB", "RequestCount", {"LoadBalancerName": name}, 100, WEEK)
    scope.book.near_miss(made, "elb-classic-idle")
    scope.book.plant(made, "elb-classic-idle", not_seen(7, WEEK))


@recipe({BALANCER: 1})
def idle_classic(scope: Scope, name: str, dice: Random) -> None:
    """99 requests a day."""
    made = classic(scope, name, dice, [backend(scope)])
    classic_traffic(scope, name, 99)
    scope.book.plant(made, "elb-classic-idle", measured(7))


@recipe({BALANCER: 1})
def classic_in_use(scope: Scope, name: str, dice: Random) -> None:
    """100 requests a day are not less than 100."""
    made = classic(scope, name, dice, [backend(scope)])
    classic_traffic(scope, name, 100)
    scope.book.near_miss(made, "elb-classic-idle")


@recipe({BALANCER: 1})
def classic_with_few_long_streams(scope: Scope, name: str, dice: Random) -> None:
    """Two connections a day, which carry 100 MB."""
    made = classic(scope, name, dice, [backend(scope)])
    classic_traffic(scope, name, 2)
    scope.daily("AWS/ELB", "EstimatedProcessedBytes", {"LoadBalancerName": name}, 100_000_000, WEEK)
    scope.book.near_miss(made, "elb-classic-idle")


@recipe({BALANCER: 1})
def classic_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """No request on 6 of 7 days, and nothing known of the seventh."""
    made = classic(scope, name, dice, [backend(scope)])
    classic_traffic(scope, name, 0, days=range(1, 7))
    scope.book.near_miss(made, "elb-classic-idle")


@bills
def classic_balancers(adding: Adding) -> None:
    """Their hours, under the usage type of the others and an operation of their own."""
    for _ in adding.listed("elb", "describe_load_balancers", "LoadBalancerDescriptions"):
        adding.hours(ELB, "LoadBalancerUsage", "AWSELB", "load-balancer.classic", operation="LoadBalancing")
