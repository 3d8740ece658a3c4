"""What is made where: the same for the same number of resources and seed, and decided before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from finops.fleet.recipes import RECIPES, Recipe

BASE = 4
"""Every scope begins with an instance that runs and one that is stopped, each with its root volume."""
FULL_SET = 0.75
"""Every recipe is made in every scope when that takes at most this share of the fleet; else each is made once, somewhere."""


@dataclass(slots=True, frozen=True)
class Item:
    """One recipe in one scope (its index). `name` is unique in the fleet; `seed` decides what the recipe leaves to the dice."""

    scope: int
    recipe: Recipe
    name: str
    seed: int


def plan(resources: int, scopes: int, seed: int, recipes: Sequence[Recipe] = RECIPES) -> list[Item]:
    """About so many resources: every recipe at least once, the rest drawn by weight. Never less than one of each."""
    dice = Random(seed)  # noqa: S311  # a fleet, not a secret
    everywhere = scopes * sum(recipe.size for recipe in recipes) <= FULL_SET * resources
    if everywhere:
        chosen = [(scope, recipe) for recipe in recipes for scope in range(scopes)]
    else:
        chosen = [(index % scopes, recipe) for index, recipe in enumerate(recipes)]
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
