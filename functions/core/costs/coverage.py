"""Which hours of instances Savings Plans and reservations paid for, by account, region and family; and what ran on demand every day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from functions.core.costs.rows import Answers, CostRow, ReservationRow, SavingsPlanRow
from functions.core.costs.usage_types import parse
from functions.core.services import instance_hours, plan_usage

HOURS_A_DAY = 24
Pool = tuple[str, str, str, str]
"""Service (the price book's), account, region, family."""
UNKNOWN_PLAN = "a Savings Plan that this account cannot see"
UNKNOWN_RESERVATION = "a reservation that this account cannot see"


@dataclass(slots=True)
class _Sums:
    on_demand_hours: float = 0.0
    plan_hours: float = 0.0
    reserved_hours: float = 0.0
    on_demand_usd: float = 0.0
    plan_usd: float = 0.0
    plan_paid_usd: float = 0.0


@dataclass(slots=True)
class _Cover:
    """What may have paid for the hours of a pool. `bound`: only what is for this very account, region and family."""

    words: list[str] = field(default_factory=list)
    ends: list[date | None] = field(default_factory=list)
    bound: bool = True


def coverage(answers: Answers) -> list[dict[str, Any]]:
    """`coverage` of bill.json, the most dollars first. `bound` false: what pays for the hours may go on to pay for others.

    `instances` false: what plans pay for is no hours of instances, and the `…_hours` count the bill's unit of it. `engines`: the hours by
    engine and deployment, where reservations are for one of each. `plan_usd` is what the hours that plans paid for would have cost on
    demand, `plan_paid_usd` what the plans took for them.
    """
    pools: dict[Pool, _Sums] = defaultdict(_Sums)
    for pool, row in _instances(answers.usage):
        pools[pool].on_demand_hours += row.quantity
        pools[pool].on_demand_usd += row.unblended
    for pool, row in _instances(answers.plan_covered):
        pools[pool].plan_hours += row.quantity
        pools[pool].plan_usd += row.unblended
        pools[pool].plan_paid_usd += row.amortized
    for pool, row in _instances(answers.reserved):
        pools[pool].reserved_hours += row.quantity
    made = [_row(pool, sums, answers) for pool, sums in pools.items()]
    return sorted(
        made, key=lambda row: (-row["on_demand_usd"] - row["plan_usd"], row["service"], row["account"], row["region"], row["family"])
    )


def baseline(answers: Answers) -> list[dict[str, Any]]:
    """`baseline` of bill.json: USD an hour that each pool had on demand on the quietest day of the window.

    Only days tell it: where usage was asked for by month, and for a pool that had a day without, there is none.
    """
    window = answers.window
    by_day: dict[Pool, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for pool, row in _instances(answers.usage):
        if _is_instances(pool) and (row.period_end - row.period_start).days == 1:
            by_day[pool][row.period_start] += row.unblended
    quietest = {pool: min(days.values()) for pool, days in by_day.items() if len(days) == window.days}
    return [
        {"service": pool[0], "account": pool[1], "region": pool[2], "family": pool[3], "hourly_usd": round(usd / HOURS_A_DAY, 6)}
        for pool, usd in sorted(quietest.items(), key=lambda one: (-one[1], one[0]))
        if usd > 0
    ]


def _instances(rows: Iterable[CostRow]) -> Iterator[tuple[Pool, CostRow]]:
    """The rows that are hours of instances, or else, that a commitment can pay for; their keys are (account, usage type)."""
    for row in rows:
        account, usage_type = row.keys
        known = parse(usage_type)
        if known is not None and (known.hours or known.by_plan):
            yield (known.service, account, known.region, known.family), row


def _is_instances(pool: Pool) -> bool:
    return pool[3] not in _plan_families().get(pool[0], ())


@cache
def _plan_families() -> Mapping[str, frozenset[str]]:
    """Service → the families that are no instances."""
    made: dict[str, set[str]] = defaultdict(set)
    for one in plan_usage().values():
        made[one.product].update(one.usage.values())
    return {product: frozenset(families) for product, families in made.items()}


def _row(pool: Pool, sums: _Sums, answers: Answers) -> dict[str, Any]:
    cover = _Cover()
    if sums.plan_hours > 0:
        _add(cover, [plan for plan in answers.savings_plans if _plan_pays(plan, pool)], pool, UNKNOWN_PLAN)
    if sums.reserved_hours > 0:
        _add(cover, [one for one in answers.reservations if _reservation_pays(one, pool)], pool, UNKNOWN_RESERVATION)
    ends = [day for day in cover.ends if day is not None]
    latest = max(ends).isoformat() if ends and len(ends) == len(cover.ends) else None
    service, account, region, family = pool
    return {
        "service": service,
        "account": account,
        "region": region,
        "family": family,
        "on_demand_hours": round(sums.on_demand_hours, 4),
        "plan_hours": round(sums.plan_hours, 4),
        "reserved_hours": round(sums.reserved_hours, 4),
        "on_demand_usd": round(sums.on_demand_usd, 4),
        "plan_usd": round(sums.plan_usd, 4),
        "plan_paid_usd": round(sums.plan_paid_usd, 4),
        "ends": latest,
        "why": " and ".join(cover.words),
        "bound": cover.bound,
        "instances": _is_instances(pool),
        "engines": _engines(pool, answers),
    }


def _engines(pool: Pool, answers: Answers) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in answers.by_engine:
        if (row.service, row.account, row.region, row.family) == pool:
            sums[row.engine, row.deployment][0] += row.reserved_hours
            sums[row.engine, row.deployment][1] += row.hours
    return [
        {"engine": engine, "deployment": deployment, "reserved_hours": round(reserved, 4), "hours": round(hours, 4)}
        for (engine, deployment), (reserved, hours) in sorted(sums.items())
    ]


def _add(cover: _Cover, candidates: list[SavingsPlanRow] | list[ReservationRow], pool: Pool, unknown: str) -> None:
    if not candidates:
        cover.words.append(unknown)
        cover.ends.append(None)
        cover.bound = False
        return
    names = [_name(one) for one in candidates]
    cover.words.append(names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more")
    cover.ends.extend(one.ends for one in candidates)
    cover.bound = cover.bound and all((one.account, one.region, one.family) == pool[1:] for one in candidates)


def kind_of(plan_type: str) -> str:
    """ "compute", "ec2instance", "sagemaker" or "database" of "ComputeSavingsPlans", "EC2Instance" and "COMPUTE_SP"."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"(_SP|Savings ?Plans?)$", "", plan_type).lower())


def _plan_pays(plan: SavingsPlanRow, pool: Pool) -> bool:
    service, _, region, family = pool
    if _is_instances(pool):
        plans = instance_hours()[service].plans
    else:
        plans = next(one.plans for one in plan_usage().values() if one.product == service and family in one.usage.values())
    pays = kind_of(plan.type) in plans
    return pays and plan.region in ("", region) and plan.family in ("", family) and plan.used > 0


def _reservation_pays(one: ReservationRow, pool: Pool) -> bool:
    service, _, region, family = pool
    return one.service == service and one.region in ("", region) and one.family in ("", family) and one.used_hours > 0


def _name(one: SavingsPlanRow | ReservationRow) -> str:
    if isinstance(one, ReservationRow):
        return f"reservation …{one.id[-4:]}"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"(_SP|Savings ?Plans?)$", "", one.type))
    return f"Savings Plan …{one.arn[-4:]} ({words})"
