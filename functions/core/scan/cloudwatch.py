"""Fetching metrics: GetMetricData with up to 500 queries a call, for the candidates of checks only.

GetMetricData bills $0.01 per 1,000 metrics requested whatever the number of calls or datapoints, so a metric that two checks share is
asked for once, and a resource that no check calls a candidate costs nothing.
Source of the limits (500 queries and 100,800 datapoints a call):
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from functions.core.aws.clients import Aws, translated
from functions.core.aws.request_count import SPENT
from functions.core.model import Resource
from functions.core.usage import Dimensions, Metric, Series, Usage

QUERIES_PER_CALL = 500
DATAPOINTS_PER_CALL = 100_800
"""More make a second page. We ask for fewer metrics a call instead: whether a page bills its metrics again is nowhere said."""
STATISTICS_PER_METRIC = 5
"""Up to so many statistics of one metric in one call are billed as one metric; quoted from AWS's CloudWatch pricing page in
https://github.com/prometheus/cloudwatch_exporter/pull/482
"""

Wanted = tuple[Resource, Metric, float]
"""A metric of a resource over the last so many days."""

Query = tuple[Metric, Dimensions]
Answer = tuple[list[float], list[datetime]]


def fetch(aws: Aws, wanted: Iterable[Wanted]) -> None:
    """Add to `usage` of every resource in `wanted`. A metric that CloudWatch knows nothing of becomes an empty series, not a zero.

    Raises Denied, Throttled or OutOfTime.
    """
    by_window: dict[tuple[float, int], list[Wanted]] = defaultdict(list)
    for want in wanted:
        by_window[(want[2], want[1].period)].append(want)
    found: dict[int, tuple[Resource, dict[Metric, Series | tuple[Series, ...]]]] = {}
    for (days, period), wants in by_window.items():
        start, end = window(aws.as_of, days)
        expected = round((end - start).total_seconds() / period)
        queries: list[Query] = []
        parts: list[int | None] = []  # how many queries a want became: None is one, whose answer is no list
        for resource, metric, _ in wants:
            dimensions = metric.dimensions(resource)
            if isinstance(dimensions, Mapping):
                queries.append((metric, dimensions))
                parts.append(None)
            else:
                queries.extend((metric, part) for part in dimensions)
                parts.append(len(dimensions))
        answers = _answers(aws, queries, start, end, max(1, min(QUERIES_PER_CALL, DATAPOINTS_PER_CALL // max(expected, 1))))
        for (resource, metric, _), count in zip(wants, parts, strict=True):
            series = tuple(Series(values, times, expected, period) for values, times in islice(answers, 1 if count is None else count))
            found.setdefault(id(resource), (resource, {}))[1][metric] = series[0] if count is None else series
    for resource, series_by_metric in found.values():
        resource.usage = Usage({**resource.usage.series, **series_by_metric})


def window(as_of: datetime, days: float) -> tuple[datetime, datetime]:
    """So many times 24 hours, up to the last full hour before `as_of`: a sweep that is repeated asks the very same question.

    It does not end at midnight, because what came back into use this morning is in use. That costs no metric and no datapoint more:
    CloudWatch takes any start and counts the periods from it (https://github.com/boto/boto3/issues/3457), and full hours are what its
    rounding leaves alone, however old the data are. Where periods are counted from midnight all the same, the last one is today's.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    end = as_of.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return end - timedelta(days=days), end


def billed(queries: Iterable[Query]) -> int:
    """Metrics that AWS bills for one call: each metric of each set of dimensions, once for every five of its statistics."""
    statistics: dict[tuple[str, str, frozenset[tuple[str, str]]], set[str]] = defaultdict(set)
    for metric, dimensions in queries:
        statistics[metric.namespace, metric.name, frozenset(dimensions.items())].add(metric.stat)
    return sum(-(-len(asked) // STATISTICS_PER_METRIC) for asked in statistics.values())


def _answers(aws: Aws, queries: Sequence[Query], start: datetime, end: datetime, per_call: int) -> Iterator[Answer]:
    """The answer to each query, in order; asks as they are read, so many a call."""
    rest = iter(queries)
    while batch := list(islice(rest, per_call)):
        yield from _ask(aws, batch, start, end)


def _ask(aws: Aws, batch: Sequence[Query], start: datetime, end: datetime) -> list[Answer]:
    answers: list[Answer] = [([], []) for _ in batch]
    queries = [
        {
            "Id": f"q{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                },
                "Period": metric.period,
                "Stat": metric.stat,
            },
        }
        for index, (metric, dimensions) in enumerate(batch)
    ]
    pages: Iterable[dict[str, Any]] = (
        aws.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending")
    )
    aws.check_time()
    with translated("cloudwatch", "GetMetricData"):
        for number, page in enumerate(pages):
            if not number:  # AWS has answered: now they are billed
                metrics = billed(batch)
                aws.meter.metrics += metrics
                SPENT.metrics += metrics
            for result in page["MetricDataResults"]:
                values, times = answers[int(result["Id"][1:])]
                values.extend(result["Values"])
                times.extend(result["Timestamps"])
            aws.check_time()
    return answers
