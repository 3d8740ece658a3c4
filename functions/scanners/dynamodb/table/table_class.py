"""Tables that store much and are used little: the class Standard-IA has cheaper storage, and dearer reads and writes."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.dynamodb.table import cost
from functions.scanners.dynamodb.table.collector import STANDARD, Table, tables
from functions.scanners.dynamodb.table.measured_use import MONTH, READS, WRITES, consumed, monthly
from functions.scanners.dynamodb.table.update import UPDATE

TRAILING_DAYS = 30
DOCUMENTED = fact(
    "a DynamoDB table's class can be changed twice in 30 days",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.tableclasses.html",
    "2026-11-29",
)


def _may_be_infrequent(table: Table, limits: Limits) -> bool | InsufficientData:
    if table.table_class != STANDARD or table.gib < limits.min_stored_gb or not table.settled(limits):
        return False
    if table.class_changed is not None and limits.days_since(table.class_changed) < TRAILING_DAYS:
        return InsufficientData("its class was changed within 30 days, and can be changed twice in that time")
    if table.replicas:
        return InsufficientData("no price known for what is written to a replica of the class Standard-IA")
    if not table.scaling_known or any(part.scaled for part in table.parts):
        return InsufficientData("auto scaling sets its capacity: what that was over the month is not known")
    return True


def _throughput(table: Table, prices: Prices, *, infrequent: bool) -> Amount:
    if table.on_demand:
        return cost.by_request(table, monthly(table), prices, infrequent=infrequent)
    return cost.provisioned(table, table.provisioned, prices, infrequent=infrequent)


@check(
    id="dynamodb-standard-to-ia",
    title="DynamoDB table that is used little would cost less in Standard-IA",
    over=tables,
    thresholds={
        "window_days": MONTH,
        "min_stored_gb": Threshold(1, "less saves a few cents a month", seen="stored_gb"),
        "min_saving_percent": Threshold(10, "a smaller difference is within what use varies by from month to month", maximum=100),
    },
    metrics=[READS, WRITES],
    candidate=_may_be_infrequent,
    reference="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CostOptimization_TableClass.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.VERY_LOW,
    confidence=Confidence.MEDIUM,
    command=UPDATE + " --table-class STANDARD_INFREQUENT_ACCESS",
    undo="Change it back to STANDARD with the same command; that is the second and last change in 30 days.",
)
def standard_to_ia(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Storage is most of what this table and its indexes bill: Standard-IA stores for less, and adds less to reads and writes.

    Nothing else changes: not the speed, nor the durability. Low: what is left if the storage that an account has for nothing is this
    table's, and, of provisioned capacity, as if reserved capacity paid for all of it, because none can pay for that of Standard-IA.
    """
    stored, throughput = cost.storage(table.gib, prices, infrequent=False), _throughput(table, prices, infrequent=False)
    now = stored + throughput
    then = cost.storage(table.gib, prices, infrequent=True) + _throughput(table, prices, infrequent=True)
    saved = now - then
    if saved.usd is None or now.usd is None:
        return InsufficientData("; ".join(saved.lacks))
    if saved.usd < now.usd * limits.min_saving_percent / 100:
        return None
    least = cost.storage(cost.stored_beyond_free(table.gib, infrequent=False), prices, infrequent=False)
    used = monthly(table)
    return Waste(
        savings=saves(saved, low=(least + throughput if table.on_demand else least) - then),
        evidence={
            "stored_gb": round(table.gib, 3),
            "capacity_mode": "on demand" if table.on_demand else "provisioned",
            "usd_storage": round(stored.usd or 0.0, 4),
            "usd_throughput": round(throughput.usd or 0.0, 4),
            "usd_of_standard_ia": round(then.usd or 0.0, 4),
            "read_units_a_month": round(sum(one.read for one in used), 1),
            "written_units_a_month": round(sum(one.write for one in used), 1),
            "fewest_datapoints": min(series.count for part in consumed(table) for series in part),
            "expected_datapoints": consumed(table)[0][0].expected,
            "window_days": limits.window_days,
        },
    )
