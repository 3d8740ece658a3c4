"""Thresholds and evidence, compared again: what is seen, what holds, and what nobody noted."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core import registry
from functions.core.store.unit_objects import FINDING
from functions.core.tuning.comparing import compared, comparisons
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.functions import sweeps

UNATTACHED = next(check for check in registry.checks() if check.id == "ebs-unattached-volume")


def found(**evidence: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(evidence=evidence), mode="json")
    return made


@pytest.mark.parametrize(
    ("age", "seen", "holds"),
    [(7.0, 7.0, True), (6.95, 6.95, False), (6.9, 6.9, False), (None, None, None), ("old", None, None), (True, None, None)],
)
def test_a_number_is_compared_and_anything_else_is_not(age: object, seen: float | None, holds: bool | None) -> None:
    (first, *_) = comparisons(UNATTACHED, found(age_days=age), Snapshot())
    assert (first["threshold"], first["seen"], first["holds"]) == ("min_age_days", seen, holds)


def test_it_says_where_a_threshold_was_changed_and_what_it_was() -> None:
    rule = Rule(check_id=UNATTACHED.id, where="config/checks.toml: check 1, line 2", thresholds={"min_age_days": 30.0})
    (first, *_) = comparisons(UNATTACHED, found(age_days=60.0), Snapshot(rules=[rule]))
    assert compared(first) == "min_age_days: 60 (age_days), at least 30 (config/checks.toml: check 1, line 2; default 7): holds"
    assert compared({**first, "holds": False}).endswith(": not what decided here")
    assert (
        compared({**first, "seen": None, "why": "because"})
        == "min_age_days at least 30 (config/checks.toml: check 1, line 2; default 7): because"
    )
