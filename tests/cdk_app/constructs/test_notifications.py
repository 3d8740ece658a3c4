"""Who may publish to the topic, which events reach `notify`, and what it may do."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Template

from cdk_app.constructs import dead_letters, notifications
from cdk_app.settings.settings import InvalidContext
from cdk_app.settings.settings import parse as parse_context
from functions.core.settings import Settings
from tests.cdk_app.templates import Json, many, resources

ACCOUNT, REGION = "111111111111", "eu-west-1"
MAIL = {"email_from": "finops@mail.example.com", "email_to": ["ops@example.org", "cto@example.org"]}
OWN_ALARMS = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def stack() -> Stack:
    return Stack(App(), "Ours", env=Environment(account=ACCOUNT, region=REGION))


@cache
def template() -> dict[str, Any]:
    """The topic and the rule, with a machine and a function to stand between."""
    ours = stack()
    notifications.Topic(ours, "Topic")
    machine = sfn.StateMachine(ours, "Machine", definition_body=sfn.DefinitionBody.from_string('{"StartAt": "A", "States": {}}'))
    function = lambda_.Function(
        ours, "Notify", runtime=lambda_.Runtime.PYTHON_3_13, handler="x.y", code=lambda_.Code.from_inline("def y(*_): pass")
    )
    notifications.FailureRule(ours, "Failures", machine, function, dead_letters.DeadLetters(ours, "Dead").queue)
    return dict(Template.from_stack(ours).to_json())


def one(kind: str) -> tuple[str, Json]:
    [(name, properties)] = resources(template(), kind).items()
    return name, properties


def said(policy: Json, sid: str) -> Json:
    [statement] = [found for found in policy["Statement"] if found.get("Sid") == sid]
    return dict(statement)


def test_the_topic_is_encrypted_with_a_key_of_our_own_that_rotates() -> None:
    key, properties = one("AWS::KMS::Key")
    _, topic = one("AWS::SNS::Topic")
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert topic["TopicName"] == "Ours-sweeps"
    assert properties["EnableKeyRotation"] is True


def test_this_accounts_alarms_may_publish_and_encrypt_and_no_other_service() -> None:
    _, key = one("AWS::KMS::Key")
    _, topic = one("AWS::SNS::TopicPolicy")
    for policy, actions in ((key["KeyPolicy"], ["kms:Decrypt", "kms:GenerateDataKey"]), (topic["PolicyDocument"], ["sns:Publish"])):
        statement = said(policy, "OwnAlarms")
        assert (statement["Effect"], many(statement["Action"])) == ("Allow", actions)
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == OWN_ALARMS
    services = {
        name
        for policy in (key["KeyPolicy"], topic["PolicyDocument"])
        for found in policy["Statement"]
        if found["Effect"] == "Allow" and isinstance(found["Principal"], dict)
        for name in many(found["Principal"].get("Service", []))
    }
    assert services == {"cloudwatch.amazonaws.com"}


def test_nobody_publishes_without_tls() -> None:
    _, policy = one("AWS::SNS::TopicPolicy")
    [deny] = [found for found in policy["PolicyDocument"]["Statement"] if found["Effect"] == "Deny"]
    assert (deny["Action"], deny["Principal"], deny["Condition"]) == ("sns:Publish", "*", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_rule_sees_this_machine_fail_and_not_the_children_of_its_maps() -> None:
    machine, _ = one("AWS::StepFunctions::StateMachine")
    _, rule = one("AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [{"Ref": machine}], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }


def test_it_invokes_notify_alone_tries_again_and_keeps_what_it_could_not_hand_over() -> None:
    queue, _ = one("AWS::SQS::Queue")
    function, _ = one("AWS::Lambda::Function")
    rule, properties = one("AWS::Events::Rule")
    [target] = properties["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [function, "Arn"]}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
    _, permission = one("AWS::Lambda::Permission")
    assert (permission["Principal"], permission["SourceArn"]) == ("events.amazonaws.com", {"Fn::GetAtt": [rule, "Arn"]})


def allowed(**settings: Any) -> dict[str, dict[str, Any]]:
    """Sid → statement of what `notify` may do."""
    ours = stack()
    topic, bucket = notifications.Topic(ours, "Topic"), s3.Bucket(ours, "Bucket")
    table = dynamodb.Table(ours, "Table", partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING))
    statements = notifications.needs(ours, parse_context(settings), bucket, table, topic)
    return {statement.sid: ours.resolve(statement.to_statement_json()) for statement in statements if statement.sid}


def keys(statement: Json) -> list[str]:
    """Which keys of the bucket a statement is about."""
    return [resource["Fn::Join"][1][-1].removeprefix("/") for resource in many(statement["Resource"])]


def test_it_reads_what_a_run_came_to_and_writes_that_it_was_told() -> None:
    may = allowed(**MAIL)
    assert set(may) == {"ListKeys", "Read", "Put", "TellOnce", "Publish", "EncryptMessages", "SendMail"}
    assert keys(may["Read"]) == [
        "runs/*/planned.json",
        "runs/*/summary.json",
        "runs/*/report.html",
        "runs/*/report.csv",
        "runs/*/report.json",
    ]
    assert keys(may["Put"]) == ["runs/*/notified.json"]
    assert may["TellOnce"]["Action"] == ["dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    assert may["Publish"]["Action"] == "sns:Publish"
    assert may["EncryptMessages"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_it_sends_from_the_one_sender_whatever_of_it_is_verified() -> None:
    statement = allowed(**MAIL)["SendMail"]
    assert statement["Action"] == "ses:SendEmail"
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "finops@mail.example.com"}}
    *identities, through = ["".join(map(str, part["Fn::Join"][1][2:])) for part in statement["Resource"]]
    assert through == f":ses:{REGION}:{ACCOUNT}:configuration-set/*", "the identity's default one is chosen in SES"
    assert identities == [
        f":ses:{REGION}:{ACCOUNT}:identity/{name}"
        for name in ("finops@mail.example.com", "mail.example.com", "example.com", "ops@example.org", "example.org", "cto@example.org")
    ]


def test_it_sends_through_the_one_configuration_set_that_is_named() -> None:
    through = allowed(**MAIL, email_configuration_set="house-rules")["SendMail"]["Resource"][-1]
    assert through["Fn::Join"][1][-1].endswith(":configuration-set/house-rules")


def test_without_a_sender_it_may_send_nothing() -> None:
    assert "SendMail" not in allowed()


def test_as_many_recipients_as_are_allowed_fit_into_a_roles_policy() -> None:
    """10,240 characters for all policies in a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    many_of_them = [f"somebody.with.a.name{number}@department{number}.example{number}.com" for number in range(20)]
    statement = allowed(email_from="finops@example.com", email_to=many_of_them)["SendMail"]
    assert len(statement["Resource"]) == 2 + 20 * 3 + 1
    assert len(json.dumps(as_iam_counts(statement))) < 8_000


