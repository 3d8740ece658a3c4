"""What the fleet will be is decided by two numbers and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from finops import fleet
from finops.fleet.plan import COPIES, SHARE, Item, plan
from finops.fleet.register import Recipe, all_beginnings, all_recipes
from functions.core import registry

SCOPES = 6
OF_EACH = sum(recipe.size for recipe in all_recipes())
FILLED = round(COPIES * OF_EACH / SHARE)
"""The smallest fleet that has every kind three times."""
IMPORTED = """
import importlib, pkgutil
from finops.fleet import recipes
from finops.fleet.plan import plan
for name in sorted((module.name for module in pkgutil.walk_packages(recipes.__path__, "finops.fleet.recipes.")), reverse={}):
    importlib.import_module(name)
print(*((item.scope, item.name) for item in plan(1500, 6, 1)))
"""


def size(items: list[Item]) -> int:
    return sum(item.recipe.size for item in items) + SCOPES * sum(beginning.size for beginning in all_beginnings())


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


@pytest.mark.parametrize("resources", [FILLED, 2 * FILLED, 10 * FILLED])
def test_every_kind_is_there_three_times_and_the_size_is_as_asked(resources: int) -> None:
    made = plan(resources, SCOPES, fleet.SEED)
    for recipe in all_recipes():
        assert len({item.scope for item in made if item.recipe is recipe}) >= COPIES, recipe.id
    assert resources <= size(made) < resources + 20
    for scope in range(SCOPES):
        assert set(by_type([item for item in made if item.scope == scope])) == set(registry.resource_types()), (
            "every type in every account and region"
        )


def test_the_fleet_that_is_made_unless_asked_otherwise_has_every_kind_three_times() -> None:
    most = fleet.RESOURCES * SHARE / COPIES
    assert most >= OF_EACH, f"recipes for {OF_EACH} resources do not fit into it three times, those for {most:.0f} would"


def test_it_is_filled_also_with_what_chance_leaves_out() -> None:
    """A type whose only recipes that are drawn are hardly ever drawn is in every scope all the same."""
    rare = Recipe("a-rare-thing", lambda scope, name, dice: None, {"rare:thing": 1}, 1)
    common = Recipe("a-common-thing", lambda scope, name, dice: None, {"common:thing": 1}, 1_000_000)
    single = Recipe("not-drawn", lambda scope, name, dice: None, {"single:thing": 1}, 0)
    made = plan(60, SCOPES, 1, [rare, common, single], [])
    assert Counter(item.recipe.id for item in made) == {"a-rare-thing": SCOPES, "a-common-thing": 60 - SCOPES - COPIES, "not-drawn": COPIES}
    assert {item.scope for item in made if item.recipe is rare} == set(range(SCOPES))


def test_a_new_recipe_changes_neither_the_names_nor_the_dice_of_the_others() -> None:
    new = Recipe("a-new-thing", lambda scope, name, dice: None, {"new:thing": 1}, 30)
    one, other = plan(1, SCOPES, 1), plan(1, SCOPES, 1, [*all_recipes(), new])
    assert {item.name for item in other} == {item.name for item in one} | {"a-new-thing-1"}


def test_the_order_in_which_recipes_are_imported_changes_nothing() -> None:
    said = [
        subprocess.run([sys.executable, "-c", IMPORTED.format(backwards)], capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S603
        for backwards in (False, True)
    ]
    assert len(said[0]) > 1500
    assert said[0] == said[1]


@pytest.mark.parametrize("resources", [1, OF_EACH, 2 * OF_EACH])
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
