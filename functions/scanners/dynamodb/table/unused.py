"""Tables that nobody reads or writes, and global secondary indexes that nobody reads."""

from __future__ import annotations

import json

from functions.core.limits import Limits
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import steps
from functions.scanners.dynamodb.table import cost
from functions.scanners.dynamodb.table.collector import GIB, Part, Table, Units, tables
from functions.scanners.dynamodb.table.measured_use import MONTH, READS, WRITES, consumed, monthly
from functions.scanners.dynamodb.table.update import UPDATE

REFERENCE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CostOptimization_UnusedResources.html"


def _may_be_unused(table: Table, limits: Limits) -> bool | InsufficientData:
    bills = table.gib > 0 or any(units.read or units.write for units in table.provisioned)
    if not (bills and table.settled(limits)):
        return False
    return InsufficientData("one of several strongly consistent replicas cannot be deleted alone") if table.strong else True


_STATUS = "aws dynamodb describe-backup --region {region} --backup-arn \"$backup\" --query 'BackupDescription.BackupDetails.BackupStatus'"
BACKUP = (
    (
        "backup=$(aws dynamodb create-backup --region {region} --table-name {id} --backup-name before-deletion"
        " --query BackupDetails.BackupArn --output text)"
    ),
    f"while {_STATUS} --output text | grep -x CREATING; do sleep 15; done",
    f"{_STATUS} --output text | grep -x AVAILABLE",
)
"""All items are in a backup before anything is deleted."""
UNPROTECT = f"{UPDATE} --no-deletion-protection-enabled"
DELETE = "aws dynamodb delete-table --region {region} --table-name {id}"
PROTECTED = "Deletion protection is on: somebody wants to keep it."
REPLICA = "It is a replica of a table that is in {regions} too, and judged there: it may be a standby for when those fail."
RECREATE = "Add it again as a replica with update-table: AWS copies all items, which bills as a restore does, and their transfer."


