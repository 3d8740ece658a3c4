"""DB instances with a load, made up for tests: so busy, hour by hour, and so much memory free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from functions.core.usage import Metric, Series, Usage
from functions.scanners.rds.class_sizes import GIB, capacity
from functions.scanners.rds.db_instance.collector import DbInstance
from functions.scanners.rds.db_instance.load import (
    HOUR,
    MIB,
    READ_BYTES,
    READ_IOPS,
    RECEIVED_BYTES,
    SENT_BYTES,
    STORAGE_RECEIVED_BYTES,
    STORAGE_SENT_BYTES,
    WRITE_IOPS,
    WRITTEN_BYTES,
)
from functions.scanners.rds.db_instance.rightsize import CPU, CPU_BY_HOUR, FREE_MEMORY, SWAP
from functions.scanners.rds.db_instance.unused import CONNECTIONS
from tests.functions.scanners.rds.samples import NOW, daily, db_instance

DAYS = 14
HOURS = DAYS * 24
FIVE_MINUTES = HOURS * 12


def spread(values: Sequence[float], seconds: int, expected: int | None = None) -> Series:
    """One value for each so many seconds, up to NOW."""
    times = [NOW - timedelta(seconds=seconds * (len(values) - index)) for index in range(len(values))]
    return Series(list(values), times, len(values) if expected is None else expected, seconds)


def flat(value: float, *others: float, points: int = HOURS, seconds: int = HOUR) -> Series:
    """The same value all the time, but for the last points."""
    return spread([value] * (points - len(others)) + list(others), seconds)


def with_storage_load(instance: DbInstance, read: Series, written: Series, mibps: float = 10.0, more: float = 0.0) -> DbInstance:
    """IOPS read and written, and half so many MiB/s of each; `more` in the last hour."""
    half = flat(mibps / 2 * MIB, max(mibps, more) / 2 * MIB)
    instance.usage = Usage({READ_IOPS: (read,), WRITE_IOPS: (written,), READ_BYTES: (half,), WRITTEN_BYTES: (half,)})
    return instance


def quiet(cpu: float = 20.0, free: float = 0.7, **changes: Any) -> DbInstance:
    """An instance of db.m5.xlarge with a load that the next size takes: percent of CPU, and the share of the memory that is free."""
    instance = db_instance(**{"instance_class": "db.m5.xlarge", **changes})
    size = capacity(instance.instance_class)
    memory = size.memory if size else GIB
    series: dict[Metric, Series | tuple[Series, ...]] = {
        FREE_MEMORY: daily([free * memory] * DAYS),
        SWAP: daily([0.0] * DAYS),
        CONNECTIONS: daily([40.0] * DAYS),
        CPU_BY_HOUR: flat(cpu),
        CPU: flat(cpu, points=FIVE_MINUTES, seconds=300),
        RECEIVED_BYTES: flat(5.0 * MIB),
        SENT_BYTES: flat(5.0 * MIB),
    }
    one, none = ((flat(1.0 * MIB),), ())
    for metric in (READ_BYTES, WRITTEN_BYTES):
        series[metric] = none if instance.aurora else one
    for metric in (READ_IOPS, WRITE_IOPS):
        series[metric] = none if instance.aurora else (flat(100.0),)
    for metric in (STORAGE_RECEIVED_BYTES, STORAGE_SENT_BYTES):
        series[metric] = one if instance.aurora else none
    instance.usage = Usage(series)
    return instance


def changed(instance: DbInstance, **series: Series) -> DbInstance:
    """With another series of a metric, by the metric's name; CPUUtilization is that of the hours, FiveMinutes the other one."""
    names = {metric.name: metric for metric in instance.usage.series if metric is not CPU} | {"FiveMinutes": CPU}
    found = {names[name]: one for name, one in series.items()}
    instance.usage = instance.usage.updated(found, {})
    return instance
