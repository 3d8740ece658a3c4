"""Aurora clusters with their instances, as DescribeDBClusters and DescribeDBInstances describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.registry import collector
from functions.scanners.rds import billing, extended_support
from functions.scanners.rds.extended_support import SupportDates, SupportLifecycle

SERVERLESS = "db.serverless"
"""The class of an Aurora Serverless v2 instance."""


@dataclass(slots=True, frozen=True)
class Member:
    """One instance of a cluster; empty class and status when DescribeDBInstances did not list it."""

    id: str
    arn: str = ""
    instance_class: str = ""
    status: str = ""

    @property
    def bills(self) -> bool:
        return self.status not in billing.NO_COMPUTE_BILLED


@dataclass(slots=True, kw_only=True)
class DbCluster(Resource):
    """An Aurora cluster. `replicates`: of a global database, or a replica of another cluster. `min_acu`: of Serverless v2, else None.

    `support` is the lifecycle of its major version, None when there is none or when it is not enrolled in Extended Support.
    """

    engine: str
    version: str
    mode: str
    status: str
    storage_type: str
    members: Sequence[Member]
    min_acu: float | None
    replicates: bool
    deletion_protection: bool
    support: SupportLifecycle | None


@collector(
    "rds:db-cluster", iam=["rds:DescribeDBClusters", "rds:DescribeDBInstances", extended_support.IAM], resumes="rds:DescribeDBClusters"
)
def db_clusters(aws: Aws) -> Iterator[DbCluster]:
    """Every Aurora cluster with its instances. Not Multi-AZ DB clusters of RDS, Neptune and DocumentDB, which the same call lists.

    Where only the support dates are refused, it goes on without them and notes that in `aws.refused`.
    """
    instances = dict(aws.readable(aws.pages("rds", "DescribeDBInstances", "DBInstances"), _member, []))
    dates = SupportDates(aws)
    yield from aws.readable(
        aws.pages("rds", "DescribeDBClusters", "DBClusters"),
        lambda answer: _db_cluster(answer, instances, aws, dates) if billing.is_aurora(answer["Engine"]) else None,
    )


def _member(answer: Mapping[str, Any]) -> tuple[str, Member] | None:
    if not billing.is_aurora(answer["Engine"]):
        return None
    name = answer["DBInstanceIdentifier"]
    return name, Member(name, answer["DBInstanceArn"], answer["DBInstanceClass"], answer["DBInstanceStatus"])


def _db_cluster(answer: dict[str, Any], instances: Mapping[str, Member], aws: Aws, dates: SupportDates) -> DbCluster:
    engine, version = answer["Engine"], answer["EngineVersion"]
    named = tags.from_list(answer.get("TagList"))
    names = [member["DBInstanceIdentifier"] for member in answer.get("DBClusterMembers", ())]
    enrolled = answer.get("EngineLifecycleSupport") != extended_support.DISABLED
    return DbCluster(
        arn=answer["DBClusterArn"],
        id=answer["DBClusterIdentifier"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=answer.get("ClusterCreateTime"),
        engine=engine,
        version=version,
        mode=answer.get("EngineMode", "provisioned"),
        status=answer["Status"],
        storage_type=answer.get("StorageType", ""),
        members=[instances.get(name) or Member(name) for name in names],
        min_acu=answer.get("ServerlessV2ScalingConfiguration", {}).get("MinCapacity"),
        replicates=bool(answer.get("GlobalClusterIdentifier") or answer.get("ReplicationSourceIdentifier")),
        deletion_protection=answer.get("DeletionProtection", False),
        support=dates.lifecycle(engine, version) if enrolled else None,
    )
