"""The alarms: what a platform engineer is told without asking, each with what its missing data means and where the runbook goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.constructs.functions import Functions
from cdk_app.constructs.schedule import RETRY_SECONDS
from cdk_app.settings.schedule_times import longest_gap
from cdk_app.settings.settings import DeploymentSettings

RUNBOOK = "docs/operations.md"
FIVE_MINUTES, HOUR = Duration.minutes(5), Duration.hours(1)
LOOKS_BACK = timedelta(days=7)
"""How far an alarm can, with periods of an hour or more. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
LATE = timedelta(seconds=RETRY_SECONDS) + timedelta(hours=1)
"""A start may be so much later than its time: the Scheduler tries again, and hours begin at the minute of the look."""
NEAR_TIMEOUT_SHARE, NEAR_TIMEOUT_MS = 0.93, 840_000
"""Of a function's own time; or 14 minutes, as the deployment guide has it, whichever is less."""
COVERAGE_PERCENT = 95
SHRUNK_PERCENT = 70
"""Resources seen, of the usual number: 30 % fewer are no coincidence."""
FINE = cloudwatch.TreatMissingData.NOT_BREACHING
BAD = cloudwatch.TreatMissingData.BREACHING
Metric = cloudwatch.IMetric


@dataclass(slots=True, frozen=True)
class Own:
    """A metric of ours, as run_metrics.py and bedrock_metrics.py write it."""

    name: str
    statistic: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    period: Duration = FIVE_MINUTES

    def in_namespace(self, namespace: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace, metric_name=self.name, dimensions_map=dict(self.dimensions), statistic=self.statistic, period=self.period
        )


def hours_without_start(settings: DeploymentSettings) -> int | None:
    """So many hours without a sweep are longer than the schedule leaves between two, at most as many as an alarm can look back.

    None where no alarm can tell: there is no schedule, it leaves more than 7 days, or it ends.
    """
    gap = longest_gap(settings.schedule, settings.schedule_timezone) if settings.schedule else None
    if gap is None or gap > LOOKS_BACK:
        return None
    return math.ceil(min(gap + LATE, LOOKS_BACK) / timedelta(hours=1))


class Alarms(Construct):
    """Every alarm publishes to the topic when it goes off, and when it is over."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: DeploymentSettings,
        topic: sns.ITopic,
        machine: sfn.IStateMachine,
        functions: Functions,
        dead: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self._action = actions.SnsAction(topic)
        self._namespace = settings.metric_namespace
        self._executions(machine, settings)
        for function in (*functions.all, functions.prices):
            self._near_timeout(function)
        self._own_metrics(settings)
        self._alarm(
            "DeadLetters",
            dead.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum"),
            0,
            "Something that nobody waits for failed: a start by schedule, the word of a failed sweep, or a refresh of list prices.",
            "missing data: the queue was not used",
            "dead-letters",
        )

    def _executions(self, machine: sfn.IStateMachine, settings: DeploymentSettings) -> None:
        for name, metric, what in (
            ("SweepFailed", machine.metric_failed(period=FIVE_MINUTES, statistic="Sum"), "A sweep failed"),
            ("SweepTimedOut", machine.metric_timed_out(period=FIVE_MINUTES, statistic="Sum"), "A sweep ran out of time"),
            ("SweepAborted", machine.metric_aborted(period=FIVE_MINUTES, statistic="Sum"), "A sweep was stopped by hand"),
        ):
            self._alarm(name, metric, 0, f"{what}.", "missing data: no sweep ended", "a-sweep-did-not-end-well")
        if hours := hours_without_start(settings):
            self._alarm(
                "NoSweep",
                machine.metric_started(period=HOUR, statistic="Sum"),
                1,
                f"No sweep was started for {hours} hours, which is longer than the schedule ever leaves between two.",
                "missing data: none was",
                "no-sweep-was-started",
                below=True,
                missing=BAD,
                periods=hours,
            )

    def _near_timeout(self, function: lambda_.Function) -> None:
        assert function.timeout is not None  # noqa: S101  # functions.py gives each one
        limit = min(NEAR_TIMEOUT_SHARE * function.timeout.to_milliseconds(), NEAR_TIMEOUT_MS)
        self._alarm(
            f"{function.node.id}NearTimeout",
            function.metric_duration(period=FIVE_MINUTES, statistic="Maximum"),
            limit,
            f"{function.node.id} took more than {limit / 1000:,.0f} s of its {function.timeout.to_seconds():,.0f} s.",
            "missing data: it did not run",
            "a-function-is-near-its-timeout",
        )

    def _own_metrics(self, settings: DeploymentSettings) -> None:
        no_sweep = "missing data: no sweep ended"
        self._own(
            "BedrockErrors",
            Own("Errors", "Sum", {"ErrorType": "BedrockError"}),
            0,
            "Bedrock refused or failed.",
            "missing data: it was not asked",
            "bedrock-errors",
        )
        self._own(
            "BreakerOpen",
            Own("CircuitBreakerOpen", "Sum"),
            0,
            "The circuit breaker in front of Bedrock opened.",
            "missing data: it was not asked",
            "the-circuit-breaker-opened",
        )
        self._own(
            "CoverageLow",
            Own("CoverageRatio", "Minimum"),
            COVERAGE_PERCENT,
            f"A sweep saw less than {COVERAGE_PERCENT} % of what it was asked to see.",
            no_sweep,
            "coverage-is-low",
            below=True,
        )
        self._own(
            "FewerResources",
            Own("ResourcesVersusUsual", "Minimum"),
            SHRUNK_PERCENT,
            f"A sweep saw less than {SHRUNK_PERCENT} % of the resources that sweeps of the same scope usually see.",
            "missing data: no sweep ended, or none of this scope before",
            "fewer-resources-than-usual",
            below=True,
        )
        self._own(
            "SweepTooDear",
            Own("SweepCost", "Maximum"),
            settings.sweep_cost_limit_usd,
            f"A sweep cost more than ${settings.sweep_cost_limit_usd:,.2f}.",
            no_sweep,
            "a-sweep-is-dear",
        )
        if settings.bill_limit_usd is not None:
            self._own(
                "BillHigh",
                Own("MonthToDateCost", "Maximum"),
                settings.bill_limit_usd,
                f"The month's bill so far is more than ${settings.bill_limit_usd:,.2f}.",
                "missing data: no sweep ended, or Cost Explorer did not say",
                "the-bill-is-high",
            )
        if settings.savings_alarm_usd is not None:
            self._own(
                "SavingsHigh",
                Own("MonthlySavings", "Maximum"),
                settings.savings_alarm_usd,
                f"More than ${settings.savings_alarm_usd:,.2f} a month can be saved.",
                no_sweep,
                "much-can-be-saved",
            )

    def _own(self, name: str, metric: Own, limit: float, what: str, missing_means: str, anchor: str, *, below: bool = False) -> None:
        self._alarm(name, metric.in_namespace(self._namespace), limit, what, missing_means, anchor, below=below)

    def _alarm(
        self,
        name: str,
        metric: Metric,
        limit: float,
        what: str,
        missing_means: str,
        anchor: str,
        *,
        below: bool = False,
        missing: cloudwatch.TreatMissingData = FINE,
        periods: int = 1,
    ) -> None:
        operators = cloudwatch.ComparisonOperator
        made = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=limit,
            comparison_operator=operators.LESS_THAN_THRESHOLD if below else operators.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=missing,
            alarm_description=f"{what} ({missing_means}.) Runbook: {RUNBOOK}#{anchor}",
        )
        made.add_alarm_action(self._action)
        made.add_ok_action(self._action)
