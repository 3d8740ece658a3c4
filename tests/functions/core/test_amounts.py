"""Dollars remember where they come from, and an unknown price never becomes a number, unless the bill tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.amounts import NOTHING, Amount, Price, Term, unknown, without_price


def price(key: str, usd: float = 1.0, fallback_for: str | None = None, unit: str = "GB-month") -> Price:
    return Price("AmazonEBS", key, usd, unit, "us-east-1", "a source", "2026-01-01", fallback_for)


def amount(quantity: float, of: Price | None = None, unit: str = "GiB", hours: int = 1) -> Amount:
    return Amount((Term(quantity, unit, hours, of or price("one")),))


GP2, GP3 = price("volume.gp2", 0.1), price("volume.gp3", 0.08)
WHY = "no price known for AmazonEBS volume.gp9 in us-east-1"
UNKNOWN = unknown(WHY)
OWN, STAND_IN = amount(100, GP2), amount(100, price("volume.gp3", 0.08, "sa-east-1"))
SUPPORT = amount(2, price("support", 0.1, "sa-east-1", "vCPU-hour"), "vCPU", 730)
dollars = st.floats(-1e6, 1e6, allow_nan=False)


def test_figure_formula_and_prices_derive_from_the_terms() -> None:
    now, then, rest = amount(100, GP2), amount(100, GP3), amount(730, price("iops", 1), "IOPS")
    assert (now + rest).formula == "100 GiB × $0.1 volume.gp2 + 730 IOPS × $1 iops"
    assert ((now + rest).usd, (now + rest).prices) == (740.0, (GP2, price("iops", 1)))
    assert (now - then).usd == pytest.approx(2.0)
    assert (now - (then + rest)).formula == "100 GiB × $0.1 volume.gp2 − 100 GiB × $0.08 volume.gp3 − 730 IOPS × $1 iops"
    assert (NOTHING - now).formula == "−100 GiB × $0.1 volume.gp2"


@pytest.mark.parametrize(
    ("term", "words", "dollars"),
    [
        (Term(1_500, "GiB", 1, GP2), "1,500 GiB × $0.1 volume.gp2", 150.0),
        (Term(1, "", 730, GP2), "730 h × $0.1 volume.gp2", 73.0),
        (Term(2, "vCPU", 730, GP2), "2 vCPU × 730 h × $0.1 volume.gp2", 146.0),
        (Term(10, "GiB", 1, GP2).times(0.5, "0.5 standby").times(-1), "10 GiB × $0.1 volume.gp2 × 0.5 standby", -0.5),
    ],
)
def test_a_term_says_how_much_of_what_for_how_long(term: Term, words: str, dollars: float) -> None:
    assert term.words == words
    assert term.usd == pytest.approx(dollars)


def test_a_factor_holds_for_every_term_and_for_what_is_missing() -> None:
    half = (amount(10, GP2) + amount(10, GP3)).lacking("its fans").times(0.5, "half of the time")
    assert half.formula == "10 GiB × $0.1 volume.gp2 × half of the time + 10 GiB × $0.08 volume.gp3 × half of the time"
    assert half.usd == pytest.approx(0.9)
    assert half.lacks == ("its fans",)


def test_a_price_that_goes_in_twice_is_named_once() -> None:
    assert (amount(1, GP2) + amount(1, GP2)).prices == (GP2,)
    assert (amount(1, GP2) - amount(1, GP2)).prices == (GP2,)


def test_nothing_leaves_no_trace_in_the_formula() -> None:
    one = amount(1, GP2)
    assert one + NOTHING == NOTHING + one == one - NOTHING == one
    assert (NOTHING.usd, NOTHING.formula) == (0, "0")


def test_what_is_known_is_not_lost_to_a_part_that_is_not() -> None:
    for both in (amount(3, GP2) + UNKNOWN, UNKNOWN + amount(3, GP2), amount(3, GP2).lacking(WHY)):
        assert both.usd == pytest.approx(0.3)
        assert (both.formula, both.lacks) == ("3 GiB × $0.1 volume.gp2", (WHY,))
    assert (UNKNOWN + UNKNOWN).lacks == (WHY,)


def test_what_the_larger_side_lacks_makes_a_difference_the_least_that_it_can_be() -> None:
    least = amount(10, GP2).lacking(WHY) - amount(10, GP3)
    assert least.usd == pytest.approx(0.2)
    assert least.lacks == (WHY,)


@pytest.mark.parametrize(
    "difference",
    [
        amount(10, GP2) - UNKNOWN,
        amount(10, GP2) - amount(1, GP3).lacking(WHY),
        UNKNOWN - amount(1),
        UNKNOWN + NOTHING,
        UNKNOWN.times(2, "2"),
    ],
)
def test_a_difference_of_something_unknown_is_unknown_and_says_which_price(difference: Amount) -> None:
    assert (difference.usd, difference.formula) == (None, WHY)


@pytest.mark.parametrize(
    ("whole", "taken", "dollars"),
    [
        (OWN, STAND_IN, None),
        (STAND_IN, OWN, None),
        (amount(100, price("volume.gp2", 0.1, "sa-east-1")), STAND_IN, 2.0),
        (OWN + SUPPORT, amount(10, GP3), 10 + 146 - 0.8),  # storage is compared with storage, what only one side has is added
        (OWN + SUPPORT, SUPPORT, 10.0),
        (OWN, SUPPORT, None),
        (SUPPORT, OWN, None),
        (OWN + STAND_IN, STAND_IN, None),
    ],
)
def test_only_like_rates_are_compared(whole: Amount, taken: Amount, dollars: float | None) -> None:
    difference = whole - taken
    assert difference.usd == (None if dollars is None else pytest.approx(dollars))
    assert dollars is not None or "sa-east-1, and another region's does not compare" in difference.formula


def test_a_stand_in_beside_the_regions_own_rates_goes_to_what_the_difference_lacks() -> None:
    difference = OWN + STAND_IN - amount(10, GP3)
    assert difference.usd == pytest.approx(10 - 0.8)
    assert difference.lacks == ("no price known for AmazonEBS volume.gp3 in sa-east-1, and another region's does not compare",)


def test_a_sum_compares_nothing_so_a_stand_in_may_be_in_it() -> None:
    both = OWN + STAND_IN
    assert (both.usd, both.stands_in, OWN.stands_in) == (18.0, True, False)


@given(dollars, dollars)
def test_adding_what_was_taken_gives_the_amount_back(first: float, second: float) -> None:
    whole = (amount(first) - amount(second)) + amount(second)
    assert whole.usd == pytest.approx(first, abs=1e-6)


def gp9(quantity: float) -> Amount:
    """GiB of a kind that has no list price."""
    return without_price(WHY, quantity, "GiB", 1, "AmazonEBS", "volume.gp9", "us-east-1")


def quantities(amount: Amount) -> list[tuple[str, float]]:
    """What the amount has with what went missing, by key."""
    assert amount.missing is not None
    return sorted((term.price.key, term.quantity * term.factor) for term in amount.terms + amount.missing)


@pytest.mark.parametrize(
    ("made", "whole"),
    [
        (gp9(10), [("volume.gp9", 10)]),
        (gp9(10) + amount(5, GP2), [("volume.gp2", 5), ("volume.gp9", 10)]),
        (amount(5, GP2) - gp9(10), [("volume.gp2", 5), ("volume.gp9", -10)]),
        (gp9(10) - amount(5, GP2), [("volume.gp2", -5), ("volume.gp9", 10)]),
        ((gp9(10) - amount(5, GP2)).times(0.5, "half"), [("volume.gp2", -2.5), ("volume.gp9", 5)]),
        (amount(10, GP2) - amount(10, price("volume.gp3", 0.08, "eu-west-1")), [("volume.gp2", 10), ("volume.gp3", -10)]),
        (amount(10, GP2) + gp9(1).lacking("its fans"), [("volume.gp2", 10), ("volume.gp9", 1)]),
    ],
)
def test_what_only_lacks_its_rate_keeps_its_quantities(made: Amount, whole: list[tuple[str, float]]) -> None:
    assert quantities(made) == whole


def test_what_only_lacks_its_rate_is_not_open_and_what_nobody_can_count_is() -> None:
    assert (gp9(10) + amount(1, GP2)).open == ()
    assert (gp9(10) + UNKNOWN).open == (WHY,)
    assert gp9(1).lacking("its fans").open == ("its fans",)
    assert (amount(5, GP2) - UNKNOWN).missing is None
    assert (gp9(10).usd, gp9(10).formula) == (None, WHY)
