"""What DynamoDB still gives although its time is over counts no more, for each kind of item."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from functions.core.outside.expiry import expired
from functions.core.store import ledger

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("item", "over"),
    [
        ({}, False),
        ({"ttl": {"N": "1800000001"}}, False),
        ({"ttl": {"N": "1800000000"}}, True),
        ({"ttl": {"N": "1"}}, True),
        ({"ttl": {"S": "soon"}}, False),
        ({"ttl": {"N": "soon"}}, True),
        ({"ttl": None}, True),
    ],
)
def test_an_item_counts_until_its_time(item: dict[str, Any], over: bool) -> None:
    assert expired(item, NOW) is over


def test_the_clock_is_the_machines() -> None:
    assert expired({"ttl": {"N": str(time.time() - 1)}})
    assert not expired({"ttl": {"N": str(time.time() + 60)}})


def test_an_old_failure_of_a_unit_is_none_any_more() -> None:
    def item(unit: str, ttl: float) -> dict[str, Any]:
        return {"sk": {"S": f"failed#{unit}"}, "error": {"S": "Boom"}, "cause": {"S": ""}, "ttl": {"N": str(int(ttl))}}

    pages = [{"Items": [item("old", time.time() - 5), item("new", time.time() + 60)]}]
    table = SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=lambda **_: pages))
    assert list(ledger.failures_of(table, "state", "r1")) == ["new"]
