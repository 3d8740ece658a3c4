"""EBS volumes and their usage, made up for tests: everything plain, until a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ebs.volume.collector import Volume
from functions.scanners.ebs.volume.measured_use import FIVE_MINUTES, HOURLY, MIB

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOURS = 14 * 24
PRICES = Prices(REGION)
SESSION = boto3.Session("testing", "testing", region_name=REGION)
"""One for all: each new session reads EC2's model again, half a second."""

PLAIN = Volume(
    arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1",
    id="vol-1",
    account=ACCOUNT,
    region=REGION,
    created=NOW - timedelta(days=90),
    kind="gp3",
    size_gib=100,
    iops=3_000,
    throughput_mibps=125,
    state="in-use",
    owners={"i-1": "running"},
    is_root=False,
    multi_attach=False,
)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def volume(**changes: Any) -> Volume:
    return replace(PLAIN, **changes)


def aws() -> Aws:
    return Aws(ACCOUNT, REGION, SESSION, NOW)


def series(metric: Metric, values: Sequence[float], expected: int | None = None, last: datetime = NOW) -> Series:
    """One value a period; the newest period ends at `last`."""
    step = timedelta(seconds=metric.period)
    times = [last - step * (len(values) - index) for index in range(len(values))]
    return Series(list(values), times, len(values) if expected is None else expected, metric.period)


def usage(values: Mapping[Metric, Sequence[float]], expected: int | None = None) -> Usage:
    return Usage({metric: series(metric, each, expected) for metric, each in values.items()})


def evenly(ops: Sequence[float], flow: Sequence[float], expected: int = HOURS) -> Usage:
    """So many IOPS and MiB/s in each hour, half of them reads, the same in all of an hour's five minutes."""
    made: dict[Metric, Series] = {}
    for metrics, parts in ((HOURLY, 1), (FIVE_MINUTES, 12)):
        for metric, rates, unit in zip(metrics, (ops, ops, flow, flow), (1, 1, MIB, MIB), strict=True):
            values = [rate * metric.period * unit / 2 for rate in rates for _ in range(parts)]
            made[metric] = series(metric, values, expected * parts)
    return Usage(dict(made))


def judged(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Verdict:
    return check(resource, check.limits(NOW, overrides), PRICES)


def waste(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Waste:
    """The verdict of a check that must find something."""
    verdict = judged(check, resource, overrides)
    assert isinstance(verdict, Waste), verdict
    return verdict
