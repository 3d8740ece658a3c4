"""Aurora clusters: idle, past their support, or Serverless that may pause and does not."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from finops.fleet.recipes.rds.instance import (
    AURORA_POSTGRES,
    CHARGED_FROM,
    DB_INSTANCE,
    FORECAST_DAYS,
    NO_PASSWORD,
    OLD_AURORA_MYSQL,
    connections,
)
from finops.fleet.register import recipe
from finops.fleet.rules import TWO_WEEKS, charged_within, measured
from finops.fleet.scope import Scope, tags

DB_CLUSTER = "rds:db-cluster"
AURORA = {DB_CLUSTER: 1, DB_INSTANCE: 1}
NEVER_PAUSES = "aurora-serverless-never-pauses"


def cluster(
    scope: Scope, name: str, dice: Random, engine: tuple[str, str], members: int = 1, kind: str = "db.r6g.large", **more: Any
) -> str:
    """An Aurora cluster with instances, of Graviton unless another class is given; its ARN."""
    rds = scope.client("rds")
    made: str = rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine=engine[0],
        EngineVersion=engine[1],
        MasterUsername="fleet",
        MasterUserPassword=NO_PASSWORD,
        Tags=tags(name, dice, env="prod"),
        **more,
    )["DBCluster"]["DBClusterArn"]
    scope.book.count(DB_CLUSTER)
    for number in range(1, members + 1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBInstanceClass=kind,
            Engine=engine[0],
            EngineVersion=engine[1],
            DBClusterIdentifier=name,
        )
        scope.book.count(DB_INSTANCE)
    scope.book.plant(made, "aurora-extended-support", charged_within(FORECAST_DAYS, CHARGED_FROM[engine]))
    return made


@recipe({DB_CLUSTER: 1, DB_INSTANCE: 2})
def idle_cluster(scope: Scope, name: str, dice: Random) -> None:
    """No connection to any of its two instances. The instances are the cluster's: nothing is said of them."""
    made = cluster(scope, name, dice, AURORA_POSTGRES, members=2)
    connections(scope, name, 0, by="DBClusterIdentifier")
    for number in (1, 2):
        connections(scope, f"{name}-{number}", 0)
        scope.book.near_miss(scope.arn("rds", f"db:{name}-{number}"), "rds-idle-instance")
    scope.book.plant(made, "aurora-idle-cluster", measured(7))
    scope.book.near_miss(made, "aurora-extended-support")


@recipe(AURORA, weight=1)
def busy_cluster(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary."""
    made = cluster(scope, name, dice, AURORA_POSTGRES)
    connections(scope, name, 1, by="DBClusterIdentifier")
    scope.book.near_miss(made, "aurora-idle-cluster")


@recipe(AURORA)
def cluster_past_its_support(scope: Scope, name: str, dice: Random) -> None:
    """Aurora MySQL 2, which is MySQL 5.7. Its instance is charged through it."""
    cluster(scope, name, dice, OLD_AURORA_MYSQL)
    connections(scope, name, 9, by="DBClusterIdentifier")
    scope.book.near_miss(scope.arn("rds", f"db:{name}-1"), "rds-extended-support")


def that_may_pause(scope: Scope, name: str, dice: Random, least: Mapping[int, float]) -> str:
    """A Serverless v2 cluster with a minimum of 0 ACU, somebody connected, and so much capacity on each of these days; its ARN."""
    made = cluster(
        scope, name, dice, AURORA_POSTGRES, kind="db.serverless", ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 4}
    )
    connections(scope, f"{name}-1", 1)
    for day, acu in least.items():
        scope.daily("AWS/RDS", "ServerlessDatabaseCapacity", {"DBInstanceIdentifier": f"{name}-1"}, acu, [day])
    scope.book.near_miss(made, "aurora-idle-cluster")
    return made


@recipe(AURORA)
def serverless_that_never_pauses(scope: Scope, name: str, dice: Random) -> None:
    """Half a unit on every day of two weeks."""
    made = that_may_pause(scope, name, dice, dict.fromkeys(TWO_WEEKS, 0.5))
    scope.book.plant(made, NEVER_PAUSES, measured(14))


@recipe(AURORA)
def serverless_that_paused_once(scope: Scope, name: str, dice: Random) -> None:
    """The same, but for one day with a pause."""
    made = that_may_pause(scope, name, dice, {day: 0.0 if day == 3 else 0.5 for day in TWO_WEEKS})
    scope.book.near_miss(made, NEVER_PAUSES)
