"""Lambda's room against what a sweep wants, and which quota to raise."""

from __future__ import annotations

import json

import pytest

from cdk_app.constructs.flow import definition
from cdk_app.settings.settings import parse
from finops.readiness import quotas
from finops.readiness.points import Status
from tests.finops.asked_functions import REGION, Functions, refusal


@pytest.mark.parametrize(
    ("free", "quota", "at_a_time", "accounts", "status", "said"),
    [
        (1000, 1000, 40, 1, Status.OK, "1,000 executions at once, 1,000 of them unreserved; 40 units are scanned at a time"),
        (40, 140, 40, 1, Status.OK, "40 units are scanned at a time"),
        (10, 10, 40, 1, Status.MISSING, "and max_concurrency is 40: scans would be throttled"),
        (39, 1000, 40, 1, Status.MISSING, "1,000 executions at once, 39 of them unreserved"),
        (1000, 1000, None, 1, Status.OK, "40 units are scanned at a time"),
        (10, 10, None, 1, Status.TO_KNOW, "only 5 of 40 units are scanned at a time"),
        (900, 1000, None, 200, Status.TO_KNOW, "only 450 of 500 units are scanned at a time"),
        (1000, 1000, None, 200, Status.OK, "500 units are scanned at a time"),
        (5000, 5000, None, 200, Status.OK, "500 units are scanned at a time"),
    ],
)
def test_room_against_what_is_wanted(free: int, quota: int, at_a_time: int | None, accounts: int, status: Status, said: str) -> None:
    point = quotas.point(Functions({}, free, quota), at_a_time, accounts)
    assert (point.status, said in point.seen) == (status, True), point
    if status is not Status.OK:
        assert f"request-service-quota-increase --region {REGION} --service-code lambda --quota-code L-B99A9384" in point.fix
        assert int(point.fix.split()[-1]) > quota or quota == 1000


@pytest.mark.parametrize(
    ("reserved", "at_a_time", "accounts", "status", "scans"),
    [(5, None, 1, Status.TO_KNOW, 5), (40, None, 1, Status.OK, 40), (60, None, 100, Status.TO_KNOW, 60), (5, 5, 1, Status.TO_KNOW, 5)],
)
def test_what_is_reserved_for_each_function_is_all_that_it_gets(
    reserved: int, at_a_time: int | None, accounts: int, status: Status, scans: int
) -> None:
    point = quotas.point(Functions({}, 900, 1000), at_a_time, accounts, reserved)
    assert (point.status, f"so {scans} units are scanned at a time" in point.seen) == (status, True), point
    assert ("scan_reserved_concurrency" in point.fix) is (status is not Status.OK)


def test_who_may_not_look_is_told_so() -> None:
    functions = Functions({})

    def refuse() -> None:
        raise refusal("AccessDeniedException", "GetAccountSettings")

    functions.get_account_settings = refuse  # type: ignore[assignment,method-assign]
    point = quotas.point(functions, 40, 1)
    assert (point.status, "lambda:GetAccountSettings is denied to you" in point.seen) == (Status.TO_KNOW, True)


@pytest.mark.parametrize("at_a_time", [7, 40])
def test_what_is_wanted_is_in_the_state_machine(at_a_time: int) -> None:
    flow = json.dumps(definition(parse({"max_concurrency": at_a_time})))
    assert quotas.wanted(flow) == at_a_time
    without = flow.replace(f'"MaxConcurrency": {at_a_time}', f'"MaxConcurrencyPath": "$.{at_a_time}"', 1)
    assert quotas.wanted(without) is None
