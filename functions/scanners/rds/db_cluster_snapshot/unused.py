"""Snapshots of Aurora clusters whose cluster is gone, or that have been kept for long.

Such a snapshot is always a full one and shares nothing: outside the retention of its cluster's automated backups it bills its size, the
cluster's when it was taken. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-storage-backup.html
How large that is, the listing mostly does not say (AllocatedStorage is 0 or 1). CloudWatch has a datapoint a day of each snapshot that is
charged, all of a cluster in one series: with one snapshot it is exact, with several a range with their mean as the likely value.
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
from functions.scanners.rds.db_cluster_snapshot.collector import ClusterSnapshot, cluster_snapshots
from functions.scanners.rds.manual_snapshot import COPY, NAMESAKE, NEWEST, NO_UNDO, ONLY_COPY

GIB = 1024**3
NO_SIZE = 1
"""GiB: AWS says as much, or 0, of a snapshot whose size it does not say."""
UNKNOWN_SIZE = "how large the snapshot is, neither the listing nor CloudWatch (SnapshotStorageUsed) says"
REFERENCE = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-storage-backup.html"
MEASURED = Threshold(7, "AWS measures once a day, and some hours late", minimum=1)


def _dimensions(snapshot: ClusterSnapshot) -> dict[str, str]:
    return {"DBClusterIdentifier": snapshot.database}


# One datapoint a day of each snapshot that is charged, in bytes; none where none is. Sparse, and only read for the size.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-storage-backup.html
LEAST, MEAN, MOST = (
    Metric("AWS/RDS", "SnapshotStorageUsed", stat, _dimensions, window="measured_days", sparse=True)
    for stat in ("Minimum", "Average", "Maximum")
)
SIZES = (LEAST, MEAN, MOST)
# The metrics of a cluster outlive it: they are kept for 15 months. Sparse, because a gap is what we look for: no sign of its instances.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
LAST_SIGN = Metric("AWS/RDS", "CPUUtilization", "Maximum", _dimensions, window="min_age_days", sparse=True)


def _measured_gib(snapshot: ClusterSnapshot) -> tuple[float, ...] | None:
    """The least, the mean and the most that one of the cluster's charged snapshots holds; None where CloudWatch does not say."""
    series = [snapshot.usage.get(metric) for metric in SIZES]
    if any(one is None or not one.count for one in series):
        return None
    return tuple(round(one.values[-1] / GIB, 3) for one in series if one is not None)


def _savings(snapshot: ClusterSnapshot, prices: Prices) -> Savings:
    """Its size at the rate of Aurora's backup storage; where only the listing says a size, at most that."""

    def costs(gib: float) -> Amount:
        return prices.monthly(SERVICE, "aurora.backup", gib, "GiB")

    measured = _measured_gib(snapshot)
    if measured is not None:
        least, mean, most = map(costs, measured)
        return saves(mean, low=least, high=most)
    if snapshot.allocated_gib > NO_SIZE:
        return saves(costs(snapshot.allocated_gib), low=NOTHING)
    return saves(unknown(UNKNOWN_SIZE))


def _evidence(snapshot: ClusterSnapshot, limits: Limits) -> Evidence:
    measured = _measured_gib(snapshot) or (None, None, None)
    return {
        "age_days": round(snapshot.age(limits), 1),
        "cluster": snapshot.database,
        "cluster_resource_id": snapshot.source,
        "retention_days": snapshot.retention_days,
        "allocated_gib": snapshot.allocated_gib,
        "least_gib": measured[0],
        "mean_gib": measured[1],
        "most_gib": measured[2],
    }


def _kept(snapshot: ClusterSnapshot, limits: Limits, min_age_days: float) -> bool:
    """So old, outside what is free, complete, and no service deletes it."""
    age = snapshot.age(limits)
    return age >= min_age_days and not snapshot.free(age) and snapshot.deletable


