"""A deployed analyzer whose state machine has run three times; of one run there is a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops.sweeping.sweep import Target
from functions.core import run_ids
from tests.finops.reports import finding, put

BUCKET = "bucket"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STARTS = {"running": NOON, "done": NOON - timedelta(days=1), "failed": NOON - timedelta(days=2)}
IDS = {name: run_ids.make(started, name) for name, started in STARTS.items()}
STATUS = {"running": "RUNNING", "done": "SUCCEEDED", "failed": "TIMED_OUT"}


class Machine:
    """The executions of a state machine, one a page, newest first."""

    def __init__(self, names: tuple[str, ...] = tuple(STARTS), **given: dict[str, Any]) -> None:
        self.names, self.given = names, given

    def get_paginator(self, operation: str) -> Machine:
        assert operation == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert stateMachineArn == "arn"
        for name in self.names:
            ended = {} if STATUS[name] == "RUNNING" else {"stopDate": STARTS[name] + timedelta(seconds=90)}
            arn = f"arn:execution:{name}"
            yield {"executions": [{"name": name, "executionArn": arn, "status": STATUS[name], "startDate": STARTS[name], **ended}]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"input": json.dumps(self.given.get(executionArn.rpartition(":")[2], {}))}


@contextmanager
def asked_target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """What each command then finds."""
    with mock_aws():
        s3 = boto3.Session("111111111111", "x", region_name="us-east-1").client("s3")
        s3.create_bucket(Bucket=BUCKET)
        put(s3, BUCKET, [finding(1, 12.0)], run_id=IDS["done"])
        made = Target(machine_arn="arn", bucket=BUCKET, stepfunctions=Machine(), s3=s3)
        monkeypatch.setattr("finops.sweeping.deployed.find", lambda stack: made)
        yield made
