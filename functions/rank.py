"""Rank: what the units found, merged: nothing counted twice, compared with earlier sweeps, and with how much was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.core import telemetry
from functions.core.aws.sessions import own_client
from functions.core.errors import InvalidInput, InvalidSuppressions
from functions.core.meter import invocations
from functions.core.ownership.owners import Owners
from functions.core.rank import suppressions
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import Run, rank
from functions.core.settings import settings
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"plan": Plan's output, "cost": Cost's: its status and reason}. Returns how much was seen and found (under 2 KB); the
    findings lie in the bucket, see core/rank/ranking.py.

    `groups`: how many a model is to be asked about, and where they are listed; none when the sweep was asked not to.

    Raises InvalidSuppressions when config/suppressions.toml has become wrong, InvalidInput when nothing was planned. Running it again for
    the same run repeats the result.
    """
    spent = invocations.Spent("rank", context)
    config = settings()
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), event["plan"]["bucket"]), event["plan"]["run_id"])
    telemetry.logger.append_keys(run_id=folder.run_id)
    scope = folder.bucket.read_json(folder.scope) or {}
    run = Run.planned(event["plan"], scope.get("account_names"))
    owners = Owners(config.owner_from, config.owner_tags, run.account_names)
    keep = _suppressions(folder, scope.get("regions", ()))  # first of all, so that a mistake there is known at once
    failures = ledger.failures_of(own_client("dynamodb"), config.state_table_name, run.run_id)
    groups = Groups(config.max_advice_groups)
    bill = _bill(folder, event["cost"])
    coverage, totals = rank(folder, run, ledger.entries(folder, failures), keep, groups, bill, owners)
    asked = groups.chosen if run.analyze else 0
    met = coverage.ratio >= run.min_coverage
    telemetry.logger.info("ranked", units=coverage.planned, not_seen=coverage.not_seen, findings=totals.findings, groups=asked)
    invocations.note(folder, spent)
    return {
        "run_id": run.run_id,
        "coverage_ratio": round(coverage.ratio, 6),
        "coverage_met": met,
        "units": coverage.asked,
        "not_seen": coverage.not_seen,
        "findings": totals.findings,
        "monthly_savings_likely": totals.monthly_likely,
        "groups": {"count": asked, "groups_key": folder.groups},
    }


def _suppressions(folder: RunFolder, regions: Sequence[str]) -> list[suppressions.Suppression]:
    try:
        return suppressions.load(folder.bucket, regions)
    except InvalidInput as wrong:
        changed = f"{wrong} (the file was changed during the sweep; what was scanned is kept: correct it, then `finops resume"
        raise InvalidSuppressions(f"{changed} {folder.run_id}`)") from None


def _bill(folder: RunFolder, cost: Mapping[str, Any]) -> dict[str, Any]:
    """What Cost wrote, or why there is no bill: a sweep goes on without one. What an export says is there without Cost Explorer's too."""
    if cost["status"] != "ok" and not cost.get("export"):
        return {"status": "none", "reason": cost["reason"]}
    bill: dict[str, Any] | None = folder.bucket.read_json(folder.bill)
    return {"status": "none", "reason": "the bill that was asked for is not in the bucket"} if bill is None else bill
