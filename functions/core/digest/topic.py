"""What is published to the topic about a sweep: JSON for machines, a sentence for an inbox, and a notification for a chat.

One message, with a form for each kind of subscription. Machines (lambda, sqs, firehose) get compact JSON; `email` gets words; `https` gets
the custom notification of Amazon Q Developer in chat applications (AWS Chatbot), which subscribes over https. Message attributes `event`
and `status` are there for filter policies. No presigned link is in it: who may open the report is not who may subscribe.
https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html and
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from functions.core.digest.failure import CAUSE_CHARS, Failure
from functions.core.digest.message import Message, dollars, short
from functions.core.meter import sweep_cost
from functions.core.money import USD
from functions.core.outside.text import in_chat, one_line
from functions.core.report import counts

SUBJECT_CHARS = 99
"""SNS: printable ASCII, at most 99 characters. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
TITLE_CHARS = 250
ROWS = 3
"""Of each list; a description has room for 8,000 characters."""
NAME_CHARS = 60
Json = Mapping[str, Any]


class Note(NamedTuple):
    """`event` and `status` for filters, the JSON for machines, the words for people: `lines` after the text, and what can be done next as
    `steps`, each with a command in backticks."""

    event: str
    status: str
    data: dict[str, Any]
    title: str
    text: str
    page: str
    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


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
    return Note(
        "sweep.reported",
        status,
        data,
        message.subject,
        " ".join([*message.notices, message.below]),
        page,
        (*_first_rows(message), *_owners(totals)),
        (
            f"`finops report {run['run_id']} --open` shows the whole report",
            f"`finops report {run['run_id']} --owner NAME --format md` writes what belongs to one owner",
        ),
    )


def _first_rows(message: Message) -> Iterator[str]:
    """What stands in the mail's lists, of each as much as a chat has room for."""
    for section in message.sections:
        if section.rows:
            yield f"{section.title}:"
            yield from (f"• {row.amount} {row.what} ({row.where})" for row in section.rows[:ROWS])


def _owners(totals: Json) -> Iterator[str]:
    """Whose most of it is; nothing where nobody is named, or in a summary of long ago."""
    by_owner = totals.get("by_owner") or {}
    if any(by_owner):
        first = ((name, one["monthly_savings"]["likely"]) for name, one in list(by_owner.items())[:ROWS])
        named = [f"{short(name or 'nobody', NAME_CHARS)} {dollars(likely)}" for name, likely in first]
        yield f"Owners with the most: {', '.join(named)} a month."


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
        "email": "\n\n".join(filter(None, (one_line(note.title), one_line(note.text), _listed(note.lines), note.page))) + "\n",
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


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(map(one_line, lines))


def ascii_subject(title: str) -> str:
    """SNS refuses a subject with anything but printable ASCII."""
    return one_line(title).encode("ascii", "replace").decode("ascii")[:SUBJECT_CHARS]


def chat(note: Note) -> dict[str, Any]:
    """The custom notification. `threadId`: what is said of a run stands together."""
    description = [in_chat(one_line(line)) for line in (note.text, *note.lines)]
    return {
        "version": "1.0",
        "source": "custom",
        "id": f"{note.data['run_id']}-{note.event}",
        "content": {
            "textType": "client-markdown",
            "title": in_chat(short(note.title, TITLE_CHARS)),
            "description": "\n".join(filter(None, [*description, note.page])),
            **({"nextSteps": [in_chat(step) for step in note.steps]} if note.steps else {}),
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
