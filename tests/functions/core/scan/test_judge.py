"""Which resources a check with metrics gets to judge, which metrics are asked for, and how many datapoints are enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Finding, InsufficientData, Level, Resource, Waste
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check, Collector, Verdict
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from tests.functions.core.check_samples import DAYS, DENSE, NOW, SPARSE, check, dimensions, resource


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


def _seen(findings: list[Finding]) -> list[object]:
    return [finding.evidence["seen"] for finding in findings]


def test_a_check_that_needs_its_metrics_does_not_see_a_resource_without_them() -> None:
    judge = _judge(SPARSE, optional=False)
    assert _seen(judge.findings(resource("other"))) == []
    assert _seen(judge.findings(resource("candidate", SPARSE, 3))) == [3]
    assert not judge.insufficient


def test_a_check_with_optional_metrics_sees_every_resource_and_only_candidates_cost_a_query() -> None:
    judge = _judge(SPARSE, optional=True)
    other, candidate = resource("other"), resource("candidate", SPARSE, 3)
    assert [(resource.id, metric, days) for resource, metric, days in judge.wanted([other, candidate], at_first)] == [
        ("candidate", SPARSE, DAYS)
    ]
    assert _seen(judge.findings(other)) == [-1]
    assert _seen(judge.findings(candidate)) == [3]


def test_a_check_with_optional_metrics_counts_what_it_cannot_judge() -> None:
    judge = _judge(SPARSE, optional=True)
    assert judge.findings(resource("unclear")) == []
    assert judge.insufficient == {"test-check": 1}


@pytest.mark.parametrize("metric", [DENSE, SPARSE])
def test_a_metric_that_cloudwatch_did_not_give_is_insufficient_data_and_never_zero(metric: Metric) -> None:
    judge = _judge(metric, optional=False)
    candidate, other = resource("candidate"), resource("other")
    candidate.usage = other.usage = Usage(unknown={metric: "InternalError"})
    assert judge.findings(candidate) == []
    assert judge.insufficient == {"test-check": 1}
    assert judge.findings(other) == [], "no candidate of this check: another one asked"
    assert judge.insufficient == {"test-check": 1}
    [(made, limits)] = judge.checks
    assert judge._verdict(made, candidate, limits, candidate.usage) == InsufficientData(f"{metric.name}: InternalError")


def test_an_optional_metric_that_cloudwatch_did_not_give_is_as_if_not_fetched() -> None:
    judge = _judge(SPARSE, optional=True)
    candidate = resource("candidate")
    candidate.usage = Usage(unknown={SPARSE: "Forbidden"})
    assert _seen(judge.findings(candidate)) == [-1]


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize(("datapoints", "judged"), [(8, False), (9, True), (10, True)])
def test_a_fetched_metric_must_have_its_datapoints_whether_or_not_it_is_optional(optional: bool, datapoints: int, judged: bool) -> None:
    judge = _judge(DENSE, optional=optional)
    assert _seen(judge.findings(resource("candidate", DENSE, datapoints))) == ([datapoints] if judged else [])
    assert judge.insufficient == ({} if judged else {"test-check": 1})


def test_what_is_no_candidate_needs_no_datapoints_of_an_optional_metric_that_another_check_asked_for() -> None:
    judge = _judge(DENSE, optional=True)
    assert _seen(judge.findings(resource("other", DENSE, 3))) == [3]
    assert not judge.insufficient


LONG = Metric("AWS/Test", "Events", "Sum", dimensions, window="long_days", sparse=True)


def test_two_checks_with_different_windows_share_one_question_and_each_sees_its_own_days() -> None:
    judge = Judge([check("short", SPARSE, 3, ("both",)), check("long", LONG, DAYS, ("both", "one"))], Prices("us-east-1"))
    both = resource("both", SPARSE, DAYS)
    assert [(metric.name, days) for _, metric, days in judge.wanted([both], at_first)] == [("Events", DAYS)]
    seen = {str(finding.evidence["check"]): (finding.evidence["seen"], finding.evidence["expected"]) for finding in judge.findings(both)}
    assert seen == {"short": (3, 3), "long": (DAYS, DAYS)}
    assert both.usage[SPARSE].count == DAYS


def test_a_check_does_not_judge_what_is_no_candidate_of_its_own_though_another_check_asked_for_the_metric() -> None:
    judge = Judge([check("short", SPARSE, 3, ("both",)), check("long", LONG, DAYS, ("both", "one"))], Prices("us-east-1"))
    assert [finding.check_id for finding in judge.findings(resource("one", SPARSE, DAYS))] == ["long"]


@pytest.mark.parametrize(("datapoints", "judged"), [((9, 9), True), ((9, 8), False), ((0, 10), False), ((), True)])
def test_every_series_of_a_metric_with_several_must_have_its_datapoints(datapoints: tuple[int, ...], judged: bool) -> None:
    judge = Judge([check("dense", DENSE, DAYS, ("candidate",))], Prices("us-east-1"))
    times = [NOW - timedelta(days=DAYS - day) for day in range(DAYS)]
    candidate = resource("candidate")
    candidate.usage = Usage({DENSE: tuple(Series([1.0] * count, times[:count], DAYS, DAY_SECONDS) for count in datapoints)})
    assert _seen(judge.findings(candidate)) == ([sum(datapoints)] if judged else [])


REST = Metric("AWS/Test", "Rest", "Sum", dimensions, sparse=True)


def _two_step(first: Metric) -> Judge:
    """A judge whose check asks for REST only where the first metric is 0 throughout."""
    [(made, limits)] = _judge(first, optional=False).checks
    two = replace(made, metrics=(first, REST), goes_on=lambda resource, limits: resource.usage[first].total == 0)
    return Judge([(two, limits)], Prices("us-east-1"))


def _loaded(metric: Metric, value: float, datapoints: int = DAYS) -> Resource:
    made = resource("candidate", metric, datapoints)
    series = made.usage[metric]
    made.usage = Usage({metric: Series([value] * datapoints, series.times, DAYS, DAY_SECONDS)})
    return made


@pytest.mark.parametrize(("value", "then"), [(0.0, ["Rest"]), (0.1, [])])
def test_the_first_metric_says_whether_the_others_are_asked_for(value: float, then: list[str]) -> None:
    judge = _two_step(SPARSE)
    assert [metric.name for _, metric, _ in judge.wanted([resource("candidate")], at_first)] == ["Events"]
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


FINE = Metric("AWS/Test", "Fine", "Sum", dimensions, sparse=True)


@pytest.mark.parametrize(
    ("value", "matter", "then"),
    [(0.0, (REST,), ["Rest"]), (0.0, (REST, FINE), ["Rest", "Fine"]), (0.0, True, ["Rest", "Fine"]), (0.0, (), []), (0.0, False, [])],
)
def test_a_check_may_name_the_others_that_matter(value: float, matter: bool | tuple[Metric, ...], then: list[str]) -> None:
    [(made, limits)] = _judge(DENSE, optional=True).checks
    judge = Judge([(replace(made, metrics=(DENSE, REST, FINE), goes_on=lambda resource, limits: matter), limits)], Prices("us-east-1"))
    assert [metric.name for _, metric, _ in judge.wanted([_loaded(DENSE, value)], after_that)] == then


def test_what_its_first_metric_cannot_tell_is_not_asked_of_the_others_where_they_are_optional() -> None:
    [(made, limits)] = _judge(DENSE, optional=True).checks
    judge = Judge([(replace(made, metrics=(DENSE, REST), goes_on=lambda resource, limits: False), limits)], Prices("us-east-1"))
    seen = _loaded(DENSE, 1.0, datapoints=DAYS - 2)
    assert list(judge.wanted([seen], after_that)) == []
    assert judge.findings(seen) == []
    assert judge.insufficient == {"test-check": 1}


def test_without_its_first_metric_a_check_asks_for_no_other_and_cannot_judge() -> None:
    judge = _two_step(SPARSE)
    seen = resource("candidate")
    seen.usage = Usage(unknown={SPARSE: "InternalError"})
    assert list(judge.wanted([seen], after_that)) == []
    assert judge.findings(seen) == []
    assert judge.insufficient == {"test-check": 1}


@pytest.mark.parametrize(("value", "insufficient"), [(0.0, {"test-check": 1}), (0.1, {})])
def test_what_the_first_metric_settles_needs_no_other(value: float, insufficient: dict[str, int]) -> None:
    """Another check asked for the rest, which is unknown."""
    judge = _two_step(SPARSE)
    seen = _loaded(SPARSE, value)
    seen.usage = Usage(seen.usage.series, {REST: "PartialData"})
    assert list(judge.wanted([seen], after_that)) == [], "it was asked for twice"
    assert judge.findings(seen) == []
    assert judge.insufficient == insufficient


@pytest.mark.parametrize("part", ["candidate", "goes_on", "judge", "command"])
def test_whatever_part_of_a_check_stumbles_it_costs_that_check_and_that_resource(part: str) -> None:
    def stumble(*_: object) -> bool:
        raise AttributeError("odd")

    [(made, limits)] = _two_step(SPARSE).checks
    broken = replace(made, id="test-broken", **({"command": "{nobody}"} if part == "command" else {part: stumble}))
    judge = Judge([(broken, limits), (made, limits)], Prices("us-east-1"))
    seen = _loaded(SPARSE, 0.0)
    for asks in (at_first, after_that):
        wanted = list(judge.wanted([seen], asks))
        assert [metric.name for _, metric, _ in wanted] == (["Events"] if asks is at_first else ["Rest"])
    seen.usage = Usage({**seen.usage.series, REST: Series([], [], DAYS, DAY_SECONDS)})
    assert [finding.check_id for finding in judge.findings(seen)] == ["test-check"]
    assert (judge.stumbled, judge.insufficient) == (1, {"test-broken": 1})
    assert judge.reason.startswith("test-broken of candidate: ")
    assert seen.usage.series.keys() == {SPARSE, REST}, "what it looked at is put back"


def test_what_is_there_already_is_not_asked_for_again_unless_over_more_days() -> None:
    judge = _two_step(SPARSE)
    seen = _loaded(SPARSE, 0.0)
    for days, then in ((DAYS, []), (DAYS - 1, ["Rest"])):
        seen.usage = Usage({**seen.usage.series, REST: Series([], [], days, DAY_SECONDS)})
        assert [metric.name for _, metric, _ in judge.wanted([seen], after_that)] == then


def test_a_check_without_a_first_question_asks_everything_at_once() -> None:
    judge = _judge(SPARSE, optional=False)
    assert [metric.name for _, metric, _ in judge.wanted([resource("candidate")], at_first)] == ["Events"]
    assert list(judge.wanted([_loaded(SPARSE, 0.0)], after_that)) == []


def test_of_two_findings_worth_the_same_the_surer_one_leads_whatever_their_names() -> None:
    [(made, limits)] = _judge(SPARSE, optional=True).checks
    unsure = replace(made, id="a-first-by-name", confidence=Confidence.LOW)
    leading, other = Judge([(unsure, limits), (made, limits)], Prices("us-east-1")).findings(resource("other"))
    assert (leading.check_id, leading.headline) == ("test-check", True)
    assert (other.check_id, other.headline, other.counted_by) == ("a-first-by-name", False, leading.finding_id)


def test_a_check_is_given_the_prices_of_the_place_of_its_resource() -> None:
    judge = _judge(SPARSE, optional=True)
    places: list[str] = []
    check, limits = judge.checks[0]
    look = replace(check, judge=lambda resource, limits, prices: places.append(prices.place))
    judge.checks = [(look, limits)]
    for place in ("", "us-east-1-bos-1a", ""):
        judge.findings(replace(resource("other"), place=place))
    assert places == ["", "us-east-1-bos-1a", ""]


@pytest.mark.parametrize("seen", [True, False])
def test_until_when_cloudwatch_was_looked_at_is_evidence_where_it_was(seen: bool) -> None:
    """What began to be used after that is not seen."""
    judge = _judge(SPARSE, optional=True)
    (finding,) = judge.findings(resource("candidate", SPARSE if seen else None, 3))
    assert finding.evidence.get("window_end") == (NOW.isoformat() if seen else None)


def test_several_metrics_may_be_what_is_asked_first() -> None:
    """For resources of several kinds, each of which has another one of them."""
    [(made, limits)] = _two_step(SPARSE).checks
    three = replace(made, metrics=(SPARSE, DENSE, REST), asked_first=2)
    judge = Judge([(three, limits)], Prices("us-east-1"))
    assert [metric.name for _, metric, _ in judge.wanted([resource("candidate")], at_first)] == ["Events", "Load"]
    seen = _loaded(SPARSE, 0.0)
    seen.usage = Usage({**seen.usage.series, DENSE: _loaded(DENSE, 1.0).usage[DENSE]})
    assert [metric.name for _, metric, _ in judge.wanted([seen], after_that)] == ["Rest"]


@pytest.mark.parametrize(("optional", "counted"), [(False, {"test-check": 1}), (True, {})])
def test_what_a_check_says_it_can_never_judge_is_counted_once_and_costs_no_query(optional: bool, counted: dict[str, int]) -> None:
    """With optional metrics its own judge says so."""
    [(made, limits)] = _judge(SPARSE, optional=optional).checks
    spot = replace(made, candidate=lambda resource, limits: InsufficientData("spot"))
    judge = Judge([(spot, limits)], Prices("us-east-1"))
    one, other = resource("one"), resource("other")
    for asks in (at_first, after_that):
        assert list(judge.wanted([one, other], asks)) == []
    for _ in range(2):
        judge.findings(one)
        assert judge.insufficient == counted
    assert list(judge.wanted([], at_first)) == []
    judge.findings(other)
    assert judge.insufficient == counted, "what is of no batch is not looked up"
