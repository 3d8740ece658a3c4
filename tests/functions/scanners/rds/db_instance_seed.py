"""DB instances for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, nothing, pages
from tests.functions.places import Where
from tests.functions.seeds import Listing

LISTED = (Listing("rds", "describe_db_instances", "DBInstances"),)
MAJOR_VERSIONS = """<DescribeDBMajorEngineVersionsResponse><DescribeDBMajorEngineVersionsResult><DBMajorEngineVersions>
<DBMajorEngineVersion><Engine>postgres</Engine><MajorEngineVersion>13</MajorEngineVersion></DBMajorEngineVersion>
</DBMajorEngineVersions></DescribeDBMajorEngineVersionsResult></DescribeDBMajorEngineVersionsResponse>"""


def seed(session: boto3.Session) -> None:
    """A PostgreSQL instance of a version in or near Extended Support."""
    session.client("rds").create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        EngineVersion="13.4",
        DBInstanceClass="db.m5.large",
        AllocatedStorage=100,
        MasterUsername="admin",
        MasterUserPassword="password-1",
    )


def unanswered(url: str, body: str) -> str | None:
    """moto knows no end of an engine's support."""
    return MAJOR_VERSIONS if "Action=DescribeDBMajorEngineVersions" in body else None


def db_instance(number: int) -> dict[str, Any]:
    """As DescribeDBInstances says."""
    name, engine = f"d{number}", {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0"}
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}"
    state = {"DBInstanceClass": "db.r5.large", "DBInstanceStatus": "available"}
    return {"DBInstanceIdentifier": name, "DBInstanceArn": arn, **engine, **state}


MAJORS = pages("DBMajorEngineVersions", lambda number: {"Engine": "mysql", "MajorEngineVersion": str(number)})
PAGES = {"rds:DescribeDBInstances": pages("DBInstances", db_instance), "rds:DescribeDBMajorEngineVersions": MAJORS}


PRICED_BY = ("AmazonRDS", "ondemand.postgresql.single-az.db.r5.large")


def somewhere(at: Where, engine: str = "postgres") -> dict[str, Any]:
    """What AWS replies of one that is there."""
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:db:db-1"
    state = {"DBInstanceClass": "db.r5.large", "DBInstanceStatus": "available", "Engine": engine, "EngineVersion": "14.9"}
    subnets = [{"SubnetIdentifier": "subnet-1", **({"SubnetOutpost": {"Arn": at.outpost}} if at.outpost else {})}]
    where = {"AvailabilityZone": at.zone, "DBSubnetGroup": {"Subnets": subnets}}
    instance = {"DBInstanceIdentifier": "db-1", "DBInstanceArn": arn, **state, **where}
    majors = nothing(DBMajorEngineVersions=[])
    return {"rds:DescribeDBInstances": nothing(DBInstances=[instance]), "rds:DescribeDBMajorEngineVersions": majors}
