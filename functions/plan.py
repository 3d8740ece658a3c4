"""Plan: the input in, the list of units out. Whatever is wrong with the input ends the sweep here, before anything is scanned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core import registry, run_ids, telemetry
from functions.core.aws.clients import own_client
from functions.core.costs import gathering
from functions.core.costs.regions import spend_by_scope, without_spend
from functions.core.errors import InvalidInput, short
from functions.core.meter import invocations
from functions.core.model import Unit
from functions.core.plan import begun, concurrency, request
from functions.core.plan import units as planning
from functions.core.plan.scope import resolved
from functions.core.settings import InvalidSetting, Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.claims import Claims
from functions.core.store.run_folder import RunFolder

RESERVE_SECONDS = 30.0
"""Kept back of the function's time when it waits for the answer of another sweep's Cost Explorer, to ask itself and write the plan."""
WARNING_LENGTH = 300
Pair = tuple[str, str]
"""Account and region."""
STATE_DAYS = 90
"""How long the state table keeps what happened in a run."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"input": what the sweep was started with, "execution": {"id": its ARN, "name", "started"}}. Raises InvalidInput, and
    AlreadyStarted where the same start was delivered twice.

    Returns where the plan lies and what the run is, all of it small: it travels through the state machine. With {"probe": an input} it
    says what such a sweep would reach, and plans none.
    """
    spent = invocations.Spent("plan", context)
    config = settings()
    if "probe" in event:
        return _reached(config, request.parse(event["probe"]))
    asked = request.parse(event["input"])
    try:
        registry.validate_overrides(config.thresholds)
    except ValueError as wrong:
        raise InvalidSetting(f"environment variables: THRESHOLDS: {wrong}") from None
    started = datetime.fromisoformat(event["execution"]["started"])
    name = event["execution"]["name"]
    run = asked.resume or run_ids.make(started, name)
    telemetry.logger.append_keys(run_id=run)
    claims, execution = Claims(own_client("dynamodb"), config.state_table_name), event["execution"]["id"]
    if asked.idempotency_token:
        begun.once(claims, asked.idempotency_token, execution)
    begun.alone(claims, own_client("stepfunctions"), run, execution)
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), config.s3_bucket_name), run)
    planned = _resumed(folder, asked, started, name) if asked.resume else _planned(folder, config, asked, started, context)
    invocations.note(folder, spent)
    return planned


def _reached(config: Settings, asked: request.SweepRequest) -> dict[str, Any]:
    """`regions` by account, what is left out as (account, region, reason), who could not be asked, and whether Lambda's room is guessed."""
    scope = resolved(asked, registry.resource_types(), config, "doctor")
    left_out = dict.fromkeys((one.account, one.region, one.reason) for one in scope.left_out)
    return {"regions": scope.regions, "left_out": list(left_out), "untold": scope.unanswered, "guessed": concurrency.unreserved()[1]}


def _planned(folder: RunFolder, config: Settings, asked: request.SweepRequest, started: datetime, context: Any) -> dict[str, Any]:
    """A new run."""
    types = list(registry.resource_types() if asked.resource_types == "all" else dict.fromkeys(asked.resource_types))
    scope = resolved(asked, types, config, folder.run_id)
    as_of = (asked.as_of or started).astimezone(UTC)
    days = asked.analysis_period_days or config.analysis_period_days
    looks_at = {"accounts": scope.accounts, "regions": scope.all_regions, "resource_types": types, "asked": asked.scope}
    folder.bucket.put_json(folder.scope, looks_at)
    unpaid, warning = frozenset[Pair](), ""
    if asked.skip_regions_without_spend:
        wait = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        unpaid, warning = _unpaid(gathering.asker(config, folder.run_id, wait), as_of, days, scope.accounts, scope.all_regions)

    def bills_nothing(unit: Unit) -> bool:
        return (unit.account, unit.region) in unpaid

    units = planning.units(scope.regions, types, config.scan_function_prefix)
    count, skipped = planning.write(folder, units, bills_nothing, scope.left_out)
    telemetry.logger.info("planned", units=count, skipped=skipped, accounts=len(scope.accounts), regions=len(scope.all_regions))
    planned = {
        "run_id": folder.run_id,
        "as_of": as_of.isoformat(),
        "started": started.isoformat(),
        "resumed": None,
        "bucket": folder.bucket.name,
        "plan_key": folder.plan,
        "units": count,
        "skipped": skipped,
        "accounts": len(scope.accounts),
        "concurrency": _concurrency(len(scope.accounts)),
        "warning": warning,
        "analysis_period_days": days,
        "min_coverage": asked.min_coverage,
        "analyze": asked.analyze,
        "notify": asked.notify,
        "expires_at": _expires_at(started),
    }
    folder.bucket.put_json(folder.planned, planned)
    return planned


def _resumed(folder: RunFolder, asked: request.SweepRequest, started: datetime, name: str) -> dict[str, Any]:
    """An earlier run, of which only the units without a good outcome are scanned."""
    planned: dict[str, Any] | None = folder.bucket.read_json(folder.planned)
    if planned is None:
        raise InvalidInput(
            f"resume: there is no plan of run {folder.run_id}: it ended before it was planned, was made by an earlier version, or is no "
            "longer kept; `finops runs` lists the runs, start a new sweep"
        )
    key = folder.resume(run_ids.short(name))
    count = planning.write_missing(folder, key)
    telemetry.logger.info("resumed", units=count, of=planned["units"])
    again = asked.model_dump(include=set(request.WITH_RESUME[1:]) & asked.model_fields_set)
    return {
        **planned,
        **again,
        "resumed": started.isoformat(),
        "plan_key": key,
        "units": count,
        "concurrency": _concurrency(planned["accounts"]),
        "expires_at": _expires_at(started),
    }


def _unpaid(
    asker: gathering.Asker, as_of: datetime, days: int | None, accounts: Sequence[str], regions: Sequence[str]
) -> tuple[frozenset[Pair], str]:
    """The pairs to leave out because they bill nothing; and where that is asked for and cannot be said, why, for the report."""
    spend, reason = spend_by_scope(asker, as_of, days, accounts)
    if spend is None:
        return frozenset(), short(f"regions without spend were not left out, because there is no billing data: {reason}", WARNING_LENGTH)
    return without_spend(spend, accounts, regions), ""


def _concurrency(accounts: int) -> int:
    free, guessed = concurrency.unreserved()
    if guessed:
        telemetry.logger.warning(guessed)
    return concurrency.scans_at_once(free, accounts)


def _expires_at(started: datetime) -> str:
    return str(int((started + timedelta(days=STATE_DAYS)).timestamp()))
