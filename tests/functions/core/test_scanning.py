"""The scan engine: which resources a check with metrics gets to judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from functions.core.aws import Aws
from functions.core.errors import Denied
from functions.core.model import Action, Confidence, Evidence, Finding, InsufficientData, Level, Outcome, Resource, UnitOutcome, Waste
from functions.core.money import Savings
from functions.core.prices import Prices
from functions.core.registry import Check, Collector, Limits, Threshold, Verdict
from functions.core.scanning import BATCH, Judge, _scan_batches
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


LONG = Metric("AWS/Test", "Events", "Sum", _dimensions, window="long_days", sparse=True)


def _check(name: str, metric: Metric, days: float, candidates: tuple[str, ...]) -> tuple[Check[Resource], Limits]:
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


def test_two_checks_with_different_windows_share_one_question_and_each_sees_its_own_days() -> None:
    judge = Judge([_check("short", SPARSE, 3, ("both",)), _check("long", LONG, DAYS, ("both", "one"))], Prices("us-east-1"))
    both = _resource("both", SPARSE, DAYS)
    assert [(metric.name, days) for _, metric, days in judge.wanted([both])] == [("Events", DAYS)]
    seen = {str(finding.evidence["check"]): (finding.evidence["seen"], finding.evidence["expected"]) for finding in judge.findings(both)}
    assert seen == {"short": (3, 3), "long": (DAYS, DAYS)}
    assert both.usage[SPARSE].count == DAYS


def test_a_check_does_not_judge_what_is_no_candidate_of_its_own_though_another_check_asked_for_the_metric() -> None:
    judge = Judge([_check("short", SPARSE, 3, ("both",)), _check("long", LONG, DAYS, ("both", "one"))], Prices("us-east-1"))
    assert [finding.check_id for finding in judge.findings(_resource("one", SPARSE, DAYS))] == ["long"]


@pytest.mark.parametrize(("datapoints", "judged"), [((9, 9), True), ((9, 8), False), ((0, 10), False), ((), True)])
def test_every_series_of_a_metric_with_several_must_have_its_datapoints(datapoints: tuple[int, ...], judged: bool) -> None:
    judge = Judge([_check("dense", DENSE, DAYS, ("candidate",))], Prices("us-east-1"))
    times = [NOW - timedelta(days=DAYS - day) for day in range(DAYS)]
    candidate = _resource("candidate")
    candidate.usage = Usage({DENSE: tuple(Series([1.0] * count, times[:count], DAYS, DAY_SECONDS) for count in datapoints)})
    assert _seen(judge.findings(candidate)) == ([sum(datapoints)] if judged else [])


@pytest.mark.parametrize("listed", [0, 1, BATCH, BATCH + 1])
def test_what_was_listed_before_a_refusal_is_judged(listed: int) -> None:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield from (_resource(f"r{number}") for number in range(listed))
        raise Denied("test:DescribeMore", "AccessDenied: no")

    aws = Aws("111122223333", "us-east-1", boto3.Session(region_name="us-east-1"), NOW)
    outcome = UnitOutcome(unit_id="u", account="1", region="us-east-1", resource_type="test:thing", outcome=Outcome.OK)
    found: list[Finding] = []
    judge = _judge(SPARSE, optional=True)
    with pytest.raises(Denied, match="DescribeMore"):
        _scan_batches(Collector("test:thing", (), listing), aws, judge, outcome, found.append)
    assert (outcome.resources, outcome.findings, len(found)) == (listed, listed, listed)
