"""The SQL dataset in parts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core import focus
from functions.core.rank import dataset
from functions.core.rank.dataset import Dataset
from functions.core.store.bucket import Bucket
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps
from tests.functions.core.report import bills

STARTED = datetime.fromisoformat(sweeps.STARTED)
FOLDER = f"findings/run_date=2026-11-24/run_id={sweeps.RUN_ID}/"


def write(s3: Any, count: int, per_part: int = 2) -> None:
    with Dataset(sweeps.folder(s3), STARTED, datetime(2027, 1, 1, tzinfo=UTC), "0123456789abcdef", per_part) as rows:
        for number in range(count):
            rows.add(FINDING.dump_python(sweeps.finding(f"vol-{number}"), mode="json"))


@pytest.mark.parametrize(("count", "rows"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 2, 1])])
def test_rows_are_spread_over_parts(count: int, rows: list[int]) -> None:
    with sweeps.world() as world:
        write(world.s3, count)
        keys = list(Bucket(world.s3, sweeps.BUCKET).keys(""))
        assert keys == [f"{FOLDER}part-{part:05}.jsonl.gz" for part in range(len(rows))]
        parts = [sweeps.gz_lines(world.s3, key) for key in keys]
    assert [len(part) for part in parts] == rows
    assert [row["x_ShortResourceId"] for part in parts for row in part] == [f"vol-{number}" for number in range(count)]
    for row in (row for part in parts for row in part):
        assert tuple(row) == tuple(dataset.COLUMNS) == (*focus.COLUMNS, "x_RunId", "x_ScopeId")
        assert (row["x_RunId"], row["x_ScopeId"]) == (sweeps.RUN_ID, "0123456789abcdef")
        assert row["x_AsOf"] == "2027-01-01T00:00:00+00:00"
        assert json.loads(row["x_Evidence"])["size_gib"] == 100


def test_a_smaller_second_run_leaves_no_row_of_the_first() -> None:
    with sweeps.world() as world:
        write(world.s3, 5)
        write(world.s3, 1)
        rows = [row for key in Bucket(world.s3, sweeps.BUCKET).keys(FOLDER) for row in sweeps.gz_lines(world.s3, key)]
    assert [row["x_ShortResourceId"] for row in rows] == ["vol-0"]


def test_the_rates_are_rows_beside_the_findings_and_a_run_without_a_bill_has_an_empty_part() -> None:
    used = {**bills.rate("EBS:VolumeUsage.gp2"), "explains": 12.5, "findings": 3}
    refused = {**bills.rate("BoxUsage:m5.large", None, None, refused="its days do not agree"), "explains": 0.0, "findings": 0}
    with sweeps.world() as world:
        dataset.write_rates(sweeps.folder(world.s3), STARTED, {"currency": "EUR", "rows": [used, refused]})
        [key] = Bucket(world.s3, sweeps.BUCKET).keys("")
        rows = sweeps.gz_lines(world.s3, key)
        dataset.write_rates(sweeps.folder(world.s3), STARTED, {})
        assert sweeps.gz_lines(world.s3, key) == []
    assert key == f"rates/run_date=2026-11-24/run_id={sweeps.RUN_ID}/part-00000.jsonl.gz"
    assert [tuple(row) for row in rows] == [tuple(dataset.RATES)] * 2
    assert (rows[0]["x_OwnUnitPrice"], rows[0]["ListUnitPrice"], rows[0]["BillingCurrency"]) == (used["own"], used["list"], "EUR")
    assert (rows[0]["x_ExplainedMonthlySavings"], rows[0]["x_RefusedReason"]) == (12.5, None)
    assert (rows[1]["x_OwnUnitPrice"], rows[1]["x_RefusedReason"]) == (None, "its days do not agree")
