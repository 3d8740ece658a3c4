"""What is published to the topic about a sweep: JSON for machines, a sentence for an inbox, and a notification for a chat.

One message, with a form for each kind of subscription. Machines (lambda, sqs, firehose) get compact JSON; `email` gets words; `https` gets
the custom notification of Amazon Q Developer in chat applications (AWS Chatbot), which subscribes over https. Message attributes `event`
and `status` are there for filter policies. No presigned link is in it: who may open the report is not who may subscribe.
https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html and
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.core.digest.failure import CAUSE_CHARS, Failure
from functions.core.digest.message import Message, short
from functions.core.meter import sweep_cost
from functions.core.money import USD
from functions.core.outside.text import in_chat, one_line
from functions.core.report import counts

SUBJECT_CHARS = 99
"""SNS: printable ASCII, at most 99 characters. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
TITLE_CHARS = 250
Json = Mapping[str, Any]


class Note(NamedTuple):
    """`event` and `status` for filters, the JSON for machines, the words for people."""

    event: str
    status: str
    data: dict[str, Any]
    title: str
    text: str
    page: str


def reported(summary: Json, account: str, bucket: str, message: Message, page: str) -> Note:
    """A sweep has a report. `page`: where the report is in the console, "" where that is not known."""
    run, coverage, totals = summary["run"], summary["coverage"], summary["totals"]
    bill, cost = summary.get("bill"), summary.get("sweep_cost")
    status = "ok" if coverage["met"] else "coverage too low"
    data = {
        "event": "sweep.reported",
        "status": status,
        "run_id": run["run_id"],
        "account": account,
        "as_of": run["as_of"],
        "seconds": run["seconds"],
        "coverage": {name: coverage[name] for name in ("ratio", "min_ratio", "met")},
        "resources": totals["resources"],
        "findings": totals["findings"],
        **{name: totals["lifecycle"][name] for name in counts.STATES},
        **{name: totals[name] for name in ("counted", "unpriced", "hygiene", "counted_elsewhere")},
        "suppressed": totals["suppressed"]["findings"],
        "monthly_savings": totals["monthly_savings"],
        "bill_monthly": bill["monthly"] if bill and bill["status"] == "ok" else None,
        "bill_currency": bill.get("currency") or USD if bill and bill["status"] == "ok" else None,
        "sweep_cost_usd": cost["usd"] if cost and sweep_cost.known(cost) else None,
        "bucket": bucket,
        "files": summary["files"],
    }
    return Note("sweep.reported", status, data, message.subject, " ".join([*message.notices, message.below]), page)


def failed(failure: Failure, run_id: str, account: str, message: Message, page: str) -> Note:
    """A sweep failed, timed out or was aborted. `page`: where the execution is in the console."""
    data = {
        "event": "sweep.failed",
        "status": failure.status,
        "run_id": run_id,
        "account": account,
        "execution": failure.execution_arn,
        "started": failure.started.isoformat(timespec="seconds"),
        "error": failure.error or None,
        "cause": short(failure.cause, CAUSE_CHARS) or None,
    }
    return Note("sweep.failed", failure.status, data, message.subject, short(failure.cause, CAUSE_CHARS), page)


def publish(sns: Any, topic_arn: str, note: Note) -> None:
    """Raises what SNS raises."""
    forms = {
        "default": json.dumps(note.data, separators=(",", ":"), ensure_ascii=False),
        "email": "\n\n".join(filter(None, (one_line(note.title), one_line(note.text), note.page))) + "\n",
        "https": json.dumps(chat(note), separators=(",", ":"), ensure_ascii=False),
    }
    sns.publish(
        TopicArn=topic_arn,
        Subject=ascii_subject(note.title),
        MessageStructure="json",
        Message=json.dumps(forms),
        MessageAttributes={
            "event": {"DataType": "String", "StringValue": note.event},
            "status": {"DataType": "String", "StringValue": note.status},
        },
    )


def ascii_subject(title: str) -> str:
    """SNS refuses a subject with anything but printable ASCII."""
    return one_line(title).encode("ascii", "replace").decode("ascii")[:SUBJECT_CHARS]


def chat(note: Note) -> dict[str, Any]:
    """The custom notification. `threadId`: what is said of a run stands together."""
    description = [in_chat(note.text)] if note.text else []
    return {
        "version": "1.0",
        "source": "custom",
        "id": f"{note.data['run_id']}-{note.event}",
        "content": {
            "textType": "client-markdown",
            "title": in_chat(short(note.title, TITLE_CHARS)),
            "description": "\n".join(filter(None, [*description, note.page])),
        },
        "metadata": {
            "threadId": note.data["run_id"],
            "summary": short(note.title, TITLE_CHARS),
            "eventType": note.event,
            "additionalContext": {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in note.data.items() if value is not None
            },
        },
    }
