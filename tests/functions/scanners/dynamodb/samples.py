"""DynamoDB tables made up for the tests of their checks, and what they consume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.dynamodb.table import measured_use as use
from functions.scanners.dynamodb.table.collector import GIB, Part, Table, Units
from tests.functions.paged import ACCOUNT, REGION

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOURS, FIVES = 30 * 24, 30 * 24 * 12
RCU, WCU, GB, IA_GB, BACKUP = 0.00013, 0.00065, 0.25, 0.10, 0.10
RRU, WRU = 0.125, 0.625
"""Dollars in us-east-1: of a unit for an hour, of a GB for a month, of a million requests. https://aws.amazon.com/dynamodb/pricing/"""


def part(read: float = 0, write: float = 0, gib: float = 0, index: str = "", **more: Any) -> Part:
    """A table's own part, or an index."""
    return Part(index=index, stored_bytes=int(gib * GIB), provisioned=Units(read, write), **more)


def series(value: float, metric: Metric, *, count: int | None = None, last: float | None = None) -> Series:
    """The same in every period up to now, and in the `last` one that; of a sparse metric nothing where it is 0."""
    expected = HOURS if metric.period == use.HOUR else FIVES if metric.period == use.FIVE_MINUTES else 30
    number = (0 if metric.sparse and not value else expected) if count is None else count
    values = [value] * number
    if last is not None:
        values[-1:] = [last]
    period = timedelta(seconds=metric.period)
    return Series(values, [NOW - period * (number - place) for place in range(number)], expected, metric.period)


def table(*parts: Part, hours: Sequence[tuple[float, float]] = (), age: float = 400, **more: Any) -> Table:
    """A table of these parts. `hours`: what was read and written in each hour, part by part; default: nothing."""
    named = {"arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders", "id": "orders", "name": "orders", "account": ACCOUNT}
    made = Table(**{**named, "region": REGION, "status": "ACTIVE", "on_demand": False, **more}, parts=parts or (part(5, 5),))
    made.created = NOW - timedelta(days=age)
    consumes = list(hours) or [(0.0, 0.0)] * len(made.parts)
    made.usage = Usage({metric: tuple(series(one[way], metric) for one in consumes) for way, metric in enumerate((use.READS, use.WRITES))})
    return made


def with_series(made: Table, more: Mapping[Metric, Sequence[Series]]) -> Table:
    """The table with more that was measured, part by part."""
    made.usage = Usage({**made.usage.series, **{metric: tuple(of_parts) for metric, of_parts in more.items()}})
    return made


def with_throttled(made: Table, *throttled: tuple[float, float]) -> Table:
    """The table with what was throttled of each part on each day; default: nothing."""
    refused = throttled or [(0.0, 0.0)] * len(made.parts)
    both = (use.THROTTLED_READS, use.THROTTLED_WRITES)
    return with_series(made, {metric: [series(one[way], metric) for one in refused] for way, metric in enumerate(both)})


def with_fives(made: Table, *fives: tuple[float, float]) -> Table:
    """The table with what was read and written in each five minutes, part by part."""
    both = (use.FIVE_READS, use.FIVE_WRITES)
    return with_series(made, {metric: [series(one[way], metric) for one in fives] for way, metric in enumerate(both)})


def judged(check: Check[Any], made: Table, region: str = REGION, **limits: float) -> Verdict:
    """The verdict, with thresholds by name."""
    return check(made, check.limits(NOW, {f"{check.id}.{name}": value for name, value in limits.items()}), Prices(region))


def waste(check: Check[Any], made: Table, region: str = REGION, **limits: float) -> Waste:
    """The same, where it is waste."""
    verdict = judged(check, made, region, **limits)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(check: Check[Any], made: Table) -> Any:
    """What the check says of the table before it asks for metrics."""
    assert check.candidate is not None
    return check.candidate(made, check.limits(NOW))


def goes_on(check: Check[Any], made: Table) -> bool:
    """Whether the check asks for five minutes."""
    assert check.goes_on is not None
    return bool(check.goes_on(made, check.limits(NOW)))


def judge_of(*checks: Check[Any]) -> Judge:
    """The engine with these checks."""
    return Judge([(one, one.limits(NOW)) for one in checks], Prices(REGION))
