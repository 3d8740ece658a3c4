"""Resources, metrics and checks made up for the tests of judging and scanning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Resource, Waste
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check, Collector, Verdict
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 10


def dimensions(resource: Resource) -> Mapping[str, str]:
    return {"Id": resource.id}


DENSE = Metric("AWS/Test", "Load", "Maximum", dimensions)
SPARSE = Metric("AWS/Test", "Events", "Sum", dimensions, sparse=True)


def resource(name: str, metric: Metric | None = None, datapoints: int = 0) -> Resource:
    times = [NOW - timedelta(days=DAYS - day) for day in range(datapoints)]
    usage = Usage({metric: Series([1.0] * datapoints, times, DAYS, DAY_SECONDS)} if metric else {})
    return Resource(arn=f"arn:{name}", id=name, account="111122223333", region="us-east-1", usage=usage)


def check(name: str, metric: Metric, days: float, candidates: tuple[str, ...]) -> tuple[Check[Resource], Limits]:
    """A check that says how many datapoints of its metric it saw, and how many it would expect."""

    def look(resource: Resource, limits: Limits, prices: Prices) -> Verdict:
        series = resource.usage.each(metric)
        evidence: Evidence = {"check": name, "seen": sum(one.count for one in series), "expected": sum(one.expected for one in series)}
        return Waste(savings=Savings(1, 1, 1, "1"), evidence=evidence)

    made: Check[Resource] = Check(
        id=name,
        title="Is this a test?",
        over=Collector("test:thing", (), lambda aws: iter(())),
        judge=look,
        thresholds={metric.window: Threshold(days, "days"), "min_datapoints": Threshold(0.9, "nearly all")},
        reference="",
        action=Action.REVIEW,
        effort=Level.LOW,
        risk=Level.LOW,
        confidence=Confidence.HIGH,
        command="",
        undo="",
        metrics=(metric,),
        candidate=lambda resource, limits: resource.id in candidates,
    )
    return made, made.limits(NOW)


def asks(check: Check[Any], resource: Any, limits: Limits) -> bool | None:
    """Whether a check calls it a candidate; None where it says that it cannot judge it."""
    assert check.candidate is not None
    answer = check.candidate(resource, limits)
    return None if isinstance(answer, InsufficientData) else answer


def plain(name: str, savings: Savings, **more: Any) -> Check[Resource]:
    """A check without metrics that finds every resource wasteful."""
    words: dict[str, Any] = {
        "id": name,
        "title": "Is this a test?",
        "over": Collector("test:thing", (), lambda aws: iter(())),
        "judge": lambda resource, limits, prices: Waste(savings=savings, evidence={"seen": True}, values={"size": "a b"}),
        "thresholds": {},
        "reference": "https://example.com",
        "action": Action.DELETE,
        "effort": Level.LOW,
        "risk": Level.MEDIUM,
        "confidence": Confidence.HIGH,
        "command": "aws test delete --id {id} --name {name} --size {size}",
        "undo": "Make it again.",
    }
    return Check(**{**words, **more})
