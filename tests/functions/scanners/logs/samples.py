"""Log groups, made up for tests: everything plain, until a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan.judge import Judge
from functions.core.usage import DAY_SECONDS, Series, Usage
from functions.scanners.logs.log_group.collector import GIB, INCOMING, LogGroup
from functions.scanners.logs.log_group.modernize import infrequent_access
from functions.scanners.logs.log_group.rightsize import no_retention
from functions.scanners.logs.log_group.unused import stale
from tests.functions.core.check_samples import asks
from tests.functions.paged import ACCOUNT, REGION

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RATE = 0.03
"""Dollars a GB-month in us-east-1; https://aws.amazon.com/cloudwatch/pricing/"""
CHECKS: tuple[Check[Any], ...] = (no_retention, stale, infrequent_access)

PLAIN = LogGroup(
    arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:web",
    id="web",
    account=ACCOUNT,
    region=REGION,
    name="web",
    created=NOW - timedelta(days=360),
    stored_bytes=100 * GIB,
    retention_days=None,
    log_class="STANDARD",
    deletion_protection=False,
    subscribed=False,
)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def group(gib: float = 100, age: float = 360, incoming: Mapping[int, float] | None = None, **changes: Any) -> LogGroup:
    """`incoming`: bytes by how many days ago they came in, on those of the last 30 days that had any."""
    days = sorted(incoming or {}, reverse=True)
    series = Series([(incoming or {})[day] for day in days], [NOW - timedelta(days=day) for day in days], 30, DAY_SECONDS)
    made = {"stored_bytes": int(gib * GIB), "created": NOW - timedelta(days=age), "usage": Usage({INCOMING: series})}
    return replace(PLAIN, **{**made, **changes})


def judged(check: Check[Any], one: LogGroup, overrides: Mapping[str, float] | None = None, region: str = REGION) -> Verdict:
    return check(one, check.limits(NOW, overrides), Prices(region))


def waste(check: Check[Any], one: LogGroup, overrides: Mapping[str, float] | None = None) -> Waste:
    verdict = judged(check, one, overrides)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(check: Check[Any], one: LogGroup, overrides: Mapping[str, float] | None = None) -> bool | None:
    """None where the check says that it cannot judge it."""
    return asks(check, one, check.limits(NOW, overrides))


def judge(*checks: Check[Any]) -> Judge:
    return Judge([(check, check.limits(NOW)) for check in checks or CHECKS], Prices(REGION))
