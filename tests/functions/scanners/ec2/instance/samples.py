"""Instances to judge, and what judges them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws
from functions.core.limits import Limits
from functions.core.model import Finding, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan.judge import Judge
from functions.core.usage import DAY_SECONDS, Series
from functions.scanners.ec2.instance.collector import Instance, ec2_instances
from functions.scanners.ec2.instance.held import HeldVolume

CASES = Path(__file__).parents[4] / "cases"
ACCOUNT = "123456789012"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
US = Prices("us-east-1")
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def arn(what: str) -> str:
    return f"arn:aws:ec2:us-east-1:{ACCOUNT}:{what}"


RUNNING = Instance(
    arn=arn("instance/i-1"),
    id="i-1",
    account=ACCOUNT,
    region="us-east-1",
    kind="m5.large",
    state="running",
    started=ago(400),
    nitro_ready=True,
)
DISK = HeldVolume(arn("volume/vol-1"), "gp3", 100, 3000, 125)
STOPPED = replace(RUNNING, state="stopped", stopped_at=ago(60), volumes=(DISK,))


def daily(values: Sequence[float], days: int) -> Series:
    """One value a day, the newest for yesterday."""
    times = [TODAY - timedelta(days=len(values) - index) for index in range(len(values))]
    return Series(values, times, days, DAY_SECONDS)


def limits(check: Check[Instance], **overrides: float) -> Limits:
    return check.limits(NOW, {f"{check.id}.{name}": value for name, value in overrides.items()})


def as_waste(verdict: Verdict) -> Waste:
    assert isinstance(verdict, Waste)
    return verdict


@mock_aws
def found_in_case(name: str) -> list[Finding]:
    """What the checks find in tests/cases/<name>.json: its instances as AWS replies them, their zones' offerings as moto recorded them."""
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    described = [{**one, "LaunchTime": datetime.fromisoformat(one["LaunchTime"])} for one in case["instances"]]
    aws = Aws(ACCOUNT, case["region"], SESSION, datetime.fromisoformat(case["as_of"]))

    def reply(parsed: dict[str, object], **_: object) -> None:
        parsed["Reservations"] = [{"Instances": described}]

    aws.client("ec2").meta.events.register("after-call.ec2.DescribeInstances", reply)
    judge = Judge(
        [(check, check.limits(aws.as_of)) for check in registry.load("ec2:instance")[1]],
        Prices(aws.region),
    )
    return [finding for instance in ec2_instances(aws) for finding in judge.findings(instance)]
