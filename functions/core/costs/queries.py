"""What Cost Explorer is asked, in the fewest requests: each one, and each page of one, costs $0.01.

One account, without commitments: six requests (`daily`, `regions`, `usage`, `shared`, and `priced` twice). With several accounts a seventh,
`kinds`, says whether there is anything of a Savings Plan or a reservation at all; only then are those asked about. See `gathering.py` for
the order.

Every query is about complete UTC days, so that the day's first answer is good for the whole day. Credits, refunds and taxes are left out:
they would hide what is spent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.core.costs.rows import NoBill, Window
from functions.core.prices.products import by_operation
from functions.core.services import billed_as, instance_hours, looked_at

VERSION = 2
"""Of the questions and of the rows that their answers become; an answer to another version is not used."""
DEFAULT_DAYS = 30
PAIRS_DAILY = 5
"""Up to so many accounts, `daily` is by service and account: about 85 days × 30 services × accounts. With more, two small queries by
month are fewer pages."""
USAGE_DAILY = 20
"""Up to so many accounts, usage is asked by day, which tells what runs all day long; with more, by month."""
MONTHS_BACK = 13
"""Cost Explorer has the current month and the 13 before it. https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html"""
CLOSED_AFTER = timedelta(days=5)
"""A month's bill can still change so long after its end."""
A_DAY, A_MONTH = 86_400, 30 * 86_400

COSTS = ("UnblendedCost", "AmortizedCost", "NetAmortizedCost")
QUANTITIES = (*COSTS, "UsageQuantity")
NOT_SPEND = ("Credit", "Refund", "Tax")
ON_DEMAND, BY_PLAN, BY_RESERVATION = "Usage", "SavingsPlanCoveredUsage", "DiscountedUsage"
"""Record types: https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html"""
WITH_VIEWS = frozenset({"GetCostAndUsage"})
"""Operations that take a BillingViewArn, of those that are asked; a test asks botocore."""
Json = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Query:
    """One question: an operation of Cost Explorer with its parameters. `name` says what it is for; it does not change the answer."""

    name: str
    operation: str
    parameters: Json

    @property
    def end(self) -> date:
        """The first day that is not asked about."""
        return date.fromisoformat(self.parameters["TimePeriod"]["End"])

    def through(self, view: str) -> Query:
        """The same question about a billing view; what commitments say has none, and "" is the account's own view."""
        if not view or self.operation not in WITH_VIEWS:
            return self
        return Query(self.name, self.operation, {**self.parameters, "BillingViewArn": view})

    def digest(self, billing_account: str) -> str:
        """32 hex digits: the same for the same question to the same account's Cost Explorer, in whatever order its lists are."""
        asked = json.dumps([VERSION, billing_account, self.operation, _ordered(self.parameters)], sort_keys=True)
        return hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()

    def good_for(self, now: datetime, short: float) -> float:
        """Seconds that an answer is good for. `short` for an unfinished day, a day while the month is open, a month once it is closed."""
        today = now.astimezone(UTC).date()
        if self.end > today:
            return short
        return A_MONTH if self.end <= (today - CLOSED_AFTER).replace(day=1) else A_DAY


