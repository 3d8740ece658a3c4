"""What this organization pays for a unit of usage: the rates of its own bill, which list prices are held against.

    rates(answers, prices_in)        `rates` of bill.json

A rate is cost ÷ quantity of a service's usage type, by day, and the median of the days that cost something: a free tier is eaten in the
first days of a month, so that the sum of a window mixes free usage with paid. In three months of real bills that median is what the bill
itself states in 73 of 73 groups; the sum over the window is in 34.

Whatever may be no rate is refused with its reason, and the list price counts: days that do not agree (a tier was reached, the price
changed, several things are billed under one name), too few of them, too little money to divide, another unit than the price book's, and
what never has a rate (Spot, the fee of a reservation, data transfer, early deletion).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from functions.core.costs.rows import Answers, CostRow
from functions.core.costs.usage_types import full_name, placed
from functions.core.money import HOURS_PER_MONTH, USD
from functions.core.prices.book import Prices
from functions.core.prices.products import UNITS, Rate, by_operation, rates_of

AT_LEAST_DAYS = 3
AGREES = 0.005
"""A day agrees with the median when it differs by no more than this share of it."""
AT_LEAST_COST = 0.005
"""In the bill's currency, in the window. A line of the bill has ten decimals: of less than half a cent, cost ÷ quantity is noise."""
DIGITS = 9
"""Of a rate; what is beyond them is the rounding of the bill's lines."""
AT_LIST = 0.0001
"""A rate nearer to the list price than this share is the list price: what is left is rounding."""
NO_RATE = {
    "SpotUsage": "the price of Spot changes all the time",
    "HeavyUsage": "it is the fee of a reservation",
    "EarlyDelete": "it is billed once, for time that was not used",
    "DataTransfer": "it has a price for each pair of places",
    "AWS-In-Bytes": "it has a price for each pair of places",
    "AWS-Out-Bytes": "it has a price for each pair of places",
}
"""Parts of usage types → why they have no rate of their own."""
HOURS_A_DAY = 24
NET, UNBLENDED = "net amortised", "unblended"

PricesIn = Callable[[str], Prices]
Line = tuple[str, str, str, str]
"""Service as Cost Explorer calls it, region, usage type without its code, operation ("" where it is not asked by)."""


@dataclass(slots=True)
class _Days:
    """A line's cost and quantity by day, and the units that it is counted in."""

    sums: dict[date, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))
    units: set[str] = field(default_factory=set)

    @property
    def cost(self) -> float:
        return sum(cost for cost, _ in self.sums.values())

    @property
    def quantity(self) -> float:
        return sum(quantity for _, quantity in self.sums.values())

    @property
    def rates(self) -> list[float]:
        """Of the days that cost something."""
        return [cost / quantity for cost, quantity in self.sums.values() if cost > 0 and quantity > 0]


def rates(answers: Answers, prices_in: PricesIn = Prices) -> dict[str, Any]:
    """`rates` of bill.json, the largest cost first. `reason`: why there are none, or not all.

    A row's `own` and `list` are for one `unit` of the bill, `own` in the bill's `currency`, `list` in USD and None where the book has none
    of that region, `quantity` and `cost` what the window makes in a month. `refused` says why `own` is None. `book`: service, key and the
    factor that makes the price book's unit of the bill's, for each price that it stands for. `cost` of the whole says which cost of the
    bill it is made of: net of discounts where the payer shows it.
    """
    reason = next((answers.refused[part] for part in ("priced", "priced_by_operation") if part in answers.refused), "")
    net = any(row.net_amortized for row in answers.priced)
    currencies = {row.currency for row in answers.priced if row.currency}
    currency = currencies.pop() if len(currencies) == 1 else USD
    if currencies:
        reason = "the bill mixes currencies"
    made: list[dict[str, Any]] = []
    if "priced" not in answers.refused and not currencies:
        to_month = HOURS_PER_MONTH / (HOURS_A_DAY * answers.window.days)
        regions: dict[str, Prices] = {}
        for line, days in _lines(answers, net).items():
            row = _row(line, days, to_month)
            if row is not None:
                if row["region"] not in regions:
                    regions[row["region"]] = prices_in(row["region"])
                made.append(_held(row, regions[row["region"]], currency))
    made.sort(key=lambda row: (-row["cost"], row["service"], row["region"], row["usage_type"], row["operation"]))
    return {"reason": reason, "currency": currency, "cost": NET if net else UNBLENDED, "rows": made}


