"""The run as Plan described it, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.core.rank.run import Run
from tests.functions import sweeps


def test_moments_are_in_utc_and_defaults_are_those_of_an_older_plan() -> None:
    plan = sweeps.plan_output(as_of="2026-11-24T18:04:02+02:00")
    del plan["analyze"]
    run = Run.planned(plan)
    assert (run.as_of, run.analyze, run.warning, run.what_if) == (datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC), True, "", False)
    assert "read_as" not in run.as_json()
    assert run.as_json()["as_of"] == "2026-11-24T16:04:02+00:00"


def test_another_day_is_a_what_if() -> None:
    assert Run.planned(sweeps.plan_output(as_of="2026-12-24T16:04:02+00:00")).as_json()["what_if"] is True
