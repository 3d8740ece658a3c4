"""What the scans of a run took, added up as their outcomes are read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from functions.core.model import Outcome, UnitOutcome


@dataclass(slots=True)
class Took:
    """What the scans took, for the price of the sweep.

    `invocations` that wrote a result, their `gb_seconds`; `child_seconds` of the map's children, each up to the next tenth as EXPRESS
    bills it; `metrics` that CloudWatch was asked for; `failures` without a result, which the state machine noted.
    """

    invocations: int = 0
    gb_seconds: float = 0.0
    child_seconds: float = 0.0
    metrics: int = 0
    failures: int = 0

    def add(self, outcome: UnitOutcome) -> None:
        self.metrics += outcome.metrics
        if outcome.memory_mib:
            self.invocations += 1
            self.gb_seconds += outcome.billed_seconds * outcome.memory_mib / 1024
            self.child_seconds += math.ceil(outcome.billed_seconds * 10) / 10
        elif outcome.outcome in (Outcome.FAILED, Outcome.THROTTLED):
            self.failures += 1

    def as_json(self) -> dict[str, float]:
        """Numbers by name."""
        return {
            "invocations": self.invocations,
            "gb_seconds": round(self.gb_seconds, 3),
            "child_seconds": round(self.child_seconds, 1),
            "metrics": self.metrics,
            "failures": self.failures,
        }
