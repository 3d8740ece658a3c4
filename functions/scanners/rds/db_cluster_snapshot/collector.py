"""Snapshots of Aurora clusters that somebody took, as DescribeDBClusterSnapshots describes them: of which cluster, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.limits import fact
from functions.core.prices.bills import described
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, collector
from functions.scanners.rds import billing
from functions.scanners.rds.manual_snapshot import (
    MANUAL,
    ManualSnapshot,
    find_source,
    gibibytes,
    mark_newest,
    moment,
    operator_of,
    text,
)

DB_CLUSTER_SNAPSHOT = described(
    "rds",
    "DBClusterSnapshot",
    priced="""
        AllocatedStorage AvailabilityZones DbClusterResourceId Engine SnapshotCreateTime SnapshotType SourceDBClusterSnapshotArn Status
    """,
    free="""
        BackupRetentionPeriod ClusterCreateTime DBClusterIdentifier DBClusterSnapshotArn DBClusterSnapshotIdentifier DBSystemId EngineMode
        EngineVersion IAMDatabaseAuthenticationEnabled KmsKeyId LicenseModel MasterUsername PercentProgress Port PreferredBackupWindow
        StorageEncrypted StorageEncryptionType StorageThroughput StorageType TagList VpcId
    """,
)
"""What its members are for the bill: by what it stores. https://aws.amazon.com/rds/aurora/pricing/"""
DOCUMENTED = fact(
    "a manual snapshot of Aurora is a full one, and free within the retention of its cluster's automated backups unless it is a copy",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-storage-backup.html",
    "2026-11-29",
)


@dataclass(slots=True, kw_only=True)
class ClusterSnapshot(ManualSnapshot):
    """A manual snapshot of an Aurora cluster, which is always a full one. `copied`: of another snapshot, in this region too.

    `allocated_gib`: as AWS says it, which is often 0 or 1 and then says nothing. `retention_days`: of its cluster's automated backups, 0
    where the cluster is gone or has none.
    """

    copied: bool
    allocated_gib: int
    retention_days: int = 0

    def free(self, age_days: float) -> bool:
        """Within the retention of its cluster's automated backups it bills nothing, unless it is a copy.

        https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-storage-backup.html
        """
        return not self.copied and age_days <= self.retention_days


@collector(
    "rds:db-cluster-snapshot",
    arns=["rds:*:*:cluster-snapshot:*"],
    iam=["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters"],
    resumes=BeginAnew("which snapshot of a cluster is the newest, only all of them tell"),
    placed_by=["AvailabilityZones[]"],
    bills=[DB_CLUSTER_SNAPSHOT],
)
def cluster_snapshots(aws: Aws) -> Iterator[ClusterSnapshot]:
    """Every manual snapshot of an Aurora cluster of our own. Not those of Multi-AZ DB clusters, Neptune and DocumentDB, which the same call
    lists, nor automated ones and those that others share.

    Where there is one, the clusters are listed too, in one listing.
    """
    listed = aws.pages("rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots")
    found = list(aws.readable(listed, lambda item: _snapshot(aws, item)))
    if not found:
        return
    lost: list[Any] = []
    clusters = dict(aws.readable(aws.pages("rds", "DescribeDBClusters", "DBClusters"), _cluster, lost))
    names = {source: name for source, (name, _) in clusters.items()}
    mark_newest(found)
    for snapshot in found:
        find_source(snapshot, names, not lost)
        if snapshot.source_exists:
            snapshot.retention_days = clusters[snapshot.source][1]
        yield snapshot


def _cluster(item: Mapping[str, Any]) -> tuple[str, tuple[str, int]]:
    """Resource id → name, and for how many days its automated backups are kept."""
    source = text(item, "DbClusterResourceId") or item["DBClusterArn"]
    return source, (item["DBClusterIdentifier"], gibibytes(item, "BackupRetentionPeriod"))


def _snapshot(aws: Aws, item: Mapping[str, Any]) -> ClusterSnapshot | None:
    arn, name, kind = item["DBClusterSnapshotArn"], item["DBClusterSnapshotIdentifier"], item["SnapshotType"]
    if not billing.is_aurora(item["Engine"]) or kind != MANUAL or arn.split(":")[4] != aws.account:
        return None
    named, origin = tags.from_list(item.get("TagList")), text(item, "SourceDBClusterSnapshotArn")
    return ClusterSnapshot(
        arn=arn,
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=moment(item, "SnapshotCreateTime"),
        place=place(aws.region, *item.get("AvailabilityZones", ())),
        operator=operator_of(name),
        database=text(item, "DBClusterIdentifier"),
        source=text(item, "DbClusterResourceId"),
        engine=item["Engine"],
        status=text(item, "Status"),
        elsewhere=bool(origin) and origin.split(":")[3:5] != [aws.region, aws.account],
        copied=bool(origin),
        allocated_gib=gibibytes(item, "AllocatedStorage"),
    )
