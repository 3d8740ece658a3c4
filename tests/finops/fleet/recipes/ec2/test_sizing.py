"""The recipes for instances that are too large, burst or sleep at night: what is found of each, and at which numbers."""

from __future__ import annotations

from finops.fleet.recipes.ec2 import sizing
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

FOUND = {
    "twice-as-large": {60: {sizing.OVERSIZED}},
    "just-not-twice-as-large": {},
    "large-for-a-job-each-day": {},
    "surplus-each-day": {60: {sizing.BURST}},
    "surplus-on-a-few-days": {},
    "quiet-at-night": {60: {sizing.SCHEDULABLE}},
    "production-quiet-at-night": {},
    "night-off-already": {},
}


def _values(recipe: str, metric: str) -> list[float]:
    made = Made(next(one for one in recipes_of(sizing) if one.id == recipe))
    return [point["Value"] for point in made.scope.metrics["AWS/EC2"] if point["MetricName"] == metric]


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(sizing)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(sizing)


def test_the_metrics_are_at_the_limits() -> None:
    assert sorted(_values("twice-as-large", "CPUUtilization")) == [40.0] * 335 + [95.0]
    assert sorted(_values("large-for-a-job-each-day", "CPUUtilization")) == [10.0] * 315 + [95.0] * 21
    assert _values("surplus-each-day", "CPUSurplusCreditsCharged") == [1440.0] * 14
    assert sorted(_values("quiet-at-night", "CPUUtilization")) == [1.0] * 432 + [60.0] * 240
