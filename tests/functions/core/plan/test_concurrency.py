"""How many units are scanned at once: never more than half of what Lambda has left, never none."""

from __future__ import annotations

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
