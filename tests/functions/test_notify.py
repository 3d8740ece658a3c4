"""Notify as the flow and EventBridge call it: who is told, what is remembered, and that no refusal fails anything."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.backends import get_backend

from functions import notify
from functions.core import run_ids, telemetry
from functions.core.aws.sessions import own_client
from functions.core.digest import failure
from functions.core.digest.mail import Sent, send
from functions.core.settings import settings
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions import lambda_world, sweeps
from tests.functions.core.digest import summaries
from tests.functions.core.digest.test_failure import event
from tests.state_table import KEYS

SENDER, RECIPIENTS = "finops@example.com", "ops@example.org,cto@example.org"
MAIL = {"EMAIL_FROM": SENDER, "EMAIL_TO": RECIPIENTS}
FAILED_RUN = run_ids.make(datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC), "nightly")


class World(NamedTuple):
    """The bucket, and what was mailed and published."""

    s3: Any
    queue: str

    def write(self, of: dict[str, Any], run_id: str = sweeps.RUN_ID) -> None:
        """Put summary.json."""
        self.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id=run_id).summary, Body=json.dumps(of).encode())

    @property
    def mails(self) -> list[Any]:
        return list(get_backend("ses")["123456789012"][sweeps.REGION].sent_messages)

    def messages(self) -> list[dict[str, Any]]:
        """What the topic's queue holds; taken out."""
        taken = own_client("sqs", sweeps.REGION).receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in taken]


@contextmanager
def world(verified: bool = True, topic: bool = True, unset: str = "", **environment: str) -> Iterator[World]:
    """An empty bucket, a topic with a queue behind it, and an SES that knows the sender when `verified`."""
    lambda_world.own_clients()
    with mock.patch.dict("os.environ", {**sweeps.ENVIRONMENT, **MAIL}), mock_aws():
        s3, sns, sqs = own_client("s3", sweeps.REGION), own_client("sns", sweeps.REGION), own_client("sqs", sweeps.REGION)
        own_client("dynamodb").create_table(TableName=sweeps.TABLE, BillingMode="PAY_PER_REQUEST", **KEYS)
        s3.create_bucket(Bucket=sweeps.BUCKET)
        arn, queue = sns.create_topic(Name="finops")["TopicArn"], sqs.create_queue(QueueName="told")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
        if verified:
            own_client("sesv2", sweeps.REGION).create_email_identity(EmailIdentity=SENDER)
        with mock.patch.dict("os.environ", {"SNS_TOPIC_ARN": arn if topic else "", **({unset: ""} if unset else {}), **environment}):
            settings.cache_clear()
            yield World(s3, queue)
            settings.cache_clear()


def reported(**plan: Any) -> dict[str, Any]:
    """The answer to the flow's call."""
    given = {"plan": sweeps.plan_output() | plan, "rank": {}, "report": {}}
    answer: dict[str, Any] = notify.handler(given, sweeps.Context())
    return answer


def failed(**given: Any) -> dict[str, Any]:
    """The answer to the rule's call."""
    answer: dict[str, Any] = notify.handler(event(**given), sweeps.Context())
    return answer


