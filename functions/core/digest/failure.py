"""The mail about a sweep that failed, timed out or was aborted, from EventBridge's event.

"Step Functions Execution Status Change": https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
`error` and `cause` are there when the status is FAILED; the cause of a failed function is JSON with its message in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from functions.core.aws import partitions
from functions.core.digest.message import Fact, Message, Section, short
from functions.core.rank.run import what_if

CAUSE_CHARS = 600
COVERAGE = "CoverageTooLow"
"""The one failure that leaves a report: the flow's last state, see statemachine/finops_sweep.asl.json."""
HEADLINES = {
    "FAILED": "The sweep failed",
    "TIMED_OUT": "The sweep took longer than allowed and was stopped",
    "ABORTED": "The sweep was aborted",
}
RESUME = "`finops resume {run}` scans what is missing and builds the report; what was already scanned is kept."
WHAT_TO_DO = {
    "InvalidInput": "The sweep's input, or the file that is named, is wrong, and nothing was scanned. "
    "Correct the input and start it again.",
    "InvalidSuppressions": "config/suppressions.toml was changed while the sweep ran, and is wrong now. What was scanned is kept: correct "
    "the file, look with `finops suppressions check`, then `finops resume {run}` builds the report without scanning again.",
    "OrganizationError": "The organization's accounts could not be listed, and nothing was scanned: it would only have looked complete.",
    "TIMED_OUT": "Check in the execution's graph what was still running; sweep_timeout in the settings is the limit. " + RESUME,
    "ABORTED": "Someone stopped it: CloudTrail's StopExecution event says who. " + RESUME,
}


@dataclass(slots=True, frozen=True)
class Failure:
    """An execution that did not end well. `given`: what it was started with, as JSON; None where the event does not say.

    `stopped` tells one end from another: an execution that was redriven may fail twice.
    """

    name: str
    execution_arn: str
    status: str
    error: str
    cause: str
    started: datetime
    given: str | None = None
    stopped: str = ""


def read(event: Mapping[str, Any]) -> Failure:
    """What the event says."""
    detail = event["detail"]
    return Failure(
        name=detail["name"],
        execution_arn=detail["executionArn"],
        status=detail["status"],
        error=detail.get("error") or "",
        cause=_reported(detail.get("cause") or ""),
        started=datetime.fromtimestamp(detail["startDate"] / 1000, UTC),
        given=detail.get("input"),
        stopped=str(detail.get("stopDate") or ""),
    )


def untold(failure: Failure, planned: Mapping[str, Any] | None) -> str:
    """Why nobody is to be told: its input says so, or it is a what-if, as with the digest of a sweep that ended well; "" when somebody is.

    `planned`: planned.json of its run, None when there is none. It knows what the run was asked where the input only resumes it, or where
    the event does not have the input, which EventBridge leaves out when it is long.
    """
    asked, started = _asked(failure.given), failure.started
    if planned is not None and (failure.given is None or "resume" in asked):
        asked, started = {"as_of": planned["as_of"], "notify": planned.get("notify"), **asked}, datetime.fromisoformat(planned["started"])
    if asked.get("notify") is False:
        return "not asked for"
    if asked.get("notify") is None and _what_if(asked.get("as_of"), started):
        return "what-if"
    return ""


def _asked(given: str | None) -> Mapping[str, Any]:
    """An input as an object; an empty one where it is none."""
    try:
        asked = json.loads(given or "{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _what_if(as_of: Any, started: datetime) -> bool:
    """Not where `as_of` is no time: what is wrong with an input is told."""
    try:
        moment = datetime.fromisoformat(as_of)
    except (TypeError, ValueError):
        return False
    return what_if(moment if moment.tzinfo else moment.replace(tzinfo=UTC), started)


def _reported(cause: str) -> str:
    """The message in the cause of a failed function, else the cause."""
    try:
        said = json.loads(cause)
    except (ValueError, RecursionError):  # whoever stops an execution words its cause
        return cause
    return str(said["errorMessage"]) if isinstance(said, dict) and "errorMessage" in said else cause


def mail(failure: Failure, run_id: str, region: str, account: str) -> Message:
    """What happened, what it means, and where to look."""
    headline = HEADLINES.get(failure.status, f"The sweep ended as {failure.status}")
    what = f": {failure.error}" if failure.error else ""
    sections = [Section("What Step Functions says", text=[short(failure.cause, CAUSE_CHARS)])] if failure.cause else []
    page = execution_page(region, failure.execution_arn)
    advice = WHAT_TO_DO.get(failure.error) or WHAT_TO_DO.get(failure.status) or RESUME
    return Message(
        subject=f"FinOps: {headline[:1].lower()}{headline[1:]}{what}",
        title=f"FinOps sweep of {failure.started:%Y-%m-%d}",
        headline=f"{headline}{what}",
        below="It did not finish.",
        bad=True,
        facts=[Fact("status", failure.status), Fact("started", f"{failure.started:%Y-%m-%d %H:%M} UTC")],
        sections=[*sections, Section("What to do", text=[advice.format(run=run_id)])],
        pages=[Fact("The execution in the console", page)] if page else [],
        footer=[
            f"Run {run_id}, execution {failure.name}, in account {account}.",
            "Sent by the FinOps Analyzer. Its deployment's settings say who receives it (EMAIL_TO), and whether (SEND_EMAIL_ON_ERROR).",
        ],
    )


def execution_page(region: str, arn: str) -> str:
    """The execution in the Step Functions console; "" in a partition whose console is not known."""
    host = partitions.console(region)
    return f"{host}/states/home?region={region}#/v2/executions/details/{quote(arn, safe=':')}" if host else ""
