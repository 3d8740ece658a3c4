"""The picture of the days stays within its frame and says in words what it shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.report.daily import LEAST, chart
from tests.functions.core.report import bills


def days(*amounts: float, unblended: float | None = None) -> list[dict[str, Any]]:
    return [
        {"day": f"2026-11-{number + 1:02}", "amortized": amount, "unblended": amount if unblended is None else unblended}
        for number, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize("nothing", [[], days(0.0, 0.0), days(-3.0)])
def test_days_that_cost_nothing_have_no_picture(nothing: list[dict[str, Any]]) -> None:
    assert chart(nothing) is None


def test_bars_stand_on_round_lines() -> None:
    made = chart(days(10, 30, 45))
    assert made is not None
    assert made.lines == [(100.0, "$0"), (66.67, "$20"), (33.33, "$40"), (0.0, "$60")]
    assert [(bar.top, bar.height) for bar in made.bars] == [(83.33, 16.67), (50.0, 50.0), (25.0, 75.0)]
    assert made.bars[2].title == "2026-11-03: $45.00 amortised, $45.00 unblended"
    assert made.label == (
        "Cost of each day, amortised, from 2026-11-01 to 2026-11-03: between $10.00 and $45.00, $28.33 on average; "
        "the highest on 2026-11-03."
    )
    assert (made.first, made.last, made.above) == ("2026-11-01", "2026-11-03", 0)


@pytest.mark.parametrize(("amount", "top"), [(0.3, "$0.3"), (3, "$3"), (9, "$10"), (100, "$100"), (101, "$150"), (1_000_000, "$1,000,000")])
def test_the_top_line_is_round_and_not_under_the_bar(amount: float, top: str) -> None:
    made = chart(days(amount))
    assert made is not None
    assert made.lines[-1] == (0.0, top)


def test_an_upfront_payment_does_not_flatten_the_bars() -> None:
    made = chart([*days(10, 10), {"day": "2026-11-03", "amortized": 10, "unblended": 5_000}])
    assert made is not None
    assert made.above == 1
    assert made.bars[2].line == 0
    assert made.bars[2].height >= 60


def test_a_day_without_a_charge_has_no_line() -> None:
    made = chart(days(10, unblended=0.0))
    assert made is not None
    assert made.bars[0].line is None


def test_charges_without_amortised_cost_have_a_scale() -> None:
    made = chart([{"day": "2026-11-01", "amortized": 0.0, "unblended": 40.0}])
    assert made is not None
    assert (made.bars[0].height, made.above) == (0, 0)


@example([(0.0, 5e-324)])
@example([(5e-324, 100.0)])
@given(st.lists(st.tuples(st.floats(-1e3, 1e7), st.floats(-1e3, 1e7)), min_size=1, max_size=400))
def test_it_stays_within_its_frame(amounts: list[tuple[float, float]]) -> None:
    made = chart([{"day": "d", "amortized": amortized, "unblended": unblended} for amortized, unblended in amounts])
    if made is None:
        assert max(max(pair) for pair in amounts) < LEAST
        return
    assert len(made.bars) == len(amounts)
    for bar in made.bars:
        assert bar.left >= 0
        assert bar.left + bar.width <= 100.001
        assert 0 <= bar.top <= 100
        assert bar.top + bar.height == pytest.approx(100, abs=0.02)
        assert bar.line is None or 0 <= bar.line <= 100
    assert all(left.left + left.width <= right.left for left, right in zip(made.bars, made.bars[1:], strict=False))


def test_the_samples_days_are_all_there() -> None:
    made = chart(bills.bill()["daily"])
    assert made is not None
    assert len(made.bars) == bills.DAYS
