"""What an instance asks of its hardware: the metrics that tell, and whether a smaller type of its family would have enough.

CPU is judged as AWS Compute Optimizer does: so many of all five-minute maxima (99.5 %) leave a headroom on the target. Every hour's
maximum is one of its five-minute maxima, so what fits by the hours fits, and what too many hours exceed does not: the long series is only
asked for in between. All others are the busiest minute of the days looked at, against what the target sustains without credits.
https://docs.aws.amazon.com/compute-optimizer/latest/ug/rightsizing-preferences.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from functions.core.limits import Limits
from functions.core.usage import Metric, Series
from functions.scanners.ec2 import burstable
from functions.scanners.ec2.instance.collector import Instance, dimensions
from functions.scanners.ec2.instance.sizes import Size

HOUR, FIVE_MINUTES, MINUTE = 3_600, 300, 60
PEAK_SHARE = 0.995
"""Of Compute Optimizer's default, P99.5."""
BITS = 8

CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, period=HOUR)
CPU_FINE = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, period=FIVE_MINUTES)


def _peak(name: str, sparse: bool = False) -> Metric:
    return Metric("AWS/EC2", name, "Maximum", dimensions, sparse=sparse)


# What a datapoint holds came within one minute, or with basic monitoring within five at most: as if within one, it is the most.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
NETWORK = (_peak("NetworkIn"), _peak("NetworkOut"))
# Only Nitro reports these (same page), so nothing is not no use: whether they are there is looked at.
EBS_BYTES = (_peak("EBSReadBytes", sparse=True), _peak("EBSWriteBytes", sparse=True))
EBS_OPERATIONS = (_peak("EBSReadOps", sparse=True), _peak("EBSWriteOps", sparse=True))


def _linux(instance: Instance) -> list[Mapping[str, str]]:
    return [] if _windows(instance) else [dimensions(instance)]


def _on_windows(instance: Instance) -> list[Mapping[str, str]]:
    return [{**dimensions(instance), "objectname": "Memory"}] if _windows(instance) else []


def _windows(instance: Instance) -> bool:
    return "windows" in instance.platform.lower()


# Of the CloudWatch agent, where it runs and adds no other dimension; nothing is not no use.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html
MEMORY = Metric("CWAgent", "mem_used_percent", "Maximum", _linux, sparse=True)
COMMITTED = Metric("CWAgent", "Memory % Committed Bytes In Use", "Maximum", _on_windows, sparse=True)
BESIDE_CPU = (*NETWORK, *EBS_BYTES, *EBS_OPERATIONS, MEMORY, COMMITTED)


class Fits(Enum):
    """Whether CPU use fits on a type; `OPEN`: the hours do not tell."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@dataclass(slots=True, frozen=True)
class Load:
    """The busiest minute of an instance: megabytes and operations a second, and the percent of its memory. None: not known.

    `committed`: of Windows, percent of what memory and page file allow together, which is not the memory in use.
    """

    network_mbps: float
    ebs_mbps: float | None
    ebs_iops: float | None
    memory: float | None
    committed: float | None


def load_of(instance: Instance, limits: Limits) -> Load:
    """KeyError where the network's metrics are not there."""
    usage = instance.usage

    def peaks(metrics: tuple[Metric, ...]) -> float | None:
        found = [_whole(part, limits) for metric in metrics for part in (usage.each(metric) if metric in usage else ())]
        return None if len(found) < len(metrics) or None in found else sum(filter(None, found))

    ebs, operations = peaks(EBS_BYTES), peaks(EBS_OPERATIONS)
    return Load(
        network_mbps=sum(usage[metric].maximum for metric in NETWORK) / MINUTE / 1e6,
        ebs_mbps=None if ebs is None else ebs / MINUTE / 1e6,
        ebs_iops=None if operations is None else operations / MINUTE,
        memory=peaks((MEMORY,)),
        committed=peaks((COMMITTED,)),
    )


def _whole(series: Series, limits: Limits) -> float | None:
    """The largest value of a metric that need not be there; None where too much of it is missing."""
    return series.maximum if series.coverage >= limits.min_datapoints else None


def most_cpu(size: Size, target: Size, limits: Limits) -> float:
    """The percent of the present vCPUs that leave the headroom on those of the target."""
    return limits.max_cpu_percent * target.vcpus / size.vcpus


def cpu_fits(instance: Instance, size: Size, target: Size, limits: Limits) -> Fits:
    """By all that is known. The hours alone leave open what a few of them exceed: then it is for the five-minute maxima to say."""
    hours, most = instance.usage[CPU], most_cpu(size, target, limits)
    if not _credits_last(hours, size, target):
        return Fits.NO
    fine = instance.usage.get(CPU_FINE)
    if fine is not None:
        return Fits.YES if fine.percentile(PEAK_SHARE) <= most else Fits.NO
    if hours.percentile(PEAK_SHARE) <= most:
        return Fits.YES
    return Fits.OPEN if sum(value > most for value in hours.values) <= _may_exceed(hours) else Fits.NO


def _may_exceed(hours: Series) -> int:
    """How many of the five-minute maxima of so many hours may be above what 99.5 % of them are not."""
    points = hours.expected * HOUR // FIVE_MINUTES
    return points - math.ceil(round(PEAK_SHARE * points, 9))


def _credits_last(hours: Series, size: Size, target: Size) -> bool:
    """True where the target needs no credits, or earns enough for the busiest day, whose use is at most the mean of its hourly maxima."""
    if not target.bursts:
        return True
    sustained = burstable.baseline(target.kind)
    return sustained is not None and busiest_day(hours) * size.vcpus / target.vcpus <= sustained


def busiest_day(hours: Series) -> float:
    """The largest mean of the values of as many hours in a row as a balance of credits holds; of fewer, where there are fewer."""
    values, width = hours.values, burstable.HOURS_OF_CREDITS
    runs = (values[first : first + width] for first in range(max(1, len(values) - width + 1)))
    return max((math.fsum(run) / len(run) for run in runs if run), default=0.0)


def bandwidth_fits(load: Load, target: Size) -> bool:
    """The target sustains the busiest minute of the network and of EBS, as far as both are known."""
    network = None if target.network_gbps is None else target.network_gbps * 1_000 / BITS
    pairs = ((load.network_mbps, network), (load.ebs_mbps, target.ebs_mbps), (load.ebs_iops, target.ebs_iops))
    return all(used is None or cap is None or used <= cap for used, cap in pairs)


def memory_fits(load: Load, size: Size, target: Size, limits: Limits) -> bool:
    """What it uses, and what it has committed, leave the headroom in the target's memory, as far as they are known."""
    used = [percent for percent in (load.memory, load.committed) if percent is not None]
    return all(percent * size.memory_mib <= limits.max_memory_percent * target.memory_mib for percent in used)
