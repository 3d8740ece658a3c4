"""Mails and messages in the embedded AWS, with IAM enforced: a failing sweep through the event rule, and the digest of a run."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from finops import embedded
from finops.embedded import EmbeddedAws
from functions.core import storage
from tests.functions import sweeps
from tests.functions.core.digest import summaries

pytestmark = pytest.mark.e2e
SENDER, RECIPIENT = "finops@example.com", "ops@example.org"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with embedded.start(email_from=SENDER, email_to=RECIPIENT) as running:
        running.client("ses").verify_email_identity(EmailAddress=SENDER)
        yield running


def mailbox(aws: EmbeddedAws) -> list[dict[str, Any]]:
    """What SES was given to send, oldest first."""
    with urllib.request.urlopen(f"{aws.endpoint}/_ministack/ses/messages?account={aws.accounts[0]}", timeout=10) as answer:  # noqa: S310
        found: list[dict[str, Any]] = json.load(answer)["messages"].get(aws.accounts[0], [])
    return found


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.2)
    return found


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
    aws.client("stepfunctions").start_execution(stateMachineArn=aws.outputs["StateMachineArn"], name="wrong", input='{"region": "x"}')
    message = eventually(lambda: told(aws, queue))
    [mail] = eventually(lambda: mailbox(aws)[before:])
    assert (mail["Source"], mail["To"]) == (SENDER, [RECIPIENT])
    assert mail["Subject"] == "FinOps: the sweep failed: InvalidInput"
    assert "unknown key 'region'" in mail["BodyText"]
    assert (message["event"], message["error"], message["status"]) == ("sweep.failed", "InvalidInput", "FAILED")
    assert message["run_id"] in mail["BodyText"]


def test_the_digest_has_a_link_that_opens_the_report(aws: EmbeddedAws, queue: str) -> None:
    bucket, s3, before = aws.outputs["BucketName"], aws.client("s3"), len(mailbox(aws))
    s3.put_object(Bucket=bucket, Key=storage.run_key(sweeps.RUN_ID, "report.html"), Body=b"<h1>the report</h1>")
    s3.put_object(Bucket=bucket, Key=storage.run_key(sweeps.RUN_ID, "summary.json"), Body=json.dumps(summaries.with_bill()).encode())
    payload = {"plan": {"run_id": sweeps.RUN_ID, "bucket": bucket, "notify": None}, "rank": {}, "report": {}}
    for expected in ("sent", "off"):
        answer = aws.client("lambda").invoke(FunctionName="FinOpsAnalyzer-notify", Payload=json.dumps(payload))
        result = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, result
        assert (result["mail"], result["topic"]) == (expected, "sent")
    [mail] = mailbox(aws)[before:]
    assert mail["Subject"] == "FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %"
    [link] = [line.removeprefix("The report: ") for line in mail["BodyText"].splitlines() if line.startswith("The report: ")]
    with urllib.request.urlopen(link, timeout=10) as opened:  # noqa: S310  # the embedded AWS
        assert opened.read() == b"<h1>the report</h1>"
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
