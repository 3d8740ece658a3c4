"""DB instances with a class or with IOPS that they do not need, and replicas that nobody reads from; and what looks like them."""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.rds.instance import DB_INSTANCE, ONE, connections, create
from finops.fleet.register import recipe
from finops.fleet.rules import TWO_WEEKS, Moment, measured, measured_hourly
from finops.fleet.scope import Scope

OVERSIZED, IOPS, REPLICA = "rds-oversized-instance", "rds-overprovisioned-iops-instance", "rds-idle-replica"
WINDOW = 14
HOURS = range(1, WINDOW * 24 + 1)
GIB, MIB = 1024**3, 1024**2
TWO = {DB_INSTANCE: 2}


def _hourly(scope: Scope, name: str, metric: str, value: float) -> None:
    scope.hourly("AWS/RDS", metric, {"DBInstanceIdentifier": name}, value, HOURS)


def _daily(scope: Scope, name: str, metric: str, value: float) -> None:
    scope.daily("AWS/RDS", metric, {"DBInstanceIdentifier": name}, value, TWO_WEEKS)


def storage_load(scope: Scope, name: str, iops: float, mibps: float = 4) -> None:
    """So much in every hour, half of it reads."""
    for metric in ("ReadIOPS", "WriteIOPS"):
        _hourly(scope, name, metric, iops / 2)
    for metric in ("ReadThroughput", "WriteThroughput"):
        _hourly(scope, name, metric, mibps * MIB / 2)


def load(scope: Scope, name: str, cpu: float, free_gib: float) -> None:
    """Percent of its CPU in every hour, and the least free memory of every day; with a little of everything else."""
    _hourly(scope, name, "CPUUtilization", cpu)
    storage_load(scope, name, 200)
    for metric in ("NetworkReceiveThroughput", "NetworkTransmitThroughput"):
        _hourly(scope, name, metric, MIB)
    _daily(scope, name, "FreeableMemory", free_gib * GIB)
    _daily(scope, name, "SwapUsage", 0)
    connections(scope, name, 25, TWO_WEEKS)


def all_measured(moment: Moment) -> bool:
    """Old enough, with the days and the hours of two weeks."""
    return measured(WINDOW)(moment) and measured_hourly(WINDOW, HOURS)(moment)


@recipe(ONE)
def oversized_database(scope: Scope, name: str, dice: Random) -> None:
    """A fifth of its CPU and a quarter of its 16 GiB: half of it would do."""
    made = create(scope, name, dice, "db.m6g.xlarge")
    load(scope, name, cpu=20, free_gib=12)
    scope.book.plant(made, OVERSIZED, all_measured)
    scope.book.near_miss(made, "rds-idle-instance")


@recipe(ONE)
def database_with_a_full_cache(scope: Scope, name: str, dice: Random) -> None:
    """As little CPU, and less than half of its memory free."""
    made = create(scope, name, dice, "db.m6g.xlarge")
    load(scope, name, cpu=20, free_gib=7)
    scope.book.near_miss(made, OVERSIZED)


@recipe(ONE)
def database_with_a_busy_cpu(scope: Scope, name: str, dice: Random) -> None:
    """Half of its CPU is all of what half of it has."""
    made = create(scope, name, dice, "db.m6g.xlarge")
    load(scope, name, cpu=50, free_gib=12)
    scope.book.near_miss(made, OVERSIZED)


def _fast(scope: Scope, name: str, dice: Random, iops: float) -> str:
    """10,000 IOPS of io1, of which it needs so many; its ARN."""
    made = create(scope, name, dice, "db.m6g.large", AllocatedStorage=500, StorageType="io1", Iops=10_000)
    connections(scope, name, 25)
    storage_load(scope, name, iops)
    return made


@recipe(ONE)
def database_with_too_many_iops(scope: Scope, name: str, dice: Random) -> None:
    """A tenth of them; gp3 of that size includes more than all of them."""
    scope.book.plant(_fast(scope, name, dice, 1_000), IOPS, measured_hourly(WINDOW, HOURS))


@recipe(ONE)
def database_that_needs_its_iops(scope: Scope, name: str, dice: Random) -> None:
    """Nine tenths of them: twice that is more than gp3 includes."""
    scope.book.near_miss(_fast(scope, name, dice, 9_000), IOPS)


def _with_replica(scope: Scope, name: str, dice: Random, readers: float) -> str:
    """A database in use with a read replica that has so many connections; the replica's ARN."""
    source = create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 25, TWO_WEEKS)
    replica = f"{name}-reader"
    scope.client("rds").create_db_instance_read_replica(DBInstanceIdentifier=replica, SourceDBInstanceIdentifier=name)
    scope.book.count(DB_INSTANCE)
    connections(scope, replica, readers, TWO_WEEKS)
    made = scope.arn("rds", f"db:{replica}")
    for arn in (source, made):
        scope.book.near_miss(arn, "rds-idle-instance")
    scope.book.near_miss(source, REPLICA)
    return made


@recipe(TWO)
def idle_replica(scope: Scope, name: str, dice: Random) -> None:
    """Nobody was connected for two weeks."""
    scope.book.plant(_with_replica(scope, name, dice, 0), REPLICA, measured(WINDOW))


@recipe(TWO)
def replica_with_a_reader(scope: Scope, name: str, dice: Random) -> None:
    """One is somebody."""
    scope.book.near_miss(_with_replica(scope, name, dice, 1), REPLICA)
