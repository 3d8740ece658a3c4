"""Manual snapshots of databases, of RDS instances and of Aurora clusters: left over, old, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import RDS, Adding
from finops.fleet.recipes.rds.cluster import DB_CLUSTER, cluster
from finops.fleet.recipes.rds.instance import AURORA_POSTGRES, CREATED, DB_INSTANCE, NO_PASSWORD, POSTGRES, connections, create
from finops.fleet.register import bills, recipe
from finops.fleet.rules import WEEK, not_seen, older_than
from finops.fleet.scope import Scope, tags

SNAPSHOT, CLUSTER_SNAPSHOT = "rds:db-snapshot", "rds:db-cluster-snapshot"
ORPHAN, OLD = "rds-orphan-snapshot", "rds-old-snapshot"
AURORA_ORPHAN, AURORA_OLD = "aurora-orphan-snapshot", "aurora-old-snapshot"
MONTH, QUARTER = 30, 90
LARGE = 4_000
"""GiB: more than the databases of an account and region have together, so that backups bill there."""
GIB = 1024**3
SIGN = "CPUUtilization"


def of_an_instance(scope: Scope, instance: str, name: str, dice: Random, **more: str) -> str:
    """A snapshot of an instance that is there; its ARN. Counts it."""
    given = {"DBInstanceIdentifier": instance, "DBSnapshotIdentifier": name}
    scope.client("rds").create_db_snapshot(**given, Tags=tags(name, dice, **more))
    scope.book.count(SNAPSHOT)
    return scope.arn("rds", f"snapshot:{name}")


def of_an_instance_that_goes(
    scope: Scope, name: str, dice: Random, count: int = 1, size: int = 100, seen: Iterable[int] = (), **more: str
) -> list[str]:
    """Snapshots of an instance that is deleted, having run on these days; their ARNs."""
    rds = scope.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.m6g.large",
        Engine=POSTGRES[0],
        EngineVersion=POSTGRES[1],
        AllocatedStorage=size,
        MasterUsername="fleet",
        MasterUserPassword=NO_PASSWORD,
    )
    made = [of_an_instance(scope, name, f"{name}-{number}", dice, **more) for number in range(count)]
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    scope.daily("AWS/RDS", SIGN, {"DBInstanceIdentifier": name}, 12.0, seen)
    return made


@recipe({SNAPSHOT: 2}, weight=1)
def database_snapshots_left_over(scope: Scope, name: str, dice: Random) -> None:
    """Two of one large instance that is gone. Nobody says why they are kept, so one day they are old, too."""
    for made in of_an_instance_that_goes(scope, name, dice, 2, LARGE):
        scope.book.plant(made, ORPHAN, older_than(MONTH))
        scope.book.plant(made, OLD, older_than(QUARTER))


@recipe({SNAPSHOT: 1})
def snapshot_of_a_database_gone_today(scope: Scope, name: str, dice: Random) -> None:
    """Its instance ran yesterday, and may be restored from it tomorrow."""
    (made,) = of_an_instance_that_goes(scope, name, dice, seen=[1])
    scope.book.near_miss(made, ORPHAN)
    scope.book.plant(made, ORPHAN, not_seen(MONTH, [1]))
    scope.book.plant(made, OLD, older_than(QUARTER))


@recipe({SNAPSHOT: 1})
def database_snapshot_for_the_auditor(scope: Scope, name: str, dice: Random) -> None:
    """A tag says that it is kept on purpose."""
    (made,) = of_an_instance_that_goes(scope, name, dice, retention="seven years")
    for check in (ORPHAN, OLD):
        scope.book.near_miss(made, check)


@recipe({DB_INSTANCE: 1, SNAPSHOT: 1}, weight=1)
def database_with_a_snapshot(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary, until the snapshot is old: the instance is there, and in use."""
    create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 20)
    made = of_an_instance(scope, name, f"{name}-0", dice)
    scope.book.near_miss(made, ORPHAN)
    scope.book.plant(made, OLD, older_than(QUARTER))


