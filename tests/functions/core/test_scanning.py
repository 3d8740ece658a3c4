"""The scan engine: which resources a check with metrics gets to judge, what a finding says, and how a unit ends."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from functions.core import cloudwatch, registry
from functions.core.aws import Aws
from functions.core.errors import Denied, OutOfTime, Throttled
from functions.core.model import (
    Action,
    Confidence,
    Evidence,
    Finding,
    InsufficientData,
    Level,
    Outcome,
    Resource,
    Unit,
    UnitOutcome,
    Waste,
    finding_id,
)
from functions.core.money import Savings
from functions.core.prices import Prices
from functions.core.registry import Check, Collector, Limits, Threshold, Verdict
from functions.core.scanning import BATCH, Judge, after_that, at_first, scan
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
    assert [(resource.id, metric, days) for resource, metric, days in judge.wanted([other, candidate], at_first)] == [
        ("candidate", SPARSE, DAYS)
    ]
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
    assert [(metric.name, days) for _, metric, days in judge.wanted([both], at_first)] == [("Events", DAYS)]
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


def _plain(name: str, savings: Savings, **more: Any) -> Check[Resource]:
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


def _scan(
    monkeypatch: pytest.MonkeyPatch, listing: Callable[[Aws], Iterator[Resource]], *checks: Check[Resource]
) -> tuple[UnitOutcome, list[Finding]]:
    monkeypatch.setattr(registry, "load", lambda resource_type: (Collector("test:thing", (), listing), checks))
    aws = Aws("111122223333", "us-east-1", boto3.Session("testing", "testing", region_name="us-east-1"), NOW)
    unit = Unit(unit_id="u", account="111122223333", region="us-east-1", resource_type="test:thing", function="f")
    found: list[Finding] = []
    return scan(unit, aws, Prices("us-east-1"), found.append), found


def _listing(count: int, then: Exception | None = None) -> Callable[[Aws], Iterator[Resource]]:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield from (_resource(f"r{number}") for number in range(count))
        if then:
            raise then

    return listing


FIVE, TWO, NONE = Savings(4, 5, 6, "5"), Savings(1, 2, 9, "2"), Savings(0, 0, 0.005, "0")


def test_a_unit_that_was_seen_whole_is_ok_and_counts_headlines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(monkeypatch, _listing(3), _plain("test-five", FIVE), _plain("test-two", TWO))
    assert (outcome.outcome, outcome.reason, outcome.resources, outcome.findings, outcome.savings_likely) == (Outcome.OK, "", 3, 6, 15.0)
    assert len(found) == 6
    assert outcome.seconds >= 0


def test_a_unit_without_resources_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(monkeypatch, _listing(0), _plain("test-five", FIVE))
    assert (outcome.outcome, outcome.resources, found) == (Outcome.EMPTY, 0, [])


def test_the_best_of_several_actions_is_the_headline_and_the_others_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = _scan(monkeypatch, _listing(1), _plain("test-two", TWO), _plain("test-five", FIVE))
    best, other = found
    assert (best.check_id, best.headline, best.counted_by) == ("test-five", True, None)
    assert (other.check_id, other.headline, other.counted_by) == ("test-two", False, best.finding_id)


def test_equal_savings_have_the_same_headline_in_whatever_order_the_checks_come(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [_plain("test-b", FIVE), _plain("test-a", FIVE)]
    first = [_scan(monkeypatch, _listing(1), *order)[1][0].check_id for order in (checks, checks[::-1])]
    assert first == ["test-a", "test-a"]


@pytest.mark.parametrize(("hygiene", "findings"), [(False, 0), (True, 1)])
def test_what_saves_nothing_is_dropped_unless_it_is_hygiene(monkeypatch: pytest.MonkeyPatch, hygiene: bool, findings: int) -> None:
    assert len(_scan(monkeypatch, _listing(1), _plain("test-none", NONE, hygiene=hygiene))[1]) == findings


def test_what_has_no_price_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = _scan(monkeypatch, _listing(1), _plain("test-unknown", Savings(0, 0, 0, "?", (), "no price known")))
    assert [finding.savings.unpriced for finding in found] == ["no price known"]


def test_a_finding_says_who_where_what_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield replace(_resource("r1"), name="it's; rm -rf", tags={"Team": "platform"})

    _, (finding,) = _scan(monkeypatch, listing, _plain("test-five", FIVE))
    assert (finding.account, finding.region, finding.resource_arn, finding.owner) == ("111122223333", "us-east-1", "arn:r1", "platform")
    assert (finding.action, finding.risk, finding.confidence) == (Action.DELETE, Level.MEDIUM, Confidence.HIGH)
    assert finding.finding_id == finding_id("111122223333", "us-east-1", "arn:r1", "test-five")
    assert shlex.split(finding.command) == ["aws", "test", "delete", "--id", "r1", "--name", "it's; rm -rf", "--size", "a b"]


def test_a_resource_without_a_name_is_called_by_its_id_in_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (finding,) = _scan(monkeypatch, _listing(1), _plain("test-five", FIVE))
    assert (finding.resource_name, "--name r0" in finding.command) == ("", True)


HALTS = [
    (Denied("test:DescribeMore", "AccessDenied: no"), Outcome.DENIED, "test:DescribeMore: AccessDenied: no", None),
    (OutOfTime("page-7"), Outcome.INCOMPLETE, "time budget", "page-7"),
    (OutOfTime(None), Outcome.INCOMPLETE, "time budget", None),
    (EndpointConnectionError(endpoint_url="https://nowhere"), Outcome.FAILED, "EndpointConnectionError: ", None),
    (ReadTimeoutError(endpoint_url="https://nowhere"), Outcome.FAILED, "ReadTimeoutError: ", None),
]


@pytest.mark.parametrize("listed", [0, 1, BATCH, BATCH + 1])
@pytest.mark.parametrize(("halt", "outcome", "reason", "token"), HALTS)
def test_what_was_listed_before_a_halt_is_judged_and_the_outcome_says_what_it_was(
    monkeypatch: pytest.MonkeyPatch, listed: int, halt: Exception, outcome: Outcome, reason: str, token: str | None
) -> None:
    seen, found = _scan(monkeypatch, _listing(listed, halt), _plain("test-five", FIVE))
    assert (seen.outcome, seen.next_token) == (outcome, token)
    assert reason in seen.reason
    assert (seen.resources, seen.findings, len(found), seen.savings_likely) == (listed, listed, listed, 5.0 * listed)


@pytest.mark.parametrize(("halt", "outcome", "reason", "token"), HALTS)
def test_metrics_that_cannot_be_had_leave_the_findings_that_need_none(
    monkeypatch: pytest.MonkeyPatch, halt: Exception, outcome: Outcome, reason: str, token: str | None
) -> None:
    asked: list[int] = []

    def fetch(aws: Aws, wanted: Iterator[cloudwatch.Wanted]) -> None:
        asked.append(len(list(wanted)))
        raise halt

    monkeypatch.setattr(cloudwatch, "fetch", fetch)
    names = tuple(f"r{number}" for number in range(BATCH + 1))
    seen, found = _scan(monkeypatch, _listing(BATCH + 1), _check("test-asks", SPARSE, DAYS, names)[0], _plain("test-five", FIVE))
    assert (seen.outcome, seen.next_token) == (outcome, token)
    assert reason in seen.reason
    assert {finding.check_id for finding in found} == {"test-five"}
    assert asked == [BATCH], "it asks once, and not again for the next batch"
    assert seen.resources == (BATCH + 1 if outcome is Outcome.DENIED else BATCH), "the listing goes on where only metrics are denied"


def test_a_listing_out_of_time_asks_for_no_metrics_and_keeps_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(aws: Aws, wanted: Iterator[cloudwatch.Wanted]) -> None:
        raise AssertionError("there is no time for this")

    monkeypatch.setattr(cloudwatch, "fetch", fetch)
    seen, found = _scan(
        monkeypatch, _listing(2, OutOfTime("page-2")), _check("test-asks", SPARSE, DAYS, ("r0",))[0], _plain("test-five", FIVE)
    )
    assert (seen.outcome, seen.next_token, len(found)) == (Outcome.INCOMPLETE, "page-2", 2)


@pytest.mark.parametrize("error", [Throttled("slow down"), KeyError("a bug"), ClientError({"Error": {"Code": "InternalFailure"}}, "X")])
def test_what_is_to_be_retried_and_what_is_a_bug_is_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error)):
        _scan(monkeypatch, _listing(2, error), _plain("test-five", FIVE))


def test_what_no_check_could_judge_is_counted_by_check(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(
        monkeypatch, _listing(3), _plain("test-blind", FIVE, judge=lambda resource, limits, prices: InsufficientData("no idea"))
    )
    assert (outcome.outcome, outcome.insufficient, found) == (Outcome.OK, {"test-blind": 3}, [])


REST = Metric("AWS/Test", "Rest", "Sum", _dimensions, sparse=True)


def _two_step(first: Metric) -> Judge:
    """A judge whose check asks for REST only where the first metric is 0 throughout."""
    [(made, limits)] = _judge(first, optional=False).checks
    two = replace(made, metrics=(first, REST), goes_on=lambda resource, limits: resource.usage[first].total == 0)
    return Judge([(two, limits)], Prices("us-east-1"))


def _loaded(metric: Metric, value: float, datapoints: int = DAYS) -> Resource:
    made = _resource("candidate", metric, datapoints)
    series = made.usage[metric]
    made.usage = Usage({metric: Series([value] * datapoints, series.times, DAYS, DAY_SECONDS)})
    return made


@pytest.mark.parametrize(("value", "then"), [(0.0, ["Rest"]), (0.1, [])])
def test_the_first_metric_says_whether_the_others_are_asked_for(value: float, then: list[str]) -> None:
    judge = _two_step(SPARSE)
    assert [metric.name for _, metric, _ in judge.wanted([_resource("candidate")], at_first)] == ["Events"]
    seen = _loaded(SPARSE, value)
    assert [metric.name for _, metric, _ in judge.wanted([seen], after_that)] == then
    assert judge.findings(seen) == []


def test_what_cannot_be_judged_by_its_first_metric_is_still_said() -> None:
    judge = _two_step(DENSE)
    seen = _loaded(DENSE, 1.0, datapoints=DAYS - 2)
    assert [metric.name for _, metric, _ in judge.wanted([seen], after_that)] == ["Rest"]
    seen.usage = Usage({**seen.usage.series, REST: Series([], [], DAYS, DAY_SECONDS)})
    assert judge.findings(seen) == []
    assert judge.insufficient == {"test-check": 1}


def test_what_is_there_already_is_not_asked_for_again_unless_over_more_days() -> None:
    judge = _two_step(SPARSE)
    seen = _loaded(SPARSE, 0.0)
    for days, then in ((DAYS, []), (DAYS - 1, ["Rest"])):
        seen.usage = Usage({**seen.usage.series, REST: Series([], [], days, DAY_SECONDS)})
        assert [metric.name for _, metric, _ in judge.wanted([seen], after_that)] == then


def test_a_check_without_a_first_question_asks_everything_at_once() -> None:
    judge = _judge(SPARSE, optional=False)
    assert [metric.name for _, metric, _ in judge.wanted([_resource("candidate")], at_first)] == ["Events"]
    assert list(judge.wanted([_loaded(SPARSE, 0.0)], after_that)) == []
