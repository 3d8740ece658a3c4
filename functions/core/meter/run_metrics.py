"""The metrics of a run, in embedded metric format: CloudWatch makes them from log lines, so no API call and no permission is needed.

Dimensions are what an alarm has to name. The totals have none; `Errors` has ErrorType and nothing else, so powertools' own `service`
dimension is switched off, and each error type is an EMF document of its own. All are written on every run, zeros as well: an alarm must
tell "no errors" from "no run".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from functions.core.meter import sweep_cost
from functions.core.model import Outcome

ERROR_TYPES = {
    "Denied": (Outcome.DENIED,),
    "Throttled": (Outcome.THROTTLED,),
    "Incomplete": (Outcome.INCOMPLETE,),
    "Failed": (Outcome.FAILED,),
    "AWS APIError": (Outcome.DENIED, Outcome.THROTTLED, Outcome.FAILED),
}
"""ErrorType and the outcomes of the units that it counts. The last one is the deployment guide's: whatever an API of AWS did not answer."""


def emit(namespace: str, summary: Mapping[str, Any], today: date) -> None:
    """Write the metrics of the run that summary.json tells of: RealisedSavings is USD a month of what was resolved since the sweep before.

    `today` is the UTC day: what another month was billed is not said of it.
    """
    totals, units = summary["totals"], summary["coverage"]["units"]
    run = document(namespace)
    run.add_metric("AnalysisDuration", MetricUnit.Seconds, summary["run"]["seconds"])
    run.add_metric("ResourcesAnalyzed", MetricUnit.Count, totals["resources"])
    run.add_metric("RecommendationsGenerated", MetricUnit.Count, totals["findings"])
    run.add_metric("MonthlySavings", MetricUnit.NoUnit, totals["monthly_savings"]["likely"])
    run.add_metric("AnnualSavings", MetricUnit.NoUnit, totals["annual_savings"]["likely"])
    run.add_metric("RealisedSavings", MetricUnit.NoUnit, totals["resolved"]["monthly_savings_likely"])
    run.add_metric("CoverageRatio", MetricUnit.Percent, 100 * summary["coverage"]["ratio"])
    if summary.get("resources_versus_usual") is not None:
        run.add_metric("ResourcesVersusUsual", MetricUnit.Percent, summary["resources_versus_usual"])
    if sweep_cost.known(summary["sweep_cost"]):
        run.add_metric("SweepCost", MetricUnit.NoUnit, summary["sweep_cost"]["usd"])
    if (billed := month_to_date(summary, today)) is not None:
        run.add_metric("MonthToDateCost", MetricUnit.NoUnit, billed)
    run.flush_metrics()
    for name, outcomes in ERROR_TYPES.items():
        errors = document(namespace)
        errors.add_dimension("ErrorType", name)
        errors.add_metric("Errors", MetricUnit.Count, sum(units[outcome.value] for outcome in outcomes))
        errors.flush_metrics()


def month_to_date(summary: Mapping[str, Any], today: date) -> float | None:
    """What this month has been billed so far, unblended, in the bill's currency, for the accounts that were swept: its whole days, without
    credits and taxes.

    None where Cost Explorer did not say, on the first day, and where the bill that was looked at is another month's.
    """
    month = (summary.get("bill") or {}).get("month_over_month")
    if month is None or month["complete"] or month["month"] != f"{today:%Y-%m}":
        return None
    return float(month["unblended"])


def document(namespace: str) -> AmazonCloudWatchEMFProvider:
    """An EMF document without dimensions."""
    return AmazonCloudWatchEMFProvider(namespace=namespace, service="")  # "": not even from POWERTOOLS_SERVICE_NAME