def of_a_cluster(scope: Scope, of: str, name: str, dice: Random, gib: float, **more: str) -> str:
    """A snapshot of a cluster that is there; its ARN. CloudWatch measures so many GiB in the week before the fleet's moment. Counts it."""
    given = {"DBClusterIdentifier": of, "DBClusterSnapshotIdentifier": name}
    scope.client("rds").create_db_cluster_snapshot(**given, Tags=tags(name, dice, **more))
    scope.daily("AWS/RDS", "SnapshotStorageUsed", {"DBClusterIdentifier": of}, gib * GIB, WEEK)
    scope.book.count(CLUSTER_SNAPSHOT)
    return scope.arn("rds", f"cluster-snapshot:{name}")


def of_a_cluster_that_goes(scope: Scope, name: str, dice: Random, seen: Iterable[int] = (), **more: str) -> str:
    """A snapshot of a cluster that is deleted, whose instances ran on these days; its ARN."""
    rds = scope.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine=AURORA_POSTGRES[0],
        EngineVersion=AURORA_POSTGRES[1],
        MasterUsername="fleet",
        MasterUserPassword=NO_PASSWORD,
    )
    made = of_a_cluster(scope, name, f"{name}-0", dice, dice.choice((200, 800)), **more)
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    scope.daily("AWS/RDS", SIGN, {"DBClusterIdentifier": name}, 12.0, seen)
    return made


@recipe({CLUSTER_SNAPSHOT: 1}, weight=1)
def cluster_snapshot_left_over(scope: Scope, name: str, dice: Random) -> None:
    """Its cluster is gone, so that all of it bills."""
    made = of_a_cluster_that_goes(scope, name, dice)
    scope.book.plant(made, AURORA_ORPHAN, older_than(MONTH))
    scope.book.plant(made, AURORA_OLD, older_than(QUARTER))


@recipe({CLUSTER_SNAPSHOT: 1})
def snapshot_of_a_cluster_gone_today(scope: Scope, name: str, dice: Random) -> None:
    """Its cluster ran yesterday, and may be restored from it tomorrow."""
    made = of_a_cluster_that_goes(scope, name, dice, seen=[1])
    scope.book.near_miss(made, AURORA_ORPHAN)
    scope.book.plant(made, AURORA_ORPHAN, not_seen(MONTH, [1]))
    scope.book.plant(made, AURORA_OLD, older_than(QUARTER))


@recipe({CLUSTER_SNAPSHOT: 1})
def cluster_snapshot_for_the_auditor(scope: Scope, name: str, dice: Random) -> None:
    """A tag says that it is kept on purpose."""
    made = of_a_cluster_that_goes(scope, name, dice, retention="seven years")
    for check in (AURORA_ORPHAN, AURORA_OLD):
        scope.book.near_miss(made, check)


@recipe({DB_CLUSTER: 1, DB_INSTANCE: 1, CLUSTER_SNAPSHOT: 1})
def cluster_with_a_snapshot(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary, until the snapshot is old: the cluster is there, and in use."""
    cluster(scope, name, dice, AURORA_POSTGRES)
    connections(scope, f"{name}-1", 9)
    made = of_a_cluster(scope, name, f"{name}-0", dice, 50)
    scope.book.near_miss(made, AURORA_ORPHAN)
    scope.book.plant(made, AURORA_OLD, older_than(QUARTER))


@bills
def backups(adding: Adding) -> None:
    """One full copy of each database with a snapshot, beyond what the databases have, because as much is free. How large Aurora's are
    nothing describes.
    """
    holds = {one["DbiResourceId"]: one["AllocatedStorage"] for one in adding.listed("rds", "describe_db_snapshots", "DBSnapshots")}
    free = sum(
        one["AllocatedStorage"]
        for one in adding.listed("rds", "describe_db_instances", "DBInstances")
        if not one["Engine"].startswith("aurora")
    )
    adding.monthly(RDS, "RDS:ChargedBackupUsage", "AmazonRDS", "backup", max(0, sum(holds.values()) - free), operation=CREATED)
