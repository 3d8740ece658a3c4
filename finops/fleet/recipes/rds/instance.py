"""RDS instances: idle, stopped, of an old class, not on Graviton, with a standby for tests, past their support; and all databases' bill."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from finops.fleet.bill.billable import RDS, Adding
from finops.fleet.recipes.ec2.sizing import FOUR_WEEKS, by_use
from finops.fleet.register import bills, recipe
from finops.fleet.rules import WEEK, always, charged_within, measured, measured_hourly, not_seen, older_than
from finops.fleet.scope import Scope, tags

DB_INSTANCE = "rds:db-instance"
ONE = {DB_INSTANCE: 1}
FORECAST_DAYS = 180

POSTGRES, MYSQL, OLD_MYSQL = ("postgres", "17.4"), ("mysql", "8.4.5"), ("mysql", "5.7.44")
AURORA_POSTGRES, OLD_AURORA_MYSQL = ("aurora-postgresql", "17.4"), ("aurora-mysql", "5.7.mysql_aurora.2.11.3")
CHARGED_FROM = {
    POSTGRES: date(2030, 3, 1),
    MYSQL: date(2029, 8, 1),
    OLD_MYSQL: date(2024, 3, 1),
    AURORA_POSTGRES: date(2030, 3, 1),
    OLD_AURORA_MYSQL: date(2024, 12, 1),
}
"""The first day of Extended Support charges, from AWS's release calendars: the years are far enough away for a long life of this fleet.

https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html
"""
ENGINES = {
    "postgres": ("postgresql", "PostgreSQL", "0014"),
    "mysql": ("mysql", "MySQL", "0002"),
    "mariadb": ("mariadb", "MariaDB", "0018"),
    "aurora-postgresql": ("aurora-postgresql", "Aurora PostgreSQL", "0021"),
    "aurora-mysql": ("aurora-mysql", "Aurora MySQL", "0016"),
}
"""Engine → the price book's name, AWS's name for it on bills, and the code that ends the operation of its instances there."""
CREATED = "CreateDBInstance"
"""The operation of all that RDS bills, without a code where the engine makes no difference to the price."""
PROVISIONED = {"io1": "PIOPS"}
"""Storage whose IOPS bill, and how the usage types of it begin."""
NO_PASSWORD = "fleet-of-samples"  # noqa: S105  # RDS asks for one; nothing listens behind it


def create(
    scope: Scope,
    name: str,
    dice: Random,
    kind: str,
    engine: tuple[str, str] = POSTGRES,
    multi_az: bool = False,
    env: str = "prod",
    **storage: Any,
) -> str:
    """A DB instance with 100 GiB of gp3, or the `storage` given; its ARN. Counts it, and says whether its version is charged for."""
    made: str = scope.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass=kind,
        Engine=engine[0],
        EngineVersion=engine[1],
        MultiAZ=multi_az,
        MasterUsername="fleet",
        MasterUserPassword=NO_PASSWORD,
        Tags=tags(name, dice, env=env),
        **{"AllocatedStorage": 100, "StorageType": "gp3", **storage},
    )["DBInstance"]["DBInstanceArn"]
    scope.book.count(DB_INSTANCE)
    scope.book.plant(made, "rds-extended-support", charged_within(FORECAST_DAYS, CHARGED_FROM[engine]))
    return made


def connections(scope: Scope, name: str, most: float, days: range = WEEK, by: str = "DBInstanceIdentifier") -> None:
    """The most connections at once on each of these days."""
    scope.daily("AWS/RDS", "DatabaseConnections", {by: name}, most, days)


@recipe(ONE, weight=1)
def idle_database(scope: Scope, name: str, dice: Random) -> None:
    """No connection for a week."""
    made = create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 0)
    scope.book.plant(made, "rds-idle-instance", measured(7))


@recipe(ONE)
def one_connection(scope: Scope, name: str, dice: Random) -> None:
    """One is somebody."""
    made = create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 1)
    scope.book.near_miss(made, "rds-idle-instance")


@recipe(ONE)
def idle_but_one_day_unmeasured(scope: Scope, name: str, dice: Random) -> None:
    """6 of 7 days are 86 %."""
    made = create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 0, range(1, 7))
    scope.book.near_miss(made, "rds-idle-instance")


@recipe(ONE, weight=3)
def busy_database(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: Graviton, a supported version, people at work."""
    made = create(scope, name, dice, dice.choice(("db.m6g.large", "db.r6g.large")), dice.choice((POSTGRES, MYSQL)))
    connections(scope, name, dice.randint(5, 90))
    for check in ("rds-idle-instance", "rds-stopped-instance", "rds-old-generation", "rds-graviton", "rds-extended-support"):
        scope.book.near_miss(made, check)


@recipe(ONE)
def stopped_database(scope: Scope, name: str, dice: Random) -> None:
    """It bills its storage, and starts by itself."""
    made = create(scope, name, dice, "db.m6g.large")
    scope.client("rds").stop_db_instance(DBInstanceIdentifier=name)
    scope.book.plant(made, "rds-stopped-instance", older_than(30))


