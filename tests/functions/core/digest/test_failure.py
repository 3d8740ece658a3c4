"""The failure mail, from events as EventBridge sends them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.digest import failure
from functions.core.digest.render import html, text

ARN = "arn:aws:states:us-east-1:111122223333:execution:FinOpsAnalyzer-sweep:nightly"


def event(
    status: str = "FAILED", error: str | None = "InvalidInput", cause: str | None = "unknown key 'region'", **detail: Any
) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html has it."""
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "111122223333",
        "time": "2026-11-24T16:05:00Z",
        "region": "us-east-1",
        "resources": [ARN],
        "detail": {
            "executionArn": ARN,
            "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:FinOpsAnalyzer-sweep",
            "name": "nightly",
            "status": status,
            "startDate": 1795536242000,
            "stopDate": 1795536300000,
            "input": "{}",
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": None,
            "error": error,
            "cause": cause,
            **detail,
        },
    }


def test_it_reads_the_event() -> None:
    read = failure.read(event())
    assert (read.name, read.status, read.error, read.cause) == ("nightly", "FAILED", "InvalidInput", "unknown key 'region'")
    assert read.started == datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC)


LONG_AGO = "2026-10-01T00:00:00Z"
PLANNED = {"notify": None, "as_of": "2026-11-24T16:04:02+00:00", "started": "2026-11-24T16:04:02+00:00"}


@pytest.mark.parametrize(
    ("given", "planned", "why"),
    [
        ({}, None, ""),
        ({"notify": True}, None, ""),
        ({"notify": False}, None, "not asked for"),
        ({"notify": False, "regoin": "x"}, None, "not asked for"),
        ({"notify": "false"}, None, ""),
        ({"as_of": LONG_AGO}, None, "what-if"),
        ({"as_of": "2026-10-01", "started": "junk"}, None, "what-if"),
        ({"as_of": LONG_AGO, "notify": True}, None, ""),
        ({"as_of": "2026-11-24T16:00:00Z"}, None, ""),
        ({"as_of": "soon"}, None, ""),
        ({"as_of": 5}, None, ""),
        ([], None, ""),
        ({"resume": "r"}, PLANNED, ""),
        ({"resume": "r"}, {**PLANNED, "notify": False}, "not asked for"),
        ({"resume": "r", "notify": True}, {**PLANNED, "notify": False}, ""),
        ({"resume": "r", "notify": False}, PLANNED, "not asked for"),
        ({"resume": "r"}, {**PLANNED, "as_of": LONG_AGO}, "what-if"),
        ({"resume": "r"}, None, ""),
        (None, {**PLANNED, "notify": False}, "not asked for"),
        (None, None, ""),
    ],
)
def test_what_is_not_reported_when_it_ends_well_is_not_when_it_fails(given: Any, planned: dict[str, Any] | None, why: str) -> None:
    """Without its input, which EventBridge leaves out when it is long, a run's plan says what was asked."""
    assert failure.untold(failure.read(event(input=None if given is None else json.dumps(given))), planned) == why


def test_an_input_that_is_no_json_is_told() -> None:
    assert failure.untold(failure.read(event(input='{"notify": fal')), None) == ""


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (json.dumps({"errorMessage": "no such bucket", "errorType": "NoSuchBucket", "stackTrace": ["a", "b"]}), "no such bucket"),
        (json.dumps({"Error": "x"}), '{"Error": "x"}'),
        ('"just text"', '"just text"'),
        ("{broken", "{broken"),
        (None, ""),
    ],
)
def test_the_message_of_a_failed_function_is_taken_out_of_its_cause(cause: str | None, told: str) -> None:
    assert failure.read(event(cause=cause)).cause == told


@pytest.mark.parametrize(
    ("given", "subject", "advice"),
    [
        (("FAILED", "InvalidInput", "x"), "FinOps: the sweep failed: InvalidInput", "Correct the input and start it again."),
        (("FAILED", "InvalidSuppressions", "x"), "FinOps: the sweep failed: InvalidSuppressions", "What was scanned is kept"),
        (("FAILED", "States.TaskFailed", "x"), "FinOps: the sweep failed: States.TaskFailed", "`finops resume"),
        (("FAILED", None, None), "FinOps: the sweep failed", "`finops resume"),
        (("TIMED_OUT", None, None), "FinOps: the sweep took longer than allowed and was stopped", "sweep_timeout"),
        (("ABORTED", None, None), "FinOps: the sweep was aborted", "CloudTrail's StopExecution"),
    ],
)
def test_each_end_says_what_it_is_and_what_to_do(given: tuple[str, str | None, str | None], subject: str, advice: str) -> None:
    message = failure.mail(failure.read(event(*given)), "run-1", "us-east-1", "111122223333")
    assert (message.subject, message.bad, message.link) == (subject, True, None)
    assert advice in message.sections[-1].text[0]
    assert ("nothing was scanned" in message.sections[-1].text[0]) is (given[1] == "InvalidInput")
    assert message.below == "It did not finish."
    assert message.footer[0] == "Run run-1, execution nightly, in account 111122223333."
    for form in (html(message), text(message)):
        assert "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/arn:aws:states:" in form


def test_a_cause_cannot_write_headers_or_lines() -> None:
    bad = failure.read(event(error="Bad\r\nBcc: eve@example.com", cause="a\r\n\r\nb <img src=x> " + "y" * 5000))
    message = failure.mail(bad, "run-1", "us-east-1", "111122223333")
    assert message.subject == "FinOps: the sweep failed: Bad Bcc: eve@example.com"
    assert "<img" not in html(message)
    assert all(len(line) < 900 for line in text(message).splitlines())
    assert "\nb <img" not in text(message)


def test_where_the_console_is_not_known_the_mail_has_no_link_to_it() -> None:
    message = failure.mail(failure.read(event()), "run-1", "us-iso-east-1", "111122223333")
    assert message.pages == []
    for form in (text(message), html(message)):
        assert "console" not in form


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-east-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_the_executions_page_is_in_its_regions_console(region: str, host: str) -> None:
    assert failure.execution_page(region, ARN) == f"https://{host}/states/home?region={region}#/v2/executions/details/{ARN}"
