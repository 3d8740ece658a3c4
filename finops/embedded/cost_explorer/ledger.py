"""The ledger behind the embedded Cost Explorer: who spent how much on what on which days, and the plans and reservations that covered it.

It travels as JSON lines: a row as an object of `Row`'s fields, a plan as {"savings_plan": {…}}, a reservation as {"reserved": {…}}.
Dates are ISO dates in UTC, amounts USD.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

DAY = timedelta(days=1)
NO_OPERATION = "NoOperation"


@dataclass(slots=True, frozen=True)
class Row:
    """The same spend on each day from `day` to `until` (exclusive): one day without `until`. Amounts are those of one day.

    The fields up to `operation` are Cost Explorer's dimensions, in its words; the last is "" where there is none. `net_unblended` and
    `net_amortized` are the same as without a private discount when they are not given. `plan` (an ARN) and `reservation` (a
    subscription's id) name what covered it; `engine` and `deployment` are of an RDS instance, as in "PostgreSQL" and "Single-AZ".
    """

    day: date
    account: str
    service: str
    usage_type: str
    record_type: str = "Usage"
    region: str = "NoRegion"
    instance_type: str = "NoInstanceType"
    purchase_type: str = ""
    operation: str = ""
    unblended: float = 0.0
    amortized: float = 0.0
    quantity: float = 0.0
    unit: str = "N/A"
    net_unblended: float | None = None
    net_amortized: float | None = None
    until: date | None = None
    plan: str = ""
    reservation: str = ""
    engine: str = ""
    deployment: str = ""

    @property
    def end(self) -> date:
        return self.until or self.day + DAY

    @property
    def shown_operation(self) -> str:
        """As Cost Explorer says it: it has a word for none."""
        return self.operation or NO_OPERATION

    def days_in(self, start: date, end: date) -> int:
        """How many of its days lie in [start, end)."""
        return max(0, (min(self.end, end) - max(self.day, start)).days)

    def amount(self, metric: str) -> float:
        """A day's amount of a metric, by Cost Explorer's name. Blended is unblended here: there is one rate."""
        if metric in ("UnblendedCost", "BlendedCost"):
            return self.unblended
        if metric == "AmortizedCost":
            return self.amortized
        if metric == "NetUnblendedCost":
            return self.unblended if self.net_unblended is None else self.net_unblended
        if metric == "NetAmortizedCost":
            return self.amortized if self.net_amortized is None else self.net_amortized
        return self.quantity


@dataclass(slots=True, frozen=True)
class SavingsPlan:
    """`type` is ComputeSavingsPlans or EC2InstanceSavingsPlans; only the latter has a region and a family. `hourly`: the commitment."""

    arn: str
    type: str
    account: str
    hourly: float
    start: date
    end: date
    region: str = ""
    family: str = ""
    term: str = "1yr"
    payment: str = "No Upfront"


@dataclass(slots=True, frozen=True)
class Reservation:
    """`count` of one type or class. `hourly`: what one costs an hour, all of it recurring; `on_demand`: what it would cost without."""

    id: str
    service: str
    account: str
    region: str
    instance_type: str
    count: int
    hourly: float
    on_demand: float
    start: date
    end: date
    platform: str = ""
    payment: str = "No Upfront"


@dataclass(slots=True, frozen=True)
class Ledger:
    """Everything that was spent, and what was committed."""

    rows: tuple[Row, ...] = ()
    plans: tuple[SavingsPlan, ...] = ()
    reservations: tuple[Reservation, ...] = field(default_factory=tuple)

    def linked(self, account: str) -> Ledger:
        """What a linked account may see: its own."""
        return Ledger(
            tuple(row for row in self.rows if row.account == account),
            tuple(plan for plan in self.plans if plan.account == account),
            tuple(reservation for reservation in self.reservations if reservation.account == account),
        )

    def lines(self) -> Iterator[str]:
        """As JSON lines; what is as usual is left out."""
        for row in self.rows:
            yield _json({name: value for name, value in asdict(row).items() if value not in ("", None)})
        for plan in self.plans:
            yield _json({"savings_plan": asdict(plan)})
        for reservation in self.reservations:
            yield _json({"reserved": asdict(reservation)})


def read(lines: Iterable[str]) -> Ledger:
    """The ledger of JSON lines. Raises ValueError that says which line is not understood, and why."""
    rows: list[Row] = []
    plans: list[SavingsPlan] = []
    reservations: list[Reservation] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            if "savings_plan" in given:
                plans.append(_dated(SavingsPlan(**given["savings_plan"]), "start", "end"))
            elif "reserved" in given:
                reservations.append(_dated(Reservation(**given["reserved"]), "start", "end"))
            else:
                rows.append(_row(given))
        except (TypeError, ValueError) as error:
            raise ValueError(f"line {number} of the ledger: {error}") from error
    return Ledger(tuple(rows), tuple(plans), tuple(reservations))


def _row(given: dict[str, Any]) -> Row:
    days = {name: date.fromisoformat(given[name]) for name in ("day", "until") if given.get(name)}
    return Row(**{**given, **days})


def _dated(made: Any, *names: str) -> Any:
    return replace(made, **{name: date.fromisoformat(getattr(made, name)) for name in names})


def _json(given: dict[str, Any]) -> str:
    return json.dumps(given, default=str, separators=(",", ":"))
