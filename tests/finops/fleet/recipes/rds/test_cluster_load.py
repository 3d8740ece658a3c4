"""The recipes for Aurora clusters by their I/O: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.rds import cluster_load
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

FOUND = {"cluster-with-much-io": {60: {"aurora-dearer-storage-cluster"}}, "cluster-with-little-io": {}}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(cluster_load)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(cluster_load)
