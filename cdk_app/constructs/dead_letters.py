"""The dead letter queue: what nobody waits for and did not come about lands in it, and an alarm says that it is not empty.

Three ways lead here. A schedule could not start its target (EventBridge Scheduler); the rule about failed sweeps could not hand its event
over (EventBridge); or a function that is invoked asynchronously, `notify` by that rule and `prices` by its schedule, failed in all its
attempts (Lambda's on-failure destination). The steps of a sweep are not among them: the state machine waits for those and sees them fail.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

KEPT = Duration.days(14)
"""How long what did not come about can be looked at: SQS keeps nothing longer."""


class DeadLetters(Construct):
    """`queue`: the one for all. Its owner is a person."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(self, "Queue", encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True, retention_period=KEPT)


def keep_failed(function: lambda_.Function, queue: sqs.IQueue) -> None:
    """What the function was asked asynchronously, and the error of its last attempt, go to the queue; its role must allow that.

    A destination says more than the function's own dead letter queue, which has the event alone.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    function.configure_async_invoke(on_failure=destinations.SqsDestination(queue))
