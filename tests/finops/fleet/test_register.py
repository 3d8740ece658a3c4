"""The register of recipes."""

from __future__ import annotations

from random import Random

import pytest

from finops.fleet import register as recipes
from finops.fleet.register import TYPES, Recipe, all_recipes, recipe
from finops.fleet.scope import Scope
from functions.core import registry


def test_a_recipe_is_called_like_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    register: list[Recipe] = []
    monkeypatch.setattr(recipes, "RECIPES", register)

    @recipe({"ebs:volume": 2, "ebs:snapshot": 1}, weight=3)
    def two_volumes_of_one_snapshot(scope: Scope, name: str, dice: Random) -> None: ...

    (made,) = register
    assert (made.id, made.size, made.weight) == ("two-volumes-of-one-snapshot", 3, 3)
    assert made.make is two_volumes_of_one_snapshot


def test_every_resource_type_that_is_swept_is_made() -> None:
    assert set(TYPES) == set(registry.resource_types())
    assert {kind for one in all_recipes() for kind in one.makes} == set(TYPES)
