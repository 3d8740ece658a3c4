"""What a sweep would reach, asked of Plan itself: the accounts, an organization's too, and the regions that each has enabled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from finops.ending import Ending, ExitCode
from finops.readiness.invoking import DEPLOY, FUNCTION, Unanswered, invoke
from finops.readiness.points import Point, missing, ok, to_know
from finops.readiness.probing import MEMBER
from functions.core.plan.units import EVERYTHING
from functions.core.report.counts import plural

WHAT = "Accounts"
FEW = 3
"""Regions that are named; more are counted."""
ORGANIZATION = "OrganizationError"


@dataclass(slots=True, frozen=True)
class Reached:
    """As functions/plan.py answers: `regions` by account; `left_out` as (account, region, reason); `unanswered`: why an account did not say
    which regions it has enabled; `guessed`: why Plan could not see what room Lambda has; `denied`: regions that the organization denies on
    purpose."""

    regions: Mapping[str, list[str]]
    left_out: list[tuple[str, str, str]]
    unanswered: Mapping[str, str]
    guessed: str
    denied: tuple[str, ...] = ()


def ask(functions: Any, name: str, given: Mapping[str, Any]) -> Reached:
    """What a sweep with the input `given` would reach. `functions`: a client for lambda; `name` of the plan function.

    Raises Unanswered; Ending (bad input) when Plan would refuse the input.
    """
    try:
        answer = invoke(functions, name, {"probe": given})
    except Unanswered as why:
        if why.kind == "InvalidInput":
            raise Ending(ExitCode.BAD_INPUT, why.said) from None
        if why.kind == ORGANIZATION:
            said, _, fix = why.said.partition("; ")
            raise Unanswered(missing(WHAT, said, fix), why.kind, why.said) from None
        raise
    left_out = [(one[0], one[1], one[2]) for one in answer["left_out"]]
    return Reached(answer["regions"], left_out, answer["untold"], answer["guessed"], tuple(answer.get("denied", ())))


def points(reached: Reached, plan: str) -> Iterator[Point]:
    """What is reached, and what is left out. `plan`: the function's name."""
    regions = sorted({region for regions in reached.regions.values() for region in regions})
    where = " and ".join(regions) if 0 < len(regions) <= FEW else plural(len(regions), "region")
    yield ok(WHAT, f"{plural(len(reached.regions), 'account')} in {where}")
    for account, region, reason in reached.left_out:
        yield to_know(f"Account {account}", f"left out: {reason}" if region == EVERYTHING else f"{region} is left out: {reason}")
    if reached.denied:
        yield ok(
            "Denied regions", f"{plural(len(reached.denied), 'region')} left out as set in denied_regions: {', '.join(reached.denied)}"
        )
    if reached.guessed:
        yield missing(f"{FUNCTION}{plan}", reached.guessed, DEPLOY)


def unanswered(reached: Reached, closed: Collection[str], remedy: str = MEMBER) -> Iterator[Point]:
    """Who does not tell Plan its regions; not those accounts that are `closed` to the scan functions too: that is said already.

    `remedy`: what to do about it; {0} in it is the account's id.
    """
    for account, reason in reached.unanswered.items():
        if account not in closed:
            seen = f"Plan cannot ask which regions it has enabled, and goes by the own account's ({reason})"
            yield to_know(f"Account {account}", seen, remedy.format(account))
