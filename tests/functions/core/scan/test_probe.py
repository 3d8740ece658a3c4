"""The probe: what is asked for an action, and what each answer of AWS says about the permission."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from functions.core import registry
from functions.core.aws import clients as module
from functions.core.aws import roles as member_roles
from functions.core.aws.clients import Aws
from functions.core.scan import probe
from functions.core.services import Enrolment, Request, services
from functions.core.settings import parse
from tests.functions.lambda_world import ACCOUNT, ENVIRONMENT, REGION

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OTHER = "444455556666"


REFUSED_WITHOUT_PARAMETERS = {
    "ec2:DescribeLaunchTemplateVersions",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
}
"""The model calls none of their parameters required, the service does."""


def looking(deadline: float | None = None) -> Aws:
    return Aws(ACCOUNT, REGION, boto3.Session("testing", "testing", region_name=REGION), NOW, deadline)


def asked(aws: Aws, *actions: str) -> probe.Probed:
    answer = probe.Probed(ACCOUNT, REGION, "ec2")
    probe.ask_all(aws, actions, answer)
    return answer


@pytest.mark.parametrize(
    ("action", "service", "operation", "parameters"),
    [
        ("ec2:DescribeVolumes", "ec2", "DescribeVolumes", {"DryRun": True}),
        ("lambda:ListFunctions", "lambda", "ListFunctions", {"MaxItems": 1}),
        ("rds:DescribeDBMajorEngineVersions", "rds", "DescribeDBMajorEngineVersions", {"MaxRecords": 20}),
        ("rds:DescribeDBInstances", "rds", "DescribeDBInstances", {}),
        ("tag:GetResources", "resourcegroupstaggingapi", "GetResources", {}),
        ("elasticloadbalancing:DescribeTargetGroups", "elbv2", "DescribeTargetGroups", {"PageSize": 1}),
        ("logs:DescribeLogGroups", "logs", "DescribeLogGroups", {"limit": 1}),
        ("ec2:DescribeRegions", "ec2", "DescribeRegions", {"DryRun": True}),
        ("ce:GetApproximateUsageRecords", None, None, {}),
        ("s3:ListAllMyBuckets", "s3", "ListBuckets", {"MaxBuckets": 1}),
        ("dynamodb:DescribeTable", "dynamodb", "DescribeTable", {"TableName": "finops-doctor-asks"}),
        ("kms:DescribeKey", None, None, {}),
        ("nonsense:Look", None, None, {}),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else "",
)
def test_the_request_follows_from_the_model_of_the_service(
    action: str, service: str | None, operation: str | None, parameters: dict[str, Any]
) -> None:
    assert probe.request(looking(), action) == (None if service is None else Request(service, str(operation), parameters))


def test_what_nobody_can_ask_is_unknown_and_never_fine() -> None:
    answer = asked(looking(), "kms:DescribeKey")
    assert (answer.allowed, answer.denied) == ([], {})
    assert answer.unknown == {"kms:DescribeKey": "no request is known that would tell"}


@pytest.mark.parametrize("action", [registry.METRICS_IAM, *(action for card in services().values() for action in card.requests)])
def test_a_card_has_only_what_the_model_cannot_tell_and_a_scanner_declares(action: str) -> None:
    assert action in registry.iam_actions(), "no scanner declares it any more"
    aws = looking()
    ask = probe.request(aws, action)
    assert ask is not None
    shape = aws.client(ask.service).meta.service_model.operation_model(ask.operation).input_shape
    assert set(shape.required_members) <= set(ask.parameters)
    other_name = any(action in card.iam_actions.values() for card in services().values())
    assert shape.required_members or other_name or action in REFUSED_WITHOUT_PARAMETERS
    assert module.iam_action(ask.service, ask.operation) == action


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("DryRunOperation", "allowed"),
        ("LoadBalancerNotFound", "allowed"),
        ("AccessPointNotFound", "allowed"),
        ("ResourceNotFoundException", "allowed"),
        ("UnauthorizedOperation", "denied"),
        ("AccessDenied", "denied"),
        ("OptInRequired", "denied"),
        ("RequestLimitExceeded", "unknown"),
        ("ThrottlingException", "unknown"),
        ("InternalError", "unknown"),
        ("ValidationError", "unknown"),
    ],
)
def test_what_an_error_says_about_the_permission(code: str, where: str) -> None:
    aws = looking()
    with Stubber(aws.client("ec2")) as stub:
        stub.add_client_error("describe_volumes", code, "because")
        answer = asked(aws, "ec2:DescribeVolumes")
    assert {name for name in ("allowed", "denied", "unknown") if getattr(answer, name)} == {where}
    if where != "allowed":
        assert code in getattr(answer, where)["ec2:DescribeVolumes"]


def test_one_action_that_is_denied_hides_no_other() -> None:
    aws = looking()
    with Stubber(aws.client("ec2")) as stub:
        stub.add_client_error("describe_images", "UnauthorizedOperation", "no")
        stub.add_client_error("describe_volumes", "DryRunOperation", "would have succeeded")
        answer = asked(aws, "ec2:DescribeImages", "ec2:DescribeVolumes")
    assert answer.allowed == ["ec2:DescribeVolumes"]
    assert answer.denied == {"ec2:DescribeImages": "ec2:DescribeImages: UnauthorizedOperation: no"}


def test_no_answer_and_no_time_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = looking()

    def silent(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://ec2.nowhere")

    monkeypatch.setattr(aws.client("ec2"), "describe_volumes", silent, raising=False)
    assert "EndpointConnectionError" in asked(aws, "ec2:DescribeVolumes").unknown["ec2:DescribeVolumes"]
    late = asked(looking(deadline=time.monotonic() - 1), "ec2:DescribeVolumes")
    assert late.unknown == {"ec2:DescribeVolumes": "OutOfTime: the scan's time budget is spent"}


@pytest.mark.parametrize(
    ("code", "message", "where"),
    [
        ("NoSuchTagSet", "", "allowed"),
        ("AccessDenied", "because no identity-based policy allows the s3:GetBucketTagging action", "denied"),
        ("AccessDenied", "with an explicit deny in a service control policy", "denied"),
        ("AccessDenied", "with an explicit deny in a resource-based policy", "unknown"),
    ],
)
def test_where_only_what_exists_tells_one_that_exists_is_asked_about(code: str, message: str, where: str) -> None:
    """That the bucket's own policy forbids it is no fault of the role."""
    aws = looking()
    with Stubber(aws.client("s3")) as stub:
        stub.add_response("list_buckets", {"Buckets": [{"Name": "first"}, {"Name": "second"}]})
        stub.add_client_error("get_bucket_tagging", code, message, http_status_code=403, expected_params={"Bucket": "first"})
        stub.add_response("get_bucket_versioning", {}, {"Bucket": "first"})
        answer = asked(aws, "s3:GetBucketTagging", "s3:GetBucketVersioning")
        stub.assert_no_pending_responses()
    found = {name: set(getattr(answer, name)) for name in ("allowed", "denied", "unknown")}
    assert found.pop(where) >= {"s3:GetBucketTagging"}
    assert not any("s3:GetBucketTagging" in others for others in found.values())
    assert "s3:GetBucketVersioning" in answer.allowed


