"""Cost: what the sweep's accounts paid, from Cost Explorer or from the answers that are still good. Runs beside the scan.

Where the account has a Data Export (`billing_export`), what each resource cost is asked too, of Athena.
A sweep goes on without a bill: what Cost Explorer refuses ends in status "none" with the reason, never in an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from functions.core import telemetry
from functions.core.aws.sessions import own_client
from functions.core.costs import bill, gathering, queries
from functions.core.costs.export import manifest, rates, resources, shapes
from functions.core.costs.export.athena import Athena
from functions.core.costs.rows import NoBill
from functions.core.errors import Denied
from functions.core.meter.invocations import metered
from functions.core.prices import refreshed as refreshed_prices
from functions.core.prices.book import Prices
from functions.core.settings import Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

TOLD = 3
"""Accounts without rows that a probe names: its answer stays small."""
RESERVE_SECONDS = 30.0
"""Kept back of the function's time when it waits for the answer of another sweep, to ask itself and to write the bill."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: Plan's output; the accounts are in runs/<run_id>/scope.json. Writes runs/<run_id>/bill.json, see costs/bill.py.

    Returns {"status": "ok" or "none", "reason", "requests": of Cost Explorer, "cached": answers that were still good, "export": "ok",
    "none", or "" where none is set}. Raises Throttled.
    With {"probe": accounts} it asks one of a sweep's questions, and the next sweep of these accounts finds the answer kept.
    """
    config = settings()
    if "probe" in event:
        return _probe(config, event["probe"], gathering.asker(config, "doctor", 0.0))
    run_id = event["run_id"]
    telemetry.logger.append_keys(run_id=run_id)
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), event["bucket"]), run_id)
    with metered(folder, "cost", context):
        accounts = folder.bucket.need_json(folder.scope)["accounts"]
        wait = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        asker, deadline = gathering.asker(config, run_id, wait), time.monotonic() + wait
        content = _bill(config, event, accounts, asker) | ({"view": asker.view} if asker.view else {})
        if config.billing_export:
            _add_export(content, config, config.billing_export, event, asker, deadline)
        folder.bucket.put_json(folder.bill, content)
    small = {name: content[name] for name in ("status", "reason", "requests", "cached")}
    small["export"] = content["export"]["status"] if "export" in content else ""
    telemetry.logger.info("billed", **small)
    return small


def _probe(config: Settings, accounts: list[str], asker: gathering.Asker) -> dict[str, Any]:
    reason, unseen = "", list[str]()
    try:
        now = asker.clock()
        rows = asker.rows(queries.regions(queries.window(now, now, config.analysis_period_days), accounts))
        unseen = sorted(set(accounts) - {row.keys[0] for row in rows})
    except NoBill as none:
        reason = none.reason
    answer = {"status": "none" if reason else "ok", "reason": reason, "requests": asker.requests, "cached": asker.cached}
    return answer | ({"without_rows_found": len(unseen), "without_rows": unseen[:TOLD]} if unseen else {})


def _add_export(
    content: dict[str, Any], config: Settings, uri: str, event: dict[str, Any], asker: gathering.Asker, deadline: float
) -> None:
    """Set `export` of bill.json: where it lies what each resource cost, or why it cannot be said.

    And `rates`, where Cost Explorer told none. Athena is stopped at the `deadline`, a time.monotonic().
    """
    s3 = own_client("s3", config.bucket_region)
    athena = Athena(own_client("glue"), own_client("athena"), config.athena_database, config.athena_workgroup, deadline)
    refused_seconds = config.cost_cache_ttl_minutes * 60.0
    try:
        if asker.never:
            raise NoBill(asker.never)
        window = queries.window(datetime.fromisoformat(event["as_of"]), asker.clock(), event["analysis_period_days"])
        periods = manifest.periods(lambda name: Bucket(s3, name), uri, window, shapes.KNOWN)
        export = content["export"] = resources.gather(asker.cache, athena, uri, periods, window, refused_seconds)
    except (NoBill, Denied, ClientError) as none:
        telemetry.logger.warning("the export of the bill cannot be had", reason=str(none))
        content["export"] = resources.none(uri, str(none))
        return
    if not content.get("rates", {}).get("rows"):
        bucket = Bucket(s3, config.s3_bucket_name)
        try:
            content["rates"], scanned = rates.gather(asker.cache, athena, bucket, uri, periods, window, refused_seconds, _prices(config))
            export["scanned_bytes"] += scanned
        except (NoBill, Denied, ClientError) as none:
            telemetry.logger.warning("the export of the bill says no rates", reason=str(none))
            export["rates_refused"] = str(none)
    telemetry.logger.info("resources billed", **export)


def _bill(config: Settings, event: dict[str, Any], accounts: list[str], asker: gathering.Asker) -> dict[str, Any]:
    """The content of bill.json."""
    asked = None
    try:
        asked = queries.window(datetime.fromisoformat(event["as_of"]), asker.clock(), event["analysis_period_days"])
        answers = gathering.gather(asker, asked, accounts)
    except NoBill as none:
        if asked is None:
            return {"status": "none", "reason": none.reason, "accounts": accounts, "requests": 0, "cached": 0}
        return bill.none(none.reason, asked, accounts, asker.requests, asker.cached)
    return bill.build(answers, accounts, asker.requests, asker.cached, _prices(config))


def _prices(config: Settings) -> Callable[[str], Prices]:
    """A region's list prices, the refreshed ones too."""
    refreshed = refreshed_prices.shared(config.s3_bucket_name, config.bucket_region).rows
    return lambda region: Prices(region, refreshed)
