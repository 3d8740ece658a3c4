"""Plan: the input in, the list of units out. Whatever is wrong with the input ends the sweep here, before anything is scanned."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core import metered, registry, request, storage, telemetry
from functions.core.aws import Aws, own_client, reader_session
from functions.core.errors import InvalidInput
from functions.core.model import Unit, unit_id
from functions.core.settings import InvalidSetting, Settings, settings

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
    types = registry.resource_types() if asked.resource_types == "all" else tuple(asked.resource_types)
    count = 0
    with tempfile.TemporaryFile() as file:
        for unit in units(list(dict.fromkeys(accounts)), regions, list(dict.fromkeys(types)), config.scan_function_prefix):
            file.write(storage.UNIT.dump_json(unit) + b"\n")
            count += 1
        file.seek(0)
        s3 = own_client("s3", config.bucket_region)
        s3.upload_fileobj(file, config.s3_bucket_name, storage.plan_key(run_id))
    telemetry.logger.info("planned", units=count, accounts=len(accounts), regions=len(regions))
    metered.note(s3, config.s3_bucket_name, run_id, spent)
    as_of = (asked.as_of or started).astimezone(UTC)
    return {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "started": started.isoformat(),
        "bucket": config.s3_bucket_name,
        "plan_key": storage.plan_key(run_id),
        "units": count,
        "analysis_period_days": asked.analysis_period_days or config.analysis_period_days,
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
