"""Aggregate: the ranked run and its advice as a report that people and programs read, and as metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.core import ledger, reporting, run_metrics, telemetry
from functions.core.aws import own_client
from functions.core.settings import settings


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"plan": Plan's output, "rank": Rank's}. Returns the report's keys and its figures (under 2 KB)."""
    config = settings()
    plan = event["plan"]
    telemetry.logger.append_keys(run_id=plan["run_id"])
    s3 = own_client("s3", config.bucket_region)
    failures = ledger.failures_of(own_client("dynamodb"), config.state_table_name, plan["run_id"], ledger.ADVICE_FAILED)
    summary = reporting.write(s3, plan["bucket"], plan["run_id"], datetime.now(UTC), failures)
    if config.enable_cloudwatch_metrics:
        run_metrics.emit(config.metric_namespace, summary)
    telemetry.logger.info("reported", findings=summary["totals"]["findings"], seconds=summary["run"]["seconds"])
    return {
        "run_id": plan["run_id"],
        "report": summary["files"],
        "findings": summary["totals"]["findings"],
        "monthly_savings": summary["totals"]["monthly_savings"],
        "coverage_ratio": summary["coverage"]["ratio"],
        "seconds": summary["run"]["seconds"],
    }
