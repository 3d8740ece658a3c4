"""Rows as Cost Explorer's answers become them, made up for tests: a window of two days, unless a test says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from functions.core.costs.rows import CostRow, ReservationRow, SavingsPlanRow, Window

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
START, END = date(2026, 11, 22), date(2026, 11, 24)
WINDOW = Window(START, END, before=date(2026, 11, 20), history=date(2026, 9, 1))
EC2 = "Amazon Elastic Compute Cloud - Compute"


def row(
    *keys: str,
    unblended: float,
    day: date = START,
    days: int = 1,
    amortized: float | None = None,
    net: float | None = None,
    quantity: float = 0,
) -> CostRow:
    """Amortised as unblended and net as amortised, unless they are given."""
    amortized = unblended if amortized is None else amortized
    return CostRow(day, day + timedelta(days), keys, unblended, amortized, amortized if net is None else net, quantity)


def plan(**changes: Any) -> SavingsPlanRow:
    """An EC2 Instance Savings Plan for m5 in us-east-1, of the account, all used."""
    plain: dict[str, Any] = {
        "arn": f"arn:aws:savingsplans::{ACCOUNT}:savingsplan/9f1c0a52-7d3e-4b61-8a0e-5d2f7be31234",
        "type": "EC2InstanceSavingsPlans",
        "account": ACCOUNT,
        "region": "us-east-1",
        "family": "m5",
        "ends": date(2027, 3, 1),
        "hourly_commitment": 1.0,
        "committed": 48.0,
        "used": 48.0,
        "unused": 0.0,
        "utilization": 1.0,
        "on_demand": 64.0,
    }
    return SavingsPlanRow(**plain | changes)


def compute_plan(**changes: Any) -> SavingsPlanRow:
    """A Compute Savings Plan, for any region and family."""
    return plan(**{"arn": plan().arn[:-4] + "5678", "type": "ComputeSavingsPlans", "region": "", "family": "", **changes})


def reservation(**changes: Any) -> ReservationRow:
    """A reserved db.m5.large in us-east-1, of the account, used half of the time."""
    plain: dict[str, Any] = {
        "id": "ri-2026-05-01-08-11-22-0ab1",
        "service": "AmazonRDS",
        "account": ACCOUNT,
        "region": "us-east-1",
        "instance_type": "db.m5.large",
        "family": "db.m5",
        "count": 1,
        "ends": date(2027, 6, 30),
        "utilization": 0.5,
        "purchased_hours": 48.0,
        "used_hours": 24.0,
        "fee": 4.8,
        "unused": 2.4,
        "on_demand": 4.0,
    }
    return ReservationRow(**plain | changes)
