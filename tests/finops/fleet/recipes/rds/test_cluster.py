"""The recipes for Aurora clusters: what is found of each, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from finops.fleet.recipes.rds import cluster
from finops.fleet.rules import Moment
from tests.finops.fleet.making import AS_OF, CREATED, Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "idle-cluster": {60: {"aurora-idle-cluster"}},
    "busy-cluster": {},
    "cluster-past-its-support": on((6, 60, 100), "aurora-extended-support"),
    "serverless-that-never-pauses": {60: {"aurora-serverless-never-pauses"}},
    "serverless-that-paused-once": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(cluster)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(cluster)


@pytest.mark.parametrize(("as_of", "found"), [("2029-08-31", False), ("2029-09-02", True)])
def test_one_day_every_version_leaves_its_support(as_of: str, found: bool) -> None:
    """PostgreSQL 17 is charged for from 1 March 2030 on, which is told 180 days before."""
    recipe = next(one for one in recipes_of(cluster) if one.id == "busy-cluster")
    moment = Moment(datetime.fromisoformat(as_of).replace(tzinfo=UTC), CREATED, AS_OF)
    due = {check for (_, check), rule in Made(recipe).book.planted if rule(moment)}
    assert due == ({"aurora-extended-support"} if found else set())
