"""Lambda functions that nobody calls, that are switched off, and provisioned concurrency that stands idle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, Coverable, Waste
from functions.core.money import HYGIENE, Price
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.scanners.lambda_.function.collector import OF_LATEST, Function
from functions.scanners.lambda_.function.unused import (
    INVOCATIONS,
    LAST_CALLS,
    UTILIZATION,
    reserved_concurrency_zero,
    unused,
    unused_provisioned_concurrency,
)
from tests.functions.scanners.lambda_.samples import (
    NOW,
    REGION,
    candidate,
    days_ago,
    function,
    judged,
    ready,
    waste,
    with_usage,
    with_utilization,
)

SECONDS = 2_628_000
"""In a month of 730 hours."""
RATE = 4.1667e-06
"""USD a GB-second that an instance on x86_64 is kept ready."""


def _ready(instances: int, *utilization: float, **changes: Any) -> Function:
    return with_utilization(function(provisioned=(ready(instances),), **changes), UTILIZATION, utilization)


@pytest.mark.parametrize(
    ("utilization", "flagged"),
    [((), True), ((0.0,), True), ((0.1, 0.19999), True), ((0.2,), False), ((0.0, 0.0, 0.21, 0.0), False), ((1.0,), False)],
)
def test_what_the_busiest_moment_used(utilization: tuple[float, ...], flagged: bool) -> None:
    verdict = judged(unused_provisioned_concurrency, _ready(10, *utilization))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        busiest = max(utilization, default=0)
        assert verdict.savings.likely == pytest.approx(10 * RATE * SECONDS * (1 - busiest), abs=1e-3)
        assert verdict.savings.high == pytest.approx(10 * RATE * SECONDS, abs=1e-3)
        assert verdict.evidence["utilization_at_most"] == busiest


@pytest.mark.parametrize(("memory_mb", "gb"), [(128, 0.125), (1024, 1), (10240, 10)])
@pytest.mark.parametrize(("architecture", "rate", "word"), [("x86_64", 4.1667e-06, "x86"), ("arm64", 3.3334e-06, "arm")])
def test_what_is_kept_ready_has_the_rate_of_its_architecture(memory_mb: int, gb: float, architecture: str, rate: float, word: str) -> None:
    found = waste(unused_provisioned_concurrency, _ready(2, memory_mb=memory_mb, architecture=architecture))
    assert found.savings.likely == pytest.approx(2 * gb * rate * SECONDS, abs=1e-3)
    assert [(price.key, price.fallback_for) for price in found.savings.prices] == [(f"provisioned-concurrency.{word}", None)]
    assert (found.confidence, found.note) == (Confidence.HIGH, OF_LATEST)
    assert found.coverable == Coverable("AWSLambda", f"provisioned-concurrency.{word}", found.savings.likely)


def test_without_any_rate_it_is_unpriced_and_not_free() -> None:
    class Empty(Prices):
        def price(self, service: str, key: str) -> Price | None:
            return None

    verdict = unused_provisioned_concurrency(_ready(1), unused_provisioned_concurrency.limits(NOW), Empty(REGION))
    assert isinstance(verdict, Waste)
    assert verdict.savings.unpriced == f"no price known for AWSLambda provisioned-concurrency.x86 in {REGION}"
    assert not verdict.savings.worthless


def test_each_version_and_alias_is_judged_by_its_own_metric() -> None:
    parts = (ready(1, "7"), ready(5, "live"), ready(50, "busy"), ready(500, "fresh", age=13))
    one = function(provisioned=parts)
    assert UTILIZATION.dimensions(one) == [
        {"FunctionName": "plain", "Resource": f"plain:{name}"} for name in ("7", "live", "busy", "fresh")
    ]
    found = waste(unused_provisioned_concurrency, with_utilization(one, UTILIZATION, [], [0.1], [0.9], []))
    assert found.savings.likely == pytest.approx((1 + 5 * 0.9) * RATE * SECONDS, abs=1e-3)
    assert (found.evidence["qualifiers"], found.evidence["provisioned"]) == ("7, live", 6)
    judge = Judge(
        [(unused_provisioned_concurrency, unused_provisioned_concurrency.limits(NOW))],  # type: ignore[list-item]  # checks of every class
        Prices(REGION),
    )
    (finding,) = judge.findings(with_utilization(one, UTILIZATION, [], [0.1], [0.9], []))
    assert finding.command.endswith("--function-name plain --qualifier live")


@pytest.mark.parametrize(("instances", "age", "wanted"), [(1, 14, True), (1, 13.99, False), (0, 90, False)])
def test_provisioned_concurrency_is_judged_after_a_whole_window(instances: int, age: float, wanted: bool) -> None:
    one = function(provisioned=(ready(instances, age=age),))
    assert candidate(unused_provisioned_concurrency, one) == wanted
    assert (judged(unused_provisioned_concurrency, with_utilization(one, UTILIZATION, [])) is not None) == wanted
    assert not candidate(unused_provisioned_concurrency, function())


@given(st.floats(0, 0.19), st.floats(0, 0.19), st.integers(1, 1_000))
def test_more_use_never_saves_more(less: float, more: float, instances: int) -> None:
    less, more = sorted((less, more))
    before, after = (waste(unused_provisioned_concurrency, _ready(instances, each)).savings for each in (less, more))
    assert after.likely <= before.likely
    assert after.high == before.high


@pytest.mark.parametrize(("calls", "flagged"), [({}, True), ({1: 1.0}, False), ({90: 1.0}, False), ({3: 0.0}, True)])
def test_a_function_that_nobody_called_for_a_quarter(calls: dict[int, float], flagged: bool) -> None:
    verdict = judged(unused, with_usage(function(region="eu-west-1"), 90, {INVOCATIONS: calls}))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        assert verdict.savings is HYGIENE
        assert (verdict.confidence, verdict.note) == (None, "")
        assert verdict.evidence["days_since_modified"] == 120.0


@pytest.mark.parametrize(("age", "wanted"), [(89.99, False), (90, True), (90.01, True)])
def test_a_function_that_changed_lately_is_not_forgotten(age: float, wanted: bool) -> None:
    assert candidate(unused, function(last_modified=days_ago(age))) == wanted


def test_in_us_east_1_it_may_belong_to_cloudfront_whose_calls_are_counted_elsewhere() -> None:
    found = waste(unused, with_usage(function(), 90, {INVOCATIONS: {}}))
    assert found.confidence == Confidence.LOW
    assert "Lambda@Edge" in found.note


@pytest.mark.parametrize(
    ("reserved", "age", "flagged"),
    [(0, 30, True), (0, 120, True), (0, 29.99, False), (1, 120, False), (None, 120, False)],
)
def test_a_reserved_concurrency_of_zero_switches_a_function_off(reserved: int | None, age: float, flagged: bool) -> None:
    verdict = judged(reserved_concurrency_zero, with_usage(function(reserved=reserved, last_modified=days_ago(age)), 30, {LAST_CALLS: {}}))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        assert verdict.savings is HYGIENE
        assert verdict.evidence == {
            "reserved_concurrency": 0,
            "invocations": 0,
            "window_days": 30,
            "last_modified": days_ago(age).isoformat(),
            "days_since_modified": round(age, 1),
        }
        assert "only when the function was last modified" in verdict.note


@pytest.mark.parametrize("calls", [{1: 1.0}, {30: 5.0}])
def test_what_ran_within_the_month_was_switched_off_lately(calls: dict[int, float]) -> None:
    assert judged(reserved_concurrency_zero, with_usage(function(reserved=0), 30, {LAST_CALLS: calls})) is None


def test_it_shares_its_metric_with_the_check_of_unused_functions() -> None:
    assert LAST_CALLS == INVOCATIONS
