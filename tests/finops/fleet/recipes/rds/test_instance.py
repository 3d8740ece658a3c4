"""The recipes for databases: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.rds import instance
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

ALWAYS = (6, 60, 100)
FOUND = {
    "database-quiet-at-night": {60: {"rds-schedulable-instance"}},
    "prod-database-quiet-at-night": {},
    "idle-database": {60: {"rds-idle-instance"}},
    "one-connection": {},
    "idle-but-one-day-unmeasured": {},
    "busy-database": {},
    "stopped-for-the-night": {100: {"rds-stopped-instance"}},
    "stopped-database": on((60, 100), "rds-stopped-instance"),
    "stopped-database-of-an-old-class": on((60, 100), "rds-stopped-instance"),
    "old-class": on(ALWAYS, "rds-old-generation"),
    "database-not-on-graviton": on(ALWAYS, "rds-graviton"),
    "standby-for-tests": on(ALWAYS, "rds-multi-az-non-production"),
    "standby-for-production": {},
    "database-for-tests": {},
    "database-past-its-support": on(ALWAYS, "rds-extended-support"),
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(instance)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(instance)
