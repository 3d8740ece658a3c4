"""What is really paid, against list prices: the effective discount of a service, where the bill tells it.

Three ways, the first that tells something counts: usage that has a rate of its own and a list price in its region; the hours that
Savings Plans paid for, against what they would have cost on demand; what the bill takes off afterwards (net against amortised cost), as
an Enterprise Discount Program does. Net costs exist only where the payer lets an account see them; elsewhere they say nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.costs.rows import Answers
from functions.core.costs.usage_types import parse
from functions.core.money import USD, money

NOTHING = 0.005
"""USD: less than what a bill shows."""
ROUNDING = 0.005
"""A discount nearer to nothing is none: quantities and dollars are rounded apart."""
AT_LIST, BY_PLANS, TAKEN_OFF = (
    "usage that costs {dollars} a month at list prices, against what was paid net",
    "what Savings Plans took, and on-demand hours, against on-demand rates ({dollars})",
    "what the bill takes off the amortised cost of {dollars}",
)


@dataclass(slots=True, frozen=True)
class Discount:
    """0.12 is 12 % less than list; `source` says how it was found."""

    share: float
    source: str


def discounts(
    answers: Answers, by_service: Mapping[str, tuple[float, float]], rates: Iterable[Mapping[str, Any]], currency: str = USD
) -> dict[str, Discount]:
    """Service, as the bill names it → its discount; a service of which nothing tells it is not there.

    `by_service`: amortised and net amortised cost of the window, in `currency`. `rates`: the rows of rates.py.
    """
    at_list = _at_list(rates)
    by_plans = _by_plans(answers)
    found = {}
    for service, (amortized, net) in by_service.items():
        ways = ((AT_LIST, at_list.get(service)), (BY_PLANS, by_plans.get(service)), (TAKEN_OFF, (amortized, net)))
        for words, sums in ways:
            share = _share(*sums) if sums else None
            if share is not None and sums and (share or words is not TAKEN_OFF):
                found[service] = Discount(share, words.format(dollars=money(sums[0], currency)))
                break
    return found


def _share(full: float, paid: float) -> float | None:
    """None where it is no discount at all: nothing was paid, nothing was used, or more was paid than the full price."""
    if full <= NOTHING or paid <= NOTHING:
        return None
    share = 1 - paid / full
    return None if share < -ROUNDING else 0.0 if share < ROUNDING else round(share, 4)


def _at_list(rates: Iterable[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Service → USD a month at list prices and USD a month paid, of the usage whose own rate and list price are known.

    By what was paid, not by the quantity: a part of that may have been within a free tier, which is no discount on the rest.
    """
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rates:
        if row["own"] is not None and row["list"]:
            sums[row["service"]][0] += row["cost"] * row["list"] / row["own"]
            sums[row["service"]][1] += row["cost"]
    return {service: (full, paid) for service, (full, paid) in sums.items()}


def _by_plans(answers: Answers) -> dict[str, tuple[float, float]]:
    """Service → USD on demand and USD paid, of instance hours on demand and by plans, where plans paid for some.

    Reserved hours are not in it: what they would have cost on demand is not in the bill.
    """
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    plans = set()
    for rows, by_plan in ((answers.usage, False), (answers.plan_covered, True)):
        for row in rows:
            known = parse(row.keys[1])
            service = known.billed_as if known is not None and known.hours else None
            if service is not None:
                sums[service][0] += row.unblended
                sums[service][1] += row.net_amortized
                plans |= {service} if by_plan else set()
    return {service: (sums[service][0], sums[service][1]) for service in plans}
