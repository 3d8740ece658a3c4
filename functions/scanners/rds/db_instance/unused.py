"""RDS DB instances that nobody uses, that are stopped, or that pay extra for an old major version.

Read replicas that nobody uses are in `unused_replica`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, Savings, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.rds import billing, classes
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_instance import bill
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances

DELETE = "aws rds delete-db-instance --region {region} --db-instance-identifier {id} --final-db-snapshot-identifier {id}-final"
RESTORE = "Restore the final snapshot: aws rds restore-db-instance-from-db-snapshot. With the same identifier, the endpoint keeps its name."


def _dimensions(instance: DbInstance) -> Mapping[str, str]:
    return {"DBInstanceIdentifier": instance.id}


# Reported every minute of a running instance, zero too: not sparse.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
CONNECTIONS = Metric("AWS/RDS", "DatabaseConnections", "Maximum", _dimensions)


def _deleting(instance: DbInstance, whole: Amount, prices: Prices) -> Savings:
    """Deleting it saves the whole bill; low leaves room for the final snapshot, which holds at most what is allocated."""
    return saves(whole, low=whole - billing.snapshot_cost(sum(disk.size_gib for disk in instance.disks), prices))


def _note(instance: DbInstance, *words: str) -> str:
    protection = "Deletion protection is on: modify the instance first." if instance.deletion_protection else ""
    return " ".join(word for word in (*words, protection) if word)


def _may_be_idle(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    old_enough = instance.created is not None and limits.days_since(instance.created) >= limits.window_days
    if not old_enough or not instance.bills_compute or instance.aurora:
        return False
    if not instance.alone:
        return InsufficientData("of a Multi-AZ DB cluster, which has prices of its own")
    if instance.source:  # another check's: rds-idle-replica
        return False
    if instance.feeds:
        return InsufficientData("others replicate from it, which is a use without connections")
    return instance.status == "available" or InsufficientData(f"its status is {instance.status}")


@check(
    id="rds-idle-instance",
    title="RDS instance had no connections",
    over=db_instances,
    thresholds={
        "window_days": Threshold(7, "a week sees every weekly job once", minimum=1),
        "sure_days": Threshold(14, "two weeks without a connection are no accident", minimum=1),
    },
    metrics=[CONNECTIONS],
    candidate=_may_be_idle,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html#amazon-rds-idle-dbs-instances",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    command=DELETE,
    undo=RESTORE,
)
def idle_instance(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """A database without connections bills its instance and storage. Delete it with a final snapshot: a stopped one starts again in 7 days.

    Any Extended Support charge ends with it. An instance of Aurora is judged with its cluster, a read replica by a check of its own. Not
    judged: those of Multi-AZ DB clusters, and what read replicas replicate from.
    """
    connections = instance.usage[CONNECTIONS]
    if connections.maximum > 0:
        return None
    compute, whole = bill.of_running(instance, limits, prices)
    return Waste(
        savings=_deleting(instance, whole, prices),
        coverable=billing.coverable(instance.engine, instance.instance_class, instance.multi_az, compute),
        evidence={
            "max_connections": connections.maximum,
            "datapoints": connections.count,
            "expected_datapoints": connections.expected,
            "window_days": limits.window_days,
            "engine": instance.engine,
            "class": instance.instance_class,
            "multi_az": instance.multi_az,
            "storage": instance.disk.kind,
            "storage_gib": instance.disk.size_gib,
        },
        confidence=Confidence.HIGH if limits.window_days >= limits.sure_days else Confidence.MEDIUM,
        note=_note(instance),
    )


# A stopped instance reports nothing, which is no connection either.
LAST_CONNECTIONS = replace(CONNECTIONS, window="unused_days", sparse=True)
STOPPED_AT_MOST = timedelta(days=7)
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""


def _age(instance: DbInstance, limits: Limits) -> float:
    return limits.days_since(instance.created) if instance.created else 0.0


def _stopped_since(instance: DbInstance) -> datetime | None:
    """AWS starts a stopped instance when it has been stopped for 7 days, and says when that will be."""
    return instance.restarts - STOPPED_AT_MOST if instance.restarts else None


def _may_be_stopped_for_long(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    """Old enough, and not stopped just now, as far as AWS says since when."""
    if instance.status != "stopped":
        return False
    if not instance.alone:
        return InsufficientData("of a stopped cluster: its storage is the cluster's, and how much that is is not known")
    since = _stopped_since(instance)
    old = _age(instance, limits) >= max(limits.min_age_days, limits.unused_days)
    return old and (since is None or limits.days_since(since) >= limits.min_stopped_days)


@check(
    id="rds-stopped-instance",
    title="RDS instance is stopped and its storage is still billed",
    over=db_instances,
    thresholds={
        "min_age_days": Threshold(7, "leave new instances alone", seen="age_days"),
        "min_stopped_days": Threshold(1, "one that is stopped for the night has not been stopped for long", maximum=7),
        "unused_days": Threshold(30, "a monthly job would have connected by now", minimum=1, maximum=455),
    },
    metrics=[LAST_CONNECTIONS],
    candidate=_may_be_stopped_for_long,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=DELETE,
    undo=RESTORE,
)
def stopped_instance(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """A stopped database bills its storage, starts by itself after 7 days, and then bills in full. Delete it with a final snapshot.

    The saving is the storage, never the compute, which is not billed now. AWS starts it again 7 days after the stop, so since when it is
    stopped never says that nobody needs it: who stops it again each week, or each night, is told by the days of a month with a
    connection. There must have been none.
    """
    candidate = _may_be_stopped_for_long(instance, limits)
    if candidate is not True:
        return candidate or None
    connections = instance.usage[LAST_CONNECTIONS]
    stopped, last = _stopped_since(instance), connections.silent_since
    lately = stopped is None and last is not None and limits.days_since(last) < limits.min_stopped_days
    if connections.maximum > 0 or lately:
        return None
    restarts = instance.restarts.isoformat() if instance.restarts else None
    return Waste(
        savings=_deleting(instance, bill.kept_while_stopped(instance, prices), prices),
        evidence={
            "status": instance.status,
            "age_days": round(_age(instance, limits), 1),
            "stopped_since": stopped.isoformat() if stopped else None,
            "ran_last": last.isoformat() if last else None,
            "max_connections": 0,
            "days_it_ran": connections.count,
            "window_days": limits.unused_days,
            "storage": instance.disk.kind,
            "storage_gib": instance.disk.size_gib,
            "iops": instance.disk.iops,
            "restarts_at": restarts,
        },
        note=_note(instance, f"AWS starts it again {f'at {restarts}' if restarts else 'within 7 days of the stop'}."),
    )


@check(
    id="rds-extended-support",
    title="RDS instance is or will soon be charged for Extended Support",
    over=db_instances,
    thresholds={"forecast_days": Threshold(180, "a major version upgrade needs half a year of notice")},
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-charges.html",
    action=Action.UPGRADE,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    command=(
        rds_support.TARGET_EXISTS,
        "aws rds create-db-snapshot --region {region} --db-instance-identifier {id} --db-snapshot-identifier before-upgrade-of-{id}",
        "aws rds wait db-snapshot-available --region {region} --db-snapshot-identifier before-upgrade-of-{id}",
        (
            "aws rds modify-db-instance --region {region} --db-instance-identifier {id} --allow-major-version-upgrade"
            " --no-apply-immediately --engine-version TARGET"
        ),
    ),
    undo="Restore a snapshot: RDS takes one before a major version upgrade where backups are on, else the one that was taken first. "
    "A version cannot be downgraded in place.",
    afterwards=rds_support.TARGET,
)
def extended_support(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """AWS charges by the vCPU for a major version past its standard support, and more from the third year on. Upgrade it.

    A charge that begins within the forecast is reported in advance: likely is 0 until then, high is what it will be, confidence is low.
    Instances of Aurora are reported with their cluster, and a stopped instance is not charged.
    """
    lifecycle = instance.support
    if lifecycle is None or instance.aurora or not instance.bills_compute:
        return None
    if not rds_support.due(lifecycle, limits.as_of, limits.forecast_days):
        return None
    charge = bill.support(instance, lifecycle, limits, prices)
    evidence: Evidence = {
        "engine": instance.engine,
        "class": instance.instance_class,
        "vcpus": classes.vcpus(instance.instance_class),
        "multi_az": instance.multi_az,
    }
    return rds_support.waste(charge, lifecycle, limits.as_of, instance.version, evidence)
