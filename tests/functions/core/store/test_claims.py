"""Claims: the first one has it, and keeps it until it is given back, handed on or over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.core.store.claims import Claims, Seen
from tests import state_table

WHAT = ("run#r1", "execution")
NOBODY = Seen("", frozenset())


class Clock:
    """A clock that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claims(clock: Clock) -> Iterator[Claims]:
    with mock_aws():
        dynamodb = state_table.client()
        yield Claims(dynamodb, state_table.create(dynamodb), clock)


def test_the_first_has_it_and_asking_again_changes_nothing(claims: Claims) -> None:
    assert claims.look(*WHAT) == NOBODY
    assert [claims.take(*WHAT, who, 60) for who in ("a", "b", "a")] == [True, False, True]
    assert claims.look(*WHAT) == Seen("a", frozenset("a"))
    assert claims.take("run#r2", "execution", "b", 60), "another one"


def test_it_is_handed_on_by_name_and_all_who_had_it_are_known(claims: Claims) -> None:
    claims.take(*WHAT, "a", 60)
    assert claims.take(*WHAT, "b", 60, instead_of="a")
    assert not claims.take(*WHAT, "c", 60, instead_of="a"), "b has come between"
    assert claims.look(*WHAT) == Seen("b", frozenset("ab"))


@pytest.mark.parametrize(("seconds", "over"), [(59, False), (60, True), (61, True)])
def test_one_that_is_over_counts_no_more_although_dynamodb_has_it_still(claims: Claims, clock: Clock, seconds: int, over: bool) -> None:
    claims.take(*WHAT, "a", 60)
    clock.now += seconds
    assert (claims.look(*WHAT) == NOBODY) is over
    assert claims.take(*WHAT, "b", 60) is over


def test_only_who_has_it_gives_it_back(claims: Claims) -> None:
    claims.take(*WHAT, "a", 60)
    claims.give_back(*WHAT, "b")
    assert claims.look(*WHAT).holder == "a"
    claims.give_back(*WHAT, "a")
    assert claims.take(*WHAT, "b", 60)
