"""Where AWS's replies say that something is, for the tests of all scanners."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Where:
    """What AWS's replies say of where something is. `border_group`: of its addresses."""

    region: str
    zone: str
    border_group: str
    outpost: str = ""

    @property
    def arn(self) -> dict[str, str]:
        return {"OutpostArn": self.outpost} if self.outpost else {}
