"""What is made where: the same for the same number of resources and seed, and decided before anything is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from finops.fleet.register import NAMED, Beginning, Recipe, all_beginnings, all_recipes

COPIES = 3
"""Every recipe is made in so many scopes, when that takes at most `SHARE` of the fleet; else in one."""
SHARE = 0.75


@dataclass(slots=True, frozen=True)
class Item:
    """One recipe in one scope (its index). `name` is unique in the fleet, and with the fleet's seed it decides what is left to the dice."""

    scope: int
    recipe: Recipe
    name: str


def plan(
    resources: int, scopes: int, seed: int, recipes: Sequence[Recipe] | None = None, beginnings: Sequence[Beginning] | None = None
) -> list[Item]:
    """About so many resources, with what the scopes begin with: every recipe at least once, the rest drawn by weight.

    Never less than one of each. What a recipe is called and leaves to the dice does not change when there are more recipes.
    """
    recipes = all_recipes() if recipes is None else sorted(recipes, key=lambda recipe: recipe.id)
    beginnings = all_beginnings() if beginnings is None else beginnings
    dice = Random(seed)  # noqa: S311  # a fleet, not a secret
    copies = COPIES if COPIES * sum(recipe.size for recipe in recipes) <= SHARE * resources else 1
    chosen = [((index + scopes // copies * copy) % scopes, recipe) for copy in range(copies) for index, recipe in enumerate(recipes)]
    drawn = [recipe for recipe in recipes if recipe.weight]
    if copies == COPIES:
        chosen += _lacking(chosen, scopes, drawn, beginnings)
    left = resources - scopes * sum(beginning.size for beginning in beginnings) - sum(recipe.size for _, recipe in chosen)
    weights = [recipe.weight for recipe in drawn]
    smallest = min(recipe.size for recipe in drawn)
    while left > 0:
        (one,) = dice.choices(drawn, weights)
        if one.size <= left or left < smallest:
            chosen.append((dice.randrange(scopes), one))
            left -= one.size
    made: Counter[str] = Counter()
    items = []
    for scope, recipe in chosen:
        made[recipe.id] += 1
        items.append(Item(scope, recipe, f"{recipe.id[:NAMED].rstrip('-')}-{made[recipe.id]}"))
    return items


def _lacking(
    chosen: Sequence[tuple[int, Recipe]], scopes: int, drawn: Sequence[Recipe], beginnings: Sequence[Beginning]
) -> Iterator[tuple[int, Recipe]]:
    """What makes every type that is drawn at all be in every scope: for each that one lacks, the recipe that is drawn most."""
    for scope in range(scopes):
        there = {kind for beginning in beginnings for kind in beginning.makes}
        there.update(kind for where, recipe in chosen if where == scope for kind in recipe.makes)
        for recipe in sorted(drawn, key=lambda recipe: (-recipe.weight, recipe.id)):
            if not there.issuperset(recipe.makes):
                there.update(recipe.makes)
                yield scope, recipe
