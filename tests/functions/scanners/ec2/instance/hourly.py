"""Series of an instance, made up for tests: two or four weeks of them up to the last full hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.ec2.instance import load
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.sizes import Size
from tests.functions.scanners.ec2.instance.samples import NOW, RUNNING

HOURS, POINTS = 336, 4_032
"""Of two weeks, and their five-minute periods."""
M5 = {
    "2xlarge": Size("m5.2xlarge", 8, 32_768, 2.5, 287.5, 12_000, 4, 15, 27, True),
    "xlarge": Size("m5.xlarge", 4, 16_384, 1.25, 143.75, 6_000, 4, 15, 27, True),
    "large": Size("m5.large", 2, 8_192, 0.75, 81.25, 3_600, 3, 10, 27, True),
}
T3 = {
    "2xlarge": Size("t3.2xlarge", 8, 32_768, 2.048, 86.9, 4_000, 4, 15, 27, True, bursts=True),
    "xlarge": Size("t3.xlarge", 4, 16_384, 1.024, 86.9, 4_000, 4, 15, 27, True, bursts=True),
}
LARGE = replace(
    RUNNING,
    kind="m5.2xlarge",
    zone="us-east-1a",
    size=M5["2xlarge"],
    smaller=(M5["xlarge"], M5["large"]),
    offered=frozenset({"m5.xlarge", "m5.large"}),
)


def series(values: Sequence[float], period: int, expected: int | None = None) -> Series:
    """The newest value is that of the last whole period."""
    times = [NOW - timedelta(seconds=period * (len(values) - number)) for number in range(len(values))]
    return Series(list(values), times, len(values) if expected is None else expected, period)


def busy(usual: float, high: float = 0.0, hours: int = 0, count: int = HOURS) -> list[float]:
    """`usual`, but `high` in so many of them."""
    return [high] * hours + [usual] * (count - hours)


def daily_peaks(network_mbps: float = 1, ebs_mbps: float | None = 1, iops: float | None = 1, **more: float) -> dict[Metric, Series]:
    """The busiest minutes of each of 14 days; each is half of two directions. None where AWS reports nothing. `memory`: percent."""
    values: dict[Metric, float | None] = {
        **dict.fromkeys(load.NETWORK, network_mbps * 60e6 / 2),
        **dict.fromkeys(load.EBS_BYTES, None if ebs_mbps is None else ebs_mbps * 60e6 / 2),
        **dict.fromkeys(load.EBS_OPERATIONS, None if iops is None else iops * 60 / 2),
        load.MEMORY: more.get("memory"),
        load.COMMITTED: more.get("committed"),
    }
    return {metric: series([] if value is None else [value] * 14, DAY_SECONDS, 14) for metric, value in values.items()}


def used(hours: Sequence[float], others: Mapping[Metric, Series] | None = None, like: Instance = LARGE) -> Instance:
    """An instance with these hourly CPU maxima, and the busiest minutes of everything else."""
    found = {load.CPU: series(hours, load.HOUR, HOURS), **(daily_peaks() if others is None else others)}
    return replace(like, usage=Usage(found))
