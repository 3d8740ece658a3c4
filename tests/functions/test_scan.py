"""The scan handler: how long an attempt may take, when other attempts at the same unit have taken their time already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from functions import scan
from functions.core import aws, storage
from functions.core.model import Outcome
from functions.core.settings import settings

ACCOUNT = "123456789012"
EVENT = {
    "unit_id": f"{ACCOUNT}.us-east-1.ebs-volume",
    "account": ACCOUNT,
    "region": "us-east-1",
    "resource_type": "ebs:volume",
    "function": "FinOpsAnalyzer-scan-ebs",
    "run_id": "20261124T160402Z-aaaaaa",
    "as_of": "2026-11-24T16:04:02+00:00",
}


def context(seconds: float) -> Any:
    """Lambda's context of a function that has so many seconds left."""
    return SimpleNamespace(
        get_remaining_time_in_millis=lambda: seconds * 1000,
        function_name="scan",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:scan",
        aws_request_id="r",
    )


def ago(seconds: float) -> str:
    """A moment as the state machine writes it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("own", "entered", "unit_seconds", "left"),
    [
        (240, ago(0), 280, 240),  # the first attempt has the function's whole time
        (240, ago(100), 280, 180),  # a retry has what the child has left
        (240, ago(300), 280, -20),  # there is nothing left
        (30, ago(100), 280, 30),  # the function ends before the child
        (240, ago(100), None, 240),  # STANDARD children have no common end
        (240, None, 280, 240),  # invoked by hand
    ],
)
def test_attempts_at_a_unit_share_the_time_of_its_child(own: float, entered: str | None, unit_seconds: int | None, left: float) -> None:
    assert scan.seconds_left(context(own), entered, unit_seconds) == pytest.approx(left, abs=5)


def forget_sessions() -> None:
    for cached in (settings, aws.own_client, aws._own_session):
        cached.cache_clear()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bucket of an analyzer whose children have 280 seconds."""
    for name, value in {
        "AWS_ACCOUNT_ID": ACCOUNT, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "S3_BUCKET_NAME": "reports", "STATE_TABLE_NAME": "state", "UNIT_SECONDS": "280",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with mock_aws():
        forget_sessions()
        s3 = aws.own_client("s3", "us-east-1")
        s3.create_bucket(Bucket="reports")
        yield s3
    forget_sessions()


@pytest.mark.parametrize(
    ("entered", "outcome"),
    [
        (0, Outcome.EMPTY),
        (200, Outcome.EMPTY),
        (266, Outcome.INCOMPLETE),  # 280 seconds, less the 15 that writing the unit object may take
        (400, Outcome.INCOMPLETE),
    ],
)
def test_an_attempt_without_time_says_so_instead_of_being_killed(bucket: Any, entered: float, outcome: Outcome) -> None:
    answer = scan.handler({**EVENT, "entered": ago(entered)}, context(240))
    assert answer["outcome"] == outcome
    written = storage.read_outcome(bucket, "reports", storage.unit_key(EVENT["run_id"], EVENT["unit_id"]))
    assert written.outcome == outcome
