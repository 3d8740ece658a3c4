"""What pays for the place of a resource, used or not: capacity reservations, dedicated hosts and the like bill on when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core.outside.text import shell_words
from functions.core.steps import AND


@dataclass(slots=True, frozen=True)
class Payer:
    """`words` name it in a sentence. `ends`: the steps that end it or make it smaller, with {payer} (its `id`), {id} of the resource and
    {region}; none where only its time ends it.
    """

    id: str
    words: str
    ends: tuple[str, ...] = ()

    def ending(self, resource_id: str, region: str) -> str:
        """Its steps, ready for a shell; empty where there are none."""
        return AND.join(self.ends).format_map(shell_words({"payer": self.id, "id": resource_id, "region": region}))