def test_where_nothing_exists_or_can_be_listed_it_is_unknown_with_the_reason() -> None:
    aws = looking()
    with Stubber(aws.client("s3")) as stub:
        stub.add_response("list_buckets", {"Buckets": []})
        assert asked(aws, "s3:GetBucketTagging").unknown == {"s3:GetBucketTagging": probe.NONE_THERE}
        stub.add_client_error("list_buckets", "AccessDenied", "no", http_status_code=403)
        answer = asked(aws, "s3:GetBucketTagging")
    assert answer.denied == {}
    assert answer.unknown == {"s3:GetBucketTagging": "s3:ListAllMyBuckets: AccessDenied: no"}


@pytest.mark.parametrize("action", [action for card in services().values() for action in card.about])
def test_what_is_asked_about_something_that_exists_takes_its_name_and_is_declared(action: str) -> None:
    assert action in registry.iam_actions(), "no scanner declares it any more"
    card = next(card for card in services().values() if action in card.about)
    ask = card.about[action]("here")
    shape = looking().client(ask.service).meta.service_model.operation_model(ask.operation).input_shape
    assert set(shape.required_members) <= set(ask.parameters)
    assert "here" in ask.parameters.values()
    assert module.iam_action(ask.service, ask.operation) == action
    assert card.example is not None


