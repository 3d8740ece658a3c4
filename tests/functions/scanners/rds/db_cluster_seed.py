"""Aurora clusters for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import ACCOUNT, REGION, pages
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
