"""Target groups that no load balancer uses, for long or between two deployments."""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.ec2.instance import backend
from finops.fleet.recipes.elb.load_balancer import TARGET_GROUP, group
from finops.fleet.register import recipe
from finops.fleet.rules import always, not_seen
from finops.fleet.scope import Scope

TURNS = (1, 58)


@recipe({TARGET_GROUP: 1}, weight=1)
def orphan_target_group(scope: Scope, name: str, dice: Random) -> None:
    """No load balancer uses it."""
    made = group(scope, name, dice, [backend(scope)])
    scope.book.plant(made, "elb-orphan-target-group", always)


@recipe({TARGET_GROUP: 1})
def group_between_deployments(scope: Scope, name: str, dice: Random) -> None:
    """The other one of a blue/green pair has its turn; this one had it yesterday, and two months ago."""
    made = group(scope, name, dice, [backend(scope)])
    scope.daily("AWS/ApplicationELB", "RequestCountPerTarget", {"TargetGroup": made.rpartition(":")[2]}, 700, TURNS)
    scope.book.near_miss(made, "elb-orphan-target-group")
    scope.book.plant(made, "elb-orphan-target-group", not_seen(32, TURNS, min_age=0))
