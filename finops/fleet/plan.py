"""What is made where: the same for the same number of resources and seed, and decided before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from finops.fleet.register import Recipe, all_recipes

BASE = 4
"""Every scope begins with an instance that runs and one that is stopped, each with its root volume."""
COPIES = 3
"""Every recipe is made in so many scopes, when that takes at most `SHARE` of the fleet; else in one."""
SHARE = 0.5


@dataclass(slots=True, frozen=True)
class Item:
    """One recipe in one scope (its index). `name` is unique in the fleet; `seed` decides what the recipe leaves to the dice."""

    scope: int
    recipe: Recipe
    name: str
    seed: int


def plan(resources: int, scopes: int, seed: int, recipes: Sequence[Recipe] | None = None) -> list[Item]:
    """About so many resources: every recipe at least once, the rest drawn by weight. Never less than one of each.

    Recipes are taken by their ids: which of their modules was imported first makes no difference.
    """
    recipes = sorted(all_recipes() if recipes is None else recipes, key=lambda recipe: recipe.id)
    dice = Random(seed)  # noqa: S311  # a fleet, not a secret
    copies = COPIES if COPIES * sum(recipe.size for recipe in recipes) <= SHARE * resources else 1
    chosen = [((index + scopes // copies * copy) % scopes, recipe) for copy in range(copies) for index, recipe in enumerate(recipes)]
    left = resources - scopes * BASE - sum(recipe.size for _, recipe in chosen)
    drawn = [recipe for recipe in recipes if recipe.weight]
    weights = [recipe.weight for recipe in drawn]
    smallest = min(recipe.size for recipe in drawn)
    while left > 0:
        (one,) = dice.choices(drawn, weights)
        if one.size <= left or left < smallest:
            chosen.append((dice.randrange(scopes), one))
            left -= one.size
    return [
        Item(scope, recipe, f"{recipe.id[:25].rstrip('-')}-{number}", dice.getrandbits(32)) for number, (scope, recipe) in enumerate(chosen)
    ]
