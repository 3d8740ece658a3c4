"""Instances to judge, and what judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3

from functions.core.limits import Limits
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.usage import DAY_SECONDS, Series
from functions.scanners.ec2.instance.collector import HeldVolume, Instance

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
