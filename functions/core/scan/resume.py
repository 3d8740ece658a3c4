"""Going on with a unit that ran out of time or was throttled: what its object holds of the earlier scan, and what all scans took."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from functions.core.errors import CannotResume
from functions.core.model import Finding, Outcome, ResumeAt, UnitOutcome
from functions.core.store.bucket import Bucket, NoObject
from functions.core.store.unit_objects import read_unit

BROKEN = (StopIteration, EOFError, OSError, zlib.error, ValueError)
"""What reading a broken unit object raises."""


@dataclass(slots=True)
class Earlier:
    """The earlier scan of a unit; `findings` are read as they are asked for, once."""

    outcome: UnitOutcome
    findings: Iterator[Finding]

    @property
    def resume_at(self) -> ResumeAt | None:
        """Where the unit goes on; None when it has to be scanned from the start."""
        return self.outcome.resume_at if self.outcome.outcome in (Outcome.INCOMPLETE, Outcome.THROTTLED) else None

    def keep(self, count: int, sink: Callable[[Finding], None]) -> None:
        """Give `sink` the first so many findings, one in memory at a time. CannotResume when they are not there."""
        kept = 0
        try:
            for finding in islice(self.findings, count):
                sink(finding)
                kept += 1
        except BROKEN as broken:
            raise CannotResume(f"the unit's object is broken: {type(broken).__name__}: {broken}") from broken
        if kept < count:
            raise CannotResume(f"the unit's object has {kept} findings where {count} were")


def earlier(bucket: Bucket, key: str) -> Earlier | None:
    """The earlier scan of a unit, by its object; None when there is no object, or its outcome cannot be read."""
    try:
        return Earlier(*read_unit(bucket, key))
    except (NoObject, *BROKEN):
        return None


def add_what_it_took(outcome: UnitOutcome, before: UnitOutcome) -> None:
    """What a unit took is what all its scans took: each was billed, also one that had to be done again."""
    outcome.calls = dict(sorted((Counter(before.calls) + Counter(outcome.calls)).items()))
    outcome.pages += before.pages
    outcome.metrics += before.metrics
    outcome.seconds = round(outcome.seconds + before.seconds, 3)
    outcome.billed_seconds = round(outcome.billed_seconds + before.billed_seconds, 3)
    outcome.memory_mib = outcome.memory_mib or before.memory_mib
