"""Dollars remember where they come from, and an unknown price never becomes a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.money import NOTHING, Amount, Price, Savings, saves, usd


def price(key: str, usd: float = 1.0, fallback_for: str | None = None) -> Price:
    return Price("AmazonEBS", key, usd, "GiB-month", "us-east-1", "a source", "2026-01-01", fallback_for)


GP2, GP3 = price("volume.gp2", 0.1), price("volume.gp3", 0.08)
UNKNOWN = Amount(None, "no price known for AmazonEBS volume.gp9 in us-east-1")
dollars = st.floats(-1e6, 1e6, allow_nan=False)


def test_sums_and_differences_carry_formula_and_prices() -> None:
    now, then, rest = Amount(10.0, "100 GiB × $0.1", (GP2,)), Amount(8.0, "100 GiB × $0.08", (GP3,)), Amount(1.0, "1 × $1", (GP3,))
    assert now + rest == Amount(11.0, "100 GiB × $0.1 + 1 × $1", (GP2, GP3))
    assert now - then == Amount(2.0, "100 GiB × $0.1 − 100 GiB × $0.08", (GP2, GP3))
    assert (now - (then + rest)).formula == "100 GiB × $0.1 − (100 GiB × $0.08 + 1 × $1)"
    assert now.times(0.5, "0.5 standby") == Amount(5.0, "(100 GiB × $0.1) × 0.5 standby", (GP2,))


def test_a_price_that_goes_in_twice_is_named_once() -> None:
    amount = Amount(1.0, "a", (GP2,))
    assert (amount + amount).prices == (GP2,)
    assert (amount - amount).prices == (GP2,)


def test_nothing_leaves_no_trace_in_the_formula() -> None:
    amount = Amount(1.0, "a", (GP2,))
    assert amount + NOTHING == NOTHING + amount == amount - NOTHING == amount


@pytest.mark.parametrize(
    "amount",
    [
        UNKNOWN + Amount(1.0, "a"),
        Amount(1.0, "a") + UNKNOWN,
        UNKNOWN - Amount(1.0, "a"),
        Amount(1.0, "a") - UNKNOWN,
        NOTHING + UNKNOWN,
        UNKNOWN + NOTHING,
        UNKNOWN.times(2, "2"),
    ],
)
def test_what_is_unknown_stays_unknown_and_says_which_price(amount: Amount) -> None:
    assert amount.usd is None
    assert "volume.gp9" in amount.formula


def test_a_difference_of_own_and_stand_in_rates_is_unpriced() -> None:
    own, stand_in = Amount(10.0, "own", (GP2,)), Amount(8.0, "stand-in", (price("volume.gp3", 0.08, fallback_for="sa-east-1"),))
    for mixed in (own - stand_in, stand_in - own):
        assert mixed.usd is None
        assert "volume.gp3 in sa-east-1" in mixed.formula
    both = Amount(10.0, "gp2", (price("volume.gp2", 0.1, fallback_for="sa-east-1"),)) - stand_in
    assert both.usd == 2.0
    assert (own + stand_in).usd == 18.0, "a sum compares nothing, so a stand-in may be in it"


def test_the_range_is_in_order_whatever_was_given() -> None:
    saving = saves(Amount(5.0, "likely"), low=Amount(7.0, "low"), high=Amount(6.0, "high"))
    assert (saving.low, saving.likely, saving.high) == (5.0, 6.0, 7.0)
    assert saves(Amount(5.0, "x")) == Savings(5.0, 5.0, 5.0, "x")


def test_what_would_cost_more_than_it_saves_is_zero() -> None:
    saving = saves(Amount(3.0, "x", (GP2,)), low=Amount(-2.0, "y", (GP3,)))
    assert (saving.low, saving.likely) == (0.0, 3.0)
    assert saving.prices == (GP3, GP2), "every price that went into the range is named"


@pytest.mark.parametrize("end", ["low", "high"])
def test_one_unknown_end_makes_the_saving_unpriced(end: str) -> None:
    saving = saves(Amount(3.0, "x"), **{end: UNKNOWN})
    assert saving.unpriced == UNKNOWN.formula
    assert (saving.low, saving.likely, saving.high) == (0.0, 0.0, 0.0)
    assert not saving.worthless


@pytest.mark.parametrize("usd", [math.nan, math.inf])
def test_what_is_no_number_is_refused_and_not_made_zero(usd: float) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        saves(Amount(usd, "broken"))


@pytest.mark.parametrize(("low", "likely", "high"), [(-0.1, 0, 0), (2, 1, 3), (0, 2, 1)])
def test_a_saving_out_of_order_cannot_be_made(low: float, likely: float, high: float) -> None:
    with pytest.raises(ValueError, match="low ≤ likely ≤ high"):
        Savings(low, likely, high, "x")


@pytest.mark.parametrize(("high", "worthless"), [(0.0, True), (0.005, True), (0.0051, False)])
def test_half_a_cent_is_worth_nothing(high: float, worthless: bool) -> None:
    assert Savings(0.0, 0.0, high, "x").worthless is worthless


@given(dollars, dollars, dollars)
def test_every_range_is_a_range(low: float, likely: float, high: float) -> None:
    saving = saves(Amount(likely, "b"), low=Amount(low, "a"), high=Amount(high, "c"))
    assert 0 <= saving.low <= saving.likely <= saving.high
    assert saving.high == round(max(0.0, low, likely, high), 4)


@given(dollars, dollars)
def test_adding_what_was_taken_gives_the_amount_back(first: float, second: float) -> None:
    whole = (Amount(first, "a") - Amount(second, "b")) + Amount(second, "b")
    assert whole.usd == pytest.approx(first, abs=1e-6)


@pytest.mark.parametrize(("amount", "text"), [(0, "$0.00"), (0.0051, "$0.0051"), (0.01, "$0.01"), (1234.567, "$1,234.57")])
def test_dollars_as_a_person_reads_them(amount: float, text: str) -> None:
    assert usd(amount) == text
