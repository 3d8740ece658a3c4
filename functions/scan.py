"""Scan: one unit (account × region × resource type) in, its findings and outcome into the bucket. One Lambda a service runs this."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from functions.core import telemetry
from functions.core.aws.clients import Aws
from functions.core.aws.roles import reader_session
from functions.core.aws.sessions import own_client
from functions.core.errors import CannotResume, Denied, Throttled
from functions.core.meter import invocations
from functions.core.model import Outcome, ResumeAt, UnitOutcome
from functions.core.prices import refreshed
from functions.core.prices.book import Prices
from functions.core.scan import probe, ration, resume
from functions.core.scan import unit as scanning
from functions.core.scan.resume import Earlier
from functions.core.settings import FREE, Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.metric_budget import MetricBudget
from functions.core.store.run_folder import RunFolder
from functions.core.store.unit_objects import UNIT, FindingsSpool

RESERVE_SECONDS = 15.0
"""Kept back from the function's time to write the unit object."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: the unit's fields, `run_id`, `as_of`, and `entered`, when the first attempt at this unit began.

    A `resumed` unit that ran out of time or was throttled goes on where it stopped, if it can; any other is scanned from the start.

    Returns the outcome and its counts (under 2 KB). Raises Throttled to be retried, as long as there is time for that: what was found is
    written before, and is what remains when every attempt is throttled. With "probe" it scans nothing: see probe.py.
    """
    spent = invocations.Spent("scan", context)
    if "probe" in event:
        return probe.probe(event["probe"], event["account"], event["region"], settings(), spent.started + probe.SECONDS)
    names = ("unit_id", "account", "region", "resource_type", "function", "resumed", "regions", "rules")
    unit = UNIT.validate_python({name: event[name] for name in names if name in event})
    run_id = event["run_id"]
    telemetry.logger.append_keys(run_id=run_id, unit_id=unit.unit_id)
    config = settings()
    deadline = spent.started + seconds_left(context, event.get("entered"), config.unit_seconds) - RESERVE_SECONDS
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), config.s3_bucket_name), run_id)

    def scanned(earlier: Earlier | None, resume_at: ResumeAt | None) -> tuple[UnitOutcome, bool]:
        """Scan, and write the unit object. Whether it is worth another attempt: throttled, and there is time for as much once more."""
        with FindingsSpool() as spool:
            if earlier and resume_at:
                earlier.keep(resume_at.findings, spool.add)
            try:
                role = (unit.account, config.aws_account_id, config.member_role_name, config.member_external_id, run_id)
                aws = Aws(unit.account, unit.region, reader_session(*role), datetime.fromisoformat(event["as_of"]), deadline)
                aws.renew = partial(reader_session, *role, anew=True)
                aws.unpaid = "" if config.paid_requests else f"not asked, because {FREE}"
                prices = Prices(unit.region, refreshed.shared(config.s3_bucket_name, config.bucket_region).rows)
                days = event.get("analysis_period_days")
                outcome = scanning.scan(unit, aws, prices, spool.add, config.thresholds, days, resume_at, budget(config, run_id, prices))
            except Denied as denied:
                outcome = scanning.begun(unit, resume_at)
                outcome.outcome, outcome.reason = Outcome.DENIED, str(denied)
                outcome.seconds = round(time.monotonic() - spent.started, 3)
            again = outcome.outcome is Outcome.THROTTLED and deadline - time.monotonic() > spent.seconds
            outcome.memory_mib, outcome.billed_seconds = spent.memory_mib, spent.seconds
            outcome.calls = spent.calls(*spool.requests())
            if again:  # a failed invocation has its own meter, see `if_it_fails`: nothing is counted twice
                outcome.memory_mib, outcome.billed_seconds, outcome.calls, outcome.metrics = 0, 0.0, {}, 0
            if earlier:
                resume.add_what_it_took(outcome, earlier.outcome)
            spool.upload(folder.bucket, folder.unit(unit.unit_id, good=outcome.outcome.good), outcome)
            return outcome, again

    with invocations.if_it_fails(folder, spent):
        earlier = resume.earlier(folder.bucket, folder.unit(unit.unit_id, good=False)) if unit.resumed else None
        try:
            outcome, again = scanned(earlier, earlier.resume_at if earlier else None)
        except CannotResume as why:
            telemetry.logger.warning("scanned from the start", reason=str(why))
            outcome, again = scanned(earlier, None)
        if again:
            raise Throttled(outcome.reason)
    telemetry.logger.info("unit done", outcome=outcome.outcome, resources=outcome.resources, findings=outcome.findings)
    return {"unit_id": unit.unit_id, "outcome": outcome.outcome, "resources": outcome.resources, "findings": outcome.findings}


def budget(config: Settings, run_id: str, prices: Prices) -> Callable[[int], int] | None:
    """What gives the metrics that may be asked for; None where no sum is set."""
    if config.max_metric_usd is None:
        return None
    most = ration.metrics_for(config.max_metric_usd, prices)
    return MetricBudget(own_client("dynamodb"), config.state_table_name, run_id, most).take


def seconds_left(context: Any, entered: str | None, unit_seconds: int | None) -> float:
    """Until the function is ended, or, when that is sooner, until the child execution is: retries share its time.

    A child that runs into its own end is killed without a Catch. So a late attempt stops before that and says `incomplete`.
    """
    own: float = context.get_remaining_time_in_millis() / 1000
    if entered is None or unit_seconds is None:
        return own
    return min(own, unit_seconds - (datetime.now(UTC) - datetime.fromisoformat(entered)).total_seconds())
