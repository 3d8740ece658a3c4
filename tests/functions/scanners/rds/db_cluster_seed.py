"""Aurora clusters for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, nothing, pages
from tests.functions.places import Where
from tests.functions.scanners.rds import db_instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("rds", "describe_db_clusters", "DBClusters"),)


def seed(session: boto3.Session) -> None:
    """A cluster with one instance."""
    rds = session.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="cluster",
        Engine="aurora-postgresql",
        EngineVersion="13.9",
        MasterUsername="admin",
        MasterUserPassword="password-1",
    )
    rds.create_db_instance(
        DBInstanceIdentifier="member", DBClusterIdentifier="cluster", Engine="aurora-postgresql", DBInstanceClass="db.r5.large"
    )


def db_cluster(number: int) -> dict[str, Any]:
    """As DescribeDBClusters says."""
    name, engine = f"c{number}", {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0"}
    members = [{"DBInstanceIdentifier": f"d{number}"}]
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}"
    return {"DBClusterIdentifier": name, "DBClusterArn": arn, "Status": "available", "DBClusterMembers": members, **engine}


PAGES = {**db_instance_seed.PAGES, "rds:DescribeDBClusters": pages("DBClusters", db_cluster)}


PRICED_BY = ("AmazonRDS", "ondemand.aurora-postgresql.single-az.db.r5.large")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:cluster:c-1"
    cluster: dict[str, Any] = {"DBClusterIdentifier": "c-1", "DBClusterArn": arn, "Status": "available", "Engine": "aurora-postgresql"}
    cluster |= {"EngineVersion": "14.9", "DBClusterMembers": [{"DBInstanceIdentifier": "db-1"}]}
    cluster["AvailabilityZones"] = [f"{at.region}{letter}" for letter in "abc"]  # of its storage: only its instances can be elsewhere
    return {**db_instance_seed.somewhere(at, "aurora-postgresql"), "rds:DescribeDBClusters": nothing(DBClusters=[cluster])}
