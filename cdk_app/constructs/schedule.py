"""The schedules: what starts without anybody thinking of it, the daily sweep and the weekly refresh of the list prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.constructs import permissions
from cdk_app.settings.settings import DeploymentSettings

WINDOW_MINUTES = 60
"""For what may come at any time of the hour, so that AWS can choose."""
RETRIES, RETRY_SECONDS = 3, 3600
"""For starting it. What fails in a function is Lambda's to try again, what fails in a sweep is the alarms' to tell."""

ONE_START = f"{scheduler.ContextAttribute.schedule_arn}@{scheduler.ContextAttribute.scheduled_time}"
"""Scheduler delivers at least once, and puts the schedule and the time that was meant in the place of these: the same in each delivery of
a start, so that Plan sees that it is one. An execution's name cannot be made of them: it has no colons.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html and
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""


@dataclass(slots=True, frozen=True)
class Timing:
    """`expression` of EventBridge Scheduler, "rate(7 days)" or "cron(…)"; in a zone; `flexible`: at any time of the hour that follows.

    Without a start date a rate begins at once. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    expression: str
    timezone: str = "UTC"
    flexible: bool = False


class Schedule(Construct):
    """Starts a target at its times, by a role of its own that can do nothing else; what cannot be started lands in `dead`."""

    def __init__(
        self, scope: Construct, id: str, timing: Timing, what: str, action: str, arn: str, given: Mapping[str, Any], dead: sqs.IQueue
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        # A role for the account's own schedules. The ARN must be a group's; without another, a schedule is in the one called default.
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        group = stack.format_arn(service="scheduler", resource="schedule-group", resource_name="default")
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=permissions.only_for(stack, "scheduler", [group]),
            inline_policies={
                "Needs": iam.PolicyDocument(
                    statements=[
                        permissions.allow("Start", [action], [arn]),
                        permissions.keep_what_failed(dead),
                    ]
                )
            },
        )
        window = {"mode": "FLEXIBLE", "maximum_window_in_minutes": WINDOW_MINUTES} if timing.flexible else {"mode": "OFF"}
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description=f"FinOps Analyzer: {what}",
            schedule_expression=timing.expression,
            schedule_expression_timezone=timing.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(**window),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=arn,
                role_arn=self.role.role_arn,
                input=json.dumps(given),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=RETRIES, maximum_event_age_in_seconds=RETRY_SECONDS
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead.queue_arn),
            ),
        )


class Schedules(Construct):
    """The schedules that the settings ask for."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: DeploymentSettings,
        machine: sfn.IStateMachine,
        prices: lambda_.IFunction,
        dead: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        if settings.schedule:
            Schedule(
                self,
                "Sweep",
                Timing(settings.schedule, settings.schedule_timezone),
                "a sweep",
                "states:StartExecution",
                machine.state_machine_arn,
                {**settings.schedule_input, "idempotency_token": ONE_START},
                dead,
            )
        if settings.prices_schedule:
            Schedule(
                self,
                "Prices",
                Timing(settings.prices_schedule, flexible=True),
                "refreshes the list prices",
                "lambda:InvokeFunction",
                prices.function_arn,
                {},
                dead,
            )
