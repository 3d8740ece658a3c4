"""Load balancers with nothing behind them, and those whose targets all fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, Waste
from functions.core.prices.book import Prices
from functions.scanners.elb.load_balancer.collector import ELSEWHERE, FIXED, REDIRECT, TargetGroup
from functions.scanners.elb.load_balancer.unused import HEALTHY, no_healthy_targets, no_targets
from tests.functions.scanners.elb.samples import KINDS, MONTHLY, NOW, balancer, candidate, days_ago, group, judged, waste, with_usage

EMPTY = group({})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("groups", [(), (EMPTY,), (EMPTY, group({}, "ip", "other")), (group({}, "lambda"),), (group({}, "alb"),)])
def test_without_targets_of_any_type_it_bills_for_nothing(kind: str, groups: tuple[TargetGroup, ...]) -> None:
    found = waste(no_targets, balancer(kind, *groups))
    assert found.savings.likely == pytest.approx(MONTHLY[kind], abs=1e-3)
    assert (found.savings.low, found.savings.high) == (found.savings.likely, found.savings.likely)
    assert found.evidence == {"type": kind, "target_groups": len(groups), "targets": 0, "age_days": 90.0}
    assert (found.confidence, found.note) == (Confidence.HIGH, "")


@pytest.mark.parametrize("state", ["healthy", "unhealthy", "initial", "unused", "draining", "unavailable", "stopped"])
def test_one_registered_target_in_whatever_state_is_a_target(state: str) -> None:
    assert judged(no_targets, balancer("application", EMPTY, group({state: 1}, name="other"))) is None


@pytest.mark.parametrize(("age", "flagged"), [(0, False), (6.99, False), (7, True), (7.01, True)])
def test_a_young_load_balancer_may_be_waiting_for_its_targets(age: float, flagged: bool) -> None:
    assert (judged(no_targets, balancer(created=days_ago(age))) is not None) == flagged


def test_one_of_unknown_age_counts_as_young() -> None:
    assert judged(no_targets, balancer(created=None)) is None


@pytest.mark.parametrize(
    ("groups", "answers", "confidence"),
    [
        ((), {REDIRECT}, None),  # nothing but the redirect to HTTPS: whoever receives it must be elsewhere
        ((), {FIXED}, None),
        ((), {ELSEWHERE, FIXED}, None),
        ((EMPTY,), {ELSEWHERE}, None),
        ((EMPTY,), {ELSEWHERE, REDIRECT, FIXED}, None),
        ((EMPTY,), set(), Confidence.HIGH),
        ((EMPTY,), {REDIRECT}, Confidence.HIGH),  # port 80 redirects to port 443, and there is nothing behind port 443
        ((EMPTY,), {FIXED}, Confidence.MEDIUM),
    ],
)
def test_what_its_listeners_answer_by_themselves_may_be_its_use(
    groups: tuple[TargetGroup, ...], answers: set[str], confidence: Confidence | None
) -> None:
    verdict = judged(no_targets, balancer("application", *groups, answers=frozenset(answers)))
    assert (verdict.confidence if isinstance(verdict, Waste) else None) == confidence
    if confidence == Confidence.MEDIUM:
        assert isinstance(verdict, Waste)
        assert verdict.note == "It also returns fixed responses."


def test_the_high_end_holds_the_public_addresses_and_says_so() -> None:
    found = waste(no_targets, balancer(addresses=3))
    assert found.savings.likely == pytest.approx(16.425, abs=1e-3)
    assert found.savings.high == pytest.approx(16.425 + 3 * 0.005 * 730, abs=1e-3)
    assert found.note == "The high end also counts its public IPv4 addresses, one per zone: 3."
    assert {price.key for price in found.savings.prices} == {"load-balancer.application", "public-ipv4.in-use"}


@pytest.mark.parametrize(("kind", "fallback"), [("network", None), ("gateway", "eu-west-1")])
def test_a_rate_of_another_region_is_told(kind: str, fallback: str | None) -> None:
    verdict = no_targets(balancer(kind), no_targets.limits(NOW), Prices("eu-west-1"))
    assert isinstance(verdict, Waste)
    assert [price.fallback_for for price in verdict.savings.prices] == [fallback]
    assert verdict.savings.likely == pytest.approx({"network": 0.0252, "gateway": 0.0125}[kind] * 730, abs=1e-3)


def test_a_classic_load_balancer_is_not_judged_here() -> None:
    assert judged(no_targets, balancer("classic")) is None


DOWN = group({"unhealthy": 2})
WEEK = 7


@pytest.mark.parametrize("kind", KINDS)
def test_targets_that_all_fail_for_a_week_are_missed_by_nobody(kind: str) -> None:
    one = balancer(kind, DOWN)
    assert candidate(no_healthy_targets, one)
    found = waste(no_healthy_targets, with_usage(one, WEEK, dict.fromkeys(HEALTHY, [0.0] * WEEK), HEALTHY))
    assert found.savings.likely == pytest.approx(MONTHLY[kind], abs=1e-3)
    assert (found.confidence, found.note) == (Confidence.MEDIUM, "Any requests that still arrive go to the failing targets all the same.")
    assert found.evidence["targets_unhealthy"] == 2
    assert found.evidence["datapoints"] == WEEK


@pytest.mark.parametrize(
    ("groups", "failing"),
    [
        ([{"healthy": 1}], False),
        ([{"unhealthy": 5, "healthy": 1}], False),  # the near miss: one healthy target
        ([{"unhealthy": 5}, {"healthy": 1}], False),
        ([{"initial": 1}], False),
        ([{"unhealthy": 1, "initial": 1}], False),
        ([{"unhealthy": 1, "draining": 1}], False),
        ([{"unavailable": 1}], False),  # a function without health checks
        ([{"unused": 2}], False),  # its zone is not enabled: nothing is known against the target
        ([{}], False),
        ([], False),
        ([{"unhealthy": 1}], True),
        ([{"unhealthy": 1}, {}], True),
        ([{"unhealthy": 1, "unused": 1}], True),
        ([{"unhealthy": 1, "never-heard-of": 1}], False),  # a state of tomorrow may serve
        ([{"stopped": 1}], True),
    ],
)
def test_only_targets_that_fail_make_a_candidate(groups: list[dict[str, int]], failing: bool) -> None:
    one = balancer("application", *(group(states, name=f"g{index}") for index, states in enumerate(groups)))
    assert candidate(no_healthy_targets, one) == failing
    assert not (one.down and one.empty)


@pytest.mark.parametrize(("age", "wanted"), [(6.99, False), (7, True)])
def test_a_load_balancer_younger_than_the_window_is_left_alone(age: float, wanted: bool) -> None:
    assert candidate(no_healthy_targets, balancer("network", DOWN, created=days_ago(age))) == wanted


@pytest.mark.parametrize(("last_day", "flagged"), [(0.0, True), (1.0, False)])
def test_one_healthy_moment_in_the_week_is_a_service(last_day: float, flagged: bool) -> None:
    one = balancer("network", DOWN)
    verdict = judged(no_healthy_targets, with_usage(one, WEEK, {HEALTHY[1]: [0.0] * 6 + [last_day]}, HEALTHY))
    assert (verdict is not None) == flagged


def test_every_target_group_is_asked_for_its_past_with_the_dimensions_that_cloudwatch_knows() -> None:
    functions, empty = group({"unhealthy": 1}, "lambda", "functions"), group({}, "ip", "empty")
    one = balancer("application", DOWN, functions, empty, group({"unhealthy": 1}, "ip", "addresses"))
    assert [list(metric.dimensions(one)) for metric in HEALTHY] == [
        [
            {"LoadBalancer": "app/plain/50dc6c495c0c9188", "TargetGroup": "targetgroup/web/73e2d6bc24d8a067"},
            {"LoadBalancer": "app/plain/50dc6c495c0c9188", "TargetGroup": "targetgroup/addresses/73e2d6bc24d8a067"},
        ],
        [],
        [],
    ]


def test_where_no_metric_tells_the_past_the_present_counts_for_less() -> None:
    one = balancer("network", group({"unhealthy": 1}, "alb"))
    found = waste(no_healthy_targets, with_usage(one, WEEK, {}, HEALTHY))
    assert found.confidence == Confidence.LOW
    assert found.evidence["healthy_at_most"] is None
    assert found.note == "No metric records the health of such targets over time: this is their state now."


@given(st.dictionaries(st.sampled_from(["healthy", "unhealthy", "initial", "unused", "stopped", "draining"]), st.integers(1, 9)))
def test_a_healthy_target_more_never_makes_a_load_balancer_worse(states: dict[str, int]) -> None:
    one = balancer("application", group(states))
    better = replace(one, groups=(*one.groups, group({"healthy": 1}, name="more")))
    assert (better.empty, better.down) == (False, False)
    assert not candidate(no_healthy_targets, better)
    assert judged(no_targets, better) is None
