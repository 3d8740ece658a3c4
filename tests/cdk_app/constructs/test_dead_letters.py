"""The dead letter queue: everything that nobody waits for leads to the one queue, and its senders may do that and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cdk_app.templates import Json, actions, functions, many, resources, role_of

ASYNCHRONOUS = ["notify", "prices"]
"""Invoked by the rule about failed sweeps, and by a schedule."""


@pytest.fixture
def queue(template: Json) -> tuple[dict[str, Any], Json]:
    """Its ARN as the template writes it, and its properties."""
    [(name, properties)] = resources(template, "AWS::SQS::Queue").items()
    return {"Fn::GetAtt": [name, "Arn"]}, properties


def test_it_is_encrypted_and_keeps_what_it_gets_as_long_as_sqs_can(queue: tuple[dict[str, Any], Json]) -> None:
    _, properties = queue
    assert (properties["SqsManagedSseEnabled"], properties["MessageRetentionPeriod"]) == (True, 14 * 86_400)


def test_every_way_leads_to_it(template: Json, queue: tuple[dict[str, Any], Json]) -> None:
    arn, _ = queue
    schedules = resources(template, "AWS::Scheduler::Schedule").values()
    targets = [target for rule in resources(template, "AWS::Events::Rule").values() for target in rule["Targets"]]
    assert len(schedules) == 2
    assert len(targets) == 1
    assert all(one["DeadLetterConfig"] == {"Arn": arn} for one in (*(schedule["Target"] for schedule in schedules), *targets))
    destinations = [one["DestinationConfig"] for one in resources(template, "AWS::Lambda::EventInvokeConfig").values()]
    assert destinations == [{"OnFailure": {"Destination": arn}}] * len(ASYNCHRONOUS)


def test_what_is_invoked_asynchronously_keeps_what_failed_and_may(template: Json, queue: tuple[dict[str, Any], Json]) -> None:
    arn, _ = queue
    made = resources(template, "AWS::Lambda::Function")
    configured = resources(template, "AWS::Lambda::EventInvokeConfig").values()
    names = [made[one["FunctionName"]["Ref"]]["FunctionName"] for one in configured]
    assert sorted(names) == [f"FinOpsAnalyzer-{name}" for name in ASYNCHRONOUS]
    assert {one["Qualifier"] for one in configured} == {"$LATEST"}
    may = {name: actions(template, role_of(one)).get("sqs:SendMessage") for name, one in functions(template).items()}
    assert {name: where for name, where in may.items() if where} == {name: [arn] for name in names}


def test_eventbridge_may_send_for_the_one_rule_and_nobody_without_tls(template: Json, queue: tuple[dict[str, Any], Json]) -> None:
    arn, _ = queue
    [rule] = resources(template, "AWS::Events::Rule")
    [policy] = resources(template, "AWS::SQS::QueuePolicy").values()
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert [(one["Principal"], many(one["Action"]), one["Resource"], one["Condition"]) for one in allowed] == [
        (
            {"Service": "events.amazonaws.com"},
            ["sqs:SendMessage"],
            arn,
            {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
        )
    ]
    [denied] = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_alarm_watches_it(template: Json, queue: tuple[dict[str, Any], Json]) -> None:
    arn, _ = queue
    [alarm] = [one for one in resources(template, "AWS::CloudWatch::Alarm").values() if one["Namespace"] == "AWS/SQS"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [arn["Fn::GetAtt"][0], "QueueName"]}}]
