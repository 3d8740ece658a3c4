"""The schedule of the `prices` function: list prices are refreshed without anybody thinking of it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from cdk_app import permissions

WINDOW_MINUTES = 60
"""When in the hour does not matter, and so AWS may choose."""
RETRIES, RETRY_SECONDS = 3, 3600
"""For starting the function. What fails in it is Lambda's to try again: an asynchronous call is tried three times."""


class PriceSchedule(Construct):
    """Starts a function by an expression of EventBridge Scheduler, "rate(7 days)" or "cron(…)".

    Without a start date a rate begins at once: the first refresh comes with the deployment.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    def __init__(self, scope: Construct, id: str, function: lambda_.IFunction, expression: str) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        # The account as the condition: another customer's schedule cannot be made to use this role.
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}),
            inline_policies={
                "Needs": iam.PolicyDocument(
                    statements=[permissions.allow("StartFunction", ["lambda:InvokeFunction"], [function.function_arn])]
                )
            },
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description="FinOps Analyzer: refreshes the list prices",
            schedule_expression=expression,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE", maximum_window_in_minutes=WINDOW_MINUTES
            ),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=self.role.role_arn,
                input="{}",
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=RETRIES, maximum_event_age_in_seconds=RETRY_SECONDS
                ),
            ),
        )
