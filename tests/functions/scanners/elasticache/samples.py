"""ElastiCache clusters, made up for tests: everything plain, until a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.model import InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.usage import Metric, Series, Usage
from functions.scanners.elasticache.cluster.collector import CacheCluster, Node

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
PRICES = Prices(REGION)
DAYS = 14

PLAIN = CacheCluster(
    arn=f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:carts",
    id="carts",
    account=ACCOUNT,
    region=REGION,
    created=NOW - timedelta(days=90),
    engine="redis",
    version="7.1.0",
    node_type="cache.r6g.xlarge",
    status="available",
    nodes=(Node("carts-001", "0001"), Node("carts-002", "0001")),
    group=True,
)
"""A primary and a replica."""
ALONE: Mapping[str, Any] = {"group": False, "nodes": (Node("carts", "0001"),)}
"""What makes it one node of no group."""


def cluster(**changes: Any) -> CacheCluster:
    return replace(PLAIN, **changes)


def series(metric: Metric, value: float, points: int | None = None, values: Sequence[float] = ()) -> Series:
    """So many datapoints of this value, all of them unless it is said, up to NOW; or these."""
    expected = DAYS * 86_400 // metric.period
    seen = list(values) or [value] * (expected if points is None else points)
    times = [NOW - timedelta(seconds=metric.period * (len(seen) - place)) for place in range(len(seen))]
    return Series(seen, times, expected, metric.period)


def used(on: CacheCluster, metrics: Iterable[Metric], values: Mapping[Metric, float | Sequence[float]]) -> CacheCluster:
    """With a series of every metric for each node: zeros, but for `values`, of each node one or of all the same."""
    made: dict[Metric, Series | tuple[Series, ...]] = {}
    for metric in metrics:
        value = values.get(metric, 0.0)
        each = [value] * len(on.nodes) if isinstance(value, (int, float)) else value
        made[metric] = tuple(series(metric, one) for one in each)
    return replace(on, usage=Usage(made))


def judge(check: Check[Any], resource: CacheCluster, prices: Prices = PRICES, as_of: datetime = NOW, **thresholds: float) -> Verdict:
    """The check's own verdict, with its default thresholds but for those given."""
    return check(resource, check.limits(as_of, {f"{check.id}.{name}": value for name, value in thresholds.items()}), prices)


def waste(check: Check[Any], resource: CacheCluster, prices: Prices = PRICES, as_of: datetime = NOW, **thresholds: float) -> Waste:
    verdict = judge(check, resource, prices, as_of, **thresholds)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(check: Check[Any], resource: CacheCluster) -> bool | str:
    """Whether its metrics are asked for; of what cannot be judged, why."""
    assert check.candidate is not None
    answer = check.candidate(resource, check.limits(NOW))
    return answer.reason if isinstance(answer, InsufficientData) else answer
