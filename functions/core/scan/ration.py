"""Where a sweep may spend so many dollars on metrics and no more: the largest resources are asked about first, the rest is not judged.

Of the resources that are judged together, those that cost most come first (`Collector.costs`); the units of a sweep share one budget, so
that which unit gets the last of it depends on which comes first. What CloudWatch does not give whole is asked for once more beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from functions.core.aws.readable import STUMBLES
from functions.core.declarations import Collector
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.scan import cloudwatch
from functions.core.scan.cloudwatch import Query, Wanted

SPENT = "not asked, because the sweep has spent max_metric_usd on metrics"
METRICS_A_RATE = 1_000
"""The price book has the rate of so many metrics."""


def metrics_for(usd: float, prices: Prices) -> int:
    """How many metrics so many dollars pay for, at the price of the region. One without a price is billed at none that we know: 0."""
    rate = prices.price("AmazonCloudWatch", "GetMetricData")
    return math.floor(round(usd / rate.usd * METRICS_A_RATE, 6)) if rate and rate.usd else 0


@dataclass(slots=True)
class Ration:
    """`take`: so many metrics of the sweep's budget, or what is left of it; `spare`: of those, what was too little for a resource."""

    take: Callable[[int], int]
    collector: Collector[Resource]
    prices: Prices
    spare: int = 0

    def share(self, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Those that may be asked for, all metrics of a resource or none. To the others they are unknown, and why."""
        by_resource: dict[int, list[Wanted]] = {}
        for want in wanted:
            by_resource.setdefault(id(want[0]), []).append(want)
        bills = {key: _billed(wants) for key, wants in by_resource.items()}
        self.spare += self.take(max(0, sum(bills.values()) - self.spare))
        granted: list[Wanted] = []
        enough = True  # until it is not: no smaller one before a larger one
        for key in sorted(by_resource, key=lambda key: -self._cost(by_resource[key][0][0])):
            enough = enough and bills[key] <= self.spare
            if enough:
                self.spare -= bills[key]
                granted += by_resource[key]
            else:
                for resource, metric, _ in by_resource[key]:
                    resource.usage = resource.usage.updated({}, {metric: SPENT})
        return granted

    def _cost(self, resource: Resource) -> float:
        """USD per month, 0 where its collector does not say: as it was listed, then."""
        if self.collector.costs is None:
            return 0.0
        try:
            return self.collector.costs(resource, self.prices).usd or 0.0
        except STUMBLES:
            return 0.0


def unmeasured(resource: Resource) -> bool:
    """Whether metrics of it were not asked for, because others came first."""
    return SPENT in resource.usage.unknown.values()


def _billed(wants: Iterable[Wanted]) -> int:
    """What asking for them is billed as: each window and period is a call of its own. One whose dimensions cannot be told is not asked."""
    calls: dict[tuple[float, int], list[Query]] = {}
    for resource, metric, days in wants:
        try:
            dimensions = metric.dimensions(resource)
        except STUMBLES:
            continue
        parts = [dimensions] if isinstance(dimensions, Mapping) else dimensions
        calls.setdefault((days, metric.period), []).extend((metric, part) for part in parts)
    return sum(map(cloudwatch.billed, calls.values()))
