"""Lambda functions and their usage, made up for tests: one that is called and well, until a test says otherwise."""

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
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.lambda_.function.calls import PROVISIONED
from functions.scanners.lambda_.function.collector import Function, Provisioned
from tests.functions.core.check_samples import asks

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PREFIX = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"

PLAIN = Function(
    arn=f"{PREFIX}:plain",
    id="plain",
    account=ACCOUNT,
    region=REGION,
    name="plain",
    runtime="python3.13",
    architecture="x86_64",
    memory_mb=1024,
    last_modified=NOW - timedelta(days=120),
    reserved=None,
    provisioned=(),
)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def function(**changes: Any) -> Function:
    return replace(PLAIN, **changes)


def ready(instances: int, qualifier: str = "live", age: float = 90) -> Provisioned:
    return Provisioned(qualifier, instances, days_ago(age))


def daily(values: Mapping[int, float], days: int) -> Series:
    """Values by how many days ago their day began: only those, as Lambda reports only days with calls."""
    ordered = sorted(values, reverse=True)
    return Series([values[day] for day in ordered], [days_ago(day) for day in ordered], days, DAY_SECONDS)


def with_usage(
    one: Function, days: int, values: Mapping[Metric, Mapping[int, float]], provisioned: Sequence[Mapping[int, float]] = ()
) -> Function:
    """`provisioned`: the calls on each of its provisioned versions and aliases, in their order; without one, nothing is asked."""
    series: dict[Metric, Series | tuple[Series, ...]] = {metric: daily(each, days) for metric, each in values.items()}
    return replace(one, usage=Usage({**series, PROVISIONED: tuple(daily(each, days) for each in provisioned)}))


def with_utilization(one: Function, metric: Metric, *each: Sequence[float]) -> Function:
    """The utilization of each of its provisioned versions and aliases, in their order."""
    return replace(one, usage=Usage({metric: tuple(daily(dict(enumerate(values, start=1)), 14) for values in each)}))


def judged(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Verdict:
    return check(resource, check.limits(NOW, overrides), Prices(REGION))


def waste(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Waste:
    """The verdict of a check that must find something."""
    verdict = judged(check, resource, overrides)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> bool | None:
    """None where the check says that it cannot judge it."""
    return asks(check, resource, check.limits(NOW, overrides))
