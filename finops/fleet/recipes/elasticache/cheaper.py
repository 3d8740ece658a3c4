"""ElastiCache clusters on old nodes, past their support or too large, and what looks like it."""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.elasticache.clusters import (
    EVERY,
    HOURS,
    IDLE,
    MEDIUM,
    OLD,
    ONE,
    OVERSIZED,
    REDIS_6,
    SMALL,
    WINDOW,
    asked,
    daily,
    group,
    near,
    sized,
)  # fmt: skip
from finops.fleet.register import recipe
from finops.fleet.rules import Moment, Rule, always, measured, measured_hourly
from finops.fleet.scope import Scope


@recipe(ONE, weight=1)
def cache_on_old_nodes(scope: Scope, name: str, dice: Random) -> None:
    """An r6g costs less than an r5, and an r7g more."""
    made, nodes = group(scope, name, dice, "cache.r5.large")
    asked(scope, nodes, 3_000, connections=2)
    scope.book.plant(made, OLD, always)


@recipe(ONE)
def cache_on_nodes_whose_successor_costs_more(scope: Scope, name: str, dice: Random) -> None:
    """Nothing newer is cheaper than an r6g."""
    made, nodes = group(scope, name, dice, "cache.r6g.large", nodes=1)
    asked(scope, nodes, 3_000, connections=2)
    near(scope, made, OLD)


def _both(first: Rule, second: Rule) -> Rule:
    def rule(moment: Moment) -> bool:
        return first(moment) and second(moment)

    return rule


@recipe(ONE, weight=1)
def oversized_cache(scope: Scope, name: str, dice: Random) -> None:
    """Its data and its work would fit on half of it: 30 % of 12.93 GiB are 61 % of 6.38 GiB."""
    made, nodes = group(scope, name, dice, MEDIUM, nodes=1)
    asked(scope, nodes, 3_000, connections=2)
    sized(scope, nodes, 30, 20, 15)
    scope.book.plant(made, OVERSIZED, _both(measured(WINDOW), measured_hourly(WINDOW, HOURS)))


@recipe(ONE)
def well_filled_cache(scope: Scope, name: str, dice: Random) -> None:
    """40 % of its memory would be 81 % of the next smaller one's."""
    made, nodes = group(scope, name, dice, MEDIUM, nodes=1)
    asked(scope, nodes, 3_000, connections=2)
    daily(scope, nodes[0], {"DatabaseMemoryUsagePercentage": 40})
    near(scope, made, OVERSIZED)


@recipe(ONE)
def busy_small_cache(scope: Scope, name: str, dice: Random) -> None:
    """Little data, and an engine that has much to do."""
    made, nodes = group(scope, name, dice, MEDIUM, nodes=1)
    asked(scope, nodes, 90_000, connections=9)
    sized(scope, nodes, 10, 45, 20)
    near(scope, made, OVERSIZED)


@recipe(ONE)
def redis_whose_support_ends(scope: Scope, name: str, dice: Random) -> None:
    """Redis OSS 6 is charged for from February 2027."""
    made, nodes = group(scope, name, dice, SMALL, REDIS_6, nodes=1)
    asked(scope, nodes, 500, connections=3)
    near(scope, made, IDLE, OLD)


@recipe(ONE, weight=3)
def cache_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: Valkey, on Graviton, of the smallest size, and asked."""
    made, nodes = group(scope, name, dice, SMALL, nodes=dice.randint(1, 3))
    asked(scope, nodes, dice.randint(1_000, 90_000), dice.randint(1, 60), dice.randint(8, 200))
    near(scope, made, *EVERY)
