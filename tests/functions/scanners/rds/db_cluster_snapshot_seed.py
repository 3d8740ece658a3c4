"""Manual snapshots of Aurora clusters for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.scanners.rds import db_cluster_seed
from tests.functions.seeds import Listing

LISTED = (Listing("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots[?SnapshotType=='manual' && starts_with(Engine, 'aurora')]"),)


def seed(session: boto3.Session) -> None:
    """One of a cluster that is there."""
    db_cluster_seed.seed(session)
    session.client("rds").create_db_cluster_snapshot(DBClusterIdentifier="cluster", DBClusterSnapshotIdentifier="by-hand")


def cluster_snapshot(number: int) -> dict[str, Any]:
    """As DescribeDBClusterSnapshots says: of the nth cluster."""
    name = f"s{number}"
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:{name}"
    source = {"DBClusterIdentifier": f"c{number}", "DbClusterResourceId": f"cluster-{number}", "Engine": "aurora-mysql"}
    state = {"Status": "available", "SnapshotType": "manual", "AllocatedStorage": 0, "AvailabilityZones": [f"{REGION}a"]}
    more = {"SnapshotCreateTime": THEN, "SourceDBClusterSnapshotArn": "", "TagList": [{"Key": "a", "Value": "b"}]}
    return {"DBClusterSnapshotIdentifier": name, "DBClusterSnapshotArn": arn, **source, **state, **more}


def db_cluster(number: int) -> dict[str, Any]:
    """As DescribeDBClusters says."""
    return {**db_cluster_seed.db_cluster(number), "DbClusterResourceId": f"cluster-{number}", "BackupRetentionPeriod": 7}


PAGES = {
    "rds:DescribeDBClusterSnapshots": pages("DBClusterSnapshots", cluster_snapshot),
    "rds:DescribeDBClusters": pages("DBClusters", db_cluster),
}


PRICED_BY = ("AmazonRDS", "aurora.backup")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:cluster-snapshot:s-1"
    snapshot: dict[str, Any] = {"DBClusterSnapshotIdentifier": "s-1", "DBClusterSnapshotArn": arn, "SnapshotType": "manual"}
    snapshot |= {"Engine": "aurora-mysql", "Status": "available", "AvailabilityZones": [at.zone]}
    return {"rds:DescribeDBClusterSnapshots": nothing(DBClusterSnapshots=[snapshot]), "rds:DescribeDBClusters": nothing(DBClusters=[])}