def _may_be_orphan(snapshot: ClusterSnapshot, limits: Limits) -> bool:
    gone = snapshot.source_exists is False and _kept(snapshot, limits, limits.min_age_days)
    return gone and not keeping_tag(snapshot.tags, limits.as_of)


def _may_be_old(snapshot: ClusterSnapshot, limits: Limits) -> bool:
    return _kept(snapshot, limits, limits.min_age_days) and not keeping_tag(snapshot.tags, limits.as_of)


GONE = still(
    "aws rds describe-db-clusters --region {region} --filters Name=db-cluster-resource-id,Values={source} --query 'length(DBClusters)'", "0"
)
NOT_SHARED = still(
    "aws rds describe-db-cluster-snapshot-attributes --region {region} --db-cluster-snapshot-identifier {id}"
    " --query 'length(DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes[].AttributeValues[])'",
    "0",
)
DELETE = "aws rds delete-db-cluster-snapshot --region {region} --db-cluster-snapshot-identifier {id}"


@check(
    id="aurora-orphan-snapshot",
    title="Aurora snapshot has outlived its cluster",
    over=cluster_snapshots,
    thresholds={
        "min_age_days": Threshold(30, "leave time to notice that the database is missed", minimum=1, maximum=455, seen="age_days"),
        "measured_days": MEASURED,
    },
    metrics=[LAST_SIGN, *SIZES],
    candidate=_may_be_orphan,
    goes_on=lambda snapshot, limits: snapshot.namesake or not snapshot.usage[LAST_SIGN].count,
    metrics_optional=True,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.HIGH,
    confidence=Confidence.MEDIUM,
    command=(GONE, NOT_SHARED, DELETE),
    undo=NO_UNDO,
)
def orphan_snapshot(snapshot: ClusterSnapshot, limits: Limits, prices: Prices) -> Verdict:
    """The cluster of this manual snapshot is gone, by its resource id. Ask whether the data must be kept; export it to S3, or delete it.

    Without its cluster it bills all of its size. A copy from another Region or account cannot be judged: its cluster is not here. A cluster
    that ran within the month is not yet missed. The command deletes nothing that is shared with another account.
    """
    sign = None if snapshot.namesake else snapshot.usage.get(LAST_SIGN)
    if snapshot.source_exists or not _kept(snapshot, limits, limits.min_age_days):
        return None
    if snapshot.source_exists is None:
        return InsufficientData("AWS does not say of which cluster, or that is in another Region or account")
    if sign is not None and sign.count:
        return None
    doubts = [note for note, holds in {ONLY_COPY: snapshot.newest, NAMESAKE: snapshot.namesake}.items() if holds]
    return Waste(
        savings=_savings(snapshot, prices),
        evidence=_evidence(snapshot, limits) | {"cluster_silent_days_at_least": None if sign is None else limits.min_age_days},
        confidence=Confidence.LOW if doubts or sign is None else None,
        note=" ".join(doubts),
        values={"source": snapshot.source},
    )


@check(
    id="aurora-old-snapshot",
    title="Aurora snapshot is old and nothing is known to need it",
    over=cluster_snapshots,
    thresholds={
        "min_age_days": Threshold(90, "older than a quarter; what must be kept longer should say so in a tag", seen="age_days"),
        "measured_days": MEASURED,
    },
    metrics=SIZES,
    candidate=_may_be_old,
    metrics_optional=True,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(NOT_SHARED, DELETE),
    undo=NO_UNDO,
)
def old_snapshot(snapshot: ClusterSnapshot, limits: Limits, prices: Prices) -> Verdict:
    """No backup service and no tag keeps this old manual snapshot. Delete it, or write into a tag why and until when it is kept.

    Each one bills a full copy; within the retention of its cluster's automated backups it would be free. A tag such as compliance,
    retention, legal-hold or do-not-delete marks one that is kept on purpose. The command deletes nothing that is shared with another
    account.
    """
    if not _kept(snapshot, limits, limits.min_age_days):
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
    )
