"""Items of AWS's listings that cannot be read: one costs itself and not its unit, and is counted.

AWS adds kinds and states and leaves members out without a notice, and what reads an item cannot foresee all of that. So an item that makes
a collector stumble is left out, and the unit says how many those are and what the first of them was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import ParamValidationError

from functions.core.errors import short
from functions.core.model import Resource

Item = TypeVar("Item")
T = TypeVar("T")

STUMBLES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, ParamValidationError)
"""What code raises on a member that is missing or of another type, an unknown word, or a number or time out of bounds; and botocore when
such a value is to be a parameter."""
REASON_LENGTH = 200
ID_ENDS = ("Id", "Arn", "ARN", "arn", "Identifier", "Name", "PublicIp")
"""How AWS ends the names of the members that say which one it is."""


@dataclass(slots=True)
class Unreadable:
    """How many could not be read: `items` of the listing that becomes resources, and of those `beside` it; why the first could not."""

    items: int = 0
    beside: int = 0
    reason: str = ""

    def note(self, what: str, error: Exception) -> None:
        """Keep the reason, if it is the first. Nothing is counted."""
        self.reason = self.reason or why(what, error)


def readable(
    items: Iterable[Item], make: Callable[[Item], T | None], unreadable: Unreadable, missed: list[Item] | None = None
) -> Iterator[T]:
    """What `make` makes of each item, but None; one that it stumbles over is counted, and added to `missed` where that is given."""
    for item in items:
        try:
            made = make(item)
            if made is not None:
                _sound(made)
        except STUMBLES as error:
            unreadable.note(called(item), error)
            if missed is None:
                unreadable.items += 1
            else:
                unreadable.beside += 1
                missed.append(item)
            continue
        if made is not None:
            yield made


def _sound(made: object) -> None:
    """TypeError where what everybody takes for granted is of another type, as a member that is null: it would be met far from here.

    Of a resource that is what it is called and when it was created; of a tuple its first part, which is a key, and its resources.
    """
    if isinstance(made, Resource):
        dated = made.created is None or isinstance(made.created, datetime)
        if not (dated and isinstance(made.id, str) and isinstance(made.arn, str)):
            raise TypeError(f"id {made.id!r}, ARN {made.arn!r}, created {made.created!r}")
    elif isinstance(made, tuple):
        hash(made[0])
        for part in made:
            if isinstance(part, Resource):
                _sound(part)


def called(item: Any) -> str:
    """Which item it is, as far as it says so; of a tuple its first part."""
    if isinstance(item, tuple) and item:
        return called(item[0])
    if not isinstance(item, Mapping):
        return f"an item that is {_kind(item)}"
    ids = (value for end in ID_ENDS for name, value in item.items() if isinstance(value, str) and str(name).endswith(end))
    return next(ids, "an item without an id")


def why(what: str, error: Exception) -> str:
    """A line for people; what comes from AWS in it is text and nothing else."""
    said = f"{what}: {type(error).__name__}: {error}"
    return short("".join(letter if letter.isprintable() else " " for letter in said), REASON_LENGTH)


def _kind(item: Any) -> str:
    return "None" if item is None else f"a {type(item).__name__}"
