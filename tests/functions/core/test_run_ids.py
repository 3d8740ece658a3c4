"""Run ids: they sort by time, a retry makes the same, and an execution that resumes a run is of that run."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import run_ids

STARTED = datetime.fromisoformat("2026-11-24T16:04:02.345+00:00")


def test_a_run_id_is_its_start_and_its_name() -> None:
    assert run_ids.make(STARTED, "nightly") == run_ids.make(STARTED.replace(microsecond=0), "nightly")
    assert run_ids.make(STARTED, "nightly").startswith("20261124T160402Z-")
    assert run_ids.make(STARTED, "nightly") != run_ids.make(STARTED, "nightly-2")
    assert run_ids.make(datetime.fromisoformat("2026-11-24T18:04:02+02:00"), "nightly") == run_ids.make(STARTED, "nightly")


moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is added


@given(moments, moments, st.text(min_size=1, max_size=80))
def test_run_ids_sort_by_time(first: datetime, second: datetime, name: str) -> None:
    early, late = sorted((first.replace(microsecond=0), second.replace(microsecond=0)))
    assert run_ids.make(early, name)[:16] <= run_ids.make(late, name)[:16]
    assert (run_ids.make(early, name) == run_ids.make(late, name)) is (early == late)


@pytest.mark.parametrize("input", [None, "", "{}", '{"regions": ["us-east-1"]}', "[]", '"text"', '{"resume": 5}', '{"resume": "2026'])
def test_an_execution_is_of_its_own_run(input: str | None) -> None:
    assert run_ids.of_execution(STARTED, "nightly", input) == run_ids.make(STARTED, "nightly")


def test_an_execution_that_resumes_a_run_is_of_that_run() -> None:
    assert run_ids.of_execution(STARTED, "again", json.dumps({"resume": "20261101T020000Z-1f3c9a"})) == "20261101T020000Z-1f3c9a"