@check(
    id="dynamodb-unused-table",
    title="DynamoDB table was not read or written for a month",
    over=tables,
    thresholds={"window_days": MONTH},
    metrics=[READS, WRITES],
    candidate=_may_be_unused,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(*BACKUP, DELETE),
    undo="aws dynamodb restore-table-from-backup: tags, scaling, streams, time to live and alarms have to be set again.",
)
def unused_table(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Nothing was read from or written to this table or an index of it for a month; it bills storage, and capacity if that is provisioned.

    Back it up, then delete it. Low: what is left above what an account has for nothing, less the backup. Readers of its stream, exports and
    items that expire consume no capacity: ask whether it is an archive. Point-in-time recovery, if it is on, ends with it and is not in
    the saving.
    """
    if any(series.maximum > 0 for part in consumed(table) for series in part):
        return None
    ia, units = table.infrequent, table.provisioned
    throughput = cost.provisioned(table, units, prices, infrequent=ia)
    least = cost.storage(cost.stored_beyond_free(table.gib, infrequent=ia), prices, infrequent=ia)
    least += cost.provisioned(table, cost.beyond_free(units, infrequent=ia), prices, infrequent=ia)
    kept = 0.0 if table.replicas else table.parts[0].stored_bytes / GIB
    doubts = {
        PROTECTED: table.deletion_protection,
        "It has a stream: what reads that consumes no capacity.": table.stream,
        REPLICA.format(regions=", ".join(table.replicas)): bool(table.replicas),
    }
    other = table.replicas[0] if table.replicas else ""
    command = steps((*BACKUP, UNPROTECT, DELETE)) if table.deletion_protection else ""
    if other:
        command = "aws dynamodb update-table --region {other} --table-name {id} --replica-updates {replica}"
        command = steps((UNPROTECT, command)) if table.deletion_protection else command
    return Waste(
        savings=saves(cost.storage(table.gib, prices, infrequent=ia) + throughput, low=least - cost.backup(kept, prices)),
        evidence={
            "consumed_read_units": 0,
            "consumed_write_units": 0,
            "window_days": limits.window_days,
            "fewest_datapoints": min(series.count for part in consumed(table) for series in part),
            "expected_datapoints": consumed(table)[0][0].expected,
            "stored_gb": round(table.gib, 3),
            "capacity_mode": "on demand" if table.on_demand else "provisioned",
            "provisioned_read_units": sum(one.read for one in units),
            "provisioned_write_units": sum(one.write for one in units),
            "global_secondary_indexes": len(table.indexes),
            "table_class": table.table_class,
        },
        confidence=Confidence.LOW if table.replicas or table.stream else None,
        note=" ".join(note for note, holds in doubts.items() if holds),
        coverable=cost.coverable(throughput),
        values={"other": other, "replica": json.dumps([{"Delete": {"RegionName": table.region}}])},
        command=command,
        undo=RECREATE if other else "",
    )


def _may_have_unused_indexes(table: Table, limits: Limits) -> bool | InsufficientData:
    if not (table.indexes and table.settled(limits)):
        return False
    return InsufficientData("its indexes are those of its replicas too, and may be read there") if table.replicas else True


def _index_cost(table: Table, units: list[Units], stored: float, prices: Prices, *, least: bool) -> tuple[Amount, Amount]:
    """Storage and throughput of indexes; `least`: as far as an account does not have that for nothing."""
    ia = table.infrequent
    if least:
        stored = cost.stored_beyond_free(stored, infrequent=ia)
        units = units if table.on_demand else cost.beyond_free(units, infrequent=ia)
    throughput = (cost.by_request if table.on_demand else cost.provisioned)(table, units, prices, infrequent=ia)
    return cost.storage(stored, prices, infrequent=ia), throughput


DELETE_INDEX = f"{UPDATE} --global-secondary-index-updates {{delete}}"
KEEP = "aws dynamodb describe-table --region {region} --table-name {id} --query Table.GlobalSecondaryIndexes > indexes-of-{id}.json"
SETTLED = "aws dynamodb wait table-exists --region {region} --table-name {id}"


def _deleting(indexes: list[Part]) -> tuple[str, dict[str, str]]:
    """The command with a step for each, because AWS deletes one at a time, and the values of its steps."""
    first, *others = (json.dumps([{"Delete": {"IndexName": one.index}}]) for one in indexes)
    more = {f"delete_{number}": one for number, one in enumerate(others, 2)}
    after = [step for name in more for step in (SETTLED, DELETE_INDEX.replace("delete", name))]
    return steps((KEEP, DELETE_INDEX, *after)), {"delete": first, **more}


@check(
    id="dynamodb-unused-index",
    title="DynamoDB table has an index that nobody read for a month",
    over=tables,
    thresholds={"window_days": MONTH},
    metrics=[READS, WRITES],
    candidate=_may_have_unused_indexes,
    reference=REFERENCE,
    action=Action.RIGHTSIZE,  # the table stays, with all else that it bills
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(KEEP, DELETE_INDEX),
    undo="Create it again as the first step has kept it: AWS fills it from the table, which takes a while and bills a write for each item.",
)
def unused_index(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Nobody reads the index, and every write to the table is written to it as well, stored, and billed. Delete it.

    The saving is what the indexes that are named store and consume, and nothing of the table. Low: what is left above what an account has
    for nothing. Something that reads an index less than once a month, such as a yearly report, is not seen: ask first. Where the table
    itself is used by nobody, that is said instead.
    """
    found = [number for number, (reads, _) in enumerate(consumed(table)) if number and not reads.maximum]
    if not found or not any(series.maximum for part in consumed(table) for series in part):
        return None
    indexes, used = [table.parts[number] for number in found], monthly(table)
    units = [Units(0, 0)] + [used[number] if table.on_demand else table.parts[number].least_provisioned for number in found]
    stored = sum(one.stored_bytes for one in indexes) / GIB
    storage, throughput = _index_cost(table, units, stored, prices, least=False)
    command, values = _deleting(indexes)
    return Waste(
        savings=saves(storage + throughput, low=sum(_index_cost(table, units, stored, prices, least=True), NOTHING)),
        evidence={
            "indexes": ", ".join(one.index for one in indexes),
            "global_secondary_indexes": len(table.indexes),
            "consumed_read_units": 0,
            "written_units_a_month": round(sum(used[number].write for number in found), 1),
            "provisioned_read_units": sum(one.provisioned.read for one in indexes),
            "provisioned_write_units": sum(one.provisioned.write for one in indexes),
            "stored_gb": round(stored, 3),
            "fewest_datapoints": min(consumed(table)[number][0].count for number in found),
            "expected_datapoints": consumed(table)[0][0].expected,
            "window_days": limits.window_days,
        },
        coverable=cost.coverable(throughput),
        values=values,
        command=command if len(indexes) > 1 else "",
    )
