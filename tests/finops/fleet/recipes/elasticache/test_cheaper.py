"""The recipes for ElastiCache clusters that would cost less: what is found of each, when, and at which numbers."""

from __future__ import annotations

import pytest

from finops.fleet.recipes.elasticache import cheaper
from finops.fleet.recipes.elasticache.clusters import OLD, OVERSIZED, SUPPORT, VALKEY_INSTEAD
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

EACH_DAY = (6, 60, 100)
FOUND = {
    "redis-whose-support-ends": on(EACH_DAY, VALKEY_INSTEAD, SUPPORT),
    "cache-on-old-nodes": on(EACH_DAY, OLD),
    "cache-on-nodes-whose-successor-costs-more": {},
    "oversized-cache": on((60,), OVERSIZED),
    "well-filled-cache": {},
    "busy-small-cache": {},
    "cache-in-use": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(cheaper)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(cheaper)


@pytest.mark.parametrize(
    ("recipe", "metric", "days", "largest"),
    [
        ("well-filled-cache", "DatabaseMemoryUsagePercentage", 14, 40),
        ("busy-small-cache", "CPUUtilization", 336, 20),
    ],
)
def test_the_metrics_are_at_the_limits(recipe: str, metric: str, days: int, largest: float) -> None:
    made = Made(next(one for one in recipes_of(cheaper) if one.id == recipe))
    values = [point["Value"] for point in made.scope.metrics["AWS/ElastiCache"] if point["MetricName"] == metric]
    assert (len(values), max(values)) == (days, largest)
