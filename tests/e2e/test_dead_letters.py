"""What fails with nobody waiting for it is in the dead letter queue, with the event and the error: through the deployed template."""

from __future__ import annotations

import json
import time

from finops.embedded.aws import EmbeddedAws

PATIENCE_SECONDS = 120
QUEUE = "DeadLetters"


def test_an_event_that_notify_cannot_handle_lands_in_the_queue_after_its_retries(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    [url] = [found for found in sqs.list_queues()["QueueUrls"] if QUEUE in found]
    aws.client("lambda").invoke(FunctionName="FinOpsAnalyzer-notify", InvocationType="Event", Payload=b'{"nobody": "knows this"}')
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (messages := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])):
        assert time.monotonic() < deadline, "nothing came"
    [message] = messages
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    kept = json.loads(message["Body"])
    assert kept["requestPayload"] == {"nobody": "knows this"}
    assert kept["responsePayload"]["errorType"] == "KeyError"