def documents(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The embedded metrics that were written."""
    lines = (json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
    return [line for line in lines if "_aws" in line]


def test_a_digest_is_mailed_and_published() -> None:
    with world() as here:
        here.write(summaries.with_bill())
        assert reported() == {"mail": "sent", "reason": "", "topic": "sent"}
        [mail] = here.mails
        [message] = here.messages()
        marker = Bucket(here.s3, sweeps.BUCKET).need_json(f"runs/{sweeps.RUN_ID}/notified.json")
    assert (mail.source, mail.subject) == (SENDER, "FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %")
    assert mail.destinations["ToAddresses"] == RECIPIENTS.split(",")
    assert (message["event"], message["findings"]) == ("sweep.reported", 416)
    assert (marker["mail"], marker["recipients"]) == ("sent", 2)


def test_the_link_is_for_this_runs_report_and_ends_when_the_mail_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def keep(ses: Any, sender: str, recipients: Any, message: Any, configuration_set: str | None) -> Sent:
        seen.append(message)
        return Sent("sent")

    monkeypatch.setattr(notify, "send", keep)
    with world(REPORT_LINK_HOURS="3") as here:
        here.write(summaries.summary())
        reported()
    [message] = seen
    assert f"/{sweeps.BUCKET}/" in message.link.url or f"{sweeps.BUCKET}.s3" in message.link.url
    assert f"runs/{sweeps.RUN_ID}/report.html?" in message.link.url
    assert "X-Amz-Expires=10800" in message.link.url
    assert 2.9 * 3600 < (message.link.until - datetime.now(UTC)).total_seconds() <= 3 * 3600


def test_a_retried_step_mails_and_publishes_once() -> None:
    with world() as here:
        here.write(summaries.summary())
        reported()
        assert reported() == {"mail": "off", "reason": "the digest of this run was sent before", "topic": "off"}
        assert (len(here.mails), len(here.messages())) == (1, 1)


def test_the_digest_of_a_resumed_run_is_another_one() -> None:
    with world() as here:
        for resumed in (None, "2026-11-25T09:00:00+00:00", "2026-11-25T09:00:00+00:00"):
            of = summaries.summary()
            here.write(of | {"run": of["run"] | {"resumed": resumed}})
            reported()
        assert (len(here.mails), len(here.messages())) == (2, 2)


def test_an_event_that_is_delivered_twice_is_one_mail_and_one_message() -> None:
    """As EventBridge and Lambda's queue may: the same event, under the same request id."""
    with world() as here:
        assert failed()["mail"] == "sent"
        assert failed() == {"mail": "off", "reason": "the failure of this run was sent before", "topic": "off"}
        assert failed(stopDate=1_795_540_000_000)["mail"] == "sent", "it was redriven, and has failed again"
        assert (len(here.mails), len(here.messages())) == (2, 2)


def test_of_two_at_the_same_moment_one_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = []

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(notify, "send", send)
        answers.append(failed())
        return send(*given)

    monkeypatch.setattr(notify, "send", meanwhile)
    with world() as here:
        answers.append(failed())
        assert (len(here.mails), len(here.messages())) == (1, 1)
    assert [answer["mail"] for answer in answers] == ["off", "sent"]


def test_what_may_have_been_sent_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = ReadTimeoutError(endpoint_url="https://aws")
    with world() as here:
        for service, operation in (("sesv2", "send_email"), ("sns", "publish")):
            monkeypatch.setattr(own_client(service, sweeps.REGION), operation, mock.Mock(side_effect=lost))
        assert failed() == {"mail": "not sent", "reason": "Unknown", "topic": "not sent"}
        monkeypatch.undo()
        assert failed() == {"mail": "off", "reason": "the failure of this run was sent before", "topic": "off"}
        assert (here.mails, here.messages()) == ([], [])


def test_what_was_certainly_not_sent_is_sent_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as here:
        with Stubber(own_client("sns", sweeps.REGION)) as sns, Stubber(own_client("sesv2", sweeps.REGION)) as ses:
            ses.add_client_error("send_email", "TooManyRequestsException", http_status_code=429)
            sns.add_client_error("publish", "InvalidParameter")
            assert failed() == {"mail": "not sent", "reason": "Throttled", "topic": "not sent"}
        assert failed() == {"mail": "sent", "reason": "", "topic": "sent"}
        assert (len(here.mails), len(here.messages())) == (1, 1)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_sweep_that_is_not_to_be_reported_is_not_when_it_fails(status: str) -> None:
    with world() as here:
        assert failed(status=status, input='{"notify": false}') == {"mail": "off", "reason": "not asked for", "topic": "off"}
        assert (here.mails, here.messages()) == ([], [])


def test_a_resumption_fails_as_quietly_as_its_run_was_to_be() -> None:
    run = "20261123T020000Z-1f3c9a"
    with world() as here:
        planned = {"notify": False, "as_of": sweeps.STARTED, "started": sweeps.STARTED}
        here.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id=run).planned, Body=json.dumps(planned).encode())
        assert failed(input=json.dumps({"resume": run}))["reason"] == "not asked for"
        assert failed(input=json.dumps({"resume": run, "notify": True}))["mail"] == "sent"


def test_a_mail_that_could_not_be_remembered_was_sent_all_the_same() -> None:
    with world() as here:
        here.write(summaries.summary())
        with mock.patch.object(RunFolder, "notified", "x" * 2000):  # longer than a key may be
            assert reported()["mail"] == "sent"
        assert len(here.mails) == 1


@pytest.mark.parametrize("unset", ["EMAIL_FROM", "EMAIL_TO"])
def test_without_a_sender_or_recipients_there_is_no_mail_and_the_log_says_it_once(unset: str, caplog: pytest.LogCaptureFixture) -> None:
    with world(unset=unset) as here, caplog.at_level(logging.INFO, telemetry.SERVICE):
        here.write(summaries.summary())
        answer = reported()
        assert here.mails == []
    assert answer == {"mail": "off", "reason": f"{unset} is not set", "topic": "sent"}
    said = [record for record in caplog.records if "no mail" in record.getMessage()]
    assert [(record.levelname, record.getMessage()) for record in said] == [("INFO", f"no mail: {unset} is not set")]


