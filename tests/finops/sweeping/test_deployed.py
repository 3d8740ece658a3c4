"""Finding the deployed analyzer by its stack, and every reason why it is not found."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.sweeping import deployed


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws():
        yield


def deploy(stack: str, outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))


@pytest.mark.usefixtures("account")
def test_the_outputs_of_the_stack_lead_to_machine_and_bucket() -> None:
    deploy("FinOpsAnalyzer", {"StateMachineArn": "arn:machine", "BucketName": "the-bucket", "TableName": "the-table"})
    target = deployed.find()
    assert (target.machine_arn, target.bucket, target.stays) == ("arn:machine", "the-bucket", True)
    assert target.stepfunctions.meta.region_name == target.s3.meta.region_name == "eu-west-1"


@pytest.mark.usefixtures("account")
def test_aws_region_says_where_as_for_every_other_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy("FinOpsAnalyzer", {"StateMachineArn": "arn:machine", "BucketName": "the-bucket"})
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    with pytest.raises(Ending, match="there is no stack FinOpsAnalyzer in us-west-2"):
        deployed.find()


@pytest.mark.usefixtures("account")
def test_another_stack_by_name() -> None:
    deploy("Mine", {"StateMachineArn": "arn:mine", "BucketName": "mine"})
    assert deployed.find("Mine").machine_arn == "arn:mine"


@pytest.mark.usefixtures("account")
def test_no_such_stack_says_where_it_was_looked_for() -> None:
    with pytest.raises(Ending, match=r"there is no stack FinOpsAnalyzer in eu-west-1: deploy it with `make deploy`") as caught:
        deployed.find()
    assert caught.value.code is ExitCode.BAD_INPUT


@pytest.mark.usefixtures("account")
def test_a_stack_of_something_else_is_not_taken_for_ours() -> None:
    deploy("Web", {"BucketName": "assets"})
    with pytest.raises(Ending, match="Web has no output StateMachineArn"):
        deployed.find("Web")


def test_no_credentials_and_no_region_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    empty = str(tmp_path_factory.mktemp("home") / "none")
    for name, value in {"AWS_CONFIG_FILE": empty, "AWS_SHARED_CREDENTIALS_FILE": empty, "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Ending, match="no AWS region: set AWS_REGION"):
        deployed.find()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(Ending, match="no AWS credentials: set AWS_PROFILE"):
        deployed.find()


@pytest.mark.usefixtures("account")
def test_a_stack_from_before_the_advice_has_no_circuit_breaker() -> None:
    deploy("FinOpsAnalyzer", {"TableName": "the-table"})
    with pytest.raises(Ending, match="has no function FinOpsAnalyzer-analyze, so it has no circuit breaker") as caught:
        deployed.find_circuit()
    assert caught.value.code is ExitCode.BAD_INPUT


@pytest.mark.usefixtures("account")
def test_a_stack_without_a_table_is_not_taken_for_ours() -> None:
    deploy("Web", {"BucketName": "assets"})
    with pytest.raises(Ending, match="Web has no output TableName"):
        deployed.find_circuit("Web")
