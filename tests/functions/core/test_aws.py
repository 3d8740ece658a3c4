"""The edges of AWS: what its error codes become, and under which name IAM knows an operation."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from functions.core.aws import iam_action, unless_gone


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeTargetHealth")


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
    ],
)
def test_iam_knows_operations_under_its_own_prefix(service: str, operation: str, action: str) -> None:
    assert iam_action(service, operation) == action
