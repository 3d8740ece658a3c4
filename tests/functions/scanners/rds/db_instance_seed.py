"""DB instances for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import ACCOUNT, REGION, pages
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
