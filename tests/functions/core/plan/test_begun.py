"""One execution at a time is a run's, and a start that was delivered twice is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.errors import AlreadyStarted, Denied, InvalidInput, Throttled
from functions.core.plan import begun
from functions.core.store.claims import Claims
from tests import state_table

RUN = "20261124T160402Z-aaaaaa"


class StepFunctions:
    """The status of executions by ARN: none where it is not known, an error where it is one."""

    def __init__(self, **statuses: str | ClientError) -> None:
        self.statuses, self.before = statuses, (lambda: None)
        self.asked: list[str] = []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(executionArn)
        self.before()
        status = self.statuses.get(executionArn) or refusal("ExecutionDoesNotExist")
        if isinstance(status, ClientError):
            raise status
        return {"status": status}

    before: Callable[[], object]


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeExecution")


@pytest.fixture
def claims() -> Iterator[Claims]:
    with mock_aws():
        dynamodb = state_table.client()
        yield Claims(dynamodb, state_table.create(dynamodb))


def test_a_new_run_asks_nobody_and_a_retried_plan_is_the_same_execution(claims: Claims) -> None:
    machine = StepFunctions(a="RUNNING")
    begun.alone(claims, machine, RUN, "a")
    begun.alone(claims, machine, RUN, "a")
    assert machine.asked == []


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_one_that_runs_is_left_alone(claims: Claims, status: str) -> None:
    begun.alone(claims, StepFunctions(), RUN, "arn:execution:sweep:a")
    with pytest.raises(
        InvalidInput, match=rf"resume: run {RUN} is still running, in the execution a: wait until it ends, or stop it first"
    ):
        begun.alone(claims, StepFunctions(**{"arn:execution:sweep:a": status}), RUN, "b")
    assert claims.look(f"run#{RUN}", begun.EXECUTION).holder == "arn:execution:sweep:a"


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", refusal("ExecutionDoesNotExist")])
def test_one_that_has_ended_however_is_gone_on_with(claims: Claims, status: str | ClientError) -> None:
    begun.alone(claims, StepFunctions(), RUN, "a")
    begun.alone(claims, StepFunctions(a=status), RUN, "b")
    with pytest.raises(InvalidInput, match="in the execution b"):
        begun.alone(claims, StepFunctions(a=status, b="RUNNING"), RUN, "c")


def test_the_first_that_was_redriven_is_seen_although_another_went_on_since(claims: Claims) -> None:
    begun.alone(claims, StepFunctions(), RUN, "a")
    begun.alone(claims, StepFunctions(a="FAILED"), RUN, "b")
    with pytest.raises(InvalidInput, match="in the execution a"):
        begun.alone(claims, StepFunctions(a="RUNNING", b="SUCCEEDED"), RUN, "c")


def test_of_two_at_the_same_moment_one_goes_on(claims: Claims) -> None:
    begun.alone(claims, StepFunctions(), RUN, "a")
    machine = StepFunctions(a="FAILED")
    machine.before = lambda: begun.alone(claims, StepFunctions(a="FAILED"), RUN, "b")
    with pytest.raises(InvalidInput, match="in the execution b"):
        begun.alone(claims, machine, RUN, "c")
    assert claims.look(f"run#{RUN}", begun.EXECUTION).holder == "b"


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDeniedException", Denied), ("ThrottlingException", Throttled), ("InternalFailure", ClientError)]
)
def test_where_it_cannot_be_said_nothing_begins(claims: Claims, code: str, error: type[Exception]) -> None:
    begun.alone(claims, StepFunctions(), RUN, "a")
    with pytest.raises(error):
        begun.alone(claims, StepFunctions(a=refusal(code)), RUN, "b")
    assert claims.look(f"run#{RUN}", begun.EXECUTION).holder == "a"


def test_a_start_that_was_delivered_twice_is_one(claims: Claims) -> None:
    begun.once(claims, "2026-11-24T02:00:00Z", "arn:a")
    begun.once(claims, "2026-11-24T02:00:00Z", "arn:a")
    with pytest.raises(AlreadyStarted, match="the execution a was started with the same idempotency_token 2026-11-24T02:00:00Z"):
        begun.once(claims, "2026-11-24T02:00:00Z", "arn:b")
    begun.once(claims, "2026-11-25T02:00:00Z", "arn:b")


def test_hours_later_it_is_another_start() -> None:
    with mock_aws():
        dynamodb = state_table.client()
        table, now = state_table.create(dynamodb), [0.0]
        late = Claims(dynamodb, table, lambda: now[0])
        begun.once(late, "t", "a")
        now[0] = begun.TOKEN_SECONDS - 1
        with pytest.raises(AlreadyStarted):
            begun.once(late, "t", "b")
        now[0] += 1
        begun.once(late, "t", "b")
