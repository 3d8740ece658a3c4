"""Aurora clusters with I/O, made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.core.usage import Metric, Series, Usage
from functions.scanners.rds.db_cluster.collector import DbCluster, Member
from functions.scanners.rds.db_cluster.storage_costs import CAPACITY, GIB, READS, STORED, WRITES
from tests.functions.scanners.rds.samples import ACCOUNT, REGION, daily, db_cluster

DAYS = 14


def member(name: str, instance_class: str = "db.r5.large", status: str = "available") -> Member:
    """An instance of the cluster."""
    return Member(name, f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}", instance_class, status)


def doing(millions: float | Sequence[float], gib: float = 1_000.0, acu: Sequence[float] = (), **changes: Any) -> DbCluster:
    """A cluster with so many million operations on each day, half of them reads, and so many ACUs of each Serverless v2 instance."""
    days = list(millions) if isinstance(millions, Sequence) else [float(millions)] * DAYS
    half = daily([each * 1e6 / 2 for each in days], DAYS)
    series: dict[Metric, Series | tuple[Series, ...]] = {
        READS: half,
        WRITES: half,
        STORED: daily([gib * GIB] * DAYS),
        CAPACITY: tuple(daily([each] * DAYS) for each in acu),
    }
    cluster = db_cluster(**changes)
    cluster.usage = Usage(series)
    return cluster
