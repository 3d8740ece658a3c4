"""What Cost Explorer's answer, asked by the cost function, comes to; and what it took."""

from __future__ import annotations

from typing import Any

import pytest

from finops.readiness import bill_access
from finops.readiness.points import Status
from functions.core.aws import partitions
from functions.core.aws.roles import NO_ENDPOINT
from tests.finops.asked_functions import Functions

ACCOUNTS = ["111111111111"]


def functions(status: str, reason: str = "", requests: int = 1, cached: int = 0) -> Functions:
    content: dict[str, Any] = {"status": status, "reason": reason, "requests": requests, "cached": cached}
    return Functions({"F-cost": lambda event: content})


@pytest.mark.parametrize(
    ("answered", "status", "said"),
    [
        (functions("ok"), Status.OK, "it answers (1 request, $0.01; today's sweeps of these accounts use the answer)"),
        (functions("ok", requests=3), Status.OK, "(3 requests, $0.03;"),
        (functions("ok", requests=0, cached=1), Status.OK, "nothing was asked"),
        (
            functions("none", "ce:GetCostAndUsage: AccessDeniedException: User not enabled for cost explorer access"),
            Status.TO_KNOW,
            "not enabled for this account; a sweep works, but its report has no bill",
        ),
        (functions("none", "ce:GetCostAndUsage: DataUnavailableException: not yet"), Status.TO_KNOW, "no data yet"),
        (
            functions("none", "ce:GetCostAndUsage: AccessDeniedException: not authorized to perform: ce:GetCostAndUsage"),
            Status.MISSING,
            "AccessDeniedException: not authorized",
        ),
        (
            functions("none", f"sts:AssumeRole: RegionDisabledException: off (in eu-south-1): {NO_ENDPOINT}: switch STS on"),
            Status.MISSING,
            "RegionDisabledException: off (in eu-south-1); a sweep works",
        ),
        (functions("none", "Cost Explorer cannot be reached: timeout"), Status.TO_KNOW, "cannot be reached"),
        (Functions({}), Status.MISSING, "it does not exist"),
    ],
)
def test_what_the_answer_comes_to(answered: Functions, status: Status, said: str) -> None:
    point = bill_access.point(answered, "F-cost", ACCOUNTS, wanted=True)
    assert (point.status, said in point.seen) == (status, True), point
    assert point.status is Status.OK or point.fix
    assert answered.asked == [("F-cost", {"probe": ACCOUNTS})]


def test_who_does_not_want_it_asked_pays_nothing() -> None:
    answered = functions("ok")
    assert bill_access.point(answered, "F-cost", ACCOUNTS, wanted=False).line == "! Cost Explorer: not asked, as you wished"
    assert answered.asked == []


def test_accounts_that_cost_explorer_does_not_see_are_named() -> None:
    unseen = ["222222222222", "333333333333", "444444444444"]
    content = {"status": "ok", "reason": "", "requests": 1, "cached": 0, "without_rows_found": 9, "without_rows": unseen}
    point = bill_access.point(Functions({"F-cost": lambda event: content}), "F-cost", ["1"] * 10, wanted=True)
    assert point.status is Status.TO_KNOW
    assert point.seen.startswith("no rows of 9 of 10 accounts (222222222222, 333333333333, 444444444444 and 6 more)")
    assert "billing_account" in point.fix


def test_where_there_is_no_cost_explorer_that_is_said_and_there_is_nothing_to_mend() -> None:
    reason = partitions.lacks("us-gov-west-1", partitions.Feature.BILL)
    point = bill_access.point(functions("none", reason), "F-cost", ACCOUNTS, wanted=True)
    assert (point.status, point.seen.startswith(reason), point.fix) == (Status.TO_KNOW, True, "")


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        ({"status": "none", "reason": "ce:GetCostAndUsage: AccessDeniedException: no"}, "allow it"),
        ({"status": "ok", "reason": "", "without_rows_found": 1, "without_rows": ACCOUNTS}, "ask the payer"),
    ],
)
def test_who_may_mend_it_otherwise_hears_how(content: dict[str, Any], fix: str) -> None:
    answered = Functions({"F-cost": lambda event: {"requests": 1, "cached": 0, **content}})
    assert bill_access.point(answered, "F-cost", ACCOUNTS, True, bill_access.Remedies("allow it", "ask the payer")).fix == fix
