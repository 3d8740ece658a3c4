"""Which runs may be compared: those that were asked to look at the same accounts, regions and resource types.

The id is made of what was asked ("all regions of the organization"), not of the units that it came to. So it stays the same when a unit is
denied, throttled or left out, when an account joins or closes and when the analyzer learns a new resource type, and a sweep of one region
has another one. How many of each a run came to stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.rank.lifecycle.known import Known, region
from functions.core.store.run_folder import RunFolder, asked_id

DIGITS = 16
ALL = ["all"]
WHOLE = "organization"
WITHOUT = "without "
"""How `SweepRequest.scope` (plan/request.py) begins the accounts of an organization, and one that it leaves out."""


@dataclass(slots=True, frozen=True)
class Scope:
    """What a run was asked to look at, and the accounts, regions and types that this came to."""

    asked: Mapping[str, Sequence[str]]
    accounts: frozenset[str]
    regions: frozenset[str]
    types: frozenset[str]

    @staticmethod
    def read(folder: RunFolder) -> Scope | None:
        """The scope of a run, as Plan noted it; None of a run that was planned before that was so."""
        looks_at = folder.bucket.read_json(folder.scope)
        if looks_at is None or "asked" not in looks_at:
            return None
        return Scope(looks_at["asked"], *(frozenset(looks_at[name]) for name in ("accounts", "regions", "resource_types")))

    @property
    def id(self) -> str:
        """16 hex digits."""
        return asked_id(self.asked, DIGITS)

    def as_json(self) -> dict[str, Any]:
        """`run.scope` of a report."""
        return {"id": self.id, "accounts": len(self.accounts), "regions": len(self.regions), "types": len(self.types)}

    def covers(self, known: Known) -> bool:
        """Whether a finding of the history is about what was asked for. An account that has left the organization since is: what was
        realised there does not come back, but to name an organization's units leaves open which accounts were under them."""
        account, _, resource_type = known["unit"].split(".", 2)
        asked = self.asked
        return (
            (account in self.accounts or (asked["accounts"][0] == WHOLE and self._whole_has(account)))
            and (asked["regions"] == ALL or region(known) in asked["regions"])
            and (asked["resource_types"] == ALL or resource_type in {name.replace(":", "-") for name in asked["resource_types"]})
        )

    def _whole_has(self, account: str) -> bool:
        return all(more.startswith(WITHOUT) and more != WITHOUT + account for more in self.asked["accounts"][1:])
