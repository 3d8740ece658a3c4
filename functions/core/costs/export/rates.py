"""The account's own rates from a Data Export, where Cost Explorer does not say what usage costs: effective cost ÷ quantity, by day.

The lines are understood as those of Cost Explorer are (costs/rates.py): days that agree, at least three of them, no Spot. A service is
called as Cost Explorer calls it, because that is what a usage type is looked up by: Cost Explorer splits AmazonEC2 in two.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from functions.core.costs import rates
from functions.core.costs.cache import Cache
from functions.core.costs.export.athena import Athena, table_name
from functions.core.costs.export.manifest import Period
from functions.core.costs.export.resources import asked
from functions.core.costs.export.shapes import shape_of
from functions.core.costs.rows import Answers, CostRow, NoBill, Window
from functions.core.costs.usage_types import full_name, placed
from functions.core.prices.book import Prices
from functions.core.prices.products import by_operation, offers, rates_of
from functions.core.store.bucket import Bucket


def sql(periods: Sequence[Period], window: Window) -> str:
    """The query, over the tables of the billing periods. Raises NoBill where they lack what it needs."""
    parts = []
    for one in periods:
        shape = shape_of(one.columns)
        if missing := shape.can_rate(one.columns):
            raise NoBill(missing)
        parts.append(shape.select(one.columns, f'"{table_name(one)}"'))
    codes = ", ".join(f"'{code}'" for code in sorted(_names()))
    return _SQL.format(lines=" UNION ALL ".join(parts), start=window.start, end=window.end, codes=codes)


_SQL = """
SELECT day, service, usage_type, operation, unit, currency, SUM(cost) AS cost, SUM(quantity) AS quantity
FROM ({lines}) AS lines
WHERE on_demand AND usage_type IS NOT NULL AND service IN ({codes}) AND day >= '{start}' AND day < '{end}'
GROUP BY day, service, usage_type, operation, unit, currency
HAVING SUM(cost) > 0
"""


def gather(
    cache: Cache,
    athena: Athena,
    bucket: Bucket,
    uri: str,
    periods: Sequence[Period],
    window: Window,
    refused_seconds: float,
    prices_in: Callable[[str], Prices],
) -> tuple[dict[str, Any], int]:
    """`rates` of bill.json, and the bytes that were read for them. Raises NoBill with the reason, Denied and Throttled."""
    kept = asked(cache, athena, sql(periods, window), periods, refused_seconds, f"rates of {uri} {window.start} to {window.end}")
    net = all(shape_of(one.columns).net in one.columns for one in periods)
    with closing(bucket.download(kept.value.key)) as file:
        made = rates.rates(answers(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")), window, net=net), prices_in)
    return {**made, "export": uri}, 0 if kept.cached else kept.value.scanned_bytes


def answers(lines: Iterable[Mapping[str, str]], window: Window, *, net: bool) -> Answers:
    """The lines of the query's answer as Cost Explorer's rows. What no price of the book is for is left out."""
    priced: list[CostRow] = []
    apart: list[CostRow] = []
    for line in lines:
        service = _billed_as(line["service"], line["usage_type"], line["operation"])
        if service is None:
            continue
        day, cost = date.fromisoformat(line["day"]), float(line["cost"])
        figures = (cost, cost, cost if net else 0.0, float(line["quantity"] or 0.0), line["unit"], line["currency"])
        priced.append(CostRow(day, day + timedelta(1), (service, line["usage_type"]), *figures))
        if service in by_operation():
            apart.append(CostRow(day, day + timedelta(1), (line["usage_type"], line["operation"]), *figures))
    return Answers(window=window, priced=tuple(priced), priced_by_operation=tuple(apart))


@lru_cache(maxsize=16384)
def _billed_as(code: str, usage_type: str, operation: str) -> str | None:
    """What Cost Explorer calls the service, of those that the code is of; None where no card or more than one knows the usage type."""
    _, kind = placed(usage_type)
    known = [name for name in _names()[code] if rates_of(name, full_name(kind), operation) or rates_of(name, full_name(kind))]
    return known[0] if len(known) == 1 else None


@lru_cache(maxsize=1)
def _names() -> Mapping[str, frozenset[str]]:
    """Service code → what Cost Explorer calls what is billed under it."""
    listings = [listing for some in offers().values() for listing in some if listing.billed_as]
    return {one.offer: frozenset(listing.billed_as for listing in listings if listing.offer == one.offer) for one in listings}
