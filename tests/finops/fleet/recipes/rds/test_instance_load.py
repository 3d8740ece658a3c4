"""The recipes for databases by their load: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.rds import instance_load
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

FOUND = {
    "oversized-database": {60: {"rds-oversized-instance"}},
    "database-with-a-full-cache": {},
    "database-with-a-busy-cpu": {},
    "database-with-too-many-iops": {60: {"rds-overprovisioned-iops-instance"}},
    "database-that-needs-its-iops": {},
    "idle-replica": {60: {"rds-idle-replica"}},
    "replica-with-a-reader": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(instance_load)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(instance_load)
