"""Plan: the input in, the list of units out. Whatever is wrong with the input ends the sweep here, before anything is scanned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from functions.core import registry, run_ids, telemetry
from functions.core.aws.sessions import own_client
from functions.core.costs import gathering
from functions.core.costs.regions import spend_by_scope, without_spend
from functions.core.errors import InvalidInput, short
from functions.core.meter import invocations
from functions.core.model import Unit
from functions.core.plan import begun, concurrency, request
from functions.core.plan import units as planning
from functions.core.plan.scope import Scope, asked_again, resolved
from functions.core.rank import suppressions
from functions.core.settings import FREE, InvalidSetting, Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.claims import Claims
from functions.core.store.run_folder import RunFolder
from functions.core.tuning import file as checks_file
from functions.core.tuning.snapshot import Snapshot

RESERVE_SECONDS = 30.0
"""Kept back of the function's time when it waits for the answer of another sweep's Cost Explorer, to ask itself and write the plan."""
WARNING_LENGTH = 300
UNPAID = (
    f"Neither Cost Explorer nor the metrics of CloudWatch were asked, because {FREE}: there is no bill, and what only metrics can tell is "
    "withheld."
)
UNPAID_BEFORE = (
    f"A part of this run was scanned without the metrics of CloudWatch, because {FREE}: there, what only metrics can tell is withheld. "
    "A new sweep has it."
)
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
    started = datetime.fromisoformat(event["execution"]["started"])
    asked = request.parse(event["input"], started)
    try:
        registry.validate_overrides(config.thresholds)
    except ValueError as wrong:
        raise InvalidSetting(f"environment variables: THRESHOLDS: {wrong}") from None
    name = event["execution"]["name"]
    run = asked.resume or run_ids.make(started, name)
    telemetry.logger.append_keys(run_id=run)
    claims, execution = Claims(own_client("dynamodb"), config.state_table_name), event["execution"]["id"]
    if asked.idempotency_token:
        begun.once(claims, asked.idempotency_token, execution)
    begun.alone(claims, own_client("stepfunctions"), run, execution)
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), config.s3_bucket_name), run)
    planned = _resumed(folder, config, asked, started, name) if asked.resume else _planned(folder, config, asked, started, context)
    invocations.note(folder, spent)
    return planned


def _reached(config: Settings, asked: request.SweepRequest) -> dict[str, Any]:
    """`regions` by account, what is left out as (account, region, reason), who could not be asked, and whether Lambda's room is guessed.

    `denied`: the regions that are left out because the organization denies them on purpose.
    """
    scope = resolved(asked, registry.resource_types(), config, "doctor")
    left_out = dict.fromkeys((one.account, one.region, one.reason) for one in scope.left_out)
    regions = {account: [region for region in some if region not in config.denied_regions] for account, some in scope.regions.items()}
    denied = sorted(set(scope.all_regions) & set(config.denied_regions))
    return {
        "regions": regions,
        "left_out": list(left_out),
        "untold": {account: str(error) for account, error in scope.unanswered.items()},
        "guessed": concurrency.unreserved()[1],
        **({"denied": denied} if denied else {}),
    }


def _planned(folder: RunFolder, config: Settings, asked: request.SweepRequest, started: datetime, context: Any) -> dict[str, Any]:
    """A new run."""
    types = list(registry.resource_types() if asked.resource_types == "all" else dict.fromkeys(asked.resource_types))
    scope = resolved(asked, types, config, folder.run_id)
    suppressions.load(folder.bucket, scope.all_regions)  # Rank goes by them: a mistake is known before anything is scanned
    rules = checks_file.load(folder.bucket)
    as_of = (asked.as_of or started).astimezone(UTC)
    days = asked.analysis_period_days or config.analysis_period_days
    looks_at = {
        "accounts": scope.accounts,
        "regions": scope.all_regions,
        "resource_types": types,
        "asked": asked.scope,
        "account_names": scope.account_names,
    }
    folder.bucket.put_json(folder.scope, looks_at)
    folder.bucket.put_json(folder.checks, Snapshot(config.thresholds, days, rules).as_json())
    unpaid, warning = frozenset[Pair](), ""
    if asked.skip_regions_without_spend:
        wait = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        unpaid, warning = _unpaid(gathering.asker(config, folder.run_id, wait), as_of, days, scope.accounts, scope.all_regions)

    def bills_nothing(unit: Unit) -> bool:
        return (unit.account, unit.region) in unpaid

    wanted = [region for region in scope.all_regions if region not in config.denied_regions] if scope.regions_named else []
    units = planning.units(scope.regions, types, config.scan_function_prefix, wanted, rules)
    left_out = chain(scope.left_out, planning.not_offered(scope.regions, types))
    count, skipped = planning.write(folder, units, bills_nothing, left_out, scope.unknown(types), denied_regions=config.denied_regions)
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
        "concurrency": _concurrency(len(scope.accounts), _of_one_service(scope, types)),
        "warning": " ".join(filter(None, (warning, "" if config.paid_requests else UNPAID))),
        "analysis_period_days": days,
        "min_coverage": asked.min_coverage,
        "analyze": asked.analyze,
        "notify": asked.notify,
        "expires_at": _expires_at(started),
        **_read_as(config),
    }
    folder.bucket.put_json(folder.planned, planned)
    return planned


def _resumed(folder: RunFolder, config: Settings, asked: request.SweepRequest, started: datetime, name: str) -> dict[str, Any]:
    """An earlier run, of which only the units without a good outcome are scanned; and what was unknown when it was planned, as far as the
    accounts say it now."""
    planned: dict[str, Any] | None = folder.bucket.read_json(folder.planned)
    if planned is None:
        raise InvalidInput(
            f"resume: there is no plan of run {folder.run_id}: it ended before it was planned, was made by an earlier version, or is no "
            "longer kept; `finops runs` lists the runs, start a new sweep"
        )
    suppressions.load(folder.bucket, folder.bucket.need_json(folder.scope)["regions"])
    _ask_again(folder, config, planned)
    key = folder.resume(run_ids.short(name))
    count = planning.write_missing(folder, key)
    telemetry.logger.info("resumed", units=count, of=planned["units"])
    again = asked.model_dump(include=set(request.WITH_RESUME[1:]) & asked.model_fields_set)
    return {
        **planned,
        **again,
        "warning": _warning_now(planned["warning"], config),
        "run_id": folder.run_id,  # not as the bucket has it: what travels on leads to this run, and to no other place
        "bucket": folder.bucket.name,
        "resumed": started.isoformat(),
        "plan_key": key,
        "units": count,
        "concurrency": _concurrency(planned["accounts"], count),
        "expires_at": _expires_at(started),
        **_read_as(config),
    }


def _read_as(config: Settings) -> dict[str, str | None]:
    """Who looks at the accounts, where that is a person and no function of a deployed analyzer."""
    return {"read_as": config.read_as}


def _warning_now(before: str, config: Settings) -> str:
    """The warning of a run that is gone on with: what nothing was paid for before is not looked at again, but the bill is asked now."""
    others = before.replace(UNPAID, "").replace(UNPAID_BEFORE, "").strip()
    paid_for_less = UNPAID if not config.paid_requests else UNPAID_BEFORE if others != before else ""
    return " ".join(filter(None, (others, paid_for_less)))


def _ask_again(folder: RunFolder, config: Settings, planned: dict[str, Any]) -> None:
    """Ask the accounts again that could not say which regions they have, and plan what the answers add; `planned` then counts it too."""
    silent = list(dict.fromkeys(outcome.account for outcome in folder.read_outcomes(folder.unknown)))
    if not silent:
        return
    looks_at = folder.bucket.need_json(folder.scope)
    scope = asked_again(silent, config, folder.run_id)
    kept = folder.bucket.read_json(folder.checks)  # an earlier version kept none
    planned["units"] = planning.write_known_now(
        folder,
        scope.regions,
        looks_at["resource_types"],
        config.scan_function_prefix,
        config.denied_regions,
        Snapshot.read(kept).rules if kept else (),
    )
    folder.bucket.put_json(folder.scope, looks_at | {"regions": sorted({*looks_at["regions"], *scope.all_regions})})
    folder.bucket.put_json(folder.planned, planned)
    planning.write_unknown(folder, scope.unknown(looks_at["resource_types"]))  # last: whatever fails before it is asked once more
    telemetry.logger.info("regions asked again", known=len(scope.regions), unknown=len(scope.unanswered), units=planned["units"])


def _unpaid(
    asker: gathering.Asker, as_of: datetime, days: int | None, accounts: Sequence[str], regions: Sequence[str]
) -> tuple[frozenset[Pair], str]:
    """The pairs to leave out because they bill nothing; and where that is asked for and cannot be said, why, for the report."""
    spend, reason = spend_by_scope(asker, as_of, days, accounts)
    if spend is None:
        return frozenset(), short(f"regions without spend were not left out, because there is no billing data: {reason}", WARNING_LENGTH)
    return without_spend(spend, accounts, regions), ""


def _of_one_service(scope: Scope, types: Sequence[str]) -> int:
    """How many units the service with the most types has, at most."""
    most = max(Counter(name.partition(":")[0] for name in types).values(), default=0)
    return most * sum(map(len, scope.regions.values()))


def _concurrency(accounts: int, of_one_service: int) -> int:
    free, guessed = concurrency.unreserved()
    if guessed:
        telemetry.logger.warning(guessed)
    return concurrency.scans_at_once(free, accounts, settings().scan_reserved_concurrency, of_one_service)


def _expires_at(started: datetime) -> str:
    return str(int((started + timedelta(days=STATE_DAYS)).timestamp()))
