"""ElastiCache clusters that nobody asks anything, and what looks like it."""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.elasticache.clusters import (
    IDLE,
    IDLE_MEMCACHED,
    MEMCACHED,
    OLD,
    ONE,
    REDIS,
    REDIS_5,
    SMALL,
    SUPPORT,
    VALKEY_INSTEAD,
    WINDOW,
    alone,
    asked,
    daily,
    group,
    near,
)  # fmt: skip
from finops.fleet.register import recipe
from finops.fleet.rules import measured
from finops.fleet.scope import Scope


@recipe(ONE, weight=1)
def idle_cache(scope: Scope, name: str, dice: Random) -> None:
    """A primary and a replica, and nobody asked either."""
    made, nodes = group(scope, name, dice, SMALL)
    asked(scope, nodes, 0)
    scope.book.plant(made, IDLE, measured(WINDOW))


@recipe(ONE)
def idle_cache_with_a_client(scope: Scope, name: str, dice: Random) -> None:
    """Something stays connected, and asks nothing: it is found, and doubted."""
    made, nodes = group(scope, name, dice, SMALL, nodes=1)
    asked(scope, nodes, 0, open_ones=20)
    scope.book.plant(made, IDLE, measured(WINDOW))


@recipe(ONE)
def cache_of_a_quiet_primary(scope: Scope, name: str, dice: Random) -> None:
    """Its replica answers."""
    made, (primary, replica) = group(scope, name, dice, SMALL)
    asked(scope, [primary], 0)
    asked(scope, [replica], 40)
    near(scope, made, IDLE)


@recipe(ONE)
def cache_with_a_replica_unmeasured(scope: Scope, name: str, dice: Random) -> None:
    """One node is silent, of the other nobody knows."""
    made, (primary, _) = group(scope, name, dice, SMALL)
    asked(scope, [primary], 0)
    near(scope, made, IDLE)


@recipe(ONE)
def cache_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """12 of 14 days are 86 %."""
    made, nodes = group(scope, name, dice, SMALL, nodes=1)
    asked(scope, nodes, 0, days=range(1, 13))
    near(scope, made, IDLE)


@recipe(ONE)
def idle_old_redis(scope: Scope, name: str, dice: Random) -> None:
    """One node of no group, past its support; up to Redis OSS 5 AWS's own connections are counted."""
    made = alone(scope, name, dice, SMALL, REDIS_5)
    asked(scope, [name], 0, connections=4)
    scope.book.plant(made, IDLE, measured(WINDOW))


@recipe(ONE)
def new_redis_with_few_connections(scope: Scope, name: str, dice: Random) -> None:
    """From Redis OSS 6 on each is somebody's."""
    made = alone(scope, name, dice, SMALL, REDIS)
    asked(scope, [name], 0, connections=1)
    near(scope, made, IDLE, SUPPORT)


@recipe(ONE)
def idle_memcached(scope: Scope, name: str, dice: Random) -> None:
    """Two nodes without a get or a set."""
    made = alone(scope, name, dice, SMALL, MEMCACHED, nodes=2)
    for node in ("0001", "0002"):
        daily(scope, name, {"CmdGet": 0, "CmdSet": 0}, node=node)
    scope.book.plant(made, IDLE_MEMCACHED, measured(WINDOW))
    near(scope, made, VALKEY_INSTEAD, IDLE)


@recipe(ONE)
def memcached_in_use(scope: Scope, name: str, dice: Random) -> None:
    """The second node is asked, and its nodes are of an old type, which Memcached cannot change."""
    made = alone(scope, name, dice, "cache.r5.large", MEMCACHED, nodes=2)
    for node, gets in (("0001", 0), ("0002", 9_000)):
        daily(scope, name, {"CmdGet": gets, "CmdSet": 0}, node=node)
    near(scope, made, IDLE_MEMCACHED, OLD, VALKEY_INSTEAD, SUPPORT)
