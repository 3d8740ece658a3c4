"""Dollars remember where they come from, and an unknown price never becomes a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.money import NOTHING, Savings, SavingsTerm, Stated, saves, states, states_nothing, usd
from tests.functions.core.test_amounts import GP2, GP3, UNKNOWN, WHY, amount, dollars, price


def test_the_range_is_in_order_whatever_was_given() -> None:
    saving = saves(amount(5), low=amount(7), high=amount(6))
    assert (saving.low, saving.likely, saving.high) == (5.0, 6.0, 7.0)
    assert saving.formula == "6 GiB × $1 one", "the formula is that of the likely figure"
    assert saves(amount(5)) == Savings(5.0, 5.0, 5.0, "5 GiB × $1 one", (price("one"),), terms=(_line(5.0),))


def _line(quantity: float) -> SavingsTerm:
    return SavingsTerm("AmazonEBS", "one", quantity, "GiB", 1, 1.0, 1.0, quantity)


def test_the_terms_of_every_end_go_along_where_it_differs() -> None:
    saving = saves(amount(5), low=NOTHING, high=amount(8))
    assert (saving.terms, saving.low_terms, saving.high_terms) == ((_line(5),), (), (_line(8),))


def test_what_would_cost_more_than_it_saves_is_zero() -> None:
    saving = saves(amount(30, GP2), low=NOTHING - amount(2, GP3))
    assert (saving.low, saving.likely) == (0.0, 3.0)
    assert saving.prices == (GP3, GP2), "every price that went into the range is named"


def test_an_end_that_nobody_knows_does_not_take_the_rest_away() -> None:
    low, high = saves(amount(3), low=UNKNOWN), saves(amount(3), high=UNKNOWN)
    assert (low.low, low.likely, low.high, low.lacks) == (0.0, 3.0, 3.0, ())
    assert (high.low, high.likely, high.high, high.lacks) == (3.0, 3.0, 3.0, (WHY,))


def test_a_saving_of_which_nothing_is_known_is_unpriced() -> None:
    saving = saves(UNKNOWN, high=amount(3))
    assert (saving.unpriced, saving.low, saving.likely, saving.high) == (WHY, 0.0, 0.0, 0.0)
    assert not saving.worthless


def test_a_saving_that_is_only_the_least_says_what_it_leaves_out() -> None:
    saving = saves(NOTHING + amount(0.001).lacking("its fans", "its lights"))
    assert saving.note == "At least this much; not included: its fans; its lights."
    assert not saving.worthless, "what it leaves out may be worth something"
    assert saves(amount(1)).note == ""


@pytest.mark.parametrize("quantity", [math.nan, math.inf])
def test_what_is_no_number_is_refused_and_not_made_zero(quantity: float) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        saves(amount(quantity))


@pytest.mark.parametrize(("low", "likely", "high"), [(-0.1, 0, 0), (2, 1, 3), (0, 2, 1)])
def test_a_saving_out_of_order_cannot_be_made(low: float, likely: float, high: float) -> None:
    with pytest.raises(ValueError, match="low ≤ likely ≤ high"):
        Savings(low, likely, high, "x")


@pytest.mark.parametrize(("high", "worthless"), [(0.0, True), (0.005, True), (0.0051, False)])
def test_half_a_cent_is_worth_nothing(high: float, worthless: bool) -> None:
    assert Savings(0.0, 0.0, high, "x").worthless is worthless


@given(dollars, dollars, dollars)
def test_every_range_is_a_range(low: float, likely: float, high: float) -> None:
    saving = saves(amount(likely), low=amount(low), high=amount(high))
    assert 0 <= saving.low <= saving.likely <= saving.high
    assert saving.high == round(max(0.0, low, likely, high), 4)


@given(st.lists(st.tuples(dollars, st.floats(-3, 3)), max_size=6))
def test_the_terms_of_a_saving_add_up_to_its_figure(parts: list[tuple[float, float]]) -> None:
    whole = sum((amount(quantity).times(factor, "some") for quantity, factor in parts), NOTHING)
    saving = saves(whole)
    assert saving.likely == pytest.approx(max(0.0, sum(term.usd for term in saving.terms)), abs=1e-3)


@pytest.mark.parametrize(("figure", "text"), [(0, "$0.00"), (0.0051, "$0.0051"), (0.01, "$0.01"), (1234.567, "$1,234.57")])
def test_dollars_as_a_person_reads_them(figure: float, text: str) -> None:
    assert usd(figure) == text


@pytest.mark.parametrize(
    ("after", "low", "words"),
    [(True, 12.5, "after discounts"), (False, 0.0, "before discounts"), (None, 0.0, "before or after discounts, it does not say")],
)
def test_a_saving_that_somebody_else_states_has_their_figure_their_name_and_no_terms(after: bool | None, low: float, words: str) -> None:
    made = states(12.5, Stated("AWS", after, "2026-05-31T04:00:00+00:00"), "eu-west-1")
    assert (made.low, made.likely, made.high, made.unpriced, made.terms) == (low, 12.5, 12.5, None, ())
    assert made.formula == f"12.5 USD a month, as AWS states it {words}"
    assert [(price.source, price.as_of, price.unit, price.region) for price in made.prices] == [
        (f"AWS, {words}", "2026-05-31", "month", "eu-west-1")
    ]


def test_what_somebody_else_states_and_does_not_count_is_unpriced_and_says_why() -> None:
    made = states_nothing("AWS states 3 EUR", Stated("AWS", True, "2026-05-31T04:00:00+00:00"))
    assert (made.high, made.unpriced, made.formula) == (0.0, "AWS states 3 EUR", "AWS states 3 EUR")
    assert made.stated is not None
