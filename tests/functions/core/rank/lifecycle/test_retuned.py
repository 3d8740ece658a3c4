"""A check that compares with other numbers finds other things: what it no longer finds is resolved, and no saving."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from functions.core.rank import scratch_database
from functions.core.rank.history import History
from functions.core.rank.lifecycle.known import as_resolved
from functions.core.rank.lifecycle.retuned import changed
from functions.core.store.unit_objects import FINDING
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.functions import sweeps
from tests.functions.core.rank.test_history import DAY_1, UNIT, VOL_1, run_id, seen

CHECK = "ebs-unattached-volume"


def kept(*rules: Rule, days: int | None = None, **thresholds: float) -> dict[str, Any]:
    return Snapshot({f"{CHECK}.{name}": value for name, value in thresholds.items()}, days, rules).as_json()


def rule(line: int = 2, check: str = CHECK, **more: Any) -> Rule:
    return Rule(check_id=check, where=f"config/checks.toml: check 1, line {line}", **more)


OLDER = kept() | {"defaults": {**kept()["defaults"], f"{CHECK}.min_age_days": 3.0}}


@pytest.mark.parametrize(
    ("then", "now", "which"),
    [
        (kept(), kept(), set()),
        (kept(), kept(min_age_days=30), {CHECK}),
        (kept(min_age_days=7), kept(), set()),
        (OLDER, kept(), {CHECK}),
        (kept(), kept(rule(thresholds={"min_age_days": 30.0})), {CHECK}),
        (kept(rule(thresholds={"min_age_days": 30.0})), kept(rule(9, thresholds={"min_age_days": 30.0})), set()),
        (kept(rule(tag="env=dev", enabled=False)), kept(rule(tag="env=prod", enabled=False)), {CHECK}),
        (kept(rule(check="gone", enabled=False)), kept(), {"gone"}),
    ],
)
def test_what_a_check_compares_with_is_what_counts(then: dict[str, Any], now: dict[str, Any], which: set[str]) -> None:
    assert changed(then, now) == changed(now, then) == which


def test_all_checks_look_back_as_long_as_the_sweep_was_asked_to() -> None:
    assert len(changed(kept(), kept(days=30))) > 50


@pytest.mark.parametrize(
    ("then", "now", "realised"),
    [(kept(), kept(), 10.0), (kept(), kept(min_age_days=30), 0.0), (None, kept(min_age_days=30), 10.0), (kept(), None, 10.0)],
)
def test_nobody_saved_what_a_check_no_longer_looks_for(then: dict[str, Any] | None, now: dict[str, Any] | None, realised: float) -> None:
    with sweeps.world() as world:
        gone = []
        for day, found, limits in ((1, [VOL_1], then), (2, [], now)):
            folder = sweeps.folder(world.s3, run_id(day))
            if limits is not None:
                folder.bucket.put_json(folder.checks, limits)
            moment = DAY_1 + timedelta(days=day - 1)
            with closing(scratch_database.database()) as database, History(folder, moment, database) as books:
                books.add_unit(seen())
                for one in found:
                    books.note(FINDING.dump_python(one, mode="json"), UNIT.unit_id)
                gone = [as_resolved(known) for known in books.close_books()]
        assert [(one["monthly_savings_likely"], one["realised_likely"]) for one in gone] == [(10.0, realised)]
