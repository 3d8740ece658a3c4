"""What CloudWatch said about a resource: the metrics that checks ask for, and the series they get. Pure data, no AWS.

Missing is not zero. A `Series` knows how many datapoints its window should have; most AWS metrics are reported as long as the
resource runs, so a gap means that we cannot judge. Some metrics are reported only when something happened (Lambda's Invocations, an
Application Load Balancer's RequestCount): those are declared `sparse`, and only for them no datapoint reads as no event. What CloudWatch
failed to say is unknown, sparse or not.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

DAY_SECONDS = 86_400

Dimensions = Mapping[str, str]


@dataclass(slots=True, frozen=True)
class Metric:
    """One CloudWatch statistic that a check needs, for each of its candidates.

    `dimensions` names the resource's dimensions; a list of them asks for one series each (every target group of a load balancer), and
    an empty list says that this resource has no such metric, so that nothing is asked. `period` is in seconds. `window` is the name of
    the check's threshold that holds the days to look back; metrics that differ only in it are one question to CloudWatch, over the
    longest window, and each check sees its own days. `sparse`: AWS reports it only when it is not zero (give the source in a comment
    beside the declaration).
    """

    namespace: str
    name: str
    stat: str
    dimensions: Callable[[Any], Dimensions | Sequence[Dimensions]]
    window: str = field(default="window_days", compare=False)
    period: int = DAY_SECONDS
    sparse: bool = False
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.namespace, self.name, self.stat, self.dimensions, self.period, self.sparse)))

    def __hash__(self) -> int:
        """Of what makes it another question; kept, because every resource is looked up by all metrics of its checks."""
        return self._hash


@dataclass(slots=True, frozen=True)
class Series:
    """The datapoints of one metric, oldest first; `expected` is how many a resource that reports all the time would have."""

    values: Sequence[float]
    times: Sequence[datetime]
    expected: int
    period: int

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def coverage(self) -> float:
        """Datapoints present ÷ expected, 0 to 1."""
        return min(1.0, self.count / self.expected) if self.expected else 0.0

    @property
    def maximum(self) -> float:
        """The largest value; 0 without datapoints, so ask `coverage` first unless the metric is sparse."""
        return max(self.values, default=0.0)

    @property
    def total(self) -> float:
        return math.fsum(self.values)

    @property
    def last(self) -> datetime | None:
        """When the newest datapoint begins."""
        return self.times[-1] if self.times else None

    @property
    def minimum(self) -> float:
        """The smallest value; 0 without datapoints."""
        return min(self.values, default=0.0)

    def percentile(self, share: float) -> float:
        """The smallest value that so many of the datapoints (a share, 0 to 1) do not exceed: the nearest rank, which is one of them. So the
        percentile of hourly maxima is never below that of the five-minute maxima of the same hours. 0 without datapoints.
        """
        if not self.values:
            return 0.0
        rank = math.ceil(round(share * len(self.values), 9))
        return sorted(self.values)[max(rank, 1) - 1]

    @property
    def silent_since(self) -> datetime | None:
        """When the newest period with any datapoint ends: for what reports only while it is attached or runs. None without one."""
        return self.times[-1] + timedelta(seconds=self.period) if self.times else None

    @property
    def unused_since(self) -> datetime | None:
        """When the newest period with a value above 0 ends. None without one."""
        used = (moment for moment, value in zip(reversed(self.times), reversed(self.values), strict=True) if value > 0)
        moment = next(used, None)
        return None if moment is None else moment + timedelta(seconds=self.period)

    def since(self, start: datetime, expected: int) -> Series:
        """The datapoints of the periods that reach past `start`, of which a resource that reports all the time would have `expected`."""
        first = bisect_right(self.times, start - timedelta(seconds=self.period))
        return Series(self.values[first:], self.times[first:], expected, self.period)


Known = Mapping[Metric, Series | tuple[Series, ...]]


@dataclass(slots=True, frozen=True)
class Usage:
    """The series of one resource by metric; a metric that was not fetched raises KeyError, because that is a bug and not zero.

    `unknown`: the metrics that CloudWatch was asked for and did not give whole, each with why. They have no series, so nobody takes them
    for numbers: the engine says insufficient data for the checks that need them, and to the others they were not fetched.
    """

    series: Known = field(default_factory=dict)
    unknown: Mapping[Metric, str] = field(default_factory=dict)

    def updated(self, series: Known, unknown: Mapping[Metric, str]) -> Usage:
        """With what was fetched since. A metric that is unknown now has no series any more, also over the days that were known."""
        known = {metric: found for metric, found in {**self.series, **series}.items() if metric not in unknown}
        return Usage(known, {**{metric: why for metric, why in self.unknown.items() if metric not in series}, **unknown})

    def __getitem__(self, metric: Metric) -> Series:
        """The series of a metric with one; KeyError where `dimensions` gave a list of another length: read those with `each`."""
        found = self.series[metric]
        if isinstance(found, Series):
            return found
        if len(found) != 1:
            raise KeyError(f"{metric.name} has {len(found)} series")
        return found[0]

    def get(self, metric: Metric) -> Series | None:
        """The series of a metric, where one was fetched: for metrics that are optional."""
        if metric not in self:
            return None
        return self[metric]

    def each(self, metric: Metric) -> tuple[Series, ...]:
        """Every series of a metric, in the order of its `dimensions`."""
        found = self.series[metric]
        return (found,) if isinstance(found, Series) else found

    def __contains__(self, metric: Metric) -> bool:
        return bool(self.series) and metric in self.series  # most resources have none: do not hash the metric to find out


NO_USAGE = Usage()
