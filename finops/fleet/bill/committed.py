"""Savings Plans and a reservation for a fleet's bill: what they cover, and the rows that AWS writes for that.

Usage that a plan covers appears at its on-demand price (SavingsPlanCoveredUsage), is taken back (SavingsPlanNegation), and is paid by
the commitment (SavingsPlanRecurringFee). Amortised, the covered usage costs its part of the commitment, and the fee what was not used.
https://docs.aws.amazon.com/cur/latest/userguide/cur-sp.html
Usage that a reservation covers costs nothing unblended (DiscountedUsage), and the fee (RIFee) is due on the first of a month.
https://docs.aws.amazon.com/cur/latest/userguide/reservation-columns.html
The discounts here are made up, like the commitments: this is a bill, and bills say what was agreed.
"""

from __future__ import annotations

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from finops.embedded.cost_explorer.ledger import Reservation, Row, SavingsPlan
from finops.embedded.cost_explorer.requests import month_after
from finops.fleet.bill.billable import EC2, HOURS_A_DAY, RDS, Use

DAY = timedelta(days=1)
TERM = timedelta(days=365)
BOUGHT_BEFORE = timedelta(days=200)
"""Plans and reservations began so long before today, so they end 165 days after it: beyond the moment that a fleet is swept at."""
INSTANCE_PLAN, COMPUTE_PLAN, RESERVED = 0.70, 0.80, 0.65
"""What an hour costs, as a share of the on-demand price."""
USED = 0.95
"""How much of its commitment the full plan uses."""
PART = 0.4
"""How much of its pool's hours the other plan covers."""
PLANS_SERVICE = "Savings Plans for AWS Compute usage"
ON_DEMAND, SAVINGS_PLANS, RESERVATIONS = "On Demand Instances", "Savings Plans", "Standard Reserved Instances"


@dataclass(slots=True, frozen=True)
class Pool:
    """What a commitment covers: a family in an account and region. `service` is the price book's name, `share` of the hours is covered.

    `commitment`: the plan's ARN, or the reservation's subscription id.
    """

    service: str
    account: str
    region: str
    family: str
    share: float
    commitment: str
    ends: date


Place = tuple[str, str, str]
"""Account, region, family."""


def places(uses: Iterable[Use], service: str = EC2) -> dict[Place, list[Use]]:
    """The lines of compute by account, region and family."""
    found: dict[Place, list[Use]] = defaultdict(list)
    for use in uses:
        if use.service == service and use.family:
            found[use.account, use.region, use.family].append(use)
    return dict(found)


def choose(among: Mapping[Place, Sequence[Use]], wanted: Mapping[Place, int], avoid: Iterable[str] = ()) -> Place | None:
    """The place with the most findings to be wanted, in none of the accounts to avoid where that can be; then the dearest."""
    kept = [place for place in among if place[0] not in set(avoid)] or list(among)
    return max(kept, key=lambda place: (wanted.get(place, 0), sum(use.usd for use in among[place]), place), default=None)


def full_plan(place: Place, uses: Sequence[Use], today: date) -> SavingsPlan:
    """An EC2 Instance Savings Plan of the account, for more than all that it runs of the family in the region."""
    account, region, family = place
    hourly = _up(sum(use.usd for use in uses) * INSTANCE_PLAN / HOURS_A_DAY / USED)
    start = today - BOUGHT_BEFORE
    return SavingsPlan(_arn(account, place), "EC2InstanceSavingsPlans", account, hourly, start, start + TERM, region, family)


def part_plan(place: Place, uses: Sequence[Use], payer: str, today: date) -> SavingsPlan:
    """A Compute Savings Plan of the payer, all of it used, for a part of what another account runs."""
    hourly = _up(sum(use.usd for use in uses) * PART * COMPUTE_PLAN / HOURS_A_DAY)
    start = today - BOUGHT_BEFORE
    return SavingsPlan(_arn(payer, place), "ComputeSavingsPlans", payer, hourly, start, start + TERM)


