"""Fetching metrics: GetMetricData with up to 500 queries a call, for the candidates of checks only.

GetMetricData bills $0.01 per 1,000 metrics requested whatever the number of calls or datapoints, so a metric that two checks share is
asked for once, and a resource that no check calls a candidate costs nothing.
Source of the limits (500 queries and 100,800 datapoints a call):
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

Each query has a status of its own in the answer. Only "Complete" has all of its datapoints: the others are asked for once more, and are
unknown after that. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.aws.readable import STUMBLES, why
from functions.core.aws.request_count import SPENT
from functions.core.model import Resource
from functions.core.outside.pages import Tokens
from functions.core.usage import Dimensions, Metric, Series

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

COMPLETE = "Complete"
LEFT_OUT = "not in the answer"
TIMES_ASKED = 2
"""For each query: one that is not complete is asked for once more, and billed once more."""


@dataclass(slots=True)
class Answer:
    """What CloudWatch said to one query, and with which status."""

    values: list[float] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    status: str = LEFT_OUT
    message: str = ""

    @property
    def lacks(self) -> str:
        """Why it is not complete; empty when it is."""
        return "" if self.status == COMPLETE else f"{self.status} ({self.message})" if self.message else self.status


def fetch(aws: Aws, wanted: Iterable[Wanted]) -> None:
    """Add to `usage` of every resource in `wanted`. A metric that CloudWatch knows nothing of becomes an empty series, not a zero; one that
    it did not give whole, in any of its parts, is unknown.

    Raises Denied, Throttled, OutOfTime or ClientError. Where nothing may be paid for, nothing is asked and all of it is unknown.
    """
    if aws.unpaid:
        for resource, metric, _ in wanted:
            resource.usage = resource.usage.updated({}, {metric: aws.unpaid})
        return
    by_window: dict[tuple[float, int], list[Wanted]] = defaultdict(list)
    for want in wanted:
        by_window[(want[2], want[1].period)].append(want)
    found: dict[int, tuple[Resource, dict[Metric, Series | tuple[Series, ...]], dict[Metric, str]]] = {}
    for (days, period), wants in by_window.items():
        start, end = window(aws.as_of, days)
        expected = round((end - start).total_seconds() / period)
        queries: list[Query] = []
        parts: list[tuple[Wanted, int | None]] = []  # how many queries a want became: None is one, whose answer is no list
        for want in wants:
            resource, metric, _ = want
            _, _, unknown = found.setdefault(id(resource), (resource, {}, {}))
            try:
                dimensions, single = _dimensions(metric, resource)
            except STUMBLES as error:
                unknown[metric] = why("dimensions", error)
                continue
            queries.extend((metric, part) for part in dimensions)
            parts.append((want, None if single else len(dimensions)))
        answers = _answers(aws, queries, start, end, max(1, min(QUERIES_PER_CALL, DATAPOINTS_PER_CALL // max(expected, 1))))
        for (resource, metric, _), number in parts:
            of_it = list(islice(answers, 1 if number is None else number))
            _, series_of, unknown = found[id(resource)]
            if lacks := next((answer.lacks for answer in of_it if answer.lacks), ""):
                unknown[metric] = lacks
                continue
            series = tuple(Series(answer.values, answer.times, expected, period) for answer in of_it)
            series_of[metric] = series[0] if number is None else series
    for resource, series_of, unknown in found.values():
        resource.usage = resource.usage.updated(series_of, unknown)


def _dimensions(metric: Metric, resource: Resource) -> tuple[Sequence[Dimensions], bool]:
    """The resource's, and whether that is one set and no list of them. ValueError for a dimension without a value, for which CloudWatch
    would refuse all other queries of the call too."""
    dimensions = metric.dimensions(resource)
    single = isinstance(dimensions, Mapping)
    parts: Sequence[Dimensions] = [dimensions] if isinstance(dimensions, Mapping) else dimensions
    for part in parts:
        for name, value in part.items():
            if not value or not isinstance(value, str):
                raise ValueError(f"{name} is {value!r}")
    return parts, single


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
    answers: dict[int, Answer] = {}
    waiting = list(range(len(batch)))
    for _ in range(TIMES_ASKED):
        answers.update((index, Answer()) for index in waiting)
        _request(aws, {index: batch[index] for index in waiting}, {f"q{index}": answers[index] for index in waiting}, start, end)
        waiting = [index for index in waiting if answers[index].lacks]
        if not waiting:
            break
    return [answers[index] for index in range(len(batch))]


def _request(aws: Aws, queries: Mapping[int, Query], answers: Mapping[str, Answer], start: datetime, end: datetime) -> None:
    """Fill the answers, by the ids of their queries, from all pages. The last status of a query counts: "PartialData" on a page with a
    NextToken has its rest on the next one."""
    parameters: dict[str, Any] = {
        "MetricDataQueries": [_query(index, metric, dimensions) for index, (metric, dimensions) in queries.items()],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    page: Mapping[str, Any] = {}
    tokens = Tokens("cloudwatch:GetMetricData")
    for number in count():
        aws.check_time()
        page = aws.ask("cloudwatch", "GetMetricData", lambda client: client.get_metric_data(**parameters))
        if not number:  # AWS has answered: now they are billed
            metrics = billed(queries.values())
            aws.meter.metrics += metrics
            SPENT.metrics += metrics
        _read(page, answers)
        if not page.get("NextToken") or not tokens.is_new(page["NextToken"]):
            break
        parameters["NextToken"] = page["NextToken"]
    for answer in answers.values():
        if len(answer.values) != len(answer.times):
            answer.status = f"{len(answer.values)} values of {len(answer.times)} moments"
        if answer.status == LEFT_OUT:
            answer.message = _message(page)


def _read(page: Mapping[str, Any], answers: Mapping[str, Answer]) -> None:
    for result in page.get("MetricDataResults", ()):
        answer = answers.get(result.get("Id", ""))
        if answer is not None:
            answer.values.extend(result.get("Values", ()))
            answer.times.extend(result.get("Timestamps", ()))
            answer.status, answer.message = result.get("StatusCode", "without a status"), _message(result)


def _message(of: Mapping[str, Any]) -> str:
    """What AWS says beside a status, of one result or of all: the first message."""
    return next((str(message.get("Value") or message.get("Code", "")) for message in of.get("Messages", ())), "")


def _query(index: int, metric: Metric, dimensions: Dimensions) -> dict[str, Any]:
    return {
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
