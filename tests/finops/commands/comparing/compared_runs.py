"""A deployed analyzer with runs of several scopes, each through the real Rank and Aggregate's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops.sweeping.sweep import Target
from functions.core import run_ids
from functions.core.model import Finding
from functions.core.report import writing
from tests.functions import sweeps
from tests.functions.core.rank.test_ranking import rank_again

DAY_1 = datetime(2026, 11, 1, 2, tzinfo=UTC)
HERE, THERE = sweeps.unit(), sweeps.unit(region="eu-west-1")


def id_of(day: int) -> str:
    """The run of that day."""
    return run_ids.make(DAY_1 + timedelta(days=day - 1), f"sweep-{day}")


def run(s3: Any, day: int, found: Mapping[str, list[Finding]], *, ahead: int = 0, scope: bool = True) -> None:
    """A sweep of the regions in `found`, as of `ahead` days later; without `scope` as an earlier version left it."""
    name, started = id_of(day), DAY_1 + timedelta(days=day - 1)
    units = [sweeps.unit(region=region) for region in found]
    sweeps.write_plan(s3, units, name)
    for unit in units:
        sweeps.write_unit(s3, unit, found[unit.region], name)
    folder = sweeps.folder(s3, name)
    if not scope:
        folder.bucket.delete(folder.scope)
    rank_again(s3, "", name, started.isoformat(), (started + timedelta(days=ahead)).isoformat())
    writing.write(folder, started + timedelta(minutes=1))


class Executions:
    """Of a state machine, newest first."""

    def __init__(self, days: range) -> None:
        self._days = days

    def get_paginator(self, operation: str) -> Executions:
        assert operation == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for day in reversed(self._days):
            started = DAY_1 + timedelta(days=day - 1)
            ended = {"status": "SUCCEEDED", "startDate": started, "stopDate": started + timedelta(minutes=1)}
            yield {"executions": [{"name": f"sweep-{day}", "executionArn": f"{stateMachineArn}:sweep-{day}", **ended}]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"input": "{}"}


@contextmanager
def analyzer() -> Iterator[Target]:
    """Day 1: both regions. 2: the same. 3: one region. 4: a what-if. 5: of an earlier version. 6: no report. 7 and 8: both regions."""
    vol = {number: sweeps.finding(f"vol-{number}", sweeps.saving(10.0 * number)) for number in range(1, 5)}
    there = sweeps.finding("vol-9", sweeps.saving(0.01), of=THERE)
    both = {HERE.region: [vol[1], vol[2], vol[3]], THERE.region: [there]}
    with sweeps.world() as world, pytest.MonkeyPatch.context() as monkeypatch:
        run(world.s3, 1, both)
        run(world.s3, 2, {**both, HERE.region: [vol[1], vol[2]]})
        run(world.s3, 3, {THERE.region: [there]})
        run(world.s3, 4, both, ahead=60)
        run(world.s3, 5, both, scope=False)
        run(world.s3, 7, {**both, HERE.region: [vol[1]]})
        run(world.s3, 8, {**both, HERE.region: [sweeps.finding("vol-1", sweeps.saving(12.5)), vol[3], vol[4]]})
        made = Target(machine_arn="arn", bucket=sweeps.BUCKET, stepfunctions=Executions(range(1, 9)), s3=world.s3)
        monkeypatch.setattr("finops.sweeping.deployed.find", lambda stack: made)
        yield made


@contextmanager
def put_back(s3: Any) -> Iterator[None]:
    """What the block changes in the bucket is as it was before, after it."""
    bucket = sweeps.folder(s3).bucket
    before = {key: bucket.need(key) for key in bucket.keys("")}
    yield
    for key in set(bucket.keys("")) - before.keys():
        bucket.delete(key)
    for key, body in before.items():
        bucket.put(key, body, "application/octet-stream")
