"""What the fleet will be is decided by two numbers and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from finops import fleet
from finops.fleet.plan import BASE, COPIES, Item, plan
from finops.fleet.register import TYPES, all_recipes

SCOPES = 6


def size(items: list[Item]) -> int:
    return sum(item.recipe.size for item in items) + SCOPES * BASE


def by_type(items: list[Item]) -> Counter[str]:
    total: Counter[str] = Counter()
    for item in items:
        total.update(item.recipe.makes)
    return total


def test_the_same_numbers_make_the_same_fleet() -> None:
    assert plan(1500, SCOPES, fleet.SEED) == plan(1500, SCOPES, fleet.SEED)


def test_another_seed_makes_another_fleet_of_the_same_kinds() -> None:
    one, other = plan(1500, SCOPES, 1), plan(1500, SCOPES, 2)
    assert one != other
    assert {item.recipe.id for item in one} == {item.recipe.id for item in other} == {recipe.id for recipe in all_recipes()}


@pytest.mark.parametrize("resources", [1500, 3_000, 10_000])
def test_every_kind_is_there_three_times_and_the_size_is_as_asked(resources: int) -> None:
    made = plan(resources, SCOPES, fleet.SEED)
    for recipe in all_recipes():
        assert len({item.scope for item in made if item.recipe is recipe}) >= COPIES, recipe.id
    assert resources <= size(made) < resources + 20
    for scope in range(SCOPES):
        assert set(by_type([item for item in made if item.scope == scope])) == set(TYPES), "every type in every account and region"


@pytest.mark.parametrize("resources", [1, 200, 700])
def test_a_small_fleet_has_one_of_each_kind(resources: int) -> None:
    made = plan(resources, SCOPES, fleet.SEED)
    assert {item.recipe.id for item in made} == {recipe.id for recipe in all_recipes()}
    assert {item.scope for item in made} == set(range(SCOPES))
    least = size(plan(1, SCOPES, fleet.SEED))
    assert size(made) == least if resources == 1 else resources <= size(made) < max(resources, least) + 20


def test_names_are_unique_and_fit_a_load_balancer() -> None:
    names = [item.name for item in plan(10_000, SCOPES, fleet.SEED)]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 31
    assert all(name.replace("-", "").isalnum() and "--" not in name for name in names)


def test_every_recipe_says_what_it_is_for() -> None:
    assert all(recipe.make.__doc__ for recipe in all_recipes())
    assert len({recipe.id for recipe in all_recipes()}) == len(all_recipes())
