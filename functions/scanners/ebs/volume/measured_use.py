"""What a volume needs: what its busiest five minutes of the window needed, a weekly job's too.

All are asked for their hours, which say at least how busy five minutes were, and at most. Five-minute data, twelve times as much, are asked
only of the volumes whose verdict this leaves open. A percentile of the hours would leave out the very job that the window is there for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from functions.core.limits import Limits, Threshold
from functions.core.model import Evidence, InsufficientData
from functions.core.usage import Metric, Series
from functions.scanners.ebs.volume.collector import Volume, dimensions


# Sparse: volumes of Xen instances report bytes only in periods with activity of that direction, so a missing half is zero as long
# as the other half is there. https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html
def _every(seconds: int) -> tuple[Metric, Metric, Metric, Metric]:
    """Operations and bytes, reads and writes, of each so many seconds."""

    def metric(name: str) -> Metric:
        return Metric("AWS/EBS", name, "Sum", dimensions, period=seconds, sparse=True)

    return metric("VolumeReadOps"), metric("VolumeWriteOps"), metric("VolumeReadBytes"), metric("VolumeWriteBytes")


HOURLY, FIVE_MINUTES = _every(3_600), _every(300)
IO_METRICS = (*HOURLY, *FIVE_MINUTES)
MIB = 1024 * 1024
IN_AN_HOUR = 12
"""So many times five minutes are in an hour, and all that it did may have happened in one of them."""

WINDOW = Threshold(14, "two weeks see every weekly job twice", minimum=1, maximum=63)
HEADROOM = Threshold(1.2, "even the busiest five minutes have seconds above their average: keep a fifth above them", minimum=1)
DATAPOINTS = Threshold(0.9, "share of the hours, or five minutes, that must have datapoints before it is judged", maximum=1)


@dataclass(slots=True, frozen=True)
class Use:
    """What a volume did, period by period: IOPS and MiB/s."""

    iops: Series
    mibps: Series

    @property
    def coverage(self) -> float:
        return min(self.iops.coverage, self.mibps.coverage)


@dataclass(slots=True, frozen=True)
class Peak:
    """The busiest five minutes: they had `least` IOPS or MiB/s, and at most `most`; these are equal where they were measured."""

    least: float
    most: float

    @classmethod
    def within(cls, hours: Series, provisioned: float) -> Peak:
        """What an hour tells of its five minutes: at least its average, at most all of it, and not more than the volume can do."""
        return cls(hours.maximum, max(hours.maximum, min(IN_AN_HOUR * hours.maximum, provisioned)))


@dataclass(slots=True, frozen=True)
class Measured:
    """What is known of a volume's use; `minutes` is None where its hours are enough, or five minutes were not asked for yet."""

    hours: Use
    minutes: Use | None
    iops: Peak
    mibps: Peak

    def too_few(self, limits: Limits) -> InsufficientData | None:
        """Too few datapoints to judge by."""
        for use, what in ((self.hours, "hours"), (self.minutes, "periods of five minutes")):
            if use is not None and use.coverage < limits.min_datapoints:
                return InsufficientData(f"I/O metrics: {use.iops.count} and {use.mibps.count} of {use.iops.expected} {what}")
        return None

    def evidence(self, limits: Limits) -> Evidence:
        """The largest use, and for what the target is large enough."""
        minutes = self.minutes
        return {
            "busiest_hour_iops": round(self.hours.iops.maximum, 1),
            "busiest_hour_mibps": round(self.hours.mibps.maximum, 2),
            "busiest_five_minutes_iops": None if minutes is None else round(minutes.iops.maximum, 1),
            "busiest_five_minutes_mibps": None if minutes is None else round(minutes.mibps.maximum, 2),
            "sized_for": f"the busiest five minutes of {limits.window_days:g} days plus {100 * (limits.headroom - 1):.3g} %",
            "hours_measured": self.hours.iops.count,
            "hours_expected": self.hours.iops.expected,
        }


def measured(volume: Volume) -> Measured:
    """By the five minutes where they are there, else by what the hours say of them. What an io1 or io2 volume may transfer is not known."""
    hours = _use(volume, HOURLY)
    if FIVE_MINUTES[0] in volume.usage:
        minutes = _use(volume, FIVE_MINUTES)
        iops, mibps = (max(one.maximum, other.maximum) for one, other in ((minutes.iops, hours.iops), (minutes.mibps, hours.mibps)))
        return Measured(hours, minutes, Peak(iops, iops), Peak(mibps, mibps))
    return Measured(hours, None, Peak.within(hours.iops, volume.iops), Peak.within(hours.mibps, volume.throughput_mibps or float("inf")))


def _use(volume: Volume, metrics: tuple[Metric, Metric, Metric, Metric]) -> Use:
    read_ops, write_ops, read_bytes, write_bytes = (volume.usage[metric] for metric in metrics)
    return Use(_rate(read_ops, write_ops, 1), _rate(read_bytes, write_bytes, MIB))


def _rate(reads: Series, writes: Series, unit: int) -> Series:
    """Reads and writes of the same moment added, per second, in `unit`s. Their maxima must not be added: the peaks differ."""
    sums: dict[datetime, float] = defaultdict(float)
    for series in (reads, writes):
        for moment, value in zip(series.times, series.values, strict=True):
            sums[moment] += value
    moments = sorted(sums)
    return Series([sums[moment] / reads.period / unit for moment in moments], moments, reads.expected, reads.period)
