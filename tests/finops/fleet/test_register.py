"""The registers of recipes, beginnings, endings and bills."""

from __future__ import annotations

from random import Random

import pytest

from finops.fleet import register as registers
from finops.fleet.register import (
    Beginning,
    Ending,
    Recipe,
    all_beginnings,
    all_bills,
    all_endings,
    all_recipes,
    begins,
    bills,
    ends,
    recipe,
)
from finops.fleet.scope import Book, Scope
from functions.core import registry
from tests.finops.fleet.making import ACCOUNT, AS_OF, REGION, StandIn


def test_a_recipe_is_called_like_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    register: list[Recipe] = []
    monkeypatch.setattr(registers, "RECIPES", register)

    @recipe({"ebs:volume": 2, "ebs:snapshot": 1}, weight=3)
    def two_volumes_of_one_snapshot(scope: Scope, name: str, dice: Random) -> None: ...

    (made,) = register
    assert (made.id, made.size, made.weight) == ("two-volumes-of-one-snapshot", 3, 3)
    assert made.make is two_volumes_of_one_snapshot


def test_every_resource_type_that_is_swept_is_made() -> None:
    assert {kind for one in all_recipes() for kind in one.makes} == set(registry.resource_types())


def test_recipes_whose_names_begin_alike_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = [Recipe(f"a-volume-that-is-attached-to-{what}", lambda scope, name, dice: None, {}, 0) for what in ("one", "two")]
    monkeypatch.setattr(registers, "RECIPES", alike)
    with pytest.raises(ValueError, match="a-volume-that-is-attached-to-one, a-volume-that-is-attached-to-two"):
        all_recipes()


def test_a_scope_begins_with_a_thing_once_whoever_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    register: list[Beginning] = []
    monkeypatch.setattr(registers, "BEGINNINGS", register)
    made = []

    @begins({"ec2:instance": 1})
    def gateway(scope: Scope, dice: Random) -> str:
        made.append(("gateway", network(scope)))
        return "gateway-1"

    @begins({})
    def network(scope: Scope, dice: Random) -> str:
        made.append(("network", str(dice.random())))
        return "network-1"

    scope, other = (Scope(StandIn(), ACCOUNT, REGION, Book(), AS_OF, seed=7) for _ in range(2))
    assert [one(scope) for one in all_beginnings()] == ["gateway-1", "network-1"]
    assert made == [("network", made[0][1]), ("gateway", "network-1")]
    assert (gateway.id, gateway.size, network.size) == ("gateway", 1, 0)
    network(other)
    assert made[2] == made[0], "the dice are the fleet's and its own"


def test_bills_are_those_of_all_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{one.__module__}.{one.__name__}" for one in all_bills()]
    assert names == sorted(names)
    assert "finops.fleet.recipes.ebs.volume.volumes" in names
    monkeypatch.setattr(registers, "BILLS", [])
    assert all_bills() == ()
    added = bills(lambda adding: None)
    assert all_bills() == (added,)


def test_an_ending_is_registered_by_being_there(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [ending.__name__ for ending in all_endings()]
    assert "functions_of_the_analyzer" in names
    assert len(set(names)) == len(names)
    register: list[Ending] = []
    monkeypatch.setattr(registers, "ENDINGS", register)

    @ends
    def buckets(scope: Scope) -> None: ...

    assert all_endings() == (buckets,)
