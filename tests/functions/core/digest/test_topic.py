"""What subscribers get: JSON, words, or a chat's notification, by the kind of subscription."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.core.digest import failure, topic
from functions.core.digest.link import console
from functions.core.digest.news import digest
from tests.functions import sweeps
from tests.functions.core.digest.summaries import found, link, summary, with_bill
from tests.functions.core.digest.test_failure import event
from tests.functions.core.report import bills

PAGE = console("us-east-1", "reports", "runs/r/report.html")


def reported(**given: Any) -> topic.Note:
    of = with_bill(**given)
    return topic.reported(of, sweeps.ACCOUNT, "reports", digest(of, sweeps.ACCOUNT, link()), PAGE)


def failed(**given: Any) -> topic.Note:
    read = failure.read(event(**given))
    return topic.failed(read, "run-1", sweeps.ACCOUNT, failure.mail(read, "run-1", "us-east-1", sweeps.ACCOUNT), PAGE)


def test_machines_get_the_totals_as_numbers() -> None:
    data = reported().data
    assert data["event"] == "sweep.reported"
    assert (data["status"], data["run_id"], data["account"]) == ("ok", sweeps.RUN_ID, sweeps.ACCOUNT)
    assert (data["findings"], data["new"], data["resolved"], data["resources"]) == (416, 12, 5, 10_240)
    assert (data["counted"], data["unpriced"], data["hygiene"], data["counted_elsewhere"], data["suppressed"]) == (416, 0, 0, 0, 0)
    assert (data["persisting"], data["regressed"]) == (404, 0)
    assert data["monthly_savings"]["likely"] == 12_383.2
    assert data["coverage"] == {"ratio": 1.0, "min_ratio": 0.95, "met": True}
    assert data["bill_monthly"] > 0
    assert data["sweep_cost_usd"] > 0
    assert data["files"]["html"] == f"runs/{sweeps.RUN_ID}/report.html"
    assert len(json.dumps(data)) < 2_000


def test_too_little_coverage_is_a_status_of_its_own() -> None:
    note = reported(ratio=0.82)
    assert note.status == "coverage too low"
    assert note.title.startswith("FinOps: coverage only 82 %")


def test_without_a_bill_there_is_null_and_no_zero() -> None:
    of = summary()
    data = topic.reported(of, sweeps.ACCOUNT, "reports", digest(of, sweeps.ACCOUNT, link()), PAGE).data
    assert (data["bill_monthly"], data["sweep_cost_usd"]) == (None, None)


def test_what_a_sweep_cost_in_another_partition_is_null_and_no_zero() -> None:
    of = summary(sweep_cost={**bills.sweep_cost(), "usd": 0.0, "lines": []})
    assert topic.reported(of, sweeps.ACCOUNT, "reports", digest(of, sweeps.ACCOUNT, link()), PAGE).data["sweep_cost_usd"] is None


@pytest.mark.parametrize("page", ["", PAGE])
def test_where_the_console_is_not_known_nothing_stands_in_its_place(page: str) -> None:
    note = reported()._replace(page=page)
    assert topic.chat(note)["content"]["description"].splitlines()[-1] == (page or note.lines[-1])
    assert topic.chat(failed()._replace(page=page))["content"]["description"].splitlines()[-1] == (page or "unknown key 'region'")


def test_a_failure_names_the_execution_the_error_and_the_cause() -> None:
    data = failed().data
    assert data == {
        "event": "sweep.failed",
        "status": "FAILED",
        "run_id": "run-1",
        "account": sweeps.ACCOUNT,
        "execution": "arn:aws:states:us-east-1:111122223333:execution:FinOpsAnalyzer-sweep:nightly",
        "started": "2026-11-24T16:04:02+00:00",
        "error": "InvalidInput",
        "cause": "unknown key 'region'",
    }
    assert failed(status="ABORTED", error=None, cause=None).data["cause"] is None


@pytest.mark.parametrize("note", [reported(), reported(ratio=0.5), failed(), failed(status="TIMED_OUT", error=None, cause=None)])
def test_a_chats_notification_has_amazon_qs_schema(note: topic.Note) -> None:
    """https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html"""
    made = topic.chat(note)
    assert set(made) == {"version", "source", "id", "content", "metadata"}
    assert (made["version"], made["source"]) == ("1.0", "custom")
    assert set(made["content"]) - {"nextSteps"} == {"textType", "title", "description"}
    assert len(made["content"]["description"]) < 8_000
    assert all(len(step) < 200 for step in made["content"].get("nextSteps", ()))
    assert made["content"]["textType"] == "client-markdown"
    assert made["content"]["description"].endswith(PAGE)
    assert set(made["metadata"]) == {"threadId", "summary", "eventType", "additionalContext"}
    assert all(isinstance(value, str) for value in made["metadata"]["additionalContext"].values())
    assert all(isinstance(made["metadata"][name], str) for name in ("threadId", "summary", "eventType"))


def test_a_cause_calls_nobody_in_a_chat() -> None:
    content = topic.chat(failed(error="<!channel>", cause="<https://evil.example|look> & <@U1>"))["content"]
    assert content["title"] == "FinOps: the sweep failed: &lt;!channel&gt;"
    assert content["description"].startswith("&lt;https://evil.example|look&gt; &amp; &lt;@U1&gt;\n")


def test_no_subscriber_gets_a_signed_link() -> None:
    note = reported()
    assert "X-Amz-Signature" not in json.dumps([note.data, note.text, topic.chat(note)])


@pytest.mark.parametrize(
    ("title", "subject"),
    [("FinOps: 100 %", "FinOps: 100 %"), ("a\nb … ×", "a b ? ?"), ("x" * 150, "x" * 99)],
)
def test_a_subject_is_what_sns_takes(title: str, subject: str) -> None:
    assert topic.ascii_subject(title) == subject


def test_each_kind_of_subscription_gets_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        sns, sqs = (boto3.client(service, region_name="us-east-1") for service in ("sns", "sqs"))
        arn = sns.create_topic(Name="finops")["TopicArn"]
        queue = sqs.create_queue(QueueName="machines")["QueueUrl"]
        other = sqs.create_queue(QueueName="failures")["QueueUrl"]
        for url, policy in ((queue, {}), (other, {"FilterPolicy": json.dumps({"event": ["sweep.failed"]})})):
            queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            attributes = {"RawMessageDelivery": "true", **policy}
            sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes)
        sent: list[dict[str, Any]] = []
        sns.meta.events.register("provide-client-params.sns.Publish", lambda params, **_: sent.append(params))
        topic.publish(sns, arn, reported())
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        nothing = sqs.receive_message(QueueUrl=other)
    assert json.loads(message["Body"]) == reported().data
    assert "Messages" not in nothing
    forms = json.loads(sent[0]["Message"])
    assert set(forms) == {"default", "email", "https"}
    assert json.loads(forms["https"]) == topic.chat(reported())
    assert forms["email"].splitlines()[0] == "FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %"
    assert PAGE in forms["email"]


def test_a_chat_and_an_inbox_have_the_first_of_each_list_and_whose_most_of_it_is() -> None:
    of = with_bill(largest=[found("<!channel> [here](http://evil)", 900.0)])
    sums = {"low": 1.0, "likely": 1500.0, "high": 2000.0}
    of["totals"]["by_owner"] = {name: {"findings": 1, "monthly_savings": sums} for name in ("web", "", "<!here>", "data")}
    note = topic.reported(of, sweeps.ACCOUNT, "reports", digest(of, sweeps.ACCOUNT, link()), PAGE)
    said = topic.chat(note)["content"]["description"].splitlines()
    assert said[1:5] == [
        "New since the last sweep:",
        *(f"• ${90 - n}.00 Delete new-{n} (ebs:volume, {sweeps.ACCOUNT}, us-east-1)" for n in range(3)),
    ]
    assert "• $900.00 Delete &lt;!channel&gt; [here] (http://evil) (ebs:volume, 111122223333, us-east-1)" in said
    assert said[-2:] == ["Owners with the most: web $1,500, nobody $1,500, &lt;!here&gt; $1,500 a month.", PAGE]
    assert topic.chat(note)["content"]["nextSteps"][0] == f"`finops report {sweeps.RUN_ID} --open` shows the whole report"
    assert "Owners with the most: web" in note.lines[-1]


def test_where_nothing_has_an_owner_nobody_is_named() -> None:
    of = with_bill()
    of["totals"]["by_owner"] = {"": {"findings": 416, "monthly_savings": {"low": 1.0, "likely": 1500.0, "high": 2000.0}}}
    note = topic.reported(of, sweeps.ACCOUNT, "reports", digest(of, sweeps.ACCOUNT, link()), PAGE)
    assert not any("Owners" in line for line in note.lines)
