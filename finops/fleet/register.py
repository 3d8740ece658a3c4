"""The register of recipes: each makes a planted resource, a near miss or an ordinary thing, and writes down what has to be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from finops.fleet.scope import Scope
from functions.core.registry import import_all

INSTANCE, VOLUME, SNAPSHOT = "ec2:instance", "ebs:volume", "ebs:snapshot"
DB_INSTANCE, DB_CLUSTER = "rds:db-instance", "rds:db-cluster"
BALANCER, TARGET_GROUP = "elb:load-balancer", "elb:target-group"
FUNCTION = "lambda:function"
TYPES = (INSTANCE, VOLUME, SNAPSHOT, DB_INSTANCE, DB_CLUSTER, BALANCER, TARGET_GROUP, FUNCTION)


class Make(Protocol):
    """`name` is unique in the fleet and fits everywhere: lower case letters, digits and hyphens, at most 31 of them."""

    def __call__(self, scope: Scope, name: str, dice: Random) -> None: ...


@dataclass(slots=True, frozen=True)
class Recipe:
    """`makes`: how many resources of which types. `weight`: how often it is drawn when the fleet is filled up, 0 for never."""

    id: str
    make: Make
    makes: Mapping[str, int]
    weight: int

    @property
    def size(self) -> int:
        return sum(self.makes.values())


RECIPES: list[Recipe] = []
"""Those of the modules that were imported so far: `all_recipes` has them all."""


def all_recipes() -> tuple[Recipe, ...]:
    """Every recipe in `recipes/`, by id: being there is the registration."""
    import_all("finops.fleet.recipes")
    return tuple(sorted(RECIPES, key=lambda recipe: recipe.id))


def recipe(makes: Mapping[str, int], weight: int = 0) -> Callable[[Make], Make]:
    """Register a function as a recipe; its name is the recipe's id."""

    def register(make: Make) -> Make:
        RECIPES.append(Recipe(getattr(make, "__name__", "").replace("_", "-"), make, makes, weight))
        return make

    return register
