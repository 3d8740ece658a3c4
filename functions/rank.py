"""Rank: what the units found, merged: nothing counted twice, compared with earlier sweeps, and with how much was seen."""

from __future__ import annotations

from typing import Any

from functions.core import ledger, storage, suppressions, telemetry
from functions.core.aws import own_client
from functions.core.groups import Groups
from functions.core.ranking import Run, rank
from functions.core.settings import settings


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: Plan's output. Returns how much was seen and found (under 2 KB); the findings lie in the bucket, see core/ranking.py.

    `groups`: how many a model is to be asked about, and where they are listed; none when the sweep was asked not to.

    Raises InvalidInput when config/suppressions.toml is wrong or nothing was planned. Running it again for the same run repeats the result.
    """
    config = settings()
    run = Run.planned(event)
    telemetry.logger.append_keys(run_id=run.run_id)
    s3 = own_client("s3", config.bucket_region)
    text = suppressions.read(s3, run.bucket)  # first of all, so that a mistake there is known at once
    keep = suppressions.parse(text) if text else []
    failures = ledger.failures_of(own_client("dynamodb"), config.state_table_name, run.run_id)
    groups = Groups(config.max_advice_groups)
    coverage, totals = rank(s3, run, ledger.entries(s3, run.bucket, run.run_id, failures), keep, groups)
    asked = groups.chosen if run.analyze else 0
    met = coverage.ratio >= run.min_coverage
    telemetry.logger.info("ranked", units=coverage.planned, not_seen=coverage.not_seen, findings=totals.findings, groups=asked)
    return {
        "run_id": run.run_id,
        "coverage_ratio": round(coverage.ratio, 6),
        "coverage_met": met,
        "units": coverage.planned,
        "not_seen": coverage.not_seen,
        "findings": totals.findings,
        "monthly_savings_likely": totals.monthly_likely,
        "groups": {"count": asked, "groups_key": storage.groups_key(run.run_id)},
    }
