"""A point in words, what becomes of a look that AWS does not allow, and what a number of points come to."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from finops.readiness import points as readiness
from finops.readiness.points import Point, Status, missing, ok, to_know
from functions.core.errors import Denied, Throttled


@pytest.mark.parametrize(
    ("point", "line"),
    [
        (ok("Mail", "finops@example.com may send"), "✓ Mail: finops@example.com may send"),
        (to_know("Mail", "none is sent", "set email_from"), "! Mail: none is sent → set email_from"),
        (missing("Mail", "not verified", "verify it"), "✗ Mail: not verified → verify it"),
    ],
)
def test_a_point_is_one_line_with_what_to_do(point: Point, line: str) -> None:
    assert point.line == line
    assert point.as_json() == {"status": point.status, "what": "Mail", "seen": point.seen, "fix": point.fix}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Denied("ses:GetAccount", "AccessDenied: no"), "you may not look (ses:GetAccount is denied to you)"),
        (Throttled("ses:GetAccount: slow down"), "could not be checked: ses:GetAccount: slow down"),
        (ClientError({"Error": {"Code": "InternalFailure", "Message": "oh"}}, "GetAccount"), "InternalFailure"),
        (EndpointConnectionError(endpoint_url="https://ses"), "Could not connect"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_look_that_fails_says_nothing_of_the_thing_itself(error: Exception, said: str) -> None:
    def look() -> Point:
        raise error

    point = readiness.looked("Mail", look)
    assert point.status is Status.TO_KNOW
    assert said in point.seen
    assert point.fix


def test_what_is_no_answer_of_aws_is_not_hidden() -> None:
    def look() -> Point:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        readiness.looked("Mail", look)


@pytest.mark.parametrize(
    ("code", "raised"), [("AccessDeniedException", Denied), ("ThrottlingException", Throttled), ("NotFoundException", ClientError)]
)
def test_a_request_tells_denied_and_throttled_from_the_rest(code: str, raised: type[Exception]) -> None:
    ses = boto3.client("sesv2", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(ses) as stub:
        stub.add_client_error("get_account", code, "no")
        with pytest.raises(raised):
            readiness.asked(ses, "ses", "get_account")


def test_the_action_is_named_as_iam_names_it() -> None:
    ses: Any = boto3.client("sesv2", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(ses) as stub:
        stub.add_client_error("get_email_identity", "AccessDeniedException", "no")
        with pytest.raises(Denied) as caught:
            readiness.asked(ses, "ses", "get_email_identity", EmailIdentity="a@example.com")
    assert caught.value.action == "ses:GetEmailIdentity"


FINE, KNOW, LACKS = ok("a", "b"), to_know("a", "b"), missing("a", "b", "c")


@pytest.mark.parametrize(
    ("points", "worst", "summary"),
    [
        ([FINE, FINE], Status.OK, "2 as it should be"),
        ([FINE, KNOW], Status.TO_KNOW, "1 good to know, 1 as it should be"),
        ([KNOW, LACKS, FINE, LACKS], Status.MISSING, "2 missing, 1 good to know, 1 as it should be"),
    ],
)
def test_points_together(points: list[Point], worst: Status, summary: str) -> None:
    assert (readiness.worst(points), readiness.summary(points)) == (worst, summary)
