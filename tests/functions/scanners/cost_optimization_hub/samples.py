"""Recommendations, made up for tests: everything plain, until a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.scanners.cost_optimization_hub.recommendation.collector import Recommendation

ACCOUNT, REGION = "123456789012", "eu-west-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
PLAIN = Recommendation(
    arn=ARN,
    id="vol-1",
    account=ACCOUNT,
    region=REGION,
    listed_arn=ARN,
    recommendation_id="rec-1",
    action="Delete",
    kind="EbsVolume",
    recommended_kind="",
    monthly=12.5,
    currency="USD",
    after_discounts=True,
    refreshed=NOW - timedelta(hours=20),
    lookback_days=32,
    source="ComputeOptimizer",
    effort="Low",
    restart=False,
    rollback=True,
)


def recommendation(**changes: Any) -> Recommendation:
    return replace(PLAIN, **changes)


def judged(check: Check[Any], one: Resource) -> Verdict:
    """What a check says, at its own limits."""
    return check(one, check.limits(NOW), Prices(REGION))
