"""RDS DB instances, including those of Aurora clusters, as DescribeDBInstances describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.registry import collector
from functions.scanners.rds import billing, extended_support, placement
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.bills import DB_INSTANCE
from functions.scanners.rds.extended_support import SupportDates, SupportLifecycle


@dataclass(slots=True, kw_only=True)
class DbInstance(Resource):
    """`cluster` is empty for one that stands alone. `source`: what a read replica replicates from, its identifier or, from another region,
    its ARN; else empty. `feeds`: others replicate from it. `mounted`: a replica that nobody can connect to.

    `restarts` is when AWS starts a stopped one again, where AWS says it. `support` is the lifecycle of its major version, None when there
    is none or when it is not enrolled in Extended Support. `more_disks`: its dedicated log volume, and the additional volumes that Oracle
    and SQL Server can have. `public`: it has a public address of Amazon's. `own_secret`: RDS keeps its password in a secret.
    `pending`: the members of the description that a change which has not happened yet will change. `promotion_tier`: of a cluster's, else
    None. `grows_to_gib`: how far RDS may enlarge its storage by itself, 0 where it may not.
    """

    engine: str
    version: str
    instance_class: str
    status: str
    multi_az: bool
    disk: Disk
    cluster: str
    deletion_protection: bool
    restarts: datetime | None
    support: SupportLifecycle | None
    more_disks: tuple[Disk, ...] = ()
    public: bool = False
    own_secret: bool = False
    source: str = ""
    feeds: bool = False
    mounted: bool = False
    pending: frozenset[str] = frozenset()
    promotion_tier: int | None = None
    grows_to_gib: int = 0

    @property
    def disks(self) -> tuple[Disk, ...]:
        return (self.disk, *self.more_disks)

    @property
    def aurora(self) -> bool:
        return billing.is_aurora(self.engine)

    @property
    def alone(self) -> bool:
        """Of no cluster: what it bills and how it is changed is its own."""
        return not self.cluster

    @property
    def replicates(self) -> bool:
        """It is a read replica, or others replicate from it."""
        return bool(self.source) or self.feeds

    @property
    def bills_compute(self) -> bool:
        return self.status not in billing.NO_COMPUTE_BILLED


@collector(
    "rds:db-instance",
    arns=["rds:*:*:db:*"],
    iam=["rds:DescribeDBInstances", extended_support.IAM],
    resumes="rds:DescribeDBInstances",
    placed_by=placement.PLACED_BY,
    bills=[DB_INSTANCE],
    costs=lambda one, prices: billing.instance_cost(one.engine, one.instance_class, one.multi_az, prices),
)
def db_instances(aws: Aws) -> Iterator[DbInstance]:
    """Every instance of RDS and Aurora; those of Neptune and DocumentDB, which the same call lists, are other services'.

    Where only the support dates are refused, it goes on without them and notes that in `aws.refused`.
    """
    dates = SupportDates(aws)
    yield from aws.readable(
        aws.pages("rds", "DescribeDBInstances", "DBInstances"),
        lambda answer: None if answer["Engine"] in billing.OTHER_SERVICES else _db_instance(answer, aws, dates),
    )


def _db_instance(answer: dict[str, Any], aws: Aws, dates: SupportDates) -> DbInstance:
    engine, version = answer["Engine"], answer["EngineVersion"]
    named = tags.from_list(answer.get("TagList"))
    enrolled = answer.get("EngineLifecycleSupport") != extended_support.DISABLED
    disk = _disk(engine, answer, "Iops")
    return DbInstance(
        arn=answer["DBInstanceArn"],
        id=answer["DBInstanceIdentifier"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=answer.get("InstanceCreateTime"),
        also_bills=DB_INSTANCE.also_bills(answer),
        engine=engine,
        version=version,
        instance_class=answer["DBInstanceClass"],
        status=answer["DBInstanceStatus"],
        multi_az=answer.get("MultiAZ", False),
        disk=disk,
        cluster=answer.get("DBClusterIdentifier", ""),
        deletion_protection=answer.get("DeletionProtection", False),
        restarts=answer.get("AutomaticRestartTime"),
        support=dates.lifecycle(engine, version) if enrolled else None,
        place=placement.place_of(answer, aws.region),
        more_disks=(
            *([billing.log_volume(disk)] if answer.get("DedicatedLogVolume") else []),
            *(_disk(engine, volume, "IOPS") for volume in answer.get("AdditionalStorageVolumes", ())),
        ),
        public=billing.is_public(answer),
        own_secret=bool(answer.get("MasterUserSecret")),
        source=answer.get("ReadReplicaSourceDBInstanceIdentifier") or answer.get("ReadReplicaSourceDBClusterIdentifier") or "",
        feeds=bool(answer.get("ReadReplicaDBInstanceIdentifiers") or answer.get("ReadReplicaDBClusterIdentifiers")),
        mounted=answer.get("ReplicaMode") == "mounted",
        pending=frozenset(answer.get("PendingModifiedValues", ())),
        promotion_tier=answer.get("PromotionTier"),
        grows_to_gib=answer.get("MaxAllocatedStorage") or 0,
    )


def _disk(engine: str, described: Mapping[str, Any], iops: str) -> Disk:
    """`iops`: how the description of it calls its IOPS."""
    return Disk(
        engine,
        described.get("StorageType", "standard"),
        described.get("AllocatedStorage", 0),
        described.get(iops) or 0,
        described.get("StorageThroughput") or 0,
    )
