"""What a check compares is written down, and it judges as it would have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from finops.explaining.tracing import Comparison, Trace
from functions.core.limits import InForce, Limits
from functions.core.model import InsufficientData, Resource, Waste
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from tests.functions.core.check_samples import NOW, plain, resource

LIMITS = {"max_use": InForce(5, 5), "min_age": InForce(30, 7, "there")}
US = Prices("us-east-1")
SEVEN = 7


def traced(judge: Callable[[Limits], object]) -> Trace:
    """The trace of a check whose judge does only this with its limits."""

    def verdict(resource: Resource, limits: Limits, prices: Prices) -> Verdict:
        judge(limits)
        return None

    trace = Trace(plain("c", Savings(1, 1, 1, "1"), judge=verdict), LIMITS)
    trace.traced()(resource("r"), trace.traced_limits(NOW, ""), US)
    return trace


@pytest.mark.parametrize(
    ("compares", "comparison"),
    [
        (lambda limits: limits.max_use < SEVEN, Comparison(7, ">", 5, "max_use", True)),
        (lambda limits: float(SEVEN) > limits.max_use, Comparison(7, ">", 5, "max_use", True)),
        (lambda limits: limits.max_use < 8, Comparison(8, ">", 5, "max_use", True)),
        (lambda limits: limits.max_use <= SEVEN, Comparison(7, "≥", 5, "max_use", True)),
        (lambda limits: limits.max_use > SEVEN, Comparison(7, "<", 5, "max_use", False)),
        (lambda limits: limits.max_use >= SEVEN, Comparison(7, "≤", 5, "max_use", False)),
        (lambda limits: limits.days_since(NOW - timedelta(days=9)) >= limits.min_age, Comparison(9, "≥", 30, "min_age", False)),
        (lambda limits: limits.max_use / 100 * 40 > SEVEN, Comparison(7, "<", 2, "max_use", False)),
        (lambda limits: 1 - limits.max_use > SEVEN, Comparison(7, "<", -4, "max_use", False)),
        (lambda limits: min(limits.max_use, SEVEN), Comparison(7, "<", 5, "max_use", False)),
    ],
)
def test_each_comparison_is_written_down_as_it_reads(compares: Callable[[Limits], object], comparison: Comparison) -> None:
    assert list(traced(compares).comparisons) == [comparison]


@pytest.mark.parametrize(
    "judge",
    [
        lambda limits: max(limits.max_use, limits.min_age),
        lambda limits: limits.max_use == 5,
        lambda limits: f"{limits.max_use:g} {round(limits.max_use)} {timedelta(days=limits.min_age)}",
        lambda limits: {limits.max_use: 1}[5.0],
    ],
)
def test_what_is_no_comparison_with_a_number_of_the_resource_is_none(judge: Callable[[Limits], object]) -> None:
    assert list(traced(judge).comparisons) == []


def test_a_comparison_that_is_made_again_is_said_once() -> None:
    assert len(traced(lambda limits: [limits.max_use > 3 for _ in range(3)]).comparisons) == 1


def test_a_text_is_compared_with_no_number() -> None:
    with pytest.raises(TypeError):
        traced(lambda limits: limits.max_use > "3")  # type: ignore[operator]


def test_what_the_engine_compares_is_no_reason_of_the_check() -> None:
    trace = Trace(plain("c", Savings(1, 1, 1, "1")), LIMITS)
    limits = trace.traced_limits(NOW, "changed")
    assert limits.max_use < 7
    assert (list(trace.comparisons), limits.changed, limits.as_of) == ([], "changed", NOW)


def test_what_the_functions_of_a_check_answer_is_kept() -> None:
    why = InsufficientData("a group")
    trace = Trace(plain("c", Savings(1, 1, 1, "1"), candidate=lambda resource, limits: why, goes_on=lambda resource, limits: ()), LIMITS)
    made, limits = trace.traced(), trace.traced_limits(NOW, "")
    assert (trace.candidate, trace.goes_on, trace.judged) == (None, None, False)
    assert made.candidate is not None
    assert made.goes_on is not None
    assert made.candidate(resource("r"), limits) is why
    assert made.goes_on(resource("r"), limits) == ()
    assert isinstance(made(resource("r"), limits, US), Waste)
    assert (trace.candidate, trace.goes_on, trace.judged, isinstance(trace.verdict, Waste)) == (why, False, True, True)
    bare = Trace(plain("c", Savings(1, 1, 1, "1")), LIMITS).traced()
    assert (bare.candidate, bare.goes_on) == (None, None)
