"""What of a finding stands in one cell."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report.excerpts import texts
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps


def finding(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding("vol-1", sweeps.saving(10, 8, 12)), mode="json")
    return made | more


UNPRICED = {"low": 0.0, "likely": 0.0, "high": 0.0, "unpriced": "no price known"}
FREE = {"low": 0.0, "likely": 0.0, "high": 0.0, "unpriced": None}


@pytest.mark.parametrize(
    ("more", "amount", "between", "why"),
    [
        ({}, "$10.00", "$8.00 to $12.00", ""),
        ({"savings": UNPRICED}, "unpriced", "", "no price known"),
        ({"savings": FREE}, "$0.00", "", "costs nothing"),
        ({"headline": False}, "$10.00", "$8.00 to $12.00", "counted by another finding"),
        ({"lifecycle": "suppressed"}, "$10.00", "$8.00 to $12.00", "suppressed"),
        ({"lifecycle": "suppressed", "suppression": "kept until 2027"}, "$10.00", "$8.00 to $12.00", "suppressed: kept until 2027"),
    ],
)
def test_money_and_why_it_is_in_no_sum(more: dict[str, Any], amount: str, between: str, why: str) -> None:
    one = finding(**more)
    assert (texts.amount(one), texts.between(one), texts.why_not_in_sum(one)) == (amount, between, why)


def test_names_are_one_short_line() -> None:
    assert texts.name(finding(resource_name="a\nb\u202e" + "x" * 5000)) == "a b " + "x" * (texts.NAME_CHARS - 5) + "…"
    assert texts.name(finding(resource_name="")) == "vol-1"
    assert texts.account(finding(), {sweeps.ACCOUNT: "web\nprod"}) == f"{sweeps.ACCOUNT} (web prod)"
    assert texts.account(finding(), {}) == sweeps.ACCOUNT
    assert texts.service_name(finding()) == "Amazon Elastic Block Store"
