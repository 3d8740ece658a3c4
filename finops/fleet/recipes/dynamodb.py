"""DynamoDB tables: unused, with an unread index, with too much capacity, of the dearer mode or class, and what only looks like it.

What the embedded AWS says that a table stores is what was written to it according to its metric: a KB for each unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from finops.fleet.bill.billable import Adding
from finops.fleet.register import bills, ends, recipe
from finops.fleet.rules import Rule, measured_hourly
from finops.fleet.scope import Scope, tags

TABLE = "dynamodb:table"
ONE = {TABLE: 1}
DYNAMODB, NAMESPACE = "Amazon DynamoDB", "AWS/DynamoDB"
UNUSED, UNREAD = "dynamodb-unused-table", "dynamodb-unused-index"
TOO_MUCH, HARDLY_USED = "dynamodb-overprovisioned-table", "dynamodb-hardly-used-provisioned-table"
STEADY, TO_IA = "dynamodb-steady-on-demand-table", "dynamodb-standard-to-ia"
CHECKS = (UNUSED, UNREAD, TOO_MUCH, HARDLY_USED, STEADY, TO_IA)
WINDOW = 30
MONTH = range(1, WINDOW * 24 + 1)
LONG_AGO = WINDOW + 15
"""The day on which what is stored was written."""
HOUR = 3_600
INDEX = "by-day"
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
A_MONTH: Rule = measured_hourly(WINDOW, MONTH)


def table(scope: Scope, name: str, dice: Random, read: int = 0, write: int = 0, index: tuple[int, int] | None = None, **more: Any) -> str:
    """A table, on demand where nothing is to be provisioned; its ARN. `index`: the capacity of one that it has. Counts it."""
    mode = ON_DEMAND if not read else {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
    if index is not None:
        attributes.append({"AttributeName": "day", "AttributeType": "S"})
        units = {} if not read else {"ProvisionedThroughput": {"ReadCapacityUnits": index[0], "WriteCapacityUnits": index[1]}}
        by_day = {"KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
        more["GlobalSecondaryIndexes"] = [{"IndexName": INDEX, **by_day, **units}]
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    named = {"TableName": name, "Tags": tags(name, dice)}
    scope.client("dynamodb").create_table(**named, AttributeDefinitions=attributes, KeySchema=keys, **mode, **more)
    scope.book.count(TABLE)
    return scope.arn("dynamodb", f"table/{name}")


def _dimensions(name: str, index: str = "") -> dict[str, str]:
    return {"TableName": name, **({"GlobalSecondaryIndexName": index} if index else {})}


def stored(scope: Scope, name: str, gib: float, index: str = "") -> None:
    """It was written long ago."""
    scope.daily(NAMESPACE, "ConsumedWriteCapacityUnits", _dimensions(name, index), gib * 1024 * 1024, [LONG_AGO])


def consumes(scope: Scope, name: str, reads: float, writes: float, index: str = "", hours: Iterable[int] = MONTH) -> None:
    """Units that were read and written in each of these hours."""
    points = tuple(hours)
    scope.hourly(NAMESPACE, "ConsumedReadCapacityUnits", _dimensions(name, index), reads, points)
    scope.hourly(NAMESPACE, "ConsumedWriteCapacityUnits", _dimensions(name, index), writes, points)


def found(scope: Scope, arn: str, *checks: str, rule: Rule = A_MONTH) -> None:
    """What has to be found of a table; all other checks must find nothing."""
    for check in CHECKS:
        if check in checks:
            scope.book.plant(arn, check, rule)
        else:
            scope.book.near_miss(arn, check)


@recipe(ONE, weight=2)
def unused_table(scope: Scope, name: str, dice: Random) -> None:
    """Nothing for a month. On demand it would cost less too, and one unit of each would be enough for it."""
    made = table(scope, name, dice, *dice.choice(((100, 50), (40, 40), (300, 100))))
    stored(scope, name, dice.choice((0.5, 4, 20)))
    consumes(scope, name, 0, 0)
    found(scope, made, UNUSED, HARDLY_USED, TOO_MUCH)


@recipe(ONE, weight=1)
def unused_table_on_demand(scope: Scope, name: str, dice: Random) -> None:
    """It bills what it stores, for which the other class would be cheaper, too."""
    made = table(scope, name, dice)
    stored(scope, name, dice.choice((60, 200)))
    consumes(scope, name, 0, 0)
    found(scope, made, UNUSED, TO_IA)


@recipe(ONE)
def table_that_nobody_measured(scope: Scope, name: str, dice: Random) -> None:
    """No datapoint is no zero."""
    found(scope, table(scope, name, dice, 100, 50))


@recipe(ONE)
def table_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """Zeros of 26 days of 30, which are 87 %."""
    made = table(scope, name, dice, 100, 50)
    consumes(scope, name, 0, 0, hours=MONTH[: 26 * 24])
    found(scope, made)


@recipe(ONE)
def empty_table_on_demand(scope: Scope, name: str, dice: Random) -> None:
    """Unused, and it bills nothing."""
    made = table(scope, name, dice)
    consumes(scope, name, 0, 0)
    found(scope, made)


@recipe(ONE)
def table_read_once_in_a_month(scope: Scope, name: str, dice: Random) -> None:
    """Neither unused nor much used: by the request it would cost next to nothing."""
    made = table(scope, name, dice, 100, 50)
    consumes(scope, name, 0, 0, hours=MONTH[1:])
    consumes(scope, name, 1, 0, hours=MONTH[:1])
    found(scope, made, HARDLY_USED, TOO_MUCH)


@recipe(ONE, weight=1)
def table_with_unread_index(scope: Scope, name: str, dice: Random) -> None:
    """The table is used, its index only written."""
    made = table(scope, name, dice, 20, 7, (1, 7))
    consumes(scope, name, 14 * HOUR, 4 * HOUR)
    consumes(scope, name, 0, 4 * HOUR, INDEX)
    found(scope, made, UNREAD)


@recipe(ONE)
def index_read_once_in_a_month(scope: Scope, name: str, dice: Random) -> None:
    """On the first day of it."""
    made = table(scope, name, dice, 20, 7, (1, 7))
    consumes(scope, name, 14 * HOUR, 4 * HOUR)
    consumes(scope, name, 0, 4 * HOUR, INDEX, MONTH[:-1])
    consumes(scope, name, 1, 4 * HOUR, INDEX, MONTH[-1:])
    found(scope, made)


@recipe(ONE)
def table_well_used(scope: Scope, name: str, dice: Random) -> None:
    """More than half of its capacity, all the time."""
    made = table(scope, name, dice, 100, 2)
    stored(scope, name, 10)
    consumes(scope, name, 60 * HOUR, 1.2 * HOUR)
    found(scope, made)


@recipe(ONE)
def table_that_scales(scope: Scope, name: str, dice: Random) -> None:
    """Little of its capacity is used, and auto scaling takes it down to less than what requests would cost."""
    made = table(scope, name, dice, 200, 100)
    for units in ("Read", "Write"):
        scope.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId=f"table/{name}",
            ScalableDimension=f"dynamodb:table:{units}CapacityUnits",
            MinCapacity=1,
            MaxCapacity=1_000,
        )
    consumes(scope, name, 5 * HOUR, 2 * HOUR)
    found(scope, made)


@recipe(ONE)
def steady_table_on_demand(scope: Scope, name: str, dice: Random) -> None:
    """As much in every five minutes of a month."""
    made = table(scope, name, dice)
    for metric, units in (("ConsumedReadCapacityUnits", 70), ("ConsumedWriteCapacityUnits", 35)):
        scope.every(5, NAMESPACE, metric, _dimensions(name), 300 * units, WINDOW)
    found(scope, made, STEADY)


@recipe(ONE, weight=3)
def spiky_table_on_demand(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: busy for an hour a day."""
    made = table(scope, name, dice)
    hours = [hour for hour in MONTH if hour % 24]
    consumes(scope, name, dice.randint(10, 900), 5, hours=hours)
    consumes(scope, name, 400_000, 90_000, hours=sorted(set(MONTH).difference(hours)))
    found(scope, made)


