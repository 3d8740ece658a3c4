"""The scan engine: which resources a check with metrics gets to judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from functions.core.model import Action, Confidence, Finding, InsufficientData, Level, Resource, Waste
from functions.core.money import Savings
from functions.core.prices import Prices
from functions.core.registry import Check, Collector, Limits, Threshold, Verdict
from functions.core.scanning import Judge
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 10


def _dimensions(resource: Resource) -> Mapping[str, str]:
    return {"Id": resource.id}


DENSE = Metric("AWS/Test", "Load", "Maximum", _dimensions)
SPARSE = Metric("AWS/Test", "Events", "Sum", _dimensions, sparse=True)


def _judge(metric: Metric, *, optional: bool) -> Judge:
    """A judge with one check, which says how many datapoints it saw, and insufficient data for a resource called "unclear"."""

    def look(resource: Resource, limits: Limits, prices: Prices) -> Verdict:
        seen = resource.usage[metric].count if metric in resource.usage else -1
        return InsufficientData("unclear") if resource.id == "unclear" else Waste(savings=Savings(1, 1, 1, "1"), evidence={"seen": seen})

    made: Check[Resource] = Check(
        id="test-check",
        title="Is this a test?",
        over=Collector("test:thing", (), lambda aws: iter(())),
        judge=look,
        thresholds={"window_days": Threshold(DAYS, "ten"), "min_datapoints": Threshold(0.9, "nearly all")},
        reference="",
        action=Action.REVIEW,
        effort=Level.LOW,
        risk=Level.LOW,
        confidence=Confidence.HIGH,
        command="",
        undo="",
        metrics=(metric,),
        candidate=lambda resource, limits: resource.id == "candidate",
        metrics_optional=optional,
    )
    return Judge([(made, made.limits(NOW))], Prices("us-east-1"))


def _resource(name: str, metric: Metric | None = None, datapoints: int = 0) -> Resource:
    times = [NOW - timedelta(days=DAYS - day) for day in range(datapoints)]
    usage = Usage({metric: Series([1.0] * datapoints, times, DAYS, DAY_SECONDS)} if metric else {})
    return Resource(arn=f"arn:{name}", id=name, account="111122223333", region="us-east-1", usage=usage)


def _seen(findings: list[Finding]) -> list[object]:
    return [finding.evidence["seen"] for finding in findings]


def test_a_check_that_needs_its_metrics_does_not_see_a_resource_without_them() -> None:
    judge = _judge(SPARSE, optional=False)
    assert _seen(judge.findings(_resource("other"))) == []
    assert _seen(judge.findings(_resource("candidate", SPARSE, 3))) == [3]
    assert not judge.insufficient


def test_a_check_with_optional_metrics_sees_every_resource_and_only_candidates_cost_a_query() -> None:
    judge = _judge(SPARSE, optional=True)
    other, candidate = _resource("other"), _resource("candidate", SPARSE, 3)
    assert [(resource.id, metric, days) for resource, metric, days in judge.wanted([other, candidate])] == [("candidate", SPARSE, DAYS)]
    assert _seen(judge.findings(other)) == [-1]
    assert _seen(judge.findings(candidate)) == [3]


def test_a_check_with_optional_metrics_counts_what_it_cannot_judge() -> None:
    judge = _judge(SPARSE, optional=True)
    assert judge.findings(_resource("unclear")) == []
    assert judge.insufficient == {"test-check": 1}


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize(("datapoints", "judged"), [(8, False), (9, True), (10, True)])
def test_a_fetched_metric_must_have_its_datapoints_whether_or_not_it_is_optional(optional: bool, datapoints: int, judged: bool) -> None:
    judge = _judge(DENSE, optional=optional)
    assert _seen(judge.findings(_resource("candidate", DENSE, datapoints))) == ([datapoints] if judged else [])
    assert judge.insufficient == ({} if judged else {"test-check": 1})
