"""What Cost Explorer answered, as plain rows: what `bill.py` makes the bill of. No AWS here; amounts are in its currency, days UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from functions.core.errors import FinOpsError


class NoBill(FinOpsError):
    """There is no answer to have from Cost Explorer, and asking again does not help for now; `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, frozen=True)
class Window:
    """The complete days that are asked about: from `start` to `end` (exclusive).

    `before` is the first day of the window of the same length before it; None when Cost Explorer does not reach back so far. `history` is
    the first day of the `daily` rows: the month before last begins there, or `before`, whichever is earlier.
    """

    start: date
    end: date
    before: date | None
    history: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(slots=True, frozen=True)
class CostRow:
    """The cost of one group in one period, `period_end` exclusive; what `keys` are is said where the rows are (see `Answers`).

    `quantity` is in the unit of the usage type, and 0 where it was not asked for; `unit` is what Cost Explorer calls it, "" where it does
    not say, as for a sum of unlike units. `currency`: of all amounts, "" where it does not say.
    """

    period_start: date
    period_end: date
    keys: tuple[str, ...]
    unblended: float
    amortized: float
    net_amortized: float
    quantity: float = 0.0
    unit: str = ""
    currency: str = ""


@dataclass(slots=True, frozen=True)
class SavingsPlanRow:
    """One Savings Plan in the window. `account` owns it, and may be none of the sweep's: a plan can pay for usage of others.

    `type` is AWS's word ("ComputeSavingsPlans", "EC2InstanceSavingsPlans", …); `region` and `family` ("m5") are empty where it covers any.
    `ends`: the day it ends. `committed`, `used` and `unused` are USD in the window, `on_demand` is what the usage that it paid for would
    have cost without it. `utilization`: 0 to 1.
    """

    arn: str
    type: str
    account: str
    region: str
    family: str
    ends: date | None
    hourly_commitment: float
    committed: float
    used: float
    unused: float
    utilization: float
    on_demand: float


@dataclass(slots=True, frozen=True)
class ReservationRow:
    """One reservation (a subscription of `count` instances) in the window. `account` owns it, and may be none of the sweep's.

    `service` is the price book's ("AmazonEC2", "AmazonRDS"), `family` such as "m5" or "db.r5". `purchased_hours` and `used_hours` are of
    instances in the window, `unused` is the USD paid for hours that nothing used, `on_demand` what the used hours would have cost without
    it, `fee` its amortised fee in the window. `utilization`: 0 to 1.
    """

    id: str
    service: str
    account: str
    region: str
    instance_type: str
    family: str
    count: int
    ends: date | None
    utilization: float
    purchased_hours: float
    used_hours: float
    fee: float
    unused: float
    on_demand: float


@dataclass(slots=True, frozen=True)
class EngineRow:
    """Hours of one engine, deployment and class of an account in a region, in the window: all, and those that a reservation paid for.

    `service` and `family` are those of `ReservationRow`; `engine` and `deployment` the price book's words ("aurora-mysql", "multi-az").
    """

    service: str
    account: str
    region: str
    family: str
    engine: str
    deployment: str
    reserved_hours: float
    hours: float


@dataclass(slots=True, frozen=True, kw_only=True)
class Answers:
    """Everything that was asked for one bill. Credits, refunds and taxes are in none of the rows.

    daily: by day, from `window.history` on. Keys (service, account) while there are few accounts, else (service,) with `accounts` and
    `before` beside it. Services are called as in the bill.
    accounts, before: (service, account) by month, cut at the ends of the window and of the one before; empty while `daily` has accounts.
    regions: (account, region) by month in the window. A region may also be "global" or "NoRegion".
    usage: (account, usage type) in the window, on demand only (record type Usage), of the services that scanners look at, with
    `quantity`; by day, or by month when there are many accounts. Spot is in it: `usage_types.parse` tells it apart.
    shared: (service, usage type) by month in the window, of the services that scanners look at a part of, with `quantity`.
    priced, priced_by_operation: (service, usage type) and (usage type, operation) by day in the window, on demand only, of all accounts
    that the asked one sees, with `quantity`: what the account's own rates are made of, see rates.py.
    by_engine: hours by engine and deployment, of services whose reservations are for one of each, where any reservation paid.
    plan_covered, reserved: the same for what Savings Plans and reservations paid for. `unblended` of a plan's is the on-demand price.
    refused: rows that could not be had, by the name of the field, and why; the field is then empty. Never `daily`: without it there is
    no bill at all.
    """

    window: Window
    daily: tuple[CostRow, ...] = ()
    accounts: tuple[CostRow, ...] = ()
    before: tuple[CostRow, ...] = ()
    regions: tuple[CostRow, ...] = ()
    usage: tuple[CostRow, ...] = ()
    plan_covered: tuple[CostRow, ...] = ()
    reserved: tuple[CostRow, ...] = ()
    savings_plans: tuple[SavingsPlanRow, ...] = ()
    reservations: tuple[ReservationRow, ...] = ()
    by_engine: tuple[EngineRow, ...] = ()
    shared: tuple[CostRow, ...] = ()
    priced: tuple[CostRow, ...] = ()
    priced_by_operation: tuple[CostRow, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
