"""What scans took: a good one says it itself, one that failed without a word is counted."""

from __future__ import annotations

from typing import Any

from functions.core.meter.scans import Took
from functions.core.model import Outcome, UnitOutcome


def test_seconds_are_billed_up_to_the_next_tenth_and_failures_are_those_that_say_nothing() -> None:
    took = Took()
    outcomes: tuple[tuple[Outcome, dict[str, Any]], ...] = (
        (Outcome.OK, {"memory_mib": 1024, "billed_seconds": 0.11}),
        (Outcome.FAILED, {}),
        (Outcome.SKIPPED, {}),
    )
    for outcome, more in outcomes:
        took.add(UnitOutcome(unit_id="u", account="a", region="r", resource_type="t", outcome=outcome, **more))
    assert took.as_json() == {"invocations": 1, "gb_seconds": 0.11, "child_seconds": 0.2, "metrics": 0, "failures": 1}
