"""The dashboard: the deployment guide's six groups of metrics, and what a sweep sees and costs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.constructs.functions import Functions
from cdk_app.settings.settings import DeploymentSettings
from functions.core.advice import bedrock_metrics
from functions.core.meter import run_metrics

GROUPS: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("How long a sweep takes, seconds", [("AnalysisDuration", "Maximum")]),
    ("Resources looked at", [("ResourcesAnalyzed", "Maximum")]),
    ("Findings", [("RecommendationsGenerated", "Maximum")]),
    ("Bedrock", [("BedrockAPICall", "Sum"), ("CircuitBreakerOpen", "Sum")]),
    ("Savings, USD", [("MonthlySavings", "Maximum"), ("AnnualSavings", "Maximum")]),
    ("Realised since the sweep before, USD a month", [("RealisedSavings", "Sum")]),
    ("Coverage and usual resources, percent", [("CoverageRatio", "Minimum"), ("ResourcesVersusUsual", "Minimum")]),
    ("What a sweep costs, USD", [("SweepCost", "Maximum")]),
    ("The month's bill so far, USD", [("MonthToDateCost", "Maximum")]),
)
"""Title, and metric with statistic; the errors, the sixth group of the guide, have a dimension and come by themselves."""
PERIOD = Duration.hours(1)
WIDTH, HEIGHT = 8, 6


class Dashboard(Construct):
    """One page, three graphs a row."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings, machine: sfn.IStateMachine, functions: Functions) -> None:
        super().__init__(scope, id)

        def own(name: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace=settings.metric_namespace,
                metric_name=name,
                statistic=statistic,
                period=PERIOD,
                dimensions_map=dimensions,
                label=dimensions.get("ErrorType", name),
            )

        errors = [own("Errors", "Sum", ErrorType=kind) for kind in (*bedrock_metrics.ERROR_TYPES, *run_metrics.ERROR_TYPES)]
        graphs = [_graph(title, [own(name, statistic) for name, statistic in metrics]) for title, metrics in GROUPS]
        graphs.append(_graph("Errors", errors))
        graphs.append(
            _graph(
                "Sweeps",
                [
                    machine.metric_started(period=PERIOD),
                    machine.metric_succeeded(period=PERIOD),
                    machine.metric_failed(period=PERIOD),
                    machine.metric_timed_out(period=PERIOD),
                ],
            )
        )
        durations = [function.metric_duration(period=PERIOD, statistic="Maximum") for function in functions.all]
        graphs.append(_graph("How long the functions take, milliseconds", durations))
        rows = [graphs[start : start + 24 // WIDTH] for start in range(0, len(graphs), 24 // WIDTH)]
        stack = Stack.of(self)
        # Dashboards are an account's, not a region's.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"{stack.stack_name}-{stack.region}", widgets=rows)


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=WIDTH, height=HEIGHT)
