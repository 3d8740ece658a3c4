"""Does Cost Explorer answer? Its API has no free request, so one is made whose answer the next sweep needs anyway and finds cached.

The `cost` function asks it, with its own role: a refusal is the one that a sweep would meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finops.readiness.invoking import AGAIN, DEPLOY, Unanswered, invoke
from finops.readiness.points import Point, missing, ok, to_know
from functions.core.aws import partitions
from functions.core.aws.roles import NO_ENDPOINT
from functions.core.costs import explorer

WHAT = "Cost Explorer"
REQUEST_USD = 0.01
"""Of each request. https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/"""
NO_BILL = "a sweep works, but its report has no bill and ignores Savings Plans"


@dataclass(slots=True, frozen=True)
class Remedies:
    """What to do, by default in a deployed analyzer. `denied`: where it may not be asked; `payer`: where it does not see an account."""

    denied: str = DEPLOY
    payer: str = "set billing_account to the payer, unless they have cost nothing yet"


DEPLOYED = Remedies()


def point(functions: Any, name: str, accounts: Sequence[str], wanted: bool, remedies: Remedies = DEPLOYED) -> Point:
    """`functions`: a client for lambda; `name` of the cost function; `accounts` that are to be swept."""
    if not wanted:
        return to_know(WHAT, "not asked, as you wished")
    try:
        answer = invoke(functions, name, {"probe": list(accounts)})
    except Unanswered as why:
        return why.point
    if found := answer.get("without_rows_found"):
        more = f" and {found - len(answer['without_rows']):,} more" if found > len(answer["without_rows"]) else ""
        unseen = f"no rows of {found:,} of {len(accounts):,} account{'' if len(accounts) == 1 else 's'}"
        return to_know(
            WHAT,
            f"{unseen} ({', '.join(answer['without_rows'])}{more}): savings there are not netted of commitments",
            remedies.payer,
        )
    if answer["status"] == "ok":
        if answer["cached"]:
            return ok(WHAT, "its answer of today is cached: nothing was asked")
        took = f"{answer['requests']} request{'s' if answer['requests'] != 1 else ''}, ${REQUEST_USD * answer['requests']:.2f}"
        return ok(WHAT, f"it answers ({took}; today's sweeps of these accounts use the answer)")
    reason = answer["reason"]
    if any(reason == lacks.get(partitions.Feature.BILL) for lacks in partitions.LACKS.values()):
        return to_know(WHAT, f"{reason}; {NO_BILL}")
    if explorer.NOT_ENABLED in reason.lower():
        return to_know(WHAT, f"not enabled for this account; {NO_BILL}", "open Cost Explorer in the Billing console once, or ask the payer")
    if explorer.NO_DATA in reason:
        return to_know(WHAT, f"no data yet; {NO_BILL}", "it takes up to 24 hours after Cost Explorer was enabled")
    if NO_ENDPOINT in reason:
        said, _, fix = reason.partition(f": {NO_ENDPOINT}: ")
        return missing(WHAT, f"{said}; {NO_BILL}", fix)
    if "denied" in reason.lower():
        return missing(WHAT, f"{reason}; {NO_BILL}", remedies.denied)
    return to_know(WHAT, f"{reason}; {NO_BILL}", AGAIN)
