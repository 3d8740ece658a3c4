"""Who is told: the topic that the sweeps and the alarms publish to, the rule that sees a sweep fail, and what `notify` may do.

The rule invokes `notify` and does not publish to the topic itself: the function does, so that each failure is told once, in the form of the
digests. So EventBridge needs neither the topic nor its key. The alarms publish themselves: they reach people when `notify` is broken.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.constructs import permissions
from cdk_app.settings.settings import DeploymentSettings
from functions.core.outside.mail_addresses import domains

PLANNED, SUMMARIES, NOTIFIED = (f"runs/*/{name}" for name in ("planned.json", "summary.json", "notified.json"))
REPORTS = tuple(f"runs/*/report.{name}" for name in ("html", "csv", "json"))
"""What `notify` reads, signs links to, and notes: functions/notify.py knows the keys."""
CONFIGURATION_SET = "configuration-set"
ENDINGS = ("FAILED", "TIMED_OUT", "ABORTED")
RETRIES = 2
MAX_AGE = Duration.hours(1)
"""For getting the event to the function, or else to the dead letters. What fails in the function is Lambda's to try again."""


class Topic(Construct):
    """`topic`, encrypted with `key`; only this account's alarms and whoever its IAM allows may publish, over TLS.

    A key of our own, for $1 a month: the policy of AWS's key for SNS (alias/aws/sns) cannot be changed, and lets no alarm publish.
    https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        own_alarms: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": stack.account}}
        alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=own_alarms)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Messages of {stack.stack_name}: what the sweeps found, and alarms",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # messages are passed on at once: nothing is left that it could open
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OwnAlarms", principals=[alarms], actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=["*"]
            )  # in a key's policy "*" is the key
        )
        self.topic = sns.Topic(self, "Topic", topic_name=f"{stack.stack_name}-sweeps", master_key=self.key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(sid="OwnAlarms", principals=[alarms], actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )

    def publish(self) -> list[iam.PolicyStatement]:
        """What publishing takes: the topic, and its key.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        """
        return [
            permissions.allow("Publish", ["sns:Publish"], [self.topic.topic_arn]),
            permissions.allow("EncryptMessages", ["kms:Decrypt", "kms:GenerateDataKey"], [self.key.key_arn]),
        ]


class FailureRule(Construct):
    """Invokes `notify` when an execution of the machine fails, times out or is aborted.

    The maps' child executions belong to machines of their own ("…:stateMachine:<name>/<label>"): the pattern names the one machine.
    """

    def __init__(self, scope: Construct, id: str, machine: sfn.IStateMachine, notify: lambda_.IFunction, dead: sqs.IQueue) -> None:
        super().__init__(scope, id)
        self.rule = events.Rule(
            self,
            "Rule",
            description="FinOps Analyzer: a sweep failed, timed out or was aborted",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine.state_machine_arn], "status": list(ENDINGS)},
            ),
            targets=[targets.LambdaFunction(notify, retry_attempts=RETRIES, max_event_age=MAX_AGE, dead_letter_queue=dead)],
        )


def needs(
    stack: Stack, settings: DeploymentSettings, bucket: s3.IBucket, table: dynamodb.ITable, topic: Topic
) -> list[iam.PolicyStatement]:
    """What `notify` may do: read what a run came to, claim what it tells, publish, and send mails from the one sender."""
    return [
        permissions.list_keys(bucket),
        permissions.read(bucket, PLANNED, SUMMARIES, *REPORTS),
        permissions.put(bucket, NOTIFIED),
        permissions.allow("TellOnce", ["dynamodb:UpdateItem", "dynamodb:DeleteItem"], [table.table_arn]),
        *topic.publish(),
        *([send_mail(stack, settings.email_from, settings.recipients, settings.email_configuration_set)] if settings.email_from else []),
    ]


def send_mail(stack: Stack, sender: str, recipients: tuple[str, ...], configuration_set: str | None) -> iam.PolicyStatement:
    """SendEmail from one sender, whichever identity of it is the verified one: the address, its domain or one above it.

    In the sandbox SES asks for the recipients' identities as well. It also asks for the configuration set that a mail goes through, even
    when the request names none and the identity has one by default; which one that is can change at any time.
    The condition holds the sender whatever the identity and the configuration set.
    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html and https://github.com/aws/aws-sdk-js/issues/3641
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html and https://github.com/aws/aws-cdk/issues/34402
    """
    names = dict.fromkeys(name for address in (sender, *recipients) for name in (address, *domains(address)))
    identities = [stack.format_arn(service="ses", resource="identity", resource_name=name) for name in names]
    through = stack.format_arn(service="ses", resource=CONFIGURATION_SET, resource_name=configuration_set or "*")
    statement = permissions.allow("SendMail", ["ses:SendEmail"], [*identities, through])
    statement.add_condition("StringEquals", {"ses:FromAddress": sender})
    return statement


def environment(settings: DeploymentSettings, topic: Topic) -> dict[str, str]:
    """The variables of functions/core/settings.py that only `notify` reads."""
    return {
        "EMAIL_FROM": settings.email_from or "",
        "EMAIL_TO": ",".join(settings.email_to),
        "EMAIL_CONFIGURATION_SET": settings.email_configuration_set or "",
        "SEND_EMAIL_ON_ERROR": "true" if settings.send_email_on_error else "false",
        "REPORT_LINK_HOURS": str(settings.report_link_hours),
        "SNS_TOPIC_ARN": topic.topic.topic_arn,
    }
