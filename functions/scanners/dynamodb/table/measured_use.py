"""How much is read from a table and its indexes and written to them, by the hour and by five minutes.

Hours add up to what a month consumes, and tell of their five minutes that one was at least as busy as the average, and none had more than
all of it. Five minutes are asked only of tables whose hours leave it open. A single minute may be up to five times as busy as they say,
and a second more: CloudWatch keeps minutes for 15 days only, and a month with its end and its beginning tells more of what comes again.
For such bursts DynamoDB lends the capacity that the five minutes before left unused, and the headroom leaves some to lend.
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
HOUR, FIVE_MINUTES = 3_600, 300

# AWS reports both for each table and index, zeros too while nothing is consumed: no datapoint is no silence. Only Sum is a quantity, the
# other statistics are of single requests. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
READS = Metric(NAMESPACE, "ConsumedReadCapacityUnits", "Sum", dimensions, period=HOUR)
WRITES = Metric(NAMESPACE, "ConsumedWriteCapacityUnits", "Sum", dimensions, period=HOUR)
FIVE_READS = Metric(NAMESPACE, "ConsumedReadCapacityUnits", "Sum", dimensions, period=FIVE_MINUTES)
FIVE_WRITES = Metric(NAMESPACE, "ConsumedWriteCapacityUnits", "Sum", dimensions, period=FIVE_MINUTES)
# Sparse: nothing is reported while nothing is throttled. https://github.com/mackerelio/mackerel-agent-plugins/pull/409
THROTTLED_READS = Metric(NAMESPACE, "ReadThrottleEvents", "Sum", dimensions, sparse=True)
THROTTLED_WRITES = Metric(NAMESPACE, "WriteThrottleEvents", "Sum", dimensions, sparse=True)

MONTH = Threshold(30, "a month, as DynamoDB's guide looks back for what is unused", minimum=1, maximum=63)
TARGET = Threshold(
    70, "the share of it that auto scaling aims at by default: the rest is for what an average of five minutes hides", 1, 100
)


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


def at_most(table: Table) -> list[Units]:
    """What the hours say of the busiest five minutes at most: all that the hour had may have been in them."""
    return [Units(read.maximum / FIVE_MINUTES, written.maximum / FIVE_MINUTES) for read, written in consumed(table)]


def needed(peaks: Sequence[Units], limits: Limits) -> list[Units]:
    """What to provision for peaks, with headroom; DynamoDB provisions one unit at least."""
    return [Units(_capacity(one.read, limits), _capacity(one.write, limits)) for one in peaks]


def _capacity(peak: float, limits: Limits) -> int:
    return max(1, math.ceil(round(peak * 100 / limits.target_percent, 6)))
