"""The meter: an invocation's own time and requests, and nothing of the invocation before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from botocore.stub import Stubber

from functions.core.aws.request_count import SPENT
from functions.core.meter import invocations
from functions.core.meter.invocations import Spent
from functions.core.store.bucket import Bucket
from tests.functions import sweeps

CONTEXT = sweeps.Context(memory_limit_in_mb=2048)


@pytest.fixture
def world() -> Iterator[sweeps.World]:
    with sweeps.world() as made:
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A process that took 0.75 s of CPU to start, and a clock that a test sets."""
    now = {"monotonic": 100.0, "cpu": 0.75}
    clock = SimpleNamespace(monotonic=lambda: now["monotonic"], process_time=lambda: now["cpu"])
    monkeypatch.setattr(invocations, "time", clock)
    monkeypatch.setattr(invocations, "_warm", False)
    return now


def test_the_first_invocation_is_billed_its_cold_start_the_next_is_not(clock: dict[str, float]) -> None:
    first = Spent("rank", CONTEXT)
    clock["monotonic"] = 102.5
    assert first.seconds == 3.25
    clock["cpu"] = 3.0
    second = Spent("rank", CONTEXT)
    assert second.seconds == 0
    clock["monotonic"] = 103.0
    assert (first.seconds, second.seconds) == (3.75, 0.5)


def test_a_block_leaves_what_it_took(world: sweeps.World, clock: dict[str, float]) -> None:
    world.s3.put_object(Bucket=sweeps.BUCKET, Key="before", Body=b"")
    with invocations.metered(sweeps.folder(world.s3, "r1"), "rank", CONTEXT) as spent:
        world.s3.get_object(Bucket=sweeps.BUCKET, Key="before")
        world.s3.get_object(Bucket=sweeps.BUCKET, Key="before")
        world.dynamodb.scan(TableName=sweeps.TABLE)
        SPENT.metrics += 7
        clock["monotonic"] += 1.25
        assert spent.calls("s3:PutObject") == {"dynamodb:Scan": 1, "s3:GetObject": 2, "s3:PutObject": 1}
    assert Bucket(world.s3, sweeps.BUCKET).need_json("runs/r1/meter/rank-request.json") == {
        "step": "rank",
        "function": "rank",
        "memory_mib": 2048,
        "seconds": 2.0,
        "calls": {"dynamodb:Scan": 1, "s3:GetObject": 2, "s3:PutObject": 1},
        "metrics": 7,
    }


@pytest.mark.parametrize("way", ["metered", "if_it_fails"])
def test_a_failed_attempt_is_metered_and_fails(world: sweeps.World, way: str) -> None:
    block = (
        invocations.metered(sweeps.folder(world.s3, "r1"), "scan", CONTEXT)
        if way == "metered"
        else invocations.if_it_fails(sweeps.folder(world.s3, "r1"), Spent("scan", CONTEXT))
    )
    with pytest.raises(KeyError, match="a bug"), block:
        raise KeyError("a bug")
    assert invocations.total(sweeps.folder(world.s3, "r1")).steps == {"scan": 1}


def test_an_attempt_that_says_it_elsewhere_leaves_no_meter(world: sweeps.World) -> None:
    with invocations.if_it_fails(sweeps.folder(world.s3, "r1"), Spent("scan", CONTEXT)):
        pass
    assert list(world.objects()) == []


def test_what_cannot_be_metered_still_runs(world: sweeps.World, caplog: pytest.LogCaptureFixture) -> None:
    with Stubber(world.s3) as stub:
        stub.add_client_error("put_object", "AccessDenied", "no")
        with invocations.metered(sweeps.folder(world.s3, "r1"), "rank", CONTEXT):
            pass
    assert "not metered" in caplog.text
    assert list(world.objects()) == []


def test_the_meters_of_a_run_are_added_up(world: sweeps.World, clock: dict[str, float]) -> None:
    for number, run_id in enumerate(("r1", "r1", "r2")):
        with invocations.metered(sweeps.folder(world.s3, run_id), "analyze", sweeps.Context(aws_request_id=str(number))):
            clock["monotonic"] += 1.0
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id="r1").meter("broken"), Body=b"{")
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id="r1").meter("other"), Body=json.dumps({"step": "rank"}).encode())
    added = invocations.total(sweeps.folder(world.s3, "r1"))
    assert added.steps == {"analyze": 2}
    assert added.gb_seconds == pytest.approx((1.75 + 1.0) * 512 / 1024)
    assert added.calls == {"s3:PutObject": 2}
