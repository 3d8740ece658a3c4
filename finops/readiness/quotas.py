"""Has this account's Lambda room for a sweep? Of Step Functions' quotas none is near: one sweep has two open map runs of 1,000, at most
1,000 children at a time of 10,000, and EXPRESS children do not count as open executions.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from finops.readiness.points import Point, asked, looked, missing, ok, to_know
from functions.core.plan import concurrency

WHAT = "Lambda concurrency"
CODE = "L-B99A9384"
"""Of the quota "Concurrent executions"."""
COMMON = 1_000
"""What it is in most accounts. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def wanted(definition: str) -> int | None:
    """The units that a state machine scans at a time, None when Plan goes by the quota. `definition` is its ASL."""
    flow: Mapping[str, Any] = json.loads(definition)
    scans = [branch["States"]["Scan"] for branch in flow["States"]["Gather"]["Branches"] if "Scan" in branch["States"]]
    found: int | None = scans[0].get("MaxConcurrency")
    return found


def point(functions: Any, at_a_time: int | None, accounts: int, reserved: int | None = None) -> Point:
    """`functions`: a client for lambda in the analyzer's region; `at_a_time` as `wanted` says; `accounts`: how many are scanned;
    `reserved`: what each scan function has for itself."""
    return looked(WHAT, lambda: _look(functions, at_a_time, accounts, reserved))


def _look(functions: Any, at_a_time: int | None, accounts: int, reserved: int | None) -> Point:
    limit = asked(functions, "lambda", "get_account_settings")["AccountLimit"]
    free, quota = int(limit["UnreservedConcurrentExecutions"]), int(limit["ConcurrentExecutions"])
    room = f"{quota:,} executions at once, {free:,} of them unreserved"
    raise_it = (
        f"aws service-quotas request-service-quota-increase --region {functions.meta.region_name} --service-code lambda "
        f"--quota-code {CODE} --desired-value {max(COMMON, 2 * quota)}"
    )
    if reserved is not None:
        scans, most = at_a_time or concurrency.scans_at_once(free, accounts, reserved), concurrency.scans_at_once(quota, accounts)
        said = f"{room}; {reserved:,} are reserved for each scan function, so {scans:,} units are scanned at a time"
        return (
            ok(WHAT, said) if scans >= most else to_know(WHAT, f"{said}, and not {most:,}", "raise scan_reserved_concurrency in cdk.json")
        )
    if at_a_time is not None:
        if at_a_time > free:
            return missing(
                WHAT, f"{room}, and max_concurrency is {at_a_time:,}: scans would be throttled", f"lower it in cdk.json, or {raise_it}"
            )
        return ok(WHAT, f"{room}; {at_a_time:,} units are scanned at a time")
    scans, most = concurrency.scans_at_once(free, accounts), concurrency.scans_at_once(concurrency.MOST * 2, accounts)
    if scans < most:
        return to_know(WHAT, f"{room}: only {scans:,} of {most:,} units are scanned at a time, so a sweep takes longer", raise_it)
    return ok(WHAT, f"{room}; {scans:,} units are scanned at a time")
