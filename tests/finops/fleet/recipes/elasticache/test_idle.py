"""The recipes for idle ElastiCache clusters: what is found of each, when, and at which numbers."""

from __future__ import annotations

import pytest

from finops.fleet.recipes.elasticache import idle
from finops.fleet.recipes.elasticache.clusters import IDLE, IDLE_MEMCACHED, SUPPORT, VALKEY_INSTEAD
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

OLD_REDIS = {6: {VALKEY_INSTEAD, SUPPORT}, 60: {IDLE, VALKEY_INSTEAD, SUPPORT}, 100: {VALKEY_INSTEAD, SUPPORT}}
FOUND = {
    "idle-cache": on((60,), IDLE),
    "idle-cache-with-a-client": on((60,), IDLE),
    "cache-of-a-quiet-primary": {},
    "cache-with-a-replica-unmeasured": {},
    "cache-hardly-measured": {},
    "idle-old-redis": OLD_REDIS,
    "new-redis-with-few-connections": on((6, 60, 100), VALKEY_INSTEAD),
    "idle-memcached": on((60,), IDLE_MEMCACHED),
    "memcached-in-use": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(idle)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(idle)


@pytest.mark.parametrize(
    ("recipe", "metric", "days", "largest"),
    [
        ("idle-cache", "NewConnections", 28, 0),
        ("idle-cache-with-a-client", "CurrConnections", 14, 20),
        ("cache-of-a-quiet-primary", "GetTypeCmds", 28, 40),
        ("cache-with-a-replica-unmeasured", "NewConnections", 14, 0),
        ("cache-hardly-measured", "NewConnections", 12, 0),
        ("idle-old-redis", "NewConnections", 14, 4),
        ("new-redis-with-few-connections", "NewConnections", 14, 1),
        ("memcached-in-use", "CmdGet", 28, 9_000),
    ],
)
def test_the_metrics_are_at_the_limits(recipe: str, metric: str, days: int, largest: float) -> None:
    made = Made(next(one for one in recipes_of(idle) if one.id == recipe))
    values = [point["Value"] for point in made.scope.metrics["AWS/ElastiCache"] if point["MetricName"] == metric]
    assert (len(values), max(values)) == (days, largest)
