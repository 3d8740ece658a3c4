"""Every mistake of a person becomes one line that says what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from finops.ending import Ending, ExitCode, aws_mistakes


def answered(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (NoCredentialsError(), "set AWS_PROFILE, run `aws configure`"),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "no AWS credentials"),
        (NoRegionError(), "set AWS_REGION"),
        (ProfileNotFound(profile="prod"), "The config profile (prod) could not be found: check the AWS configuration"),
        (UnauthorizedSSOTokenError(), "aws sso login"),
        (EndpointConnectionError(endpoint_url="https://states.nowhere"), "AWS cannot be reached"),
        (ReadTimeoutError(endpoint_url="https://states.nowhere"), "AWS cannot be reached"),
        (answered("ExpiredToken"), "the credentials have expired: log in again"),
        (answered("ExpiredTokenException"), "the credentials have expired: log in again"),
        (answered("InvalidClientTokenId"), "AWS does not accept these credentials (InvalidClientTokenId)"),
        (answered("AccessDenied", "no identity-based policy"), "not allowed to DescribeStacks (no identity-based policy): ask for"),
        (answered("AccessDeniedException"), "not allowed to DescribeStacks"),
        (answered("InternalFailure", "later"), "DescribeStacks answered InternalFailure: later"),
    ],
)
def test_what_aws_refuses_is_one_line_of_advice(error: Exception, advice: str) -> None:
    with pytest.raises(Ending) as caught, aws_mistakes("looking", hint="Then again"):
        raise error
    line = str(caught.value)
    assert advice in line
    assert line.startswith("looking: ")
    assert line.endswith(". Then again")
    assert "\n" not in line
    assert caught.value.code is ExitCode.BAD_INPUT


def test_our_own_bugs_are_not_hidden() -> None:
    with pytest.raises(KeyError), aws_mistakes("looking"):
        raise KeyError("x")


def test_an_ending_is_one_line_whatever_the_message() -> None:
    assert str(Ending(ExitCode.FAILED, "a\n  b\t c")) == "a b c"


def test_exit_codes_are_a_promise_to_scripts() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "BAD_INPUT": 2,
        "COVERAGE_TOO_LOW": 3,
        "FAILED": 4,
        "INTERRUPTED": 130,
    }