def _lines(answers: Answers, net: bool) -> dict[Line, _Days]:
    """Every line of the bill with its days. Where the operation says what a usage type is, there is a line for each operation.

    What is in no region that is known is left out.
    """
    lines: dict[Line, _Days] = defaultdict(_Days)
    services: dict[str, set[str]] = defaultdict(set)
    for row in answers.priced:
        service, named = row.keys
        services[named].add(service)
        _add(lines, row, (service, named, ""), net)
    apart: dict[Line, _Days] = defaultdict(_Days)
    for row in answers.priced_by_operation:
        named, operation = row.keys
        # two dimensions are all that Cost Explorer groups by: the service is known where only one of those asked about bills the usage type
        billed = services[named] & by_operation()
        if len(billed) == 1:
            _add(apart, row, (next(iter(billed)), named, operation), net)
    told = {(service, region, kind) for service, region, kind, operation in apart if rates_of(service, kind, operation)}
    for line, days in apart.items():
        if line[:3] in told:
            lines.pop((*line[:3], ""), None)
            lines[line] = days
    return lines


def _add(lines: dict[Line, _Days], row: CostRow, named: tuple[str, str, str], net: bool) -> None:
    service, usage_type, operation = named
    region, kind = placed(usage_type)
    if region is None:
        return
    days = lines[service, region, full_name(kind), operation]
    sums = days.sums[row.period_start]
    sums[0] += row.net_amortized if net else row.unblended
    sums[1] += row.quantity
    if row.unit:
        days.units.add(row.unit)


def _row(line: Line, days: _Days, to_month: float) -> dict[str, Any] | None:
    """None for what was all free."""
    service, region, usage_type, operation = line
    found = days.rates
    if days.cost <= 0:
        return None
    middle = float(f"{median(found):.{DIGITS}g}") if found else 0.0
    agreeing = sum(abs(rate - middle) <= AGREES * middle for rate in found)
    return {
        "usage_type": usage_type,
        "operation": operation,
        "service": service,
        "region": region,
        "unit": next(iter(days.units)) if len(days.units) == 1 else "",
        "quantity": round(days.quantity * to_month, 6),
        "cost": round(days.cost * to_month, 4),
        "own": middle,
        "days": len(found),
        "agreeing": agreeing,
        "refused": _refused(usage_type, days, found, agreeing),
    }


def _refused(usage_type: str, days: _Days, found: list[float], agreeing: int) -> str:
    for part, why in NO_RATE.items():
        if part in usage_type:
            return why
    if len(days.units) > 1:
        return f"it is billed in several units: {', '.join(sorted(days.units))}"
    if days.cost < AT_LEAST_COST:
        return "it cost less than half a cent, of which no rate can be told"
    if len(found) < AT_LEAST_DAYS:
        return f"only {len(found)} day{'' if len(found) == 1 else 's'} cost something, of {AT_LEAST_DAYS} that it takes"
    if 2 * agreeing < len(found):
        low, high = min(found), max(found)
        return f"its days do not agree: from {low:.6g} to {high:.6g}, a mixture of tiers or prices"
    return ""


def _held(row: dict[str, Any], prices: Prices, currency: str) -> dict[str, Any]:
    """The row with what it stands for in the price book, and its list price."""
    book, listed = [], set[float]()
    for service, rate in sorted(rates_of(row["service"], row["usage_type"], row["operation"]), key=lambda one: (one[0], one[1].key)):
        factor = _factor(rate, row["unit"])
        if factor is None:
            row["refused"] = row["refused"] or f"its unit is {row['unit'] or 'not told'}, and a list price is for a {rate.unit}"
            continue
        book.append([service, rate.key, factor])
        own = prices.own(service, rate.key)
        if own is not None:
            listed.add(own / factor)
    row["book"] = book
    row["list"] = listed.pop() if len(listed) == 1 and currency == USD else None
    if row["refused"]:
        row["own"] = None
    elif row["list"]:
        if abs(row["own"] / row["list"] - 1) <= AT_LIST:
            row["own"] = row["list"]
        row["discount"] = round(1 - row["own"] / row["list"], 4)
    return {"discount": None, **row}


def _factor(rate: Rate, unit: str) -> float | None:
    """How many of the bill's units make one of the book's; None for a unit that it is not counted in, and where it may be several."""
    known = UNITS[rate.unit]
    if unit:
        return float(known[unit.lower()]) if unit.lower() in known else None
    ways = set(known.values())
    return float(ways.pop()) if len(ways) == 1 else None
