"""Manual snapshots of DB instances for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.scanners.rds import db_instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("rds", "describe_db_snapshots", "DBSnapshots[?SnapshotType=='manual']"),)


def seed(session: boto3.Session) -> None:
    """One of an instance that is gone."""
    db_instance_seed.seed(session)
    rds = session.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="by-hand")
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)


def db_snapshot(number: int) -> dict[str, Any]:
    """As DescribeDBSnapshots says: of the nth instance."""
    name = f"s{number}"
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}"
    source = {"DBInstanceIdentifier": f"d{number}", "DbiResourceId": f"db-{number}", "Engine": "postgres", "AllocatedStorage": 100}
    state = {"Status": "available", "SnapshotType": "manual", "SnapshotTarget": "region", "AvailabilityZone": f"{REGION}a"}
    times = {"SnapshotCreateTime": THEN, "OriginalSnapshotCreateTime": THEN}
    more = {"FullSnapshotSizeInBytes": 2**30, "KmsKeyId": "key", "SourceDBSnapshotIdentifier": "", "TagList": [{"Key": "a", "Value": "b"}]}
    volumes = {"AdditionalStorageVolumes": [{"AllocatedStorage": 10}]}
    return {"DBSnapshotIdentifier": name, "DBSnapshotArn": arn, **source, **state, **times, **more, **volumes}


def db_instance(number: int) -> dict[str, Any]:
    """As DescribeDBInstances says."""
    more = {"DbiResourceId": f"db-{number}", "AllocatedStorage": 100, "DBClusterIdentifier": ""}
    return {**db_instance_seed.db_instance(number), "Engine": "postgres", **more}


PAGES = {"rds:DescribeDBSnapshots": pages("DBSnapshots", db_snapshot), "rds:DescribeDBInstances": pages("DBInstances", db_instance)}


PRICED_BY = ("AmazonRDS", "backup")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:snapshot:s-1"
    snapshot = {"DBSnapshotIdentifier": "s-1", "DBSnapshotArn": arn, "Engine": "postgres", "SnapshotType": "manual", "Status": "available"}
    snapshot |= {"AvailabilityZone": at.zone, "SnapshotTarget": "outposts" if at.outpost else "region"}
    return {"rds:DescribeDBSnapshots": nothing(DBSnapshots=[snapshot]), "rds:DescribeDBInstances": nothing(DBInstances=[])}
