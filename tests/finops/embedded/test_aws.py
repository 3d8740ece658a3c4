"""Deploying into the embedded AWS, and reaching it. That the whole of it works is what tests/e2e is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from finops.embedded import aws as embedded
from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws, StartFailed, Timer

BUCKET = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}}}
UNKNOWN = {"Resources": {"Machine": {"Type": "AWS::Nothing::AtAll"}}}
POLICY = {"PolicyName": "p", "PolicyDocument": {"Statement": []}, "Roles": ["missing"]}
BROKEN = {"Resources": {"Policy": {"Type": "AWS::IAM::Policy", "Properties": POLICY}}}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_a_stack_is_deployed_in_the_account_that_is_named(aws: EmbeddedAws) -> None:
    outputs = embedded.deploy(aws, BUCKET, "Kept", ACCOUNTS[1])
    assert outputs["Name"] in [bucket["Name"] for bucket in aws.client("s3", ACCOUNTS[1]).list_buckets()["Buckets"]]
    assert [stack["StackName"] for stack in aws.client("cloudformation").list_stacks()["StackSummaries"]] == []


def test_a_template_that_is_too_long_for_a_request_goes_through_s3(aws: EmbeddedAws) -> None:
    long = {**BUCKET, "Metadata": {"Words": "x" * embedded.TEMPLATE_BYTES}}
    outputs = embedded.deploy(aws, long, "Long", ACCOUNTS[1])
    assert outputs["Name"] in [bucket["Name"] for bucket in aws.client("s3", ACCOUNTS[1]).list_buckets()["Buckets"]]


def test_a_stack_that_cannot_be_created_says_why(aws: EmbeddedAws) -> None:
    with pytest.raises(StartFailed, match=rf"the stack Broken in {ACCOUNTS[0]} is ROLLBACK_COMPLETE: Policy: .*missing cannot be found"):
        embedded.deploy(aws, BROKEN, "Broken", ACCOUNTS[0])


def test_a_template_that_is_refused_says_why(aws: EmbeddedAws) -> None:
    with pytest.raises(StartFailed, match=r"the stack Unknown in 111111111111 was refused: .*AWS::Nothing::AtAll"):
        embedded.deploy(aws, UNKNOWN, "Unknown", ACCOUNTS[0])


def test_a_stack_that_takes_for_ever_is_given_up(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STACK_SECONDS", -1)
    with pytest.raises(StartFailed, match="the stack Late in 333333333333 is CREATE_IN_PROGRESS"):
        embedded.deploy(Unfinished(aws.servers), BUCKET, "Late", ACCOUNTS[2])


def test_an_aws_that_was_started_without_the_analyzer_has_nothing_to_deploy(aws: EmbeddedAws) -> None:
    with pytest.raises(StartFailed, match="started without the analyzer"):
        aws.deploy()


class Unfinished(EmbeddedAws):
    """An AWS whose stacks are never ready."""

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        class CloudFormation:
            def create_stack(self, **given: Any) -> None: ...

            def describe_stacks(self, **given: Any) -> Any:
                return {"Stacks": [{"StackStatus": "CREATE_IN_PROGRESS"}]}

            def describe_stack_events(self, **given: Any) -> Any:
                return {"StackEvents": []}

        return CloudFormation()


def test_a_client_is_made_once_for_each_account_and_region(aws: EmbeddedAws) -> None:
    assert aws.client("ec2") is aws.client("ec2", ACCOUNTS[0], REGIONS[0])
    assert aws.client("ec2", ACCOUNTS[1]) is not aws.client("ec2")
    assert aws.client("sts", ACCOUNTS[2], REGIONS[1]).get_caller_identity()["Account"] == ACCOUNTS[2]


def test_the_environment_turns_another_process_to_it(aws: EmbeddedAws) -> None:
    environment = aws.environment
    assert environment["AWS_ENDPOINT_URL"] == aws.endpoint
    assert environment["AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING"] == aws.servers.side
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_DEFAULT_REGION"]) == (ACCOUNTS[0], REGIONS[0])


def test_steps_are_told_with_the_time_that_they_took() -> None:
    lines: list[str] = []
    timer = Timer(lines.append)
    timer.lap("The first")
    timer.lap("The second")
    assert [line.partition(" (")[0] for line in lines] == ["The first", "The second"]
    assert all(line.endswith(" s)") for line in lines)
