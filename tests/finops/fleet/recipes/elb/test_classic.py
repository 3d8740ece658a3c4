"""The recipes for Classic Load Balancers: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.elb import classic
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "classic-without-instances": on((60, 100), "elb-classic-idle"),
    "classic-scaled-to-nothing-for-now": {100: {"elb-classic-idle"}},
    "idle-classic": {60: {"elb-classic-idle"}},
    "classic-in-use": {},
    "classic-with-few-long-streams": {},
    "classic-hardly-measured": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(classic)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(classic)
