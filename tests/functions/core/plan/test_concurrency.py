"""How many units are scanned at once: never more than half of what Lambda has left, never none."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.core.plan import concurrency


@pytest.mark.parametrize(
    ("unreserved", "accounts", "expected"),
    [
        (1000, 1, 40),
        (1000, 2, 44),
        (1000, 116, 500),
        (1000, 500, 500),
        (10, 1, 5),
        (10, 500, 5),
        (79, 1, 39),
        (80, 1, 40),
        (1, 1, 1),
        (0, 1, 1),
        (10_000, 500, 500),
    ],
)
def test_what_lambda_has_room_for_and_the_accounts_bear(unreserved: int, accounts: int, expected: int) -> None:
    assert concurrency.scans_at_once(unreserved, accounts) == expected


@given(st.integers(0, 100_000), st.integers(1, 5_000))
def test_it_leaves_half_for_others_and_grows_with_both(unreserved: int, accounts: int) -> None:
    made = concurrency.scans_at_once(unreserved, accounts)
    assert 1 <= made <= max(1, unreserved / 2)
    assert made <= concurrency.scans_at_once(unreserved + 10, accounts)
    assert made <= concurrency.scans_at_once(unreserved, accounts + 1)


@pytest.mark.parametrize(
    ("reserved", "of_one_service", "accounts", "expected"),
    [
        (5, 34, 1, 5),
        (5, 6, 1, 5),
        (5, 5, 1, 40),  # they fit, whatever else runs
        (5, 8_500, 100, 5),
        (60, 8_500, 1, 40),
        (60, 8_500, 100, 60),
        (1_000, 8_500, 500, 500),
        (1, 2, 1, 1),
    ],
)
def test_no_more_are_started_than_one_function_takes(reserved: int, of_one_service: int, accounts: int, expected: int) -> None:
    for unreserved in (0, 10, 1_000):  # what is reserved is not taken from the rest
        assert concurrency.scans_at_once(unreserved, accounts, reserved, of_one_service) == expected


def refused(width: int, reserved: int, units: Sequence[tuple[str, float]]) -> int:
    """How many of the units, started in their order and `width` at once, find their service's function at its limit."""
    running: list[tuple[float, str]] = []
    now, late = 0.0, 0
    for service, seconds in units:
        if len(running) == width:
            now, _ = heapq.heappop(running)
        late += sum(one == service for _, one in running) >= reserved
        heapq.heappush(running, (now + seconds, service))
    return late


@given(st.integers(1, 8), st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 90)), min_size=1, max_size=120))
def test_whatever_the_units_take_none_finds_its_function_at_its_limit(reserved: int, units: list[tuple[str, float]]) -> None:
    most = max(Counter(service for service, _ in units).values())
    assert refused(concurrency.scans_at_once(1_000, 1, reserved, most), reserved, units) == 0


def test_the_width_without_a_limit_would_be_refused() -> None:
    """One slow service among quick ones: 17 regions, in the plan's order."""
    units = [(service, 30.0 if service == "slow" else 1.0) for _ in range(17) for service in ("slow", "quick", "other")]
    assert refused(concurrency.scans_at_once(1_000, 1), 5, units) > 0


class Lambda:
    def __init__(self, code: str = "") -> None:
        self.code = code

    def get_account_settings(self) -> dict[str, Any]:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "GetAccountSettings")
        return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}}


def test_what_others_have_reserved_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "own_client", lambda service: Lambda())
    assert concurrency.unreserved() == (900, "")


def test_where_the_quota_may_not_be_read_the_smallest_is_assumed_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "own_client", lambda service: Lambda("AccessDeniedException"))
    free, why = concurrency.unreserved()
    assert free == concurrency.UNKNOWN
    assert "lambda:GetAccountSettings" in why


def test_another_error_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "own_client", lambda service: Lambda("ServiceException"))
    with pytest.raises(ClientError):
        concurrency.unreserved()
