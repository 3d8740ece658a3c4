"""Plan: the input in, the list of units out. Whatever is wrong with the input ends the sweep here, before anything is scanned."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core import metered, registry, request, storage, telemetry
from functions.core.aws import Aws, own_client, reader_session
from functions.core.costs import gathering
from functions.core.costs.regions import spend_by_scope, without_spend
from functions.core.errors import InvalidInput
from functions.core.model import Outcome, Unit, UnitOutcome, unit_id
from functions.core.settings import InvalidSetting, Settings, settings

RESERVE_SECONDS = 30.0
"""Kept back of the function's time when it waits for the answer of another sweep's Cost Explorer, to ask itself and write the plan."""
WARNING_LENGTH = 300
Pair = tuple[str, str]
"""Account and region."""
STATE_DAYS = 90
"""How long the state table keeps what happened in a run."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"input": what the sweep was started with, "execution": {"name", "started"}}. Raises InvalidInput.

    Returns where the plan lies and what the run is, all of it small: it travels through the state machine.
    """
    spent = metered.Spent("plan", context)
    config = settings()
    asked = request.parse(event["input"])
    try:
        registry.validate_overrides(config.thresholds)
    except ValueError as wrong:
        raise InvalidSetting(f"environment variables: THRESHOLDS: {wrong}") from None
    started = datetime.fromisoformat(event["execution"]["started"])
    run_id = make_run_id(started, event["execution"]["name"])
    telemetry.logger.append_keys(run_id=run_id)
    regions = _regions(asked, config)
    accounts = (
        [config.aws_account_id]
        if asked.accounts == "self"
        else [config.aws_account_id if account == "self" else account for account in asked.accounts]
    )
    types = list(registry.resource_types() if asked.resource_types == "all" else dict.fromkeys(asked.resource_types))
    accounts = list(dict.fromkeys(accounts))
    as_of = (asked.as_of or started).astimezone(UTC)
    days = asked.analysis_period_days or config.analysis_period_days
    s3 = own_client("s3", config.bucket_region)
    scope = {"accounts": accounts, "regions": regions, "resource_types": types}
    s3.put_object(
        Bucket=config.s3_bucket_name, Key=storage.scope_key(run_id), Body=json.dumps(scope).encode(), ContentType="application/json"
    )
    unpaid, warning = frozenset[Pair](), ""
    if asked.skip_regions_without_spend:
        wait = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        unpaid, warning = _unpaid(gathering.asker(config, run_id, wait), as_of, days, accounts, regions)
    planned, skipped = _write(s3, config, run_id, units(accounts, regions, types, config.scan_function_prefix), unpaid)
    telemetry.logger.info("planned", units=planned, skipped=skipped, accounts=len(accounts), regions=len(regions))
    metered.note(s3, config.s3_bucket_name, run_id, spent)
    return {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "started": started.isoformat(),
        "bucket": config.s3_bucket_name,
        "plan_key": storage.plan_key(run_id),
        "units": planned,
        "skipped": skipped,
        "warning": warning,
        "analysis_period_days": days,
        "min_coverage": asked.min_coverage,
        "analyze": asked.analyze,
        "notify": asked.notify,
        "expires_at": str(int((started + timedelta(days=STATE_DAYS)).timestamp())),
    }


def make_run_id(started: datetime, execution_name: str) -> str:
    """Sorts by time, and is the same when Plan is retried: 20261124T160402Z-1f3c9a."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{hashlib.blake2b(execution_name.encode(), digest_size=3).hexdigest()}"


def units(accounts: list[str], regions: list[str], types: list[str], function_prefix: str) -> Iterator[Unit]:
    """Every unit, accounts interleaved, so that concurrent scans spread over the accounts' API limits."""
    for resource_type in types:
        function = function_prefix + resource_type.partition(":")[0]
        for region in regions:
            for account in accounts:
                yield Unit(
                    unit_id=unit_id(account, region, resource_type),
                    account=account,
                    region=region,
                    resource_type=resource_type,
                    function=function,
                )


def _unpaid(
    asker: gathering.Asker, as_of: datetime, days: int | None, accounts: Sequence[str], regions: Sequence[str]
) -> tuple[frozenset[Pair], str]:
    """The pairs to leave out because they bill nothing; and where that is asked for and cannot be said, why, for the report."""
    spend, reason = spend_by_scope(asker, as_of, days, accounts)
    if spend is None:
        return frozenset(), f"regions without spend were not left out, because there is no billing data: {reason}"[:WARNING_LENGTH]
    return without_spend(spend, accounts, regions), ""


def _write(s3: Any, config: Settings, run_id: str, every: Iterable[Unit], unpaid: frozenset[Pair]) -> tuple[int, int]:
    """Write the plan, and beside it what it leaves out; returns how many units each has."""
    counts = {storage.plan_key(run_id): 0, storage.skipped_key(run_id): 0}
    with ExitStack() as stack:
        files = {key: stack.enter_context(tempfile.TemporaryFile()) for key in counts}
        for unit in every:
            skip = (unit.account, unit.region) in unpaid
            key = storage.skipped_key(run_id) if skip else storage.plan_key(run_id)
            files[key].write((storage.OUTCOME.dump_json(_no_spend(unit)) if skip else storage.UNIT.dump_json(unit)) + b"\n")
            counts[key] += 1
        for key, file in files.items():
            if counts[key]:
                file.seek(0)
                s3.upload_fileobj(file, config.s3_bucket_name, key)
    planned, skipped = counts.values()
    return planned, skipped


def _no_spend(unit: Unit) -> UnitOutcome:
    return UnitOutcome(
        unit_id=unit.unit_id,
        account=unit.account,
        region=unit.region,
        resource_type=unit.resource_type,
        outcome=Outcome.SKIPPED,
        reason="no spend",
    )


def _regions(asked: request.SweepRequest, config: Settings) -> list[str]:
    """The asked regions, each enabled in the own account; InvalidInput names those that are not."""
    session = reader_session(config.aws_account_id, config.aws_account_id, config.member_role_name, None, "plan")
    answer = Aws(config.aws_account_id, config.aws_region, session).call("ec2", "DescribeRegions")
    enabled = sorted(region["RegionName"] for region in answer["Regions"])
    if asked.regions == "all":
        return enabled
    unknown = [region for region in asked.regions if region not in enabled]
    if unknown:
        raise InvalidInput(f"regions: {unknown[0]!r} is not a region enabled in this account; allowed are: {', '.join(enabled)}")
    return list(dict.fromkeys(asked.regions))
