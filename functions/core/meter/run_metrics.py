"""The metrics of a run, in embedded metric format: CloudWatch makes them from log lines, so no API call and no permission is needed.

Dimensions are what an alarm has to name. The totals have none; `Errors` has ErrorType and nothing else, so powertools' own `service`
dimension is switched off, and each error type is an EMF document of its own. All are written on every run, zeros as well: an alarm must
tell "no errors" from "no run".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from functions.core.meter import sweep_cost
from functions.core.model import Outcome

ERROR_TYPES = {
    "Denied": Outcome.DENIED,
    "Throttled": Outcome.THROTTLED,
    "Incomplete": Outcome.INCOMPLETE,
    "Failed": Outcome.FAILED,
}
"""ErrorType and the outcome of the units that it counts."""


def emit(namespace: str, summary: Mapping[str, Any]) -> None:
    """Write the metrics of the run that summary.json tells of."""
    totals, units = summary["totals"], summary["coverage"]["units"]
    run = document(namespace)
    run.add_metric("AnalysisDuration", MetricUnit.Seconds, summary["run"]["seconds"])
    run.add_metric("ResourcesAnalyzed", MetricUnit.Count, totals["resources"])
    run.add_metric("RecommendationsGenerated", MetricUnit.Count, totals["findings"])
    run.add_metric("MonthlySavings", MetricUnit.NoUnit, totals["monthly_savings"]["likely"])
    run.add_metric("AnnualSavings", MetricUnit.NoUnit, totals["annual_savings"]["likely"])
    run.add_metric("CoverageRatio", MetricUnit.Percent, 100 * summary["coverage"]["ratio"])
    if summary.get("resources_versus_usual") is not None:
        run.add_metric("ResourcesVersusUsual", MetricUnit.Percent, summary["resources_versus_usual"])
    if sweep_cost.known(summary["sweep_cost"]):
        run.add_metric("SweepCost", MetricUnit.NoUnit, summary["sweep_cost"]["usd"])
    run.flush_metrics()
    for name, outcome in ERROR_TYPES.items():
        errors = document(namespace)
        errors.add_dimension("ErrorType", name)
        errors.add_metric("Errors", MetricUnit.Count, units[outcome.value])
        errors.flush_metrics()


def document(namespace: str) -> AmazonCloudWatchEMFProvider:
    """An EMF document without dimensions."""
    return AmazonCloudWatchEMFProvider(namespace=namespace, service="")  # "": not even from POWERTOOLS_SERVICE_NAME
