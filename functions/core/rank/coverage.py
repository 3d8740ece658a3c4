"""How much of what was asked for was seen. Beside every sum stands what it does not contain."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from functions.core.model import Outcome, UnitOutcome

UNREADABLE_SHOWN = 10
"""Sentences about what could not be read: a fault in one scanner is met in every region."""


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


class Coverage:
    """Counts outcomes. The ratio is good units ÷ (planned − skipped): a denied region makes a report smaller, never more complete."""

    def __init__(self) -> None:
        self.units: Counter[Outcome] = Counter()
        self.resources = 0
        self._insufficient: Counter[str] = Counter()
        self._unreadable: Counter[tuple[str, str]] = Counter()
        self._reasons: dict[tuple[str, str], str] = {}
        self._calls: Counter[str] = Counter()
        self._pages = 0
        self._took = Took()

    def add(self, outcome: UnitOutcome) -> None:
        self.units[outcome.outcome] += 1
        self.resources += outcome.resources
        self._insufficient.update(outcome.insufficient)
        if outcome.unreadable:
            where = (outcome.resource_type, outcome.region)
            self._unreadable[where] += outcome.unreadable
            self._reasons.setdefault(where, outcome.unreadable_reason)
        self._calls.update(outcome.calls)
        self._pages += outcome.pages
        self._took.add(outcome)

    @property
    def planned(self) -> int:
        return self.units.total()

    @property
    def asked(self) -> int:
        """Units that somebody wanted to see: all but the skipped ones."""
        return self.planned - self.units[Outcome.SKIPPED]

    @property
    def not_seen(self) -> int:
        """Units without a good outcome, the skipped ones aside: nobody wanted to see those."""
        return sum(count for outcome, count in self.units.items() if not outcome.good and outcome is not Outcome.SKIPPED)

    @property
    def ratio(self) -> float:
        """0 to 1; 1 when every unit was skipped on purpose."""
        return (self.asked - self.not_seen) / self.asked if self.asked else 1.0

    def warnings(self) -> Iterator[str]:
        """A sentence for each resource type and region in which something could not be read, the most first."""
        found = sorted(self._unreadable.items(), key=lambda item: (-item[1], item[0]))
        for (resource_type, region), count in found[:UNREADABLE_SHOWN]:
            number = "1 item that could not be read was" if count == 1 else f"{count:,} items that could not be read were"
            yield f"{resource_type} in {region}: {number} left out; the first: {self._reasons[resource_type, region]}"
        if more := found[UNREADABLE_SHOWN:]:
            rest = sum(count for _, count in more)
            yield f"{len(more):,} more resource types and regions: {rest:,} items that could not be read were left out"

    def as_json(self, min_ratio: float) -> dict[str, Any]:
        """`coverage` of report.json, but for the list `not_seen`, which can be long and is kept beside it."""
        return {
            "ratio": round(self.ratio, 6),
            "min_ratio": min_ratio,
            "met": self.ratio >= min_ratio,
            "planned": self.planned,
            "units": {outcome.value: self.units[outcome] for outcome in Outcome},
            "insufficient_data": dict(sorted(self._insufficient.items(), key=lambda item: (-item[1], item[0]))),
            "unreadable": self._unreadable.total(),
            "api_calls": dict(sorted(self._calls.items(), key=lambda item: (-item[1], item[0]))),
            "pages": self._pages,
            "took": self._took.as_json(),
        }


def scope(outcome: UnitOutcome) -> dict[str, Any]:
    """One line of `not_seen`: the scope, and why. `findings` were found before the unit stopped; they are in the report."""
    return {
        "account": outcome.account,
        "region": outcome.region,
        "resource_type": outcome.resource_type,
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "findings": outcome.findings,
    }
