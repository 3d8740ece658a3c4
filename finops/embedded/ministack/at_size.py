"""ministack with many resources: a request costs what it asks for, not what all accounts have. Put in place by server.py.

With 100,000 resources and their metrics, ministack 1.5.33 spends most of its time on what nobody asked for. The answers stay the same:

- GetMetricData walks through every metric of every account for each query. Here each query looks at its own metric.
- Every request to CloudWatch first forgets the points that are older than 14 days, for which it walks through all of them. Here an
  account and region does that once a minute: a point may be seen for a minute longer.
- The moment of each point that GetMetricData answers is written as a text, and that text is read again by trying formats. Here that is
  done once for each moment: all series have the same hours. It took a third of a sweep's time in ministack.
- To know what a request is about, IAM reads its whole body for each name that the resource may have. Here it reads only a body in which
  the name is.
- Each list of what there is makes Python look for cyclic garbage, now and then in all that there is: 47 ms for a list of 44,000 volumes.
  Here it looks far more rarely: 11 ms.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import cloudwatch

Key = tuple[str, str, Any]
"""A metric as ministack's store knows it: namespace, name, dimensions."""

FORGET_SECONDS = 60.0
COLLECT_AFTER = (50_000, 20, 100)
"""New objects, and collections of each generation, until the next one is collected; Python's own are 700, 10 and 10.
https://docs.python.org/3/library/gc.html#gc.set_threshold"""

MOMENTS = 50_000
"""So many are remembered: five-minute points of a month are 8,640, and hours of 63 days 1,512."""

_asked: ContextVar[Iterator[Key] | None] = ContextVar("_asked", default=None)
_forgot: dict[tuple[str, str], float] = {}
"""Account and region → when its old points were forgotten, as `time.monotonic()`."""


class Metrics(AccountRegionScopedDict):  # type: ignore[misc]  # ministack has no types
    """ministack's store of metrics. While GetMetricData is answered, each look at it is at the metric of the next query."""

    __slots__ = ()

    def items(self) -> Iterable[tuple[Key, list[Any]]]:
        asked = _asked.get()
        if asked is None:
            return list(super().items())
        key = next(asked)
        points = self.get(key)
        return [] if points is None else [(key, points)]


_answer_metric_data = cloudwatch._get_metric_data
_forget_old_points = cloudwatch._evict_old_metrics


def get_metric_data(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
    """GetMetricData, where each query looks at its own metric."""
    token = _asked.set(_keys(data) if is_cbor or is_json else None)
    try:
        return _answer_metric_data(params, data, is_cbor, is_json)
    finally:
        _asked.reset(token)


def _keys(data: Any) -> Iterator[Key] | None:
    """What the queries ask for, in order; None when one is no plain metric with dimensions, so that everything has to be looked at."""
    metrics = [query.get("MetricStat", {}).get("Metric", {}) for query in data.get("MetricDataQueries", ())]
    if not all(metric.get("Dimensions") for metric in metrics):
        return None
    return (
        (metric.get("Namespace", ""), metric.get("MetricName", ""), cloudwatch._dims_key(cloudwatch._dims_from_list(metric["Dimensions"])))
        for metric in metrics
    )


def forget_old_points() -> None:
    """Forget the caller's account's and region's old points, if that was not done in the last minute."""
    now, scope = time.monotonic(), (get_account_id(), get_region())
    if now - _forgot.get(scope, -FORGET_SECONDS) >= FORGET_SECONDS:
        _forgot[scope] = now
        _forget_old_points()


_json_field = iam_actions._safe_json_field


def json_field(body: bytes, field: str) -> Any:
    """A field of a request's body, "" where there is none."""
    return _json_field(body, field) if body and field.encode() in body else ""


def put_right() -> None:
    """Put ours in the place of ministack's."""
    gc.set_threshold(*COLLECT_AFTER)
    cloudwatch._ts_iso = lru_cache(MOMENTS)(cloudwatch._ts_iso)
    cloudwatch._json_timestamp = lru_cache(MOMENTS, typed=True)(cloudwatch._json_timestamp)
    iam_actions._safe_json_field = json_field
    cloudwatch._metrics = Metrics()
    cloudwatch._get_metric_data = get_metric_data
    cloudwatch._evict_old_metrics = forget_old_points
