"""How busy a DB instance is: the metrics of its storage and network, hour by hour, and what two of them make together.

RDS reports every minute. The maximum of an hour is that of its busiest minute, so a percentile of hourly maxima is never below that of the
minutes, and costs a sixtieth of the datapoints. All are reported as long as the instance runs, zeros too: not sparse.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.core.usage import Metric, Series, Usage
from functions.scanners.rds.db_instance.collector import DbInstance

HOUR = 3_600
MIB = 1024**2


def of_instance(instance: DbInstance) -> Mapping[str, str]:
    """The dimension of all that an instance reports."""
    return {"DBInstanceIdentifier": instance.id}


def _of_its_volumes(instance: DbInstance) -> Sequence[Mapping[str, str]]:
    """The storage of an Aurora instance is its cluster's, over the network."""
    return [] if instance.aurora else [of_instance(instance)]


def _of_its_cluster(instance: DbInstance) -> Sequence[Mapping[str, str]]:
    return [of_instance(instance)] if instance.aurora else []


READ_IOPS = Metric("AWS/RDS", "ReadIOPS", "Maximum", _of_its_volumes, period=HOUR)
WRITE_IOPS = Metric("AWS/RDS", "WriteIOPS", "Maximum", _of_its_volumes, period=HOUR)
READ_BYTES = Metric("AWS/RDS", "ReadThroughput", "Maximum", _of_its_volumes, period=HOUR)
WRITTEN_BYTES = Metric("AWS/RDS", "WriteThroughput", "Maximum", _of_its_volumes, period=HOUR)
RECEIVED_BYTES = Metric("AWS/RDS", "NetworkReceiveThroughput", "Maximum", of_instance, period=HOUR)
SENT_BYTES = Metric("AWS/RDS", "NetworkTransmitThroughput", "Maximum", of_instance, period=HOUR)
# Not in those: what an Aurora instance and its cluster's storage send each other.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
STORAGE_RECEIVED_BYTES = Metric("AWS/RDS", "StorageNetworkReceiveThroughput", "Maximum", _of_its_cluster, period=HOUR)
STORAGE_SENT_BYTES = Metric("AWS/RDS", "StorageNetworkTransmitThroughput", "Maximum", _of_its_cluster, period=HOUR)
STORAGE = (READ_IOPS, WRITE_IOPS, READ_BYTES, WRITTEN_BYTES)
NETWORK = (RECEIVED_BYTES, SENT_BYTES, STORAGE_RECEIVED_BYTES, STORAGE_SENT_BYTES)


def together(usage: Usage, *metrics: Metric) -> Series:
    """The sum of several metrics, hour by hour, where all of them have a value: their maxima together are never below the maximum of their
    sum. Metrics that this resource does not have add nothing.
    """
    parts = [series for metric in metrics for series in usage.each(metric)]
    by_time = [dict(zip(series.times, series.values, strict=True)) for series in parts]
    times = [moment for moment in (parts[0].times if parts else ()) if all(moment in values for values in by_time)]
    values = [sum(of[moment] for of in by_time) for moment in times]
    return Series(values, times, max((series.expected for series in parts), default=0), HOUR)
