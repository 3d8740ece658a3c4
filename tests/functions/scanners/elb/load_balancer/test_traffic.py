"""Load balancers without traffic, and what counts as traffic for each kind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.scan.asked_metrics import at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Usage
from functions.scanners.elb.load_balancer.collector import FIXED, REDIRECT, LoadBalancer
from functions.scanners.elb.load_balancer.traffic import (
    CLASSIC_BYTES,
    CLASSIC_HEALTHY,
    CLASSIC_REQUESTS,
    CONNECTIONS,
    FIXED_RESPONSES,
    FLOWS,
    GATEWAY_FLOWS,
    GATEWAY_LCUS,
    GATEWAY_NEW_FLOWS,
    LCUS,
    NEW_FLOWS,
    REDIRECTS,
    REQUESTS,
    classic_idle,
    idle,
)
from tests.functions.scanners.elb.samples import MONTHLY, NOW, REGION, balancer, candidate, days_ago, group, judged, waste, with_usage

CASES = Path(__file__).parents[4] / "cases"
DAYS, WEEK = 14, 7
SERVING = group({"healthy": 1})
QUIET = [0.0] * DAYS
Values = dict[Metric, list[float]]


def _used(kind: str, values: Values) -> LoadBalancer:
    return with_usage(balancer(kind, SERVING), DAYS, values, idle.metrics)


@pytest.mark.parametrize(
    ("kind", "values", "flagged"),
    [
        ("application", {LCUS: QUIET}, True),  # no request at all is no datapoint
        ("application", {LCUS: QUIET, REQUESTS: [139.0]}, True),
        ("application", {LCUS: QUIET, REQUESTS: [140.0]}, False),  # ten a day
        ("application", {LCUS: QUIET, REQUESTS: [10.0] * DAYS}, False),
        ("application", {LCUS: QUIET, REQUESTS: [9.0] * DAYS}, True),
        ("application", {LCUS: QUIET, REDIRECTS: [10.0] * DAYS}, False),  # redirects are no requests to CloudWatch
        ("application", {LCUS: QUIET, FIXED_RESPONSES: [10.0] * DAYS}, False),
        ("application", {LCUS: [0.099] * DAYS}, True),  # scanners
        ("application", {LCUS: [0.1] * DAYS}, False),
        ("application", {LCUS: [40.0] * DAYS, REQUESTS: [5.0] * DAYS}, False),  # WebSockets that carry much
        ("application", {LCUS: QUIET, CONNECTIONS: [1_439.0] * DAYS}, True),
        ("application", {LCUS: QUIET, CONNECTIONS: [1_440.0] * DAYS}, False),  # one that is open all day
        ("application", {LCUS: QUIET, REQUESTS: [4.0] * DAYS, REDIRECTS: [3.0] * DAYS, FIXED_RESPONSES: [3.0] * DAYS}, False),
        ("network", {NEW_FLOWS: QUIET, FLOWS: QUIET}, True),
        ("network", {NEW_FLOWS: [*QUIET[:-1], 1.0], FLOWS: QUIET}, False),
        ("network", {NEW_FLOWS: QUIET, FLOWS: [1.0] * DAYS}, False),  # a connection that lasts
        ("gateway", {GATEWAY_LCUS: QUIET}, True),
        ("gateway", {GATEWAY_LCUS: QUIET, GATEWAY_NEW_FLOWS: [1.0]}, False),
        ("gateway", {GATEWAY_LCUS: QUIET, GATEWAY_FLOWS: [1.0]}, False),
    ],
)
def test_what_counts_as_traffic(kind: str, values: Values, flagged: bool) -> None:
    verdict = judged(idle, _used(kind, values))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        assert verdict.savings.likely == pytest.approx(MONTHLY[kind], abs=1e-3)
        assert (verdict.evidence["datapoints"], verdict.evidence["expected_datapoints"]) == (DAYS, DAYS)


@pytest.mark.parametrize(
    ("kind", "values", "asked"),
    [
        ("application", {LCUS: [0.099] * DAYS}, True),
        ("application", {LCUS: [0.1] * DAYS}, False),
        ("network", {NEW_FLOWS: QUIET}, True),
        ("network", {NEW_FLOWS: [*QUIET[:-1], 1.0]}, False),
        ("gateway", {GATEWAY_FLOWS: [1.0]}, True),
        ("gateway", {GATEWAY_NEW_FLOWS: [1.0]}, False),
    ],
)
def test_the_other_metrics_are_asked_for_unless_the_first_says_it_all(kind: str, values: Values, asked: bool) -> None:
    one, limits = _used(kind, {LCUS: QUIET} | values), idle.limits(NOW)
    assert idle.goes_on is not None
    assert len([metric for metric in at_first(cast(Any, idle), one, limits) if metric.dimensions(one)]) == 1
    assert idle.goes_on(one, limits) == asked
    assert asked or judged(idle, one) is None


@pytest.mark.parametrize(
    ("requests", "confidence"), [([9.0] * DAYS, None), ([139.0], Confidence.LOW), ([9.0, 10.0], Confidence.LOW), ([], None)]
)
def test_a_busy_day_that_the_average_hides_is_said(requests: list[float], confidence: Confidence | None) -> None:
    """Scanners come in bursts, too: it is no proof of use."""
    found = waste(idle, _used("application", {LCUS: QUIET, REQUESTS: requests}))
    assert (found.confidence, found.evidence["busiest_day_requests"]) == (confidence, max(requests, default=0))
    assert ("busiest day" in found.note) == (confidence is not None)


@pytest.mark.parametrize("case", ["alb-websocket"])
def test_case(case: str) -> None:
    """Five requests a day, and 40 LCU-hours, which alone were asked for."""
    given = json.loads((CASES / f"{case}.json").read_text())
    [described], daily = given["DescribeLoadBalancers"]["LoadBalancers"], given["GetMetricData daily"]
    values = {REQUESTS: [daily["RequestCount"]] * DAYS, LCUS: [daily["ConsumedLCUs"]] * DAYS}
    one = _used(described["Type"], values)
    assert idle.goes_on is not None
    assert not idle.goes_on(one, idle.limits(NOW))
    assert judged(idle, one) is None


@pytest.mark.parametrize(
    ("kind", "proofs"), [("application", [LCUS]), ("network", [NEW_FLOWS, FLOWS]), ("gateway", [GATEWAY_LCUS]), ("classic", [])]
)
def test_each_kind_is_asked_for_its_own_metrics_only_and_some_of_them_prove_that_metrics_arrive(kind: str, proofs: list[Metric]) -> None:
    one = balancer(kind, SERVING)
    assert [metric for metric in idle.metrics if metric.dimensions(one) and not metric.sparse] == proofs


@pytest.mark.parametrize(("kind", "proof"), [("application", LCUS), ("network", NEW_FLOWS), ("gateway", GATEWAY_LCUS)])
@pytest.mark.parametrize(("points", "judged_at_all"), [(0, False), (12, False), (13, True)])
def test_missing_is_not_zero(kind: str, proof: Metric, points: int, judged_at_all: bool) -> None:
    values = {FLOWS: QUIET, proof: [0.0] * points}
    judge = Judge([(idle, idle.limits(NOW))], Prices(REGION))  # type: ignore[list-item]  # Judge holds checks of every resource class
    found = judge.findings(_used(kind, values))
    assert bool(found) == judged_at_all
    assert judge.insufficient == ({} if judged_at_all else {"elb-idle": 1})


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (balancer("application", SERVING), True),
        (balancer("application", SERVING, created=days_ago(14)), True),
        (balancer("application", SERVING, created=days_ago(13.99)), False),
        (balancer("application", SERVING, created=None), False),
        (balancer("application", group({"unused": 1})), True),
        (balancer("application", answers=frozenset({REDIRECT, FIXED})), True),
        (balancer("application"), False),  # nothing behind it: elb-no-targets
        (balancer("network", group({"unhealthy": 1})), False),  # elb-no-healthy-targets
        (balancer("classic", instances={"i-1": "InService"}), False),
    ],
)
def test_only_a_load_balancer_that_could_serve_for_the_whole_window_is_asked_about(one: LoadBalancer, wanted: bool) -> None:
    assert candidate(idle, one) == wanted


@given(st.lists(st.integers(0, 30), min_size=DAYS, max_size=DAYS), st.integers(0, 1_000))
def test_more_requests_never_make_it_idle(requests: list[int], more: int) -> None:
    before = judged(idle, _used("application", {LCUS: QUIET, REQUESTS: [float(each) for each in requests]}))
    after = judged(idle, _used("application", {LCUS: QUIET, REQUESTS: [float(each) for each in requests], REDIRECTS: [float(more)]}))
    assert before is not None or after is None
    assert (before is not None) == (sum(requests) < 10 * DAYS)


IN_SERVICE, OUT = {"i-1": "InService"}, {"i-1": "OutOfService", "i-2": "Unknown"}


def _classic(instances: dict[str, str], requests: list[float], healthy: list[float], moved: float = 0) -> LoadBalancer:
    one = balancer("classic", instances=instances)
    values = {CLASSIC_REQUESTS: requests, CLASSIC_HEALTHY: healthy, CLASSIC_BYTES: [moved] if moved else []}
    return with_usage(one, WEEK, values, classic_idle.metrics)


@pytest.mark.parametrize(
    ("instances", "requests", "healthy", "flagged"),
    [
        ({}, [], [], True),
        ({}, [699.0], [], True),
        ({}, [700.0], [], False),  # empty only now
        (IN_SERVICE, [], [1.0] * WEEK, True),
        (IN_SERVICE, [699.0], [1.0] * WEEK, True),
        (IN_SERVICE, [700.0], [1.0] * WEEK, False),  # a hundred a day
        (IN_SERVICE, [100.0] * WEEK, [1.0] * WEEK, False),
        (IN_SERVICE, [99.0] * WEEK, [1.0] * WEEK, True),
        (OUT, [1_000.0] * WEEK, [0.0] * WEEK, True),  # they all fail
        (OUT, [1_000.0] * WEEK, [0.0] * 6 + [1.0], False),  # they fail only now
        (IN_SERVICE, [1_000.0] * WEEK, [0.0] * WEEK, False),  # they have just recovered
    ],
)
def test_a_classic_load_balancer_without_instances_healthy_ones_or_requests(
    instances: dict[str, str], requests: list[float], healthy: list[float], flagged: bool
) -> None:
    verdict = judged(classic_idle, _classic(instances, requests, healthy))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        assert verdict.savings.likely == pytest.approx(MONTHLY["classic"], abs=1e-3)
        assert verdict.evidence["instances"] == len(instances)


def test_without_instances_there_is_no_health_to_ask_for() -> None:
    named = [{"LoadBalancerName": "plain"}]
    assert [metric.dimensions(balancer("classic")) for metric in classic_idle.metrics] == [named, [], named]
    assert [metric.dimensions(balancer("classic", instances=IN_SERVICE)) for metric in classic_idle.metrics] == [named] * 3


@pytest.mark.parametrize(("moved", "flagged"), [(69_999_999, True), (70_000_000, False)])
def test_few_connections_that_carry_much_are_use(moved: float, flagged: bool) -> None:
    """10 MB a day."""
    assert (judged(classic_idle, _classic(IN_SERVICE, [2.0] * WEEK, [1.0] * WEEK, moved)) is not None) == flagged


@pytest.mark.parametrize(("requests", "confidence"), [([], None), ([1.0], Confidence.LOW)])
def test_what_is_empty_now_and_was_asked_in_the_window_is_not_sure(requests: list[float], confidence: Confidence | None) -> None:
    found = waste(classic_idle, _classic({}, requests, []))
    assert found.confidence == confidence
    assert ("It is empty now" in found.note) == (confidence is not None)


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (_classic(IN_SERVICE, [699.0], [1.0] * WEEK), True),
        (_classic(IN_SERVICE, [700.0], [1.0] * WEEK), False),
        (_classic(OUT, [700.0], [0.0] * WEEK), True),  # found whatever they are
        (_classic({}, [700.0], []), False),
    ],
)
def test_bytes_are_asked_for_only_where_requests_leave_it_open(one: LoadBalancer, asked: bool) -> None:
    assert classic_idle.goes_on is not None
    assert classic_idle.goes_on(one, classic_idle.limits(NOW)) == asked
    assert asked or judged(classic_idle, one) is None


@pytest.mark.parametrize(("healthy", "insufficient"), [([], True), ([1.0] * 6, True), ([1.0] * WEEK, False)])
def test_missing_requests_are_zero_only_where_the_instances_health_arrives(healthy: list[float], insufficient: bool) -> None:
    judge = Judge([(classic_idle, classic_idle.limits(NOW))], Prices(REGION))  # type: ignore[list-item]  # as above
    found = judge.findings(_classic(IN_SERVICE, [], healthy))
    assert (bool(found), bool(judge.insufficient)) == (not insufficient, insufficient)


@pytest.mark.parametrize(
    ("instances", "age", "window", "wanted"),
    [
        ({}, 6.99, 7, False),
        ({}, 7, 7, True),
        ({}, 7, 30, True),  # nothing that it has is reported all the time
        (IN_SERVICE, 7, 7, True),
        (IN_SERVICE, 7, 30, False),
        (IN_SERVICE, 30, 30, True),
    ],
)
def test_the_age_of_a_classic_load_balancer(instances: dict[str, str], age: float, window: float, wanted: bool) -> None:
    one = balancer("classic", instances=instances, created=days_ago(age))
    assert candidate(classic_idle, one, {"elb-classic-idle.window_days": window}) == wanted
    assert not candidate(classic_idle, replace(one, created=None))
    assert not candidate(classic_idle, balancer("network"))


def test_its_public_addresses_go_with_it() -> None:
    quiet = _used("network", {NEW_FLOWS: QUIET, FLOWS: QUIET})
    alone, public = waste(idle, quiet), waste(idle, replace(quiet, addresses=2))
    assert public.savings.likely - alone.savings.likely == pytest.approx(2 * 3.65, abs=1e-3)
    assert public.note == ""


def test_a_metric_that_was_not_fetched_is_a_bug_and_not_a_zero() -> None:
    with pytest.raises(KeyError):
        judged(idle, replace(balancer("application", SERVING), usage=Usage()))
    assert not isinstance(judged(idle, _used("application", {LCUS: QUIET})), InsufficientData)
