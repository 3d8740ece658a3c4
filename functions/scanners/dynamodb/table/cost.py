"""What a table bills in a month: what it stores, and its throughput, by capacity that is provisioned or by the request.

An account has some of it for nothing in each region, all its tables of the class Standard together; whether that is this table, nobody can
know. So a saving's low end is what is left above it. Rates: https://aws.amazon.com/dynamodb/pricing/
"""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.limits import fact
from functions.core.model import Coverable
from functions.core.money import NOTHING, Amount
from functions.core.prices.book import Prices
from functions.scanners.dynamodb.table.collector import Table, Units

SERVICE = "AmazonDynamoDB"
FREE_GIB = FREE_UNITS = 25
"""GB stored, and provisioned units of reads and of writes each. https://aws.amazon.com/dynamodb/pricing/provisioned/"""
DOCUMENTED = fact(
    "what DynamoDB has for nothing: 25 GB and 25 units each of provisioned reads and writes, of the class Standard",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html",
    "2026-11-29",
)
IA = ".standard-ia"


def storage(gib: float, prices: Prices, *, infrequent: bool) -> Amount:
    """So many GB, of the class Standard or Standard-IA."""
    return prices.monthly(SERVICE, f"storage{IA * infrequent}", round(gib, 3), "GB") if gib else NOTHING


def backup(gib: float, prices: Prices) -> Amount:
    """An on-demand backup of so many GB."""
    return prices.monthly(SERVICE, "backup.on-demand", round(gib, 3), "GB") if gib else NOTHING


def provisioned(table: Table, units: Sequence[Units], prices: Prices, *, infrequent: bool) -> Amount:
    """Capacity units of each of the table's parts, all month long."""
    parts = (("read", _read(units), "RCU"), *((kind, written, "WCU") for kind, written in _written(table, units)))
    amounts = (prices.hourly(SERVICE, f"provisioned.{kind}{IA * infrequent}", round(one, 3), unit) for kind, one, unit in parts if one)
    return sum(amounts, NOTHING)


def by_request(table: Table, units: Sequence[Units], prices: Prices, *, infrequent: bool) -> Amount:
    """Request units that each of the table's parts has in a month."""
    parts = (("read", _read(units), "RRU"), *((kind, written, "WRU") for kind, written in _written(table, units)))
    amounts = (
        prices.monthly(SERVICE, f"on-demand.{kind}{IA * infrequent}", round(one / 1_000_000, 6), f"million {unit}")
        for kind, one, unit in parts
        if one
    )
    return sum(amounts, NOTHING)


def _read(units: Sequence[Units]) -> float:
    return sum(one.read for one in units)


def _written(table: Table, units: Sequence[Units]) -> tuple[tuple[str, float], ...]:
    """By kind. What is written to a replica has a usage type of its own; what is written to its indexes has not.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/global-tables-billing.html
    """
    if not table.replicas:
        return (("write", sum(one.write for one in units)),)
    return (("replicated-write", units[0].write), ("write", sum(one.write for one in units[1:])))


def beyond_free(units: Sequence[Units], *, infrequent: bool) -> list[Units]:
    """What is left to pay for when all that is free is these units'; nothing of Standard-IA is free."""
    left_read = left_write = 0.0 if infrequent else float(FREE_UNITS)
    rest = []
    for one in units:
        read, write = min(one.read, left_read), min(one.write, left_write)
        left_read, left_write = left_read - read, left_write - write
        rest.append(Units(one.read - read, one.write - write))
    return rest


def stored_beyond_free(gib: float, *, infrequent: bool) -> float:
    """GB that are left to pay for when all that is free is these."""
    return gib if infrequent else max(0.0, gib - FREE_GIB)


def coverable(throughput: Amount) -> Coverable | None:
    """What a Savings Plan or reserved capacity may pay for: throughput, and never storage. The larger of reads and writes tells which."""
    if not throughput.usd:
        return None
    return Coverable(SERVICE, max(throughput.terms, key=lambda term: term.usd).price.key, throughput.usd)
