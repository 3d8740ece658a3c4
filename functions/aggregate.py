"""Aggregate: the ranked run and its advice as a report that people and programs read, and as metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.core import telemetry
from functions.core.aws.sessions import own_client
from functions.core.meter import invocations, quantities, run_metrics, sweep_cost, usual_resources
from functions.core.report import writing
from functions.core.settings import Settings, settings
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

WRITES = ("s3:PutObject",) * 6
"""What is asked of S3 after the sum of the costs: the report's files, the summary, the meter and the usual number, one put each
unless they are huge."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"plan": Plan's output, "rank": Rank's}. Returns the report's keys and its figures (under 2 KB)."""
    config = settings()
    plan = event["plan"]
    telemetry.logger.append_keys(run_id=plan["run_id"])
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), plan["bucket"]), plan["run_id"])
    with invocations.metered(folder, "aggregate", context) as spent:
        summary = _report(config, folder, spent)
        if not summary["run"]["what_if"]:
            seen = summary["totals"]["resources"]
            summary["resources_versus_usual"] = usual_resources.versus_usual(folder, seen)
    if config.enable_cloudwatch_metrics:
        run_metrics.emit(config.metric_namespace, summary, datetime.now(UTC).date())
    telemetry.logger.info("reported", findings=summary["totals"]["findings"], seconds=summary["run"]["seconds"])
    return {
        "run_id": plan["run_id"],
        "report": summary["files"],
        "findings": summary["totals"]["findings"],
        "monthly_savings": summary["totals"]["monthly_savings"],
        "coverage_ratio": summary["coverage"]["ratio"],
        "seconds": summary["run"]["seconds"],
    }


def _report(config: Settings, folder: RunFolder, spent: invocations.Spent) -> dict[str, Any]:
    """Write everything; returns summary.json's content."""
    failures = ledger.failures_of(own_client("dynamodb"), config.state_table_name, folder.run_id, ledger.ADVICE_FAILED)

    def cost(head: dict[str, Any]) -> dict[str, Any]:
        took = invocations.total(folder)
        took.add(spent.as_json(*WRITES))
        made = quantities.measured(head, took, len(failures), express=config.unit_seconds is not None)
        if config.read_as:
            made, note = quantities.asked_of_accounts(made), sweep_cost.OWN_MACHINE_NOTE
        else:
            note = sweep_cost.NOTE
        return sweep_cost.priced(made, config.aws_region, head["totals"]["resources"], note)

    return writing.write(folder, datetime.now(UTC), failures, cost, config.owner_mails)