@pytest.mark.parametrize(
    ("what_if", "asked", "expected"),
    [
        (False, None, "sent"),
        (False, True, "sent"),
        (False, False, "off"),
        (True, None, "off"),
        (True, True, "sent"),
        (True, False, "off"),
    ],
)
def test_a_what_if_is_told_of_when_asked_for(what_if: bool, asked: bool | None, expected: str) -> None:
    with world() as here:
        here.write(summaries.summary(what_if=what_if))
        answer = reported(notify=asked)
        assert (answer["mail"], answer["topic"]) == (expected, expected)
        assert len(here.mails) == len(here.messages()) == (expected == "sent")


def test_plans_of_before_say_nothing_of_it() -> None:
    with world() as here:
        here.write(summaries.summary())
        assert "notify" not in sweeps.plan_output()
        assert reported()["mail"] == "sent"


def test_an_unverified_sender_is_one_line_and_a_metric_and_fails_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with world(verified=False, METRIC_NAMESPACE="Ours") as here:
        here.write(summaries.summary())
        answer = reported()
        assert here.mails == []
        assert [message["event"] for message in here.messages()] == ["sweep.reported"]
    assert answer == {"mail": "not sent", "reason": "SenderNotVerified", "topic": "sent"}
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage() for record in errors] == [
        f"mail not sent: verify the sender: aws sesv2 create-email-identity --region us-east-1 --email-identity {SENDER}"
    ]
    [document] = documents(capsys)
    assert document["_aws"]["CloudWatchMetrics"] == [
        {"Namespace": "Ours", "Dimensions": [["Reason"]], "Metrics": [{"Name": "MailNotSent", "Unit": "Count"}]}
    ]
    assert (document["Reason"], document["MailNotSent"]) == ("SenderNotVerified", [1])


def test_a_mail_that_was_not_sent_is_not_remembered() -> None:
    with world(verified=False) as here:
        here.write(summaries.summary())
        reported()
        own_client("sesv2", sweeps.REGION).create_email_identity(EmailIdentity=SENDER)
        assert reported()["mail"] == "sent"