@recipe(ONE)
def large_table_that_is_seldom_read(scope: Scope, name: str, dice: Random) -> None:
    """An archive, in use."""
    made = table(scope, name, dice)
    stored(scope, name, 500)
    consumes(scope, name, 0, 0, hours=MONTH[1:])
    consumes(scope, name, 900_000, 0, hours=MONTH[:1])
    found(scope, made, TO_IA)


@recipe(ONE)
def large_table_of_standard_ia(scope: Scope, name: str, dice: Random) -> None:
    """It is of the cheaper class already."""
    made = table(scope, name, dice, TableClass="STANDARD_INFREQUENT_ACCESS")
    stored(scope, name, 500)
    consumes(scope, name, 0, 0, hours=MONTH[1:])
    consumes(scope, name, 900_000, 0, hours=MONTH[:1])
    found(scope, made)


@ends
def tables_of_the_analyzer(scope: Scope) -> None:
    """Its state table is swept like any other. By its name: no recipe's has a capital letter."""
    for page in scope.client("dynamodb").get_paginator("list_tables").paginate():
        scope.book.count(TABLE, sum(name != name.lower() for name in page["TableNames"]))


@bills
def stored_and_provisioned(adding: Adding) -> None:
    """What tables and their indexes store, and their capacity; no requests, which no description tells."""
    client = adding.aws.client("dynamodb", adding.billable.account, adding.billable.region)
    for name in adding.listed("dynamodb", "list_tables", "TableNames"):
        described = client.describe_table(TableName=name)["Table"]
        parts = [described, *described.get("GlobalSecondaryIndexes", ())]
        infrequent = described.get("TableClassSummary", {}).get("TableClass") == "STANDARD_INFREQUENT_ACCESS"
        usage, key = ("IA-TimedStorage-ByteHrs", "storage.standard-ia") if infrequent else ("TimedStorage-ByteHrs", "storage")
        size = sum(part.get("TableSizeBytes", 0) + part.get("IndexSizeBytes", 0) for part in parts)
        adding.monthly(DYNAMODB, usage, "AmazonDynamoDB", key, size / 1024**3)
        for units, kind in (("ReadCapacityUnits", "read"), ("WriteCapacityUnits", "write")):
            if hours := 24 * sum(part["ProvisionedThroughput"][units] for part in parts):
                usage = units.removesuffix("s") + "-Hrs"
                adding.some(DYNAMODB, usage, "AmazonDynamoDB", f"provisioned.{kind}", hours, usage)
