"""The usual number of resources: of the same scope, from enough sweeps, and the same when a run is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.meter import usual_resources
from tests.functions import sweeps

SCOPE = {"accounts": ["1", "2"], "regions": ["us-east-1"], "resource_types": ["ebs:volume"]}


def note(s3: Any, run_id: str, resources: int, scope: dict[str, list[str]] = SCOPE) -> float | None:
    s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id=run_id).scope, Body=json.dumps({"asked": scope}).encode())
    return usual_resources.versus_usual(sweeps.folder(s3, run_id), resources)


def test_three_sweeps_make_a_usual_number_and_the_fourth_is_compared() -> None:
    with sweeps.world() as world:
        assert [note(world.s3, f"2026110{day}T", 100 + day) for day in range(1, 4)] == [None, None, None]
        assert note(world.s3, "20261104T", 51) == 50.0
        assert note(world.s3, "20261104T", 51) == 50.0, "the same run again"


def test_only_the_last_seven_count() -> None:
    with sweeps.world() as world:
        for day in range(10, 20):
            note(world.s3, f"202611{day}T", 1000 if day < 13 else 100)
        assert note(world.s3, "20261120T", 70) == 70.0


def test_another_scope_has_its_own_number_and_order_is_none() -> None:
    with sweeps.world() as world:
        for day in range(1, 4):
            note(world.s3, f"2026110{day}T", 100)
        assert note(world.s3, "20261104T", 10, {**SCOPE, "regions": ["eu-west-1"]}) is None
        assert note(world.s3, "20261105T", 100, {**SCOPE, "accounts": ["2", "1"]}) == 100.0


def test_nothing_seen_before_is_nothing_to_compare_with() -> None:
    with sweeps.world() as world:
        assert [note(world.s3, f"2026110{day}T", 0) for day in range(1, 6)] == [None] * 5


@pytest.mark.parametrize("change", [{"accounts": ["1"]}, {"regions": []}, {"resource_types": ["ec2:instance"]}])
def test_every_part_of_the_scope_counts(change: dict[str, list[str]]) -> None:
    assert usual_resources.key(SCOPE) != usual_resources.key({**SCOPE, **change})