def _ordered(value: Any, key: str = "") -> Any:
    """JSON without the order of what has none. GroupBy has one: the keys of the answer follow it."""
    if isinstance(value, Mapping):
        return {name: _ordered(inner, name) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        inner = [_ordered(one) for one in value]
        return inner if key == "GroupBy" else sorted(inner, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def window(as_of: datetime, now: datetime, days: int | None) -> Window:
    """The last `days` complete days before `as_of`, and before `now`: nothing is billed yet of what may come.

    Raises NoBill when they are older than what Cost Explorer has.
    """
    today = now.astimezone(UTC).date()
    earliest = months_before(today, MONTHS_BACK)
    end = min(as_of.astimezone(UTC).date(), today)
    if end <= earliest:
        raise NoBill(f"Cost Explorer begins with {earliest}, and the sweep is as of {as_of.date()}")
    length = timedelta(days=days or DEFAULT_DAYS)
    start = max(end - length, earliest)
    before = start - (end - start)
    return Window(
        start=start,
        end=end,
        before=before if before >= earliest else None,
        history=max(earliest, min(max(before, earliest), months_before(end - timedelta(days=1), 2))),
    )


def months_before(day: date, months: int) -> date:
    """The first day of the month so many months before a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def daily(asked: Window, accounts: Sequence[str]) -> Query:
    """By day and service, with history; by account too while there are few."""
    by = ("SERVICE", "LINKED_ACCOUNT") if len(accounts) <= PAIRS_DAILY else ("SERVICE",)
    return _costs("daily", (asked.history, asked.end), accounts, "DAILY", by)


def by_account(name: str, start: date, end: date, accounts: Sequence[str]) -> Query:
    """By month, service and account."""
    return _costs(name, (start, end), accounts, "MONTHLY", ("SERVICE", "LINKED_ACCOUNT"))


def regions(asked: Window, accounts: Sequence[str]) -> Query:
    """By account and region."""
    return _costs("regions", (asked.start, asked.end), accounts, "MONTHLY", ("LINKED_ACCOUNT", "REGION"))


def usage_of_one(asked: Window, account: str) -> Query:
    """Usage of a single account: what was on demand and what was paid for otherwise, in one answer."""
    by = ("RECORD_TYPE", "USAGE_TYPE")
    return _costs("usage", (asked.start, asked.end), (account,), "DAILY", by, _is("SERVICE", sorted(billed_as())), metrics=QUANTITIES)


def usage(name: str, asked: Window, accounts: Sequence[str], record_type: str) -> Query:
    """Usage of several accounts, of one record type."""
    granularity = "DAILY" if record_type == ON_DEMAND and len(accounts) <= USAGE_DAILY else "MONTHLY"
    wanted = (_is("SERVICE", sorted(billed_as())), _is("RECORD_TYPE", (record_type,)))
    return _costs(name, (asked.start, asked.end), accounts, granularity, ("LINKED_ACCOUNT", "USAGE_TYPE"), *wanted, metrics=QUANTITIES)


def priced(asked: Window) -> Query:
    """What usage cost on demand, by day, service and usage type: no account, because rates and tiers are the organization's."""
    return _rates("priced", asked, billed_as(), ("SERVICE", "USAGE_TYPE"))


def priced_by_operation(asked: Window) -> Query:
    """The same by usage type and operation, for the services whose price depends on it: the system of an instance, a database's engine."""
    return _rates("priced_by_operation", asked, by_operation(), ("USAGE_TYPE", "OPERATION"))


def _rates(name: str, asked: Window, services: Collection[str], group_by: Sequence[str]) -> Query:
    wanted = (_is("SERVICE", sorted(services)), _is("RECORD_TYPE", (ON_DEMAND,)))
    return _costs(name, (asked.start, asked.end), (), "DAILY", group_by, *wanted, metrics=QUANTITIES)


def shared(asked: Window, accounts: Sequence[str]) -> Query:
    """By service and usage type, for the services of which scanners look at a part."""
    wanted = _is("SERVICE", sorted(looked_at()))
    return _costs("shared", (asked.start, asked.end), accounts, "MONTHLY", ("SERVICE", "USAGE_TYPE"), wanted, metrics=QUANTITIES)


def kinds(asked: Window, accounts: Sequence[str]) -> Query:
    """By record type: whether there is anything of a plan or a reservation."""
    return _costs("kinds", (asked.start, asked.end), accounts, "MONTHLY", ("RECORD_TYPE",))


def savings_plans(asked: Window) -> Query:
    """Every plan that the asked account can see: one of another account may pay for the sweep's."""
    parameters = {"TimePeriod": _period(asked.start, asked.end), "DataType": ["ATTRIBUTES", "UTILIZATION", "SAVINGS"]}
    return Query("savings_plans", "GetSavingsPlansUtilizationDetails", parameters)


def reservations(asked: Window, service: str) -> Query:
    """Every reservation of a service (the price book's name) that the asked account can see. A request takes one service.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetReservationUtilization.html
    """
    parameters = {
        "TimePeriod": _period(asked.start, asked.end),
        "Filter": _is("SERVICE", (instance_hours()[service].billed_as,)),
        "GroupBy": [{"Type": "DIMENSION", "Key": "SUBSCRIPTION_ID"}],
    }
    return Query("reservations", "GetReservationUtilization", parameters)


ENGINE_GROUPS = ("LINKED_ACCOUNT", "REGION", "INSTANCE_TYPE", "DATABASE_ENGINE", "DEPLOYMENT_OPTION")


def by_engine(asked: Window, service: str, accounts: Sequence[str]) -> Query:
    """Hours of a service by engine and deployment, and those that reservations paid for.

    A usage type names neither. https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetReservationCoverage.html
    """
    wanted = (_is("SERVICE", (instance_hours()[service].billed_as,)), _is("LINKED_ACCOUNT", sorted(set(accounts))))
    parameters = {
        "TimePeriod": _period(asked.start, asked.end),
        "Filter": {"And": list(wanted)},
        "GroupBy": [{"Type": "DIMENSION", "Key": key} for key in ENGINE_GROUPS],
        "Metrics": ["Hour"],
    }
    return Query("by_engine", "GetReservationCoverage", parameters)


def _costs(
    name: str,
    period: tuple[date, date],
    accounts: Sequence[str],
    granularity: str,
    group_by: Sequence[str],
    *wanted: Json,
    metrics: Sequence[str] = COSTS,
) -> Query:
    """`accounts`: none for all that the asked one sees."""
    spend = {"Not": _is("RECORD_TYPE", NOT_SPEND)}
    of = (_is("LINKED_ACCOUNT", sorted(set(accounts))),) if accounts else ()
    parameters = {
        "TimePeriod": _period(*period),
        "Granularity": granularity,
        "Metrics": list(metrics),
        "GroupBy": [{"Type": "DIMENSION", "Key": key} for key in group_by],
        "Filter": {"And": [*of, spend, *wanted]},
    }
    return Query(name, "GetCostAndUsage", parameters)


def _period(start: date, end: date) -> dict[str, str]:
    return {"Start": start.isoformat(), "End": end.isoformat()}


def _is(dimension: str, values: Sequence[str]) -> dict[str, Any]:
    return {"Dimensions": {"Key": dimension, "Values": list(values)}}