def plan_rows(plan: SavingsPlan, uses: Iterable[Use], share: float, rate: float, start: date, until: date) -> Iterator[Row]:
    """The rows of the usage that a plan covers a share of, and of its fee."""
    used = 0.0
    for use in uses:
        usd, quantity = share * use.usd, share * use.quantity
        used += usd * rate
        how = {"plan": plan.arn, "purchase_type": SAVINGS_PLANS}
        yield row(use, start, until, "SavingsPlanCoveredUsage", usd, usd * rate, quantity, **how)
        yield row(use, start, until, "SavingsPlanNegation", -usd, 0.0, -quantity, **how)
        if share < 1:
            yield row(use, start, until, "Usage", use.usd - usd, use.usd - usd, use.quantity - quantity, purchase_type=ON_DEMAND)
    fee = plan.hourly * HOURS_A_DAY
    name = f"EC2SP:{plan.family}.{plan.term}NoUpfront" if plan.family else f"ComputeSP:{plan.term}NoUpfront"
    paying = Use(plan.account, plan.region or "global", PLANS_SERVICE, name, "Hrs")
    yield row(paying, start, until, "SavingsPlanRecurringFee", fee, max(0.0, fee - used), HOURS_A_DAY, plan=plan.arn)


def reserve(uses: Iterable[Use], today: date) -> tuple[Use, Reservation] | None:
    """A reservation for half (at least one) of the Single-AZ database instances that there are most of, and the line that it covers."""
    single = [use for use in uses if use.service == RDS and "InstanceUsage:" in use.usage_type]
    use = max(single, key=lambda use: (use.quantity, use.account, use.region, use.instance_type, use.platform), default=None)
    if use is None:
        return None
    rate = use.usd / use.quantity
    count = max(1, round(use.quantity / HOURS_A_DAY) // 2)
    identity = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{use.account} {use.region} {use.usage_type}").int)[:11]
    start = today - BOUGHT_BEFORE
    return use, Reservation(
        identity, RDS, use.account, use.region, use.instance_type, count, rate * RESERVED, rate, start, start + TERM, use.platform
    )


def reserved_rows(one: Reservation, use: Use, start: date, until: date) -> Iterator[Row]:
    """The rows of a line that a reservation covers a part of; the reservation is used to the full."""
    hours = float(one.count * HOURS_A_DAY)
    rest = use.quantity - hours
    yield row(use, start, until, "DiscountedUsage", 0.0, hours * one.hourly, hours, purchase_type=RESERVATIONS, reservation=one.id)
    if rest > 0:
        yield row(use, start, until, "Usage", rest * one.on_demand, rest * one.on_demand, rest, purchase_type=ON_DEMAND)
    first = month_after(start - DAY)
    while first < until:
        month = hours * (month_after(first) - first).days
        yield row(use, first, first + DAY, "RIFee", month * one.hourly, 0.0, month, reservation=one.id)
        first = month_after(first)


def row(
    use: Use,
    start: date,
    until: date,
    record_type: str,
    unblended: float,
    amortized: float,
    quantity: float,
    *,
    purchase_type: str = "",
    plan: str = "",
    reservation: str = "",
) -> Row:
    """A row of the ledger for a line of the bill."""
    return Row(
        start,
        use.account,
        use.service,
        use.usage_type,
        record_type,
        use.region,
        use.instance_type,
        purchase_type,
        use.operation,
        unblended,
        amortized,
        quantity,
        use.unit,
        until=until,
        plan=plan,
        reservation=reservation,
        engine=use.platform if use.service == RDS else "",
        deployment="Multi-AZ" if use.usage_type.partition(":")[0].endswith("Multi-AZUsage") else "Single-AZ" if use.service == RDS else "",
    )


def _up(hourly: float) -> float:
    """Commitments have at most five decimals here; rounded up, so that they cover."""
    return math.ceil(hourly * 100_000 - 1e-9) / 100_000


def _arn(account: str, place: Place) -> str:
    return f"arn:aws:savingsplans::{account}:savingsplan/{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join((account, *place)))}"