@recipe(ONE)
def stopped_for_the_night(scope: Scope, name: str, dice: Random) -> None:
    """It is stopped at this moment, and people worked with it on every day."""
    made = create(scope, name, dice, "db.m6g.large")
    connections(scope, name, 20)
    scope.client("rds").stop_db_instance(DBInstanceIdentifier=name)
    scope.book.near_miss(made, "rds-stopped-instance")
    scope.book.plant(made, "rds-stopped-instance", not_seen(30, WEEK))


@recipe(ONE)
def stopped_database_of_an_old_class(scope: Scope, name: str, dice: Random) -> None:
    """Its compute is not billed, so a newer class saves nothing."""
    made = create(scope, name, dice, "db.m4.large")
    scope.client("rds").stop_db_instance(DBInstanceIdentifier=name)
    scope.book.plant(made, "rds-stopped-instance", older_than(30))
    scope.book.near_miss(made, "rds-old-generation")


@recipe(ONE)
def old_class(scope: Scope, name: str, dice: Random) -> None:
    """m4 costs more than m5, and has no Graviton class of its own time."""
    made = create(scope, name, dice, "db.m4.large")
    connections(scope, name, 20)
    scope.book.plant(made, "rds-old-generation", always)


@recipe(ONE, weight=1)
def database_not_on_graviton(scope: Scope, name: str, dice: Random) -> None:
    """PostgreSQL and MySQL run on Graviton unchanged."""
    engine = dice.choice((POSTGRES, MYSQL))
    made = create(scope, name, dice, "db.m5.large", engine)
    connections(scope, name, 20)
    scope.book.plant(made, "rds-graviton", always)
    scope.book.near_miss(made, "rds-old-generation")


@recipe(ONE)
def standby_for_tests(scope: Scope, name: str, dice: Random) -> None:
    """Multi-AZ, and a tag says that it is for development."""
    made = create(scope, name, dice, "db.m6g.large", multi_az=True, env="dev")
    connections(scope, name, 20)
    scope.book.plant(made, "rds-multi-az-non-production", always)


@recipe(ONE)
def standby_for_production(scope: Scope, name: str, dice: Random) -> None:
    """The same for production."""
    made = create(scope, name, dice, "db.m6g.large", multi_az=True)
    connections(scope, name, 20)
    scope.book.near_miss(made, "rds-multi-az-non-production")


@recipe(ONE)
def database_for_tests(scope: Scope, name: str, dice: Random) -> None:
    """For development, and without a standby."""
    made = create(scope, name, dice, "db.m6g.large", env="dev")
    connections(scope, name, 20)
    scope.book.near_miss(made, "rds-multi-az-non-production")


@recipe(ONE)
def database_past_its_support(scope: Scope, name: str, dice: Random) -> None:
    """MySQL 5.7. (On Graviton it does not run, so this is one of the x86_64 classes.)"""
    made = create(scope, name, dice, "db.m5.large", OLD_MYSQL)
    connections(scope, name, 20)
    scope.book.near_miss(made, "rds-graviton")


def _used_by_day(scope: Scope, name: str, dice: Random, env: str) -> str:
    """Four weeks with connections in working hours; its ARN."""
    made = create(scope, name, dice, "db.m6g.large", env=env)
    for hours, most in zip(by_use(scope, FOUR_WEEKS), (12.0, 0.0), strict=True):
        scope.hourly("AWS/RDS", "DatabaseConnections", {"DBInstanceIdentifier": name}, most, hours)
    return made


@recipe(ONE)
def database_quiet_at_night(scope: Scope, name: str, dice: Random) -> None:
    """For tests, and nobody is connected outside of working hours."""
    scope.book.plant(_used_by_day(scope, name, dice, "test"), "rds-schedulable-instance", measured_hourly(28, FOUR_WEEKS))


@recipe(ONE)
def prod_database_quiet_at_night(scope: Scope, name: str, dice: Random) -> None:
    """The same for production."""
    scope.book.near_miss(_used_by_day(scope, name, dice, "prod"), "rds-schedulable-instance")


@bills
def databases(adding: Adding) -> None:
    """Their hours unless they are stopped, and their storage unless it is Aurora's, which is billed by its use: nothing describes that."""
    for database in adding.listed("rds", "describe_db_instances", "DBInstances"):
        book, platform, code = ENGINES[database["Engine"]]
        if database["DBInstanceClass"] == "db.serverless":  # bills what it scales to, which nothing describes
            continue
        kind, two = database["DBInstanceClass"], bool(database["MultiAZ"])
        where = "multi-az" if two else "single-az"
        if database["DBInstanceStatus"] != "stopped":
            name = f"{'Multi-AZUsage' if two else 'InstanceUsage'}:{kind}"
            adding.hours(RDS, name, "AmazonRDS", f"ondemand.{book}.{where}.{kind}", kind, platform, f"{CREATED}:{code}")
        if not book.startswith("aurora"):
            storage, zones = str(database["StorageType"]), f"RDS:{'Multi-AZ-' if two else ''}"
            name = f"{zones}{PROVISIONED.get(storage, storage.upper())}-Storage"
            adding.monthly(RDS, name, "AmazonRDS", f"storage.{where}.{storage}", database["AllocatedStorage"], operation=CREATED)
            if storage in PROVISIONED:
                iops = f"iops.{storage}.{where}"
                adding.monthly(RDS, f"{zones}PIOPS", "AmazonRDS", iops, database["Iops"], "IOPS-Mo", operation=CREATED)
