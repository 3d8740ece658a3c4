"""Manual snapshots of databases, made up for tests: everything plain, until a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.core.usage import Metric, Series, Usage
from functions.scanners.rds.db_cluster_snapshot.collector import ClusterSnapshot
from functions.scanners.rds.db_snapshot.backup_storage import GIB, Backup
from tests.functions.scanners.rds.samples import ACCOUNT, REGION, daily, days_ago

PLAIN = Backup(
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:before-the-move",
    id="before-the-move",
    account=ACCOUNT,
    region=REGION,
    created=days_ago(60),
    database="orders",
    source="db-GONE",
    engine="postgres",
    status="available",
    source_exists=False,
    manual=True,
    taken=days_ago(60),
    allocated_gib=100,
    full_bytes=None,
    key="",
)
PLAIN_OF_CLUSTER = ClusterSnapshot(
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:before-the-move",
    id="before-the-move",
    account=ACCOUNT,
    region=REGION,
    created=days_ago(60),
    database="shop",
    source="cluster-GONE",
    engine="aurora-mysql",
    status="available",
    source_exists=False,
    copied=False,
    allocated_gib=0,
)


def backup(name: str = "before-the-move", age: float = 60, full_gib: float | None = None, **changes: Any) -> Backup:
    """Made and taken `age` days ago, unless a test says otherwise."""
    made = {"created": days_ago(age), "taken": days_ago(age), "full_bytes": None if full_gib is None else int(full_gib * GIB)}
    return replace(PLAIN, **{"arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}", "id": name, **made, **changes})


def cluster_snapshot(age: float = 60, **changes: Any) -> ClusterSnapshot:
    return replace(PLAIN_OF_CLUSTER, **{"created": days_ago(age), **changes})


def measured(**series: tuple[Metric, list[float]]) -> Usage:
    """Usage of so many days of each of these metrics, by any names."""
    known: dict[Metric, Series] = {metric: daily(values, 30) for metric, values in series.values()}
    return Usage(known)
