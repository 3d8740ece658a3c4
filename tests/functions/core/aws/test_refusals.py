"""AWS's refusals: which are permissions, which ask to slow down, which mean that something is gone; all else stays what it is."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from functions.core.aws.refusals import (
    DENIED,
    FORBIDDEN,
    NOT_OFFERED,
    REFUSED_STATUS,
    THROTTLED,
    TOKEN_REFUSED,
    UNREACHABLE,
    NotOffered,
    forbidden_by,
    iam_action,
    passing,
    translated,
    unless_gone,
)
from functions.core.errors import Denied, Throttled, TokenRefused
from functions.core.services import services

services()  # their cards say which prefix IAM knows and what is gone; a worker has the cards of the service that it scans


def _error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DescribeTargetHealth")


@pytest.mark.parametrize("code", ["LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "ResourceNotFoundException"])
def test_what_was_deleted_after_it_was_listed_is_passed_over(code: str) -> None:
    steps = ["listed"]
    with unless_gone():
        steps.append("asked")
        raise _error(code)
    steps.append("went on")
    assert steps == ["listed", "asked", "went on"]


@pytest.mark.parametrize("error", [_error("InternalFailure"), _error("AccessDenied"), ValueError("a bug")])
def test_every_other_error_stays_an_error(error: Exception) -> None:
    with pytest.raises(type(error)), unless_gone():
        raise error


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("ec2", "DescribeVolumes", "ec2:DescribeVolumes"),
        ("elb", "DescribeInstanceHealth", "elasticloadbalancing:DescribeInstanceHealth"),
        ("elbv2", "DescribeTags", "elasticloadbalancing:DescribeTags"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
    ],
)
def test_iam_knows_operations_under_its_own_prefix(service: str, operation: str, action: str) -> None:
    assert iam_action(service, operation) == action


@pytest.mark.parametrize("code", sorted(DENIED))
def test_a_refusal_is_denied_and_names_the_action(code: str) -> None:
    with pytest.raises(Denied, match=f"ec2:DescribeVolumes: {code}: no"), translated("ec2", "DescribeVolumes"):
        raise _error(code)


@pytest.mark.parametrize("status", sorted(REFUSED_STATUS))
@pytest.mark.parametrize("code", ["SubscriptionRequired", "NeverHeardOf", ""])
def test_what_http_calls_a_refusal_is_one_whatever_its_code(code: str, status: int) -> None:
    with pytest.raises(Denied, match="ec2:DescribeVolumes"), translated("ec2", "DescribeVolumes"):
        raise _error(code, status)


@pytest.mark.parametrize(
    ("code", "raised"),
    [("SlowDown", Throttled), ("UnknownOperationException", NotOffered), ("ResourceNotFoundException", ClientError)],
)
def test_a_code_that_says_more_than_its_status_is_what_counts(code: str, raised: type[Exception]) -> None:
    with pytest.raises(raised) as caught, translated("lambda", "GetFunctionConcurrency"):
        raise _error(code, 403)
    assert type(caught.value) is raised


@pytest.mark.parametrize("code", sorted(TOKEN_REFUSED))
def test_a_token_that_is_not_taken_is_a_refusal_of_its_own(code: str) -> None:
    with pytest.raises(TokenRefused, match=code) as caught, translated("ec2", "DescribeVolumes"):
        raise _error(code)
    assert isinstance(caught.value, Denied), "where nobody has other credentials it stays one"


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_a_slow_down_is_throttled(code: str) -> None:
    with pytest.raises(Throttled, match=f"ec2:DescribeVolumes: {code}"), translated("ec2", "DescribeVolumes"):
        raise _error(code)


@pytest.mark.parametrize("code", sorted(NOT_OFFERED))
def test_an_operation_that_is_not_there_is_a_client_error_of_its_own(code: str) -> None:
    with pytest.raises(NotOffered) as raised, translated("rds", "DescribeDBMajorEngineVersions"):
        raise _error(code)
    assert isinstance(raised.value, ClientError)
    assert raised.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("error", [_error("InternalFailure"), ClientError({}, "X"), KeyError("a bug")])
def test_what_is_neither_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated("ec2", "DescribeVolumes"):
        raise error
    assert caught.value is error


def test_no_answer_at_all_is_unreachable() -> None:
    assert issubclass(EndpointConnectionError, UNREACHABLE)


def _answered(status: int, code: str = "") -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}}


@pytest.mark.parametrize(
    ("answer", "error", "passes"),
    [
        (_answered(200), None, False),
        (_answered(503), None, True),
        (_answered(500, "InternalError"), None, True),
        (_answered(429), None, True),
        *((_answered(400, code), None, True) for code in sorted(THROTTLED)),
        *((_answered(400, code), None, False) for code in sorted(DENIED)),
        (_answered(400, "InvalidNextToken"), None, False),
        (None, ReadTimeoutError(endpoint_url="https://nowhere"), True),
        (None, EndpointConnectionError(endpoint_url="https://nowhere"), True),
        (None, KeyError("a bug"), False),
    ],
)
def test_what_may_do_better_when_it_is_repeated(answer: dict[str, Any] | None, error: Exception | None, passes: bool) -> None:
    assert passing(answer, error) is passes


USER = "User: arn:aws:sts::444455556666:assumed-role/FinOpsAnalyzerReader/finops-1 is not authorized to perform: rds:DescribeDBInstances"
POLICY = "arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-1"
SCP, RCP, ORGANIZATION = "a service control policy", "a resource control policy", "a policy of the organization"


@pytest.mark.parametrize(
    ("said", "by"),
    [
        (f"{USER} with an explicit deny in a service control policy", SCP),
        (f"{USER} on resource: arn:aws:rds:sa-east-1:444455556666:db:* with an explicit deny in a service control policy: {POLICY}", SCP),
        (f"You are not authorized to perform this operation. {USER} with an explicit deny in a service control policy. Encoded: x", SCP),
        (f"{USER} because no service control policy allows the rds:DescribeDBInstances action", SCP),
        ("Access to this region is denied by an SCP", SCP),
        ("Explicit Deny in a Service-Control-Policy", SCP),
        (f"{USER} with an explicit deny in a resource control policy", RCP),
        ("BlockedByOrganizationPolicyException: not here", ORGANIZATION),
        ("The operation is not allowed by your organization's policy", ORGANIZATION),
        (f"{USER} with an explicit deny in a permissions boundary", "a permissions boundary"),
        (f"{USER} because no permissions boundary allows the rds:DescribeDBInstances action", "a permissions boundary"),
        (f"{USER} because no VPC endpoint policy allows the rds:DescribeDBInstances action", "a VPC endpoint policy"),
        (f"{USER} with an explicit deny in a session policy", "a session policy"),
        (f"{USER} with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/p", "an identity-based policy"),
        (f"{USER} with an explicit deny in a resource-based policy", "a resource-based policy"),
        (f"{USER} with an explicit deny", "a policy"),
        ("ExplicitDeny: no", "a policy"),
        (f"{USER} because no identity-based policy allows the rds:DescribeDBInstances action", ""),
        (f"{USER} because no resource-based policy allows the rds:DescribeDBInstances action", ""),
        (f"{USER} on resource: arn:aws:rds:us-east-1:444455556666:db:scp-copy", ""),
        ("You are not authorized to perform this operation.", ""),
        ("Access Denied", ""),
    ],
)
def test_what_a_policy_forbids_is_told_from_a_permission_that_is_missing(said: str, by: str) -> None:
    assert forbidden_by(said) == by
    assert by in {*FORBIDDEN, ""}


def test_a_refusal_says_first_what_forbids_it() -> None:
    """A mail shows the beginning of a reason, and AWS says this last."""
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": f"{USER} with an explicit deny in a service control policy"}}
    with pytest.raises(Denied) as denied, translated("rds", "DescribeDBInstances"):
        raise ClientError(answer, "DescribeDBInstances")
    assert str(denied.value).startswith("rds:DescribeDBInstances: forbidden by a service control policy: AccessDenied: User:")
    assert forbidden_by(str(denied.value)) == SCP
