"""The recipes for target groups: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.elb import target_group
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "orphan-target-group": on((6, 60, 100), "elb-orphan-target-group"),
    "group-between-deployments": on((100,), "elb-orphan-target-group"),
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(target_group)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(target_group)