def test_who_gets_a_digest_of_their_own_is_a_recipient_like_the_others() -> None:
    mails = {"email_from": "finops@example.com", "email_to": "ops@example.com", "owner_mails": {"web": "web@example.org"}}
    resources = json.dumps(allowed(**mails)["SendMail"]["Resource"])
    assert all(f"identity/{name}" in resources for name in ("web@example.org", "example.org", "ops@example.com"))


def as_iam_counts(value: Any) -> Any:
    """A statement as it is deployed: with texts instead of what they are joined from."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return value["Fn::Join"][0].join(part if isinstance(part, str) else "aws-us-gov" for part in value["Fn::Join"][1])
    if isinstance(value, dict):
        return {key: as_iam_counts(one) for key, one in value.items()}
    return [as_iam_counts(one) for one in value] if isinstance(value, list) else value


def test_the_variables_are_those_of_the_functions_settings() -> None:
    ours = stack()
    made = notifications.environment(parse_context({**MAIL, "send_email_on_error": False}), notifications.Topic(ours, "Topic"))
    assert {name.lower() for name in made} <= set(Settings.model_fields)
    assert {name: value for name, value in made.items() if name != "SNS_TOPIC_ARN"} == {
        "EMAIL_FROM": "finops@mail.example.com",
        "EMAIL_TO": "ops@example.org,cto@example.org",
        "EMAIL_CONFIGURATION_SET": "",
        "SEND_EMAIL_ON_ERROR": "false",
        "REPORT_LINK_HOURS": "12",
    }


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"email_from": "finops"}, "email_from"),
        ({"email_from": "finops@example.com"}, "a mail needs both"),
        ({"email_to": "ops@example.com"}, "a mail needs both"),
        ({**MAIL, "email_to": [f"a{number}@example.com" for number in range(21)]}, "email_to"),
        ({**MAIL, "email_configuration_set": "house rules"}, "email_configuration_set"),
        ({"report_link_hours": 13}, "report_link_hours"),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_deployed(settings: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InvalidContext, match=wrong):
        parse_context(settings)