@pytest.mark.parametrize(("code", "reason"), [("SendingPausedException", "SendingPaused"), ("AccessDeniedException", "Denied")])
def test_other_refusals_as_well(code: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with world() as here:
        here.write(summaries.summary())
        with Stubber(own_client("sesv2", sweeps.REGION)) as stub:
            stub.add_client_error("send_email", code, "no")
            answer = reported()
    assert (answer["mail"], answer["reason"]) == ("not sent", reason)
    [document] = documents(capsys)
    assert document["Reason"] == reason


def test_a_topic_that_refuses_fails_nothing_and_is_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    with world(SNS_TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:gone") as here:
        here.write(summaries.summary())
        assert reported() == {"mail": "sent", "reason": "", "topic": "not sent"}
    [document] = documents(capsys)
    assert document["_aws"]["CloudWatchMetrics"] == [
        {"Namespace": "FinOpsAnalyzer", "Dimensions": [["Reason"]], "Metrics": [{"Name": "MessageNotPublished", "Unit": "Count"}]}
    ]
    assert (document["Reason"], document["MessageNotPublished"]) == ("NotFound", [1])


def test_metrics_can_be_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    with world(verified=False, ENABLE_CLOUDWATCH_METRICS="false") as here:
        here.write(summaries.summary())
        reported()
    assert documents(capsys) == []


def test_without_a_topic_nobody_is_told_there() -> None:
    with world(topic=False) as here:
        here.write(summaries.summary())
        assert reported()["topic"] == "off"
        assert here.messages() == []


def test_a_failed_sweep_is_mailed_and_published_under_its_run() -> None:
    with world() as here:
        assert failed() == {"mail": "sent", "reason": "", "topic": "sent"}
        [mail] = here.mails
        [message] = here.messages()
    assert mail.subject == "FinOps: the sweep failed: InvalidInput"
    assert (message["event"], message["run_id"], message["error"]) == ("sweep.failed", FAILED_RUN, "InvalidInput")


@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED"])
def test_so_is_one_that_timed_out_or_was_aborted(status: str) -> None:
    with world() as here:
        assert failed(status=status, error=None, cause=None)["mail"] == "sent"
        assert here.messages()[0]["status"] == status


def test_without_send_email_on_error_only_the_topic_is_told() -> None:
    with world(SEND_EMAIL_ON_ERROR="false") as here:
        assert failed() == {"mail": "off", "reason": "SEND_EMAIL_ON_ERROR is false", "topic": "sent"}
        assert here.mails == []
        assert len(here.messages()) == 1


COVERAGE = {"error": failure.COVERAGE, "cause": "20 of 100 units were not seen"}


def low() -> dict[str, Any]:
    of = summaries.summary(ratio=0.8)
    return of | {"run": of["run"] | {"run_id": FAILED_RUN}, "files": {"html": f"runs/{FAILED_RUN}/report.html"}}


def test_too_little_coverage_is_one_mail_not_two() -> None:
    with world() as here:
        here.write(low(), FAILED_RUN)
        reported(run_id=FAILED_RUN)
        answer = failed(**COVERAGE)
        [mail] = here.mails
        assert [message["event"] for message in here.messages()] == ["sweep.reported", "sweep.failed"]
    assert answer == {"mail": "off", "reason": "the digest of this run was sent before", "topic": "sent"}
    assert mail.subject.startswith("FinOps: coverage only 80 %")


def test_when_the_digest_was_not_sent_the_failure_mail_is_the_digest_with_the_report() -> None:
    with world(verified=False) as here:
        here.write(low(), FAILED_RUN)
        reported(run_id=FAILED_RUN)
        own_client("sesv2", sweeps.REGION).create_email_identity(EmailIdentity=SENDER)
        assert failed(**COVERAGE)["mail"] == "sent"
        [mail] = here.mails
    assert mail.subject.startswith("FinOps: coverage only 80 %")
    assert f"finops report {FAILED_RUN} --open" in mail.body
    assert "X-Amz-Signature" in mail.body


def test_too_little_coverage_without_a_summary_is_a_failure_like_others() -> None:
    with world() as here:
        assert failed(**COVERAGE)["mail"] == "sent"
        assert here.mails[0].subject == "FinOps: the sweep failed: CoverageTooLow"


def test_the_flows_last_error_is_the_one_that_is_looked_for() -> None:
    flow = Path(__file__).parents[2] / "statemachine" / "finops_sweep.asl.json"
    assert json.loads(flow.read_text())["States"]["CoverageTooLow"]["Error"] == failure.COVERAGE


def owned_summary(**more: Any) -> dict[str, Any]:
    """Of web something is new, of nobody nothing."""
    part = {
        "findings": 12,
        "monthly_savings": {"low": 90.0, "likely": 100.0, "high": 110.0},
        "new": {"findings": 3, "monthly_savings_likely": 30.0},
        "largest": [summaries.found("old-1", 60.0), summaries.found("new-1", 20.0, "new")],
        "newest": [summaries.found("new-1", 20.0, "new")],
    }
    nobodys = part | {"new": {"findings": 0, "monthly_savings_likely": 0.0}, "newest": []}
    return summaries.summary(**more) | {"owners": {"web": part, "": nobodys}}


OWNER_MAILS = {"web": "web@example.org", "": "platform@example.org", "hr": "hr@example.org"}


def test_each_owner_gets_their_own_part_once_and_no_link_to_the_whole() -> None:
    with world(OWNER_MAILS=json.dumps(OWNER_MAILS)) as here:
        here.write(owned_summary())
        assert reported() == {"mail": "sent", "reason": "", "topic": "sent", "owners": {"sent": 2, "off": 1}}
        assert reported()["owners"] == {"off": 3}, "not twice"
        whole, *mails = here.mails
    assert whole.destinations["ToAddresses"] == RECIPIENTS.split(",")
    assert {mail.subject: mail.destinations["ToAddresses"] for mail in mails} == {
        "FinOps, web: $100 a month in 12 findings (3 new)": ["web@example.org"],
        "FinOps, nobody: $100 a month in 12 findings (0 new)": ["platform@example.org"],
    }
    assert {mail.source for mail in mails} == {SENDER}
    assert "X-Amz-Signature" in whole.body
    assert not any("X-Amz-Signature" in mail.body or "bill" in mail.body for mail in mails)


def test_what_is_not_reported_is_not_reported_to_owners_either() -> None:
    with world(OWNER_MAILS=json.dumps(OWNER_MAILS)) as here:
        here.write(owned_summary(what_if=True))
        assert reported() == {"mail": "off", "reason": "what-if", "topic": "off"}
        assert reported(notify=False)["mail"] == "off"
        assert here.mails == []


def test_an_owner_whose_mail_is_refused_keeps_nobody_from_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    to: list[Any] = []

    def refuse_web(ses: Any, sender: str, recipients: Any, message: Any, configuration_set: str | None) -> Sent:
        to.append(tuple(recipients))
        return Sent("not sent", "Sandbox", "verify", "no") if "web@example.org" in recipients else Sent("sent")

    monkeypatch.setattr(notify, "send", refuse_web)
    with world(OWNER_MAILS=json.dumps(OWNER_MAILS)) as here:
        here.write(owned_summary())
        assert reported()["owners"] == {"not sent": 1, "sent": 1, "off": 1}
        assert reported()["owners"] == {"not sent": 1, "off": 2}, "what was refused is tried again"
    assert to == [tuple(RECIPIENTS.split(",")), ("web@example.org",), ("platform@example.org",), ("web@example.org",)]
