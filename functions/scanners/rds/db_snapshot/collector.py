"""Snapshots of RDS DB instances that somebody took, as DescribeDBSnapshots describes them: of which database, and what they may bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.prices.bills import described
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, collector
from functions.scanners.rds import billing
from functions.scanners.rds.db_snapshot.backup_storage import Backup, share_out
from functions.scanners.rds.manual_snapshot import MANUAL, find_source, gibibytes, mark_newest, moment, operator_of, text

IN_THE_REGION = "region"
"""The SnapshotTarget of one that is stored in the region, and not on an Outpost or in a Local Zone."""

DB_SNAPSHOT = described(
    "rds",
    "DBSnapshot",
    priced="""
        AdditionalStorageVolumes AllocatedStorage AvailabilityZone DbiResourceId Engine FullSnapshotSizeInBytes
        OriginalSnapshotCreateTime SnapshotAvailabilityZone SnapshotTarget SnapshotType Status
    """,
    free="""
        BackupRetentionPeriod DBInstanceIdentifier DBSnapshotArn DBSnapshotIdentifier DBSystemId DedicatedLogVolume Encrypted EngineVersion
        IAMDatabaseAuthenticationEnabled InstanceCreateTime Iops KmsKeyId LicenseModel MasterUsername MultiTenant OptionGroupName
        PercentProgress Port PreferredBackupWindow ProcessorFeatures SnapshotCreateTime SnapshotDatabaseTime SourceDBSnapshotIdentifier
        SourceRegion StorageEncryptionType StorageThroughput StorageType TagList TdeCredentialArn Timezone VpcId
    """,
)
"""What its members are for the bill: by what it stores. https://aws.amazon.com/rds/pricing/"""


@dataclass(slots=True, frozen=True)
class Database:
    """A DB instance that is there. `storage`: the id of what its storage is counted by, and how many GiB that has."""

    name: str
    storage: tuple[str, int]


@collector(
    "rds:db-snapshot",
    arns=["rds:*:*:snapshot:*"],
    iam=["rds:DescribeDBSnapshots", "rds:DescribeDBInstances"],
    resumes=BeginAnew("what a snapshot bills, all backups of the region tell together"),
    placed_by=["SnapshotTarget", "SnapshotAvailabilityZone", "AvailabilityZone"],
    bills=[DB_SNAPSHOT],
)
def db_snapshots(aws: Aws) -> Iterator[Backup]:
    """Every manual snapshot of a DB instance of our own. Automated ones, and those that others share, are none of these.

    All of them are listed first, because they are billed in one sum; then, where there is a manual one, the instances, in one listing.
    """
    found = list(aws.readable(aws.pages("rds", "DescribeDBSnapshots", "DBSnapshots"), lambda item: _snapshot(aws, item)))
    manual = [snapshot for snapshot in found if snapshot.manual]
    if not manual:
        return
    lost: list[Any] = []
    databases = dict(aws.readable(aws.pages("rds", "DescribeDBInstances", "DBInstances"), _database, lost))
    names = {source: database.name for source, database in databases.items()}
    share_out(found, None if lost else float(sum(dict(database.storage for database in databases.values()).values())))
    mark_newest(manual)
    for snapshot in manual:
        find_source(snapshot, names, not lost)
        yield snapshot


def _database(item: Mapping[str, Any]) -> tuple[str, Database]:
    """The instances of a Multi-AZ DB cluster have the same storage each, which counts once; Aurora's is not RDS's to count."""
    source, engine = text(item, "DbiResourceId") or item["DBInstanceArn"], text(item, "Engine")
    ours = engine not in billing.OTHER_SERVICES and not billing.is_aurora(engine)
    return source, Database(item["DBInstanceIdentifier"], (text(item, "DBClusterIdentifier") or source, _allocated(item) if ours else 0))


def _allocated(item: Mapping[str, Any]) -> int:
    """GiB of all volumes that the database has, or had."""
    more = item.get("AdditionalStorageVolumes", ())
    return gibibytes(item, "AllocatedStorage") + sum(gibibytes(volume, "AllocatedStorage") for volume in more)


def _snapshot(aws: Aws, item: Mapping[str, Any]) -> Backup | None:
    engine, arn, name = text(item, "Engine"), item["DBSnapshotArn"], item["DBSnapshotIdentifier"]
    if engine in billing.OTHER_SERVICES or billing.is_aurora(engine) or arn.split(":")[4] != aws.account:
        return None
    named, target = tags.from_list(item.get("TagList")), text(item, "SnapshotTarget")
    created = moment(item, "SnapshotCreateTime")
    return Backup(
        arn=arn,
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=created,
        place=place(
            aws.region,
            "" if target == IN_THE_REGION else target,
            item.get("SnapshotAvailabilityZone"),
            item.get("AvailabilityZone"),
        ),
        operator=operator_of(name),
        database=text(item, "DBInstanceIdentifier"),
        source=text(item, "DbiResourceId"),
        engine=engine,
        status=text(item, "Status"),
        # It only has a value in the case of a copy from another account or region.
        elsewhere=bool(text(item, "SourceDBSnapshotIdentifier")),
        manual=item["SnapshotType"] == MANUAL,
        taken=moment(item, "OriginalSnapshotCreateTime") or created,
        allocated_gib=_allocated(item),
        full_bytes=gibibytes(item, "FullSnapshotSizeInBytes") if "FullSnapshotSizeInBytes" in item else None,
        key=text(item, "KmsKeyId"),
    )
