"""How much is read from a table and its indexes and written to them, by the hour and by the minute.

Hours add up to what a month consumes, and a busy hour tells that a minute of it was at least as busy. What a capacity has to last for
are minutes: they are asked only of tables whose hours leave it open. DynamoDB counts in seconds, which no metric shows; it lends unused
capacity of the last five minutes to such bursts, and the headroom above the busiest minute leaves some to lend.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from functions.core.limits import Limits, Threshold
from functions.core.money import HOURS_PER_MONTH
from functions.core.usage import Metric, Series
from functions.scanners.dynamodb.table.collector import Table, Units, dimensions

NAMESPACE = "AWS/DynamoDB"
HOUR, MINUTE = 3_600, 60

# AWS reports both for each table and index, zeros too while nothing is consumed: no datapoint is no silence. Only Sum is a quantity, the
# other statistics are of single requests. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
READS = Metric(NAMESPACE, "ConsumedReadCapacityUnits", "Sum", dimensions, period=HOUR)
WRITES = Metric(NAMESPACE, "ConsumedWriteCapacityUnits", "Sum", dimensions, period=HOUR)
MINUTE_READS = Metric(NAMESPACE, "ConsumedReadCapacityUnits", "Sum", dimensions, window="minute_days", period=MINUTE)
MINUTE_WRITES = Metric(NAMESPACE, "ConsumedWriteCapacityUnits", "Sum", dimensions, window="minute_days", period=MINUTE)
# Sparse: nothing is reported while nothing is throttled. https://github.com/mackerelio/mackerel-agent-plugins/pull/409
THROTTLED_READS = Metric(NAMESPACE, "ReadThrottleEvents", "Sum", dimensions, window="minute_days", sparse=True)
THROTTLED_WRITES = Metric(NAMESPACE, "WriteThrottleEvents", "Sum", dimensions, window="minute_days", sparse=True)

MONTH = Threshold(30, "a month, as DynamoDB's guide looks back for what is unused", minimum=1, maximum=455)
MINUTES = Threshold(14, "two weeks see every weekly job twice, and CloudWatch keeps minutes for 15 days", minimum=1, maximum=14)
TARGET = Threshold(70, "the share of it that auto scaling aims at by default: the rest is for what a minute's average hides", 1, 100)


def consumed(table: Table, reads: Metric = READS, writes: Metric = WRITES) -> list[tuple[Series, Series]]:
    """What was read and written of each part."""
    return list(zip(table.usage.each(reads), table.usage.each(writes), strict=True))


def monthly(table: Table) -> list[Units]:
    """What each part consumes in a month of 730 hours, if it goes on as in the window."""
    return [Units(_month(read), _month(written)) for read, written in consumed(table)]


def _month(hours: Series) -> float:
    return hours.total * HOURS_PER_MONTH / hours.count if hours.count else 0.0


def busiest(table: Table, reads: Metric, writes: Metric) -> list[Units]:
    """Units a second in the busiest period of each part."""
    return [Units(read.maximum / read.period, written.maximum / written.period) for read, written in consumed(table, reads, writes)]


def needed(peaks: Sequence[Units], limits: Limits) -> list[Units]:
    """What to provision for peaks, with headroom; DynamoDB provisions one unit at least."""
    return [Units(_capacity(one.read, limits), _capacity(one.write, limits)) for one in peaks]


def _capacity(peak: float, limits: Limits) -> int:
    return max(1, math.ceil(round(peak * 100 / limits.target_percent, 6)))
