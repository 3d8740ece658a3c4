"""The registers of the fleet, filled by the modules in `recipes/`: being there is the registration.

A recipe makes a planted resource, a near miss or an ordinary thing, and writes down what has to be found. A beginning is there once in
every account and region, for the recipes to use. An ending counts what is there and nobody here made. A bill says what all that is there
of some kind costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeVar

from finops.fleet.scope import Scope
from functions.core.registry import import_all

if TYPE_CHECKING:
    from finops.fleet.bill.billable import Adding


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


@dataclass(slots=True, frozen=True)
class Beginning:
    """What every scope begins with. `makes`: how many resources of which types.

    Called with a scope it is what was made there, such as an id; it is made by whoever needs it first, and once. So one that needs
    another one calls it, and the order in which they are begun makes no difference.
    """

    id: str
    make: Callable[[Scope, Random], str]
    makes: Mapping[str, int]

    @property
    def size(self) -> int:
        return sum(self.makes.values())

    def __call__(self, scope: Scope) -> str:
        with scope.beginning:
            if self.id not in scope.begun:
                scope.begun[self.id] = self.make(scope, Random(f"{scope.seed}/{self.id}"))  # noqa: S311  # a fleet, not a secret
            return scope.begun[self.id]


Ending = Callable[[Scope], None]
Bill = Callable[["Adding"], None]
Named = TypeVar("Named", Recipe, Beginning)
NAMED = 25
"""So many letters of a recipe's id begin the names of what it makes."""

RECIPES: list[Recipe] = []
BEGINNINGS: list[Beginning] = []
ENDINGS: list[Ending] = []
BILLS: list[Bill] = []
"""Those of the modules that were imported so far: `all_recipes`, `all_beginnings`, `all_endings` and `all_bills` have them all."""


def load() -> None:
    """Import every module in `recipes/`."""
    import_all("finops.fleet.recipes")


def all_recipes() -> tuple[Recipe, ...]:
    """Every recipe, by id. ValueError for two that what they make would be called alike."""
    load()
    return _ordered(RECIPES)


def all_beginnings() -> tuple[Beginning, ...]:
    """Every beginning, by id. ValueError for two of one id."""
    load()
    return _ordered(BEGINNINGS)


def all_endings() -> tuple[Ending, ...]:
    """Every ending, by its function's module and name."""
    load()
    return tuple(sorted(ENDINGS, key=_place))


def all_bills() -> tuple[Bill, ...]:
    """Every bill, by its function's module and name."""
    load()
    return tuple(sorted(BILLS, key=_place))


def recipe(makes: Mapping[str, int], weight: int = 0) -> Callable[[Make], Make]:
    """Register a function as a recipe; its name is the recipe's id."""

    def register(make: Make) -> Make:
        RECIPES.append(Recipe(_id(make), make, makes, weight))
        return make

    return register


def begins(makes: Mapping[str, int]) -> Callable[[Callable[[Scope, Random], str]], Beginning]:
    """Register a function as a beginning: it makes so many resources, counts them, and returns what recipes need of them."""

    def register(make: Callable[[Scope, Random], str]) -> Beginning:
        BEGINNINGS.append(made := Beginning(_id(make), make, makes))
        return made

    return register


def ends(ending: Ending) -> Ending:
    """Register a function that counts what no recipe made: called with every scope, when all is made and the analyzer is deployed."""
    ENDINGS.append(ending)
    return ending


def bills(bill: Bill) -> Bill:
    """Register a function that adds what is there of some kind to the bill of an account and region; what nobody adds bills nothing."""
    BILLS.append(bill)
    return bill


def _place(registered: Callable[..., object]) -> tuple[str, str]:
    return registered.__module__, registered.__qualname__


def _id(make: Callable[..., object]) -> str:
    return str(getattr(make, "__name__", "")).replace("_", "-")


def _ordered(registered: list[Named]) -> tuple[Named, ...]:
    """By id: which of their modules was imported first makes no difference."""
    names = Counter(one.id[:NAMED] for one in registered)
    if alike := sorted(one.id for one in registered if names[one.id[:NAMED]] > 1):
        raise ValueError(f"these differ in the first {NAMED} letters nowhere: {', '.join(alike)}")
    return tuple(sorted(registered, key=lambda one: one.id))
