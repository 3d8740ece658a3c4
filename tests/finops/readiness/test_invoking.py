"""A function's answer, and each reason why there is none."""

from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError

from finops.readiness.invoking import Unanswered, invoke
from finops.readiness.points import Status
from tests.finops.asked_functions import Functions, Raised, raising, refusal


def test_an_answer_is_given_as_it_is() -> None:
    functions = Functions({"scan": lambda event: {"seen": event["probe"]}})
    assert invoke(functions, "scan", {"probe": "ebs"}) == {"seen": "ebs"}


@pytest.mark.parametrize(
    ("error", "status", "said", "fix"),
    [
        (refusal("AccessDeniedException", "Invoke"), Status.TO_KNOW, "lambda:InvokeFunction is denied to you", "permission"),
        (refusal("TooManyRequestsException", "Invoke"), Status.TO_KNOW, "TooManyRequestsException", "finops doctor"),
        (refusal("ServiceException", "Invoke"), Status.TO_KNOW, "ServiceException", "finops doctor"),
        (ReadTimeoutError(endpoint_url="https://lambda"), Status.TO_KNOW, "Read timeout", "finops doctor"),
        (Raised("KeyError", "'unit_id'"), Status.MISSING, "an earlier version", "make deploy"),
        (Raised("Sandbox.Timedout", "timed out after 240 s"), Status.MISSING, "Sandbox.Timedout: timed out", "log"),
    ],
    ids=lambda value: str(value) if isinstance(value, Exception) else "",
)
def test_no_answer_says_why_and_what_to_do(error: Exception, status: Status, said: str, fix: str) -> None:
    with pytest.raises(Unanswered) as caught:
        invoke(Functions({"scan": raising(error)}), "scan", {})
    point = caught.value.point
    assert (point.status, point.what) == (status, "Function scan")
    assert said in point.seen
    assert fix in point.fix


def test_a_function_that_is_not_there_has_to_be_deployed() -> None:
    with pytest.raises(Unanswered) as caught:
        invoke(Functions({}), "scan", {})
    assert caught.value.point.line == "✗ Function scan: it does not exist → deploy this version: make deploy"