HUB = Enrolment("The Hub", Request("cost-optimization-hub", "ListEnrollmentStatuses"), "enable it", listed="items")


@pytest.mark.parametrize(
    ("statuses", "said", "denied"),
    [(["Active"], "", ["cost-optimization-hub:GetPreferences"]), (["Inactive"], "enable it", []), ([], "enable it", [])],
)
def test_an_enrolment_is_asked_for_and_without_it_no_other_refusal_of_its_service_counts(
    statuses: list[str], said: str, denied: list[str]
) -> None:
    aws = looking()
    answer = probe.Probed(ACCOUNT, REGION, "hub", allowed=["cost-optimization-hub:ListEnrollmentStatuses"])
    answer.denied = {"cost-optimization-hub:GetPreferences": "no", "compute-optimizer:GetEnrollmentStatus": "no"}
    with Stubber(aws.client("cost-optimization-hub")) as stub:
        stub.add_response("list_enrollment_statuses", {"items": [{"status": one} for one in statuses]})
        probe.ask_enrolments(aws, [HUB], answer)
    assert answer.enrolment == {"The Hub": said}
    assert list(answer.denied) == [*denied, "compute-optimizer:GetEnrollmentStatus"]


def test_an_enrolment_that_may_not_be_asked_for_is_not_asked_for() -> None:
    answer = probe.Probed(ACCOUNT, REGION, "hub", denied={"cost-optimization-hub:ListEnrollmentStatuses": "no"})
    probe.ask_enrolments(looking(), [HUB], answer)
    assert (answer.enrolment, len(answer.denied)) == ({}, 1)


@pytest.fixture
def assumed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], list[str]]]:
    """STS that answers with credentials, or with an error's code; returns the ARNs it was asked for."""
    member_roles._assumed.clear()

    def answering(code: str | None) -> list[str]:
        roles: list[str] = []

        class Sts:
            class meta:
                partition = "aws"

            def assume_role(self, **parameters: Any) -> dict[str, Any]:
                roles.append(parameters["RoleArn"])
                if code:
                    raise ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")
                keys = {"AccessKeyId": "key", "SecretAccessKey": "s", "SessionToken": "t"}
                return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + timedelta(hours=1)}}

        monkeypatch.setattr(member_roles, "account_client", lambda *_: Sts())
        return roles

    yield answering
    member_roles._assumed.clear()


def probed(account: str) -> dict[str, Any]:
    """Without time to ask anything but to assume the role."""
    return probe.probe("ebs", account, REGION, parse(ENVIRONMENT), time.monotonic() - 1)


@pytest.mark.parametrize(("code", "where"), [("AccessDenied", "denied"), ("Throttling", "unknown"), ("RegionDisabledException", "denied")])
def test_an_account_that_cannot_be_entered_is_said_once(assumed: Callable[[str | None], list[str]], code: str, where: str) -> None:
    assumed(code)
    answer = probed(OTHER)
    assert set(answer[where]) == {probe.ASSUME}
    assert code in answer[where][probe.ASSUME]
    assert sum(len(answer[name]) for name in ("allowed", "denied", "unknown")) == 1


def test_the_role_is_assumed_anew_and_every_action_of_the_service_is_asked(assumed: Callable[[str | None], list[str]]) -> None:
    roles = assumed(None)
    for _ in range(2):
        answer = probed(OTHER)
    assert roles == [f"arn:aws:iam::{OTHER}:role/FinOpsAnalyzerReader"] * 2
    assert (answer["service"], answer["account"], answer["region"]) == ("ebs", OTHER, REGION)
    assert set(answer["unknown"]) == set(registry.iam_actions("ebs"))


def test_in_the_own_account_no_role_is_assumed(assumed: Callable[[str | None], list[str]]) -> None:
    assert assumed("AccessDenied") == []
    assert probe.ASSUME not in probed(ACCOUNT)["denied"]
