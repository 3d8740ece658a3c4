"""Load balancers and their usage, made up for tests: one that works, until a test says otherwise."""

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
from functions.scanners.elb.load_balancer.collector import LoadBalancer, TargetGroup
from tests.functions.core.check_samples import asks

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PREFIX = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
KINDS = {"application": "app", "network": "net", "gateway": "gwy"}
MONTHLY = {"application": 16.425, "network": 16.425, "gateway": 9.125, "classic": 18.25}
"""0.0225, 0.0225, 0.0125 and 0.025 dollars an hour in us-east-1, times 730; https://aws.amazon.com/elasticloadbalancing/pricing/"""


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def group(states: Mapping[str, int], kind: str = "instance", name: str = "web") -> TargetGroup:
    return TargetGroup(f"{PREFIX}:targetgroup/{name}/73e2d6bc24d8a067", name, kind, states)


def balancer(kind: str = "application", *groups: TargetGroup, **changes: Any) -> LoadBalancer:
    """An internal load balancer of ninety days."""
    suffix = f"{KINDS[kind]}/plain/50dc6c495c0c9188" if kind in KINDS else "plain"
    plain = LoadBalancer(
        arn=f"{PREFIX}:loadbalancer/{suffix}",
        id="plain",
        account=ACCOUNT,
        region=REGION,
        name="plain",
        created=days_ago(90),
        kind=kind,
        addresses=0,
        attached=len(groups),
        groups=groups,
    )
    return replace(plain, **changes)


def series(values: Sequence[float], expected: int) -> Series:
    """One value a day, the last of them yesterday."""
    return Series(list(values), [days_ago(len(values) - index) for index in range(len(values))], expected, DAY_SECONDS)


def with_usage(one: LoadBalancer, days: int, values: Mapping[Metric, Sequence[float]], metrics: Sequence[Metric]) -> LoadBalancer:
    """With `values` for the metrics that this load balancer has, no datapoint for those not given, and no series for the others."""
    return replace(one, usage=Usage({each: tuple(series(values.get(each, ()), days) for _ in each.dimensions(one)) for each in metrics}))


def judged(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Verdict:
    return check(resource, check.limits(NOW, overrides), Prices(REGION))


def waste(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> Waste:
    """The verdict of a check that must find something."""
    verdict = judged(check, resource, overrides)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(check: Check[Any], resource: Any, overrides: Mapping[str, float] | None = None) -> bool | None:
    return asks(check, resource, check.limits(NOW, overrides))
