"""Which members of AWS's replies bill. A sum of the known parts is a closed list; the replies are not: AWS adds members to them.

A collector declares for every member of what it reads whether its checks price it, whether it bills without a price here, or whether it
is free. tests/functions/core/prices/test_bills.py holds that against botocore's models: a member that AWS adds fails there until somebody
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]
"""One described thing of a reply, as AWS gives it."""


@dataclass(slots=True, frozen=True)
class NotModelled:
    """`what` bills, in the words of a finding's note, and has no price here. `when`: of which items; None where the member says yes."""

    what: str
    when: Callable[[Item], bool] | None = None


@dataclass(slots=True, frozen=True, eq=False)
class Described:
    """What the members of one shape of a service's API model ("rds", "DBInstance") are for the bill."""

    service: str
    shape: str
    priced: frozenset[str]
    not_modelled: Mapping[str, NotModelled]
    free: frozenset[str]

    def also_bills(self, item: Item) -> tuple[str, ...]:
        """What this item bills that no price here covers: for `Resource.also_bills`, with which the engine says "at least"."""
        return tuple(
            part.what for member, part in self.not_modelled.items() if (part.when(item) if part.when is not None else item.get(member))
        )


def described(
    service: str, shape: str, *, priced: str, free: str, not_modelled: Mapping[str, str | NotModelled] | None = None
) -> Described:
    """Declare the members of a shape, `priced` and `free` as names with spaces between. ValueError for a member that is in two of them.

    `priced`: the checks' sums go by them. `free`: they cost nothing, or nothing that ends with the resource. `not_modelled`: member → what
    it bills, in words that follow "not included:".
    """
    parts = {member: NotModelled(part) if isinstance(part, str) else part for member, part in (not_modelled or {}).items()}
    members = [*priced.split(), *parts, *free.split()]
    if twice := sorted({member for member in members if members.count(member) > 1}):
        raise ValueError(f"{service} {shape}: {', '.join(twice)} declared twice")
    return Described(service, shape, frozenset(priced.split()), parts, frozenset(free.split()))
