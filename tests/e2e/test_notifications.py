"""Mails and messages in the embedded AWS, with IAM enforced: a failing sweep through the event rule, and the digest of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from finops.embedded.aws import EmbeddedAws
from functions.core import run_ids
from tests.e2e.mailbox import RECIPIENT, SENDER, deployed, eventually, linked, mailbox
from tests.e2e.sweeping import sweep
from tests.functions import sweeps
from tests.functions.core.digest import summaries

pytestmark = pytest.mark.e2e
STRANGER = "444444444444"
"""An account without the member role."""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with deployed() as running:
        yield running


@pytest.fixture
def queue(aws: EmbeddedAws) -> str:
    """A queue that subscribes to the topic, as a machine would."""
    sqs, sns = aws.client("sqs"), aws.client("sns")
    url: str = sqs.create_queue(QueueName=f"told-{time.monotonic_ns()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allow]})})
    sns.subscribe(TopicArn=aws.outputs["TopicArn"], Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return url


def told(aws: EmbeddedAws, queue: str) -> Any:
    """The next message of the queue, None when there is none yet."""
    messages = aws.client("sqs").receive_message(QueueUrl=queue).get("Messages", [])
    return json.loads(messages[0]["Body"]) if messages else None


def test_a_failing_sweep_is_mailed_and_published_through_the_rule(aws: EmbeddedAws, queue: str) -> None:
    before = len(mailbox(aws))
    given = json.dumps({"region": "x", "resume": "../../x; \x1b[2J reboot"})
    aws.client("stepfunctions").start_execution(stateMachineArn=aws.outputs["StateMachineArn"], name="wrong", input=given)
    message = eventually(lambda: told(aws, queue))
    [mail] = eventually(lambda: mailbox(aws)[before:])
    assert (mail["Source"], mail["To"]) == (SENDER, [RECIPIENT])
    assert mail["Subject"] == "FinOps: the sweep failed: InvalidInput"
    assert "unknown key 'region'" in mail["BodyText"]
    assert (message["event"], message["error"], message["status"]) == ("sweep.failed", "InvalidInput", "FAILED")
    assert message["run_id"] in mail["BodyText"]
    assert run_ids.is_one(message["run_id"]), "its own: what the input calls one is none"
    assert "\x1b" not in mail["BodyText"]


def test_a_sweep_that_saw_too_little_is_mailed_once_as_its_digest_and_told_twice(aws: EmbeddedAws, queue: str) -> None:
    """The flow tells of its report, the rule of its failure; the mail is the same, and comes once."""
    before = len(mailbox(aws))
    made = sweep(aws, accounts=[aws.accounts[0], STRANGER], regions=[aws.regions[0]], resource_types=["ebs:volume"], notify=True)
    assert (made.status, made.error) == ("FAILED", "CoverageTooLow")
    events = [eventually(lambda: told(aws, queue))["event"] for _ in range(2)]
    assert sorted(events) == ["sweep.failed", "sweep.reported"]
    [mail] = eventually(lambda: mailbox(aws)[before:])
    assert mail["Subject"].startswith("FinOps: coverage only 50 % (95 % required); ")
    assert STRANGER in mail["BodyText"]
    assert b"<title>" in linked(mail)


def test_a_sweep_that_is_stopped_is_mailed(aws: EmbeddedAws, queue: str) -> None:
    before, machine = len(mailbox(aws)), aws.client("stepfunctions")
    scope = {"regions": [aws.regions[0]], "resource_types": ["ebs:volume"]}
    for name, more in (("quiet", {"notify": False}), ("stopped", {})):  # of the first nobody hears
        given = json.dumps(scope | more)
        started = machine.start_execution(stateMachineArn=aws.outputs["StateMachineArn"], name=name, input=given)
        machine.stop_execution(executionArn=started["executionArn"])
    message = eventually(lambda: told(aws, queue))
    [mail] = eventually(lambda: mailbox(aws)[before:])
    assert mail["Subject"] == "FinOps: the sweep was aborted"
    assert "CloudTrail's StopExecution event says who" in mail["BodyText"]
    assert "execution stopped," in mail["BodyText"]
    assert (message["event"], message["status"]) == ("sweep.failed", "ABORTED")


def test_the_digest_has_a_link_that_opens_the_report(aws: EmbeddedAws, queue: str) -> None:
    bucket, s3, before = aws.outputs["BucketName"], aws.client("s3"), len(mailbox(aws))
    s3.put_object(Bucket=bucket, Key=sweeps.folder().file("report.html"), Body=b"<h1>the report</h1>")
    s3.put_object(Bucket=bucket, Key=sweeps.folder().summary, Body=json.dumps(summaries.with_bill()).encode())
    payload = {"plan": {"run_id": sweeps.RUN_ID, "bucket": bucket, "notify": None}, "rank": {}, "report": {}}
    for expected in ("sent", "off"):
        answer = aws.client("lambda").invoke(FunctionName="FinOpsAnalyzer-notify", Payload=json.dumps(payload))
        result = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, result
        assert (result["mail"], result["topic"]) == (expected, expected)
    [mail] = mailbox(aws)[before:]
    assert mail["Subject"] == "FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %"
    assert linked(mail) == b"<h1>the report</h1>"
    assert eventually(lambda: told(aws, queue))["findings"] == 416


def test_an_unverified_sender_fails_nothing(aws: EmbeddedAws, queue: str) -> None:
    aws.client("ses").delete_identity(Identity=SENDER)
    try:
        before = len(mailbox(aws))
        aws.client("stepfunctions").start_execution(stateMachineArn=aws.outputs["StateMachineArn"], name="unsent", input='{"region": "x"}')
        assert eventually(lambda: told(aws, queue))["event"] == "sweep.failed"
        assert mailbox(aws)[before:] == []
    finally:
        aws.client("ses").verify_email_identity(EmailAddress=SENDER)
