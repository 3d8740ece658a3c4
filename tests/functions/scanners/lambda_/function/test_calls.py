"""What the calls of Lambda functions cost more than they need to: x86_64 instead of arm64, and failing calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Coverable, Waste
from functions.core.prices.book import Prices
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.scanners.lambda_.function.calls import CALLS, DURATION, ERRORS, INVOCATIONS, PROVISIONED, TIME, arm64, errors
from functions.scanners.lambda_.function.collector import OF_LATEST, Function
from functions.scanners.lambda_.function.unused import INVOCATIONS as INVOCATIONS_OF_A_QUARTER
from functions.scanners.lambda_.function.unused import unused
from tests.functions.scanners.lambda_.samples import NOW, REGION, candidate, days_ago, function, judged, ready, waste, with_usage

X86, ARM = 1.66667e-05, 1.33334e-05
"""USD a GB-second of the first tier."""
RUNNING = {"x86_64": 9.7222e-06, "arm64": 7.7778e-06}
"""USD a GB-second that a call runs on provisioned concurrency."""
READY = {"x86_64": 4.1667e-06, "arm64": 3.3334e-06}
"""USD a GB-second that an instance is kept ready."""
SECONDS = 2_628_000
"""In a month of 730 hours."""
MONTH = 730 / 24
"""Days."""


def _called(calls: dict[int, float], milliseconds: dict[int, float], **changes: Any) -> Function:
    return with_usage(function(**changes), 14, {INVOCATIONS: calls, DURATION: milliseconds})


@pytest.mark.parametrize(("memory_mb", "gb"), [(128, 0.125), (1024, 1.0), (3008, 2.9375)])
def test_the_saving_is_the_running_time_that_was_measured_at_both_rates(memory_mb: int, gb: float) -> None:
    """14 days with 1,000 calls of 2 s a day: 28,000 s, 60,833 s a month."""
    found = waste(arm64, _called(dict.fromkeys(range(1, 15), 1_000.0), dict.fromkeys(range(1, 15), 2e6), memory_mb=memory_mb))
    monthly = 28_000 * gb * MONTH / 14
    assert found.evidence["gb_seconds_a_month"] == pytest.approx(monthly, abs=1e-3)
    assert found.savings.likely == pytest.approx(monthly * (X86 - ARM), abs=1e-3)
    assert {price.key for price in found.savings.prices} == {"duration.x86.tier1", "duration.arm.tier1"}
    assert (found.evidence["invocations"], found.evidence["days_with_calls"]) == (14_000.0, 14)


def test_the_rates_are_those_of_the_functions_region() -> None:
    verdict = arm64(_called({1: 1e6}, {1: 1e9}), arm64.limits(NOW), Prices("eu-west-1"))
    assert isinstance(verdict, Waste)
    assert verdict.savings.likely == pytest.approx(1e6 * MONTH / 14 * (X86 - ARM), abs=1e-3)
    assert {(price.region, price.fallback_for) for price in verdict.savings.prices} == {("eu-west-1", None)}


def test_both_rates_stand_in_for_a_region_without_any_so_that_they_compare() -> None:
    verdict = arm64(_called({1: 1e6}, {1: 1e9}), arm64.limits(NOW), Prices("xx-nowhere-1"))
    assert isinstance(verdict, Waste)
    assert verdict.savings.likely == pytest.approx(1e6 * MONTH / 14 * (X86 - ARM), abs=1e-3)
    assert {price.fallback_for for price in verdict.savings.prices} == {"xx-nowhere-1"}


def _provisioned(share: float, **changes: Any) -> Function:
    """A million calls of a second in two weeks, a share of them on the two instances that are kept ready."""
    one = function(provisioned=(ready(2),), **changes)
    return with_usage(one, 14, {INVOCATIONS: {1: 1e6}, DURATION: {1: 1e9}}, [{1: 1e6 * share}])


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0.0, 0.0), (0.25, 1.0, 0.0), (1.0, 1.0, 1.0), (1.2, 1.0, 1.0)])
def test_calls_on_provisioned_concurrency_have_its_rates_and_so_has_what_is_kept_ready(share: float, low: float, high: float) -> None:
    """CloudWatch counts the calls, not their time: where both kinds ran, all of the time may have been of either."""
    monthly = 1e6 * MONTH / 14

    def saving(provisioned: float) -> float:
        running = (1 - provisioned) * (X86 - ARM) + provisioned * (RUNNING["x86_64"] - RUNNING["arm64"])
        return monthly * running + 2 * SECONDS * (READY["x86_64"] - READY["arm64"])

    found = waste(arm64, _provisioned(share))
    assert found.savings.likely == pytest.approx(saving(min(1.0, share)), abs=1e-3)
    assert found.savings.low == pytest.approx(saving(low), abs=1e-3)
    assert found.savings.high == pytest.approx(saving(high), abs=1e-3)
    assert found.evidence["share_of_calls_on_provisioned_concurrency"] == min(1.0, share)
    assert found.note == OF_LATEST
    assert found.coverable == Coverable("AWSLambda", "provisioned-duration.x86" if share > 0.5 else "duration.x86", found.savings.likely)


def test_only_a_function_with_provisioned_concurrency_is_asked_for_its_calls_there() -> None:
    assert PROVISIONED.dimensions(function()) == []
    two = function(provisioned=(ready(1), ready(1, "7")))
    assert PROVISIONED.dimensions(two) == [{"FunctionName": "plain", "Resource": f"plain:{name}"} for name in ("live", "7")]
    found = waste(arm64, _called({1: 1e6}, {1: 1e9}))
    assert "share_of_calls_on_provisioned_concurrency" not in found.evidence
    assert found.note == ""


@pytest.mark.parametrize("calls", [{}, {3: 0.0}])
def test_without_a_call_there_is_nothing_to_save(calls: dict[int, float]) -> None:
    assert judged(arm64, _called(calls, {})) is None


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, True),
        ({"architecture": "arm64"}, False),
        ({"runtime": ""}, None),  # a container image
        ({"on_demand": False}, None),  # instances of a capacity provider are billed as instances
        *(({"runtime": name}, True) for name in ("python3.8", "python3.14", "nodejs12.x", "nodejs26.x", "java8.al2", "java8.al2023")),
        *(({"runtime": name}, True) for name in ("java11", "java25", "dotnetcore3.1", "dotnet6", "dotnet10", "ruby2.7", "ruby4.0")),
        *(({"runtime": name}, False) for name in ("python2.7", "python3.6", "python3.7", "nodejs", "nodejs4.3", "nodejs10.x", "java8")),
        *(({"runtime": name}, False) for name in ("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "ruby2.5", "nodejs4.3-edge")),
        *(({"runtime": name}, None) for name in ("go1.x", "provided", "provided.al2", "provided.al2023")),
        ({"runtime": "", "architecture": "arm64"}, False),
    ],
)
def test_only_managed_runtimes_that_have_an_arm64_edition(changes: dict[str, Any], wanted: bool | None) -> None:
    assert candidate(arm64, function(**changes)) is wanted


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_longer_running_time_never_saves_less(one: float, other: float) -> None:
    less, more = sorted((one, other))
    before, after = (waste(arm64, _called({1: 1.0}, {1: each})).savings.likely for each in (less, more))
    assert before <= after


def _failing(calls: dict[int, float], failed: dict[int, float], milliseconds: float = 1e9, **changes: Any) -> Function:
    return with_usage(function(**changes), 7, {CALLS: calls, ERRORS: failed, TIME: {1: milliseconds}})


@pytest.mark.parametrize(
    ("calls", "failed", "share"),
    [
        ({1: 1_000.0}, {1: 100.0}, None),
        ({1: 1_000.0}, {1: 101.0}, 0.101),
        ({1: 1_000.0}, {1: 99.0}, None),
        ({1: 1_000.0, 2: 10.0}, {2: 2.0}, 0.2),  # on one day is enough
        ({1: 1_000.0, 2: 1_000.0}, {1: 100.0, 2: 100.0}, None),
        ({1: 100.0}, {}, None),  # errors are reported only when there are some
        ({}, {}, None),
        ({1: 5.0}, {2: 5.0}, None),  # no call on the day of the errors: nothing to compare with
        ({1: 4.0}, {1: 4.0}, 1.0),
    ],
)
def test_more_than_one_call_in_ten_on_a_day(calls: dict[int, float], failed: dict[int, float], share: float | None) -> None:
    verdict = judged(errors, _failing(calls, failed))
    assert (verdict.evidence["worst_day_error_share"] if isinstance(verdict, Waste) else None) == share


@pytest.mark.parametrize(("architecture", "rate"), [("x86_64", X86), ("arm64", ARM)])
def test_failed_calls_cost_an_average_call_each(architecture: str, rate: float) -> None:
    """A week with 1,000,000 calls of 0.5 s on average, of which 200,000 failed."""
    one = _failing({1: 4e5, 3: 6e5}, {3: 2e5}, 5e8, architecture=architecture, memory_mb=2048)
    found = waste(errors, one)
    requests = 0.2 * 0.2
    assert found.savings.likely == pytest.approx((2e5 * 0.5 * 2 * rate + requests) * MONTH / 7, abs=1e-3)
    disk = waste(errors, replace(one, disk_mb=1536))
    assert disk.savings.likely == pytest.approx((2e5 * 0.5 * (2 * rate + 3.09e-8) + requests) * MONTH / 7, abs=1e-3)
    assert found.evidence["average_ms"] == 500.0
    assert (found.evidence["errors"], found.evidence["invocations"]) == (2e5, 1e6)


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_failed_calls_on_provisioned_concurrency_cost_its_running_rate_and_what_is_kept_ready_stays(
    architecture: str, share: float
) -> None:
    one = function(provisioned=(ready(9),), architecture=architecture)
    found = waste(errors, with_usage(one, 7, {CALLS: {1: 1e6}, ERRORS: {1: 2e5}, TIME: {1: 1e9}}, [{1: 1e6 * share}]))
    on_demand, provisioned = (2e5 * MONTH / 7 * rate for rate in ({"x86_64": X86, "arm64": ARM}[architecture], RUNNING[architecture]))
    requests = 0.2 * MONTH / 7 * 0.2  # a fifth of a million calls a week
    assert found.savings.likely == pytest.approx((1 - share) * on_demand + share * provisioned + requests, abs=1e-3)
    assert found.savings.low == pytest.approx((on_demand if share == 0 else provisioned) + requests, abs=1e-3)
    assert found.savings.high == pytest.approx((provisioned if share == 1 else on_demand) + requests, abs=1e-3)


def test_a_week_of_cheap_errors_is_not_worth_a_finding() -> None:
    judge = Judge([(errors, errors.limits(NOW))], Prices(REGION))  # type: ignore[list-item]  # Judge holds checks of every resource class
    assert judge.findings(_failing({1: 10.0}, {1: 5.0}, 1_000.0)) == []
    assert len(judge.findings(_failing({1: 10.0}, {1: 5.0}, 1e7))) == 1


def test_what_runs_on_instances_is_not_billed_by_the_second() -> None:
    assert candidate(errors, function())
    assert candidate(errors, function(on_demand=False)) is None


@given(st.integers(1, 1_000), st.integers(0, 1_000), st.integers(0, 1_000))
def test_more_errors_never_hide_the_finding_nor_make_it_cheaper(calls: int, one: int, other: int) -> None:
    less, more = sorted((min(one, calls), min(other, calls)))
    before, after = (judged(errors, _failing({1: float(calls)}, {1: float(each)} if each else {})) for each in (less, more))
    if isinstance(before, Waste):
        assert isinstance(after, Waste)
        assert before.savings.likely <= after.savings.likely


def test_three_checks_ask_for_the_calls_of_a_function_once_and_each_sees_its_own_days() -> None:
    checks = [(each, each.limits(NOW)) for each in (unused, arm64, errors)]
    judge = Judge(checks, Prices(REGION))  # type: ignore[arg-type]  # Judge holds checks of every resource class
    assert [(metric.name, days) for _, metric, days in judge.wanted([function()], at_first)] == [("Invocations", 90), ("Errors", 7)]
    assert [metric.name for _, metric, _ in judge.wanted([function(last_modified=days_ago(5), on_demand=False)], at_first)] == []
    called = with_usage(function(), 90, {INVOCATIONS_OF_A_QUARTER: {10: 1_000.0}, ERRORS: {}})
    assert [(metric.name, days) for _, metric, days in judge.wanted([called], after_that)] == [("Duration", 14)]
    old_calls = with_usage(function(), 90, {INVOCATIONS_OF_A_QUARTER: {10: 1_000.0}, DURATION: {10: 1e9}, ERRORS: {10: 900.0}})
    assert [finding.check_id for finding in judge.findings(old_calls)] == ["lambda-arm64"]  # ten days ago is no error of this week


@given(st.lists(st.integers(0, 100), min_size=1, max_size=14), st.lists(st.integers(0, 100), min_size=1, max_size=14))
def test_where_the_first_metric_decides_nothing_is_found_whatever_the_others_are(first: list[int], second: list[int]) -> None:
    days, more = ({day + 1: float(value) for day, value in enumerate(values)} for values in (first, second))
    for check, usage in ((arm64, {INVOCATIONS: days, DURATION: more}), (errors, {ERRORS: days, CALLS: more, TIME: more})):
        seen = with_usage(function(), 14, usage)
        assert check.goes_on is not None
        if not check.goes_on(seen, check.limits(NOW)):
            assert judged(check, seen) is None
