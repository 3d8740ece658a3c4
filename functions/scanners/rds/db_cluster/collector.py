"""Aurora clusters with their instances, as DescribeDBClusters and DescribeDBInstances describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.rds import billing, extended_support, placement
from functions.scanners.rds.bills import DB_CLUSTER, DB_INSTANCE
from functions.scanners.rds.extended_support import SupportDates, SupportLifecycle

SERVERLESS = "db.serverless"
"""The class of an Aurora Serverless v2 instance."""


@dataclass(slots=True, frozen=True)
class Member:
    """One instance of a cluster; empty class and status when DescribeDBInstances did not list it. `place`: as a `Resource`'s.

    `public` and `also_bills` as of `DbInstance`.
    """

    id: str
    arn: str = ""
    instance_class: str = ""
    status: str = ""
    place: str = ""
    public: bool = False
    also_bills: tuple[str, ...] = ()

    @property
    def bills(self) -> bool:
        return self.status not in billing.NO_COMPUTE_BILLED


@dataclass(slots=True, kw_only=True)
class DbCluster(Resource):
    """An Aurora cluster. `replicates`: of a global database, or a replica of another cluster. `min_acu`: of Serverless v2, else None.

    `support` is the lifecycle of its major version, None when there is none or when it is not enrolled in Extended Support. `own_secret`:
    RDS keeps its password in a secret. `cloned`: it shares storage with a clone, or has. `limitless`: of a Limitless Database.
    `optimized_again_from`: when it may be switched to I/O-Optimized, where AWS names a moment.
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
    own_secret: bool = False
    cloned: bool = False
    limitless: bool = False
    optimized_again_from: datetime | None = None


@collector(
    "rds:db-cluster",
    arns=["rds:*:*:cluster:*"],
    iam=["rds:DescribeDBClusters", "rds:DescribeDBInstances", extended_support.IAM],
    resumes="rds:DescribeDBClusters",
    placed_by=["AvailabilityZones[]"],
    bills=[DB_CLUSTER, DB_INSTANCE],
)
def db_clusters(aws: Aws) -> Iterator[DbCluster]:
    """Every Aurora cluster with its instances. Not Multi-AZ DB clusters of RDS, Neptune and DocumentDB, which the same call lists.

    Where only the support dates are refused, it goes on without them and notes that in `aws.refused`.
    """
    instances = dict(aws.readable(aws.pages("rds", "DescribeDBInstances", "DBInstances"), lambda answer: _member(answer, aws.region), []))
    dates = SupportDates(aws)
    yield from aws.readable(
        aws.pages("rds", "DescribeDBClusters", "DBClusters"),
        lambda answer: _db_cluster(answer, instances, aws, dates) if billing.is_aurora(answer["Engine"]) else None,
    )


def _member(answer: Mapping[str, Any], region: str) -> tuple[str, Member] | None:
    if not billing.is_aurora(answer["Engine"]):
        return None
    name = answer["DBInstanceIdentifier"]
    return name, Member(
        name,
        answer["DBInstanceArn"],
        answer["DBInstanceClass"],
        answer["DBInstanceStatus"],
        placement.place_of(answer, region),
        billing.is_public(answer),
        DB_INSTANCE.also_bills(answer),
    )


def _db_cluster(answer: dict[str, Any], instances: Mapping[str, Member], aws: Aws, dates: SupportDates) -> DbCluster:
    engine, version = answer["Engine"], answer["EngineVersion"]
    named = tags.from_list(answer.get("TagList"))
    names = [member["DBInstanceIdentifier"] for member in answer.get("DBClusterMembers", ())]
    members = [instances.get(name) or Member(name) for name in names]
    enrolled = answer.get("EngineLifecycleSupport") != extended_support.DISABLED
    of_members = (part for member in members for part in member.also_bills)
    return DbCluster(
        arn=answer["DBClusterArn"],
        id=answer["DBClusterIdentifier"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=answer.get("ClusterCreateTime"),
        also_bills=tuple(dict.fromkeys((*DB_CLUSTER.also_bills(answer), *of_members))),
        engine=engine,
        version=version,
        mode=answer.get("EngineMode", "provisioned"),
        status=answer["Status"],
        storage_type=answer.get("StorageType", ""),
        members=members,
        min_acu=answer.get("ServerlessV2ScalingConfiguration", {}).get("MinCapacity"),
        replicates=bool(answer.get("GlobalClusterIdentifier") or answer.get("ReplicationSourceIdentifier")),
        deletion_protection=answer.get("DeletionProtection", False),
        support=dates.lifecycle(engine, version) if enrolled else None,
        # The zones of its storage, and those that its instances are really in: one elsewhere, and no sum of it is known.
        place=place(aws.region, *(member.place for member in members), *answer.get("AvailabilityZones", ())),
        own_secret=bool(answer.get("MasterUserSecret")),
        cloned=bool(answer.get("CloneGroupId")),
        limitless=answer.get("LimitlessDatabase", {}).get("Status") == "enabled",
        optimized_again_from=answer.get("IOOptimizedNextAllowedModificationTime"),
    )
