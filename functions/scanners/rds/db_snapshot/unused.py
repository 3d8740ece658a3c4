"""Snapshots of RDS DB instances whose instance is gone, or that have been kept for long.

What deleting one saves is known only as a range, from nothing to all of it: snapshots share blocks, and as much backup storage as the
databases of the region have storage is free (see backup_storage.py, which makes the likely value of the region's sums).
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, Savings, saves, unknown
from functions.core.ownership.keeping import keeping_tag
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.rds.billing import SERVICE
from functions.scanners.rds.db_snapshot.backup_storage import GIB, KEY, Backup
from functions.scanners.rds.db_snapshot.collector import db_snapshots
from functions.scanners.rds.manual_snapshot import COPY, NAMESAKE, NEWEST, NO_UNDO, ONLY_COPY

REFERENCE = "https://aws.amazon.com/blogs/database/demystifying-amazon-rds-backup-storage-costs/"
CUSTOM = "RDS Custom bills its backups at rates of their own, which are not known here"


def _most(snapshot: Backup, prices: Prices) -> Amount:
    """What all of it would bill a month, if nothing were free or shared."""
    if snapshot.custom:
        return unknown(CUSTOM)
    unit = "GiB of its database's storage" if snapshot.full_bytes is None else "GiB"
    return prices.monthly(SERVICE, KEY, round(snapshot.most_gib, 3), unit)


def _savings(snapshot: Backup, prices: Prices) -> Savings:
    """The range of the module's docstring. Likely: an even share of one full copy, and of that what is beyond the free storage."""
    most = _most(snapshot, prices)
    holders = snapshot.relatives + 1
    share = most.times(1 / holders, f"1/{holders} of shared blocks") if snapshot.relatives else most
    return saves(share.times(snapshot.charged, f"{snapshot.charged:.4g} beyond the free storage"), low=NOTHING, high=most)


def _evidence(snapshot: Backup, limits: Limits) -> Evidence:
    return {
        "age_days": round(limits.days_since(snapshot.taken), 1) if snapshot.taken else None,
        "kept_days": round(snapshot.age(limits), 1),
        "instance": snapshot.database,
        "instance_resource_id": snapshot.source,
        "full_gib": None if snapshot.full_bytes is None else round(snapshot.full_bytes / GIB, 3),
        "allocated_gib": snapshot.allocated_gib,
        "may_share_blocks_with": snapshot.relatives,
        "region_backups_gib_at_least": round(snapshot.held_gib, 3),
        "region_databases_gib": snapshot.storage_gib,
    }


# The metrics of an instance outlive it: they are kept for 15 months. Sparse, because a gap is what we look for: no sign of the instance.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
LAST_SIGN = Metric(
    "AWS/RDS",
    "CPUUtilization",
    "Maximum",
    lambda snapshot: {"DBInstanceIdentifier": snapshot.database},
    window="min_age_days",
    sparse=True,
)


def _outlived(snapshot: Backup, limits: Limits) -> bool:
    """Worth asking whether the instance was there lately. Where another has its name, its metrics are those of the other."""
    old = snapshot.source_exists is False and snapshot.age(limits) >= limits.min_age_days
    return old and snapshot.deletable and not snapshot.namesake and not keeping_tag(snapshot.tags, limits.as_of)


GONE = still(
    "aws rds describe-db-instances --region {region} --filters Name=dbi-resource-id,Values={source} --query 'length(DBInstances)'", "0"
)
NOT_SHARED = still(
    "aws rds describe-db-snapshot-attributes --region {region} --db-snapshot-identifier {id}"
    " --query 'length(DBSnapshotAttributesResult.DBSnapshotAttributes[].AttributeValues[])'",
    "0",
)
DELETE = "aws rds delete-db-snapshot --region {region} --db-snapshot-identifier {id}"


@check(
    id="rds-orphan-snapshot",
    title="RDS snapshot has outlived its DB instance",
    over=db_snapshots,
    thresholds={"min_age_days": Threshold(30, "leave time to notice that the database is missed", minimum=1, maximum=455, seen="age_days")},
    metrics=[LAST_SIGN],
    candidate=_outlived,
    metrics_optional=True,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.HIGH,
    confidence=Confidence.MEDIUM,
    command=(GONE, NOT_SHARED, DELETE),
    undo=NO_UNDO,
)
def orphan_snapshot(snapshot: Backup, limits: Limits, prices: Prices) -> Verdict:
    """The DB instance of this manual snapshot is gone, by its resource id. Ask whether the data must be kept; export or delete it.

    As much backup storage as the databases of the Region have is free, so it may save nothing, and at most all of it. A copy from another
    Region or account cannot be judged: its instance is not here. An instance that ran within the month is not yet missed. The command
    deletes nothing that is shared with another account.
    """
    sign = snapshot.usage.get(LAST_SIGN)
    if snapshot.source_exists or snapshot.age(limits) < limits.min_age_days or not snapshot.deletable:
        return None
    if snapshot.source_exists is None:
        return InsufficientData("AWS does not say of which database, or that is in another Region or account")
    if sign is not None and sign.count:
        return None
    doubts = [note for note, holds in {ONLY_COPY: snapshot.newest, NAMESAKE: snapshot.namesake}.items() if holds]
    return Waste(
        savings=_savings(snapshot, prices),
        evidence=_evidence(snapshot, limits) | {"instance_silent_days_at_least": None if sign is None else limits.min_age_days},
        confidence=Confidence.LOW if doubts or sign is None else None,
        note=" ".join(doubts),
        values={"source": snapshot.source},
        together=snapshot.together,
    )


@check(
    id="rds-old-snapshot",
    title="RDS snapshot is old and nothing is known to need it",
    over=db_snapshots,
    thresholds={
        "min_age_days": Threshold(90, "older than a quarter; what must be kept longer should say so in a tag", seen="age_days"),
        "min_kept_days": Threshold(30, "who copied it lately chose to keep it"),
    },
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(NOT_SHARED, DELETE),
    undo=NO_UNDO,
)
def old_snapshot(snapshot: Backup, limits: Limits, prices: Prices) -> Verdict:
    """No backup service and no tag keeps this old manual snapshot. Delete it, or write into a tag why and until when it is kept.

    A copy is as old as what it is a copy of. A tag such as compliance, retention, legal-hold or do-not-delete marks one that is kept on
    purpose. The command deletes nothing that is shared with another account.
    """
    age = limits.days_since(snapshot.taken) if snapshot.taken else 0.0
    if age < limits.min_age_days or snapshot.age(limits) < limits.min_kept_days or not snapshot.deletable:
        return None
    notes = {
        NEWEST: snapshot.newest and bool(snapshot.source_exists),
        ONLY_COPY: snapshot.newest and snapshot.source_exists is False,
        COPY: snapshot.elsewhere,
    }
    return Waste(
        savings=_savings(snapshot, prices),
        evidence=_evidence(snapshot, limits),
        note=" ".join(note for note, holds in notes.items() if holds),
        together=snapshot.together,
    )
