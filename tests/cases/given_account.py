"""An account whose every reply is given: real clients of boto3, whose requests are answered before they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3

from functions.core.aws.clients import Aws
from functions.core.model import Finding, Unit, UnitOutcome, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning

ACCOUNT = "123456789012"


@dataclass(slots=True, frozen=True)
class PerSecond:
    """A metric that counts: what happens in a second, always or in the period that begins at a moment."""

    rate: float | Callable[[datetime], float]


Values = float | PerSecond | Callable[[datetime], float | None]
"""What a metric says in every period, or in the period that begins at a moment; None for no datapoint."""


@dataclass(slots=True)
class GivenAccount:
    """`replies`: operation → what it answers, a fault that it raises, or a function of the request's parameters; an operation without one
    has nothing to list. `metrics`: CloudWatch's, by name. `status`: of every answer of GetMetricData."""

    region: str
    as_of: datetime
    replies: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Values] = field(default_factory=dict)
    status: str = "Complete"
    asked: list[str] = field(default_factory=list)

    def scan(self, resource_type: str) -> tuple[UnitOutcome, list[Finding]]:
        """What a scan of a resource type finds in it, by the book's prices."""
        found: list[Finding] = []
        name = unit_id(ACCOUNT, self.region, resource_type)
        unit = Unit(unit_id=name, account=ACCOUNT, region=self.region, resource_type=resource_type, function="f")
        CURRENT[:] = [self]
        aws = Aws(ACCOUNT, self.region, _session(), self.as_of, clients=_clients(self.region))
        outcome = scanning.scan(unit, aws, Prices(self.region), found.append)
        return outcome, found

    def answer(self, operation: str, params: Mapping[str, Any], model: Any = None) -> Mapping[str, Any]:
        """What AWS says to a request; `model` is botocore's of the operation."""
        self.asked.append(operation)
        reply = self.replies.get(operation, self._metric_data if operation == "GetMetricData" else {})
        answer: Mapping[str, Any] = reply(params) if callable(reply) else reply
        return answer

    def _metric_data(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"MetricDataResults": [self._series(query, params) for query in params["MetricDataQueries"]]}

    def _series(self, query: Mapping[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
        stat, points = query["MetricStat"], {}
        value, step = self.metrics.get(stat["Metric"]["MetricName"]), timedelta(seconds=stat["Period"])
        moment = params["StartTime"]
        while value is not None and moment < min(params["EndTime"], self.as_of):
            here = _at(value, moment, stat["Period"])
            if here is not None:
                points[moment] = here
            moment += step
        return {"Id": query["Id"], "Timestamps": list(points), "Values": list(points.values()), "StatusCode": self.status}


def _at(value: Values | None, moment: datetime, seconds: int) -> float | None:
    if isinstance(value, PerSecond):
        return seconds * (value.rate(moment) if callable(value.rate) else value.rate)
    return value(moment) if callable(value) else value


CURRENT: list[GivenAccount] = []
"""The account that is asked: one session for all, because each reads EC2's model anew, half a second."""


@cache
def _session() -> boto3.Session:
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    session.events.register("provide-client-params", _given)
    session.events.register("before-call", _answer)  # type: ignore[arg-type]  # botocore takes what it returns for the answer
    return session


@cache
def _clients(region: str) -> dict[str, Any]:
    """Of a region, for all: a client takes longer to make than a scan."""
    return {}


def _given(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["given"] = params


def _answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, Any]:
    parsed = CURRENT[0].answer(model.name, context["given"], model)
    return SimpleNamespace(status_code=parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)), parsed
