"""What an instance asks of its hardware, against what a smaller type has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.usage import Usage
from functions.scanners.ec2.instance import load
from functions.scanners.ec2.instance.load import Fits, Load
from functions.scanners.ec2.instance.rightsize import oversized_instance
from tests.functions.scanners.ec2.instance.hourly import HOURS, LARGE, M5, POINTS, T3, busy, daily_peaks, series, used
from tests.functions.scanners.ec2.instance.samples import limits

LIMITS = limits(oversized_instance)
NOW, HALF = M5["2xlarge"], M5["xlarge"]


@pytest.mark.parametrize(
    ("hours", "fits"),
    [
        (busy(40), Fits.YES),  # half of the vCPUs: 80 %
        (busy(40.1), Fits.NO),
        (busy(5, 90, 1), Fits.YES),  # 335 of 336 are 99.7 %
        (busy(5, 90, 2), Fits.OPEN),
        (busy(5, 90, 20), Fits.OPEN),
        (busy(5, 90, 21), Fits.NO),  # 20 of 4,032 five-minute maxima may be above
    ],
)
def test_what_the_hours_tell(hours: list[float], fits: Fits) -> None:
    assert load.cpu_fits(used(hours), NOW, HALF, LIMITS) is fits


@pytest.mark.parametrize(("above", "fits"), [(0, Fits.YES), (20, Fits.YES), (21, Fits.NO)])
def test_where_the_hours_leave_it_open_the_five_minute_maxima_decide(above: int, fits: Fits) -> None:
    """ceil(0.995 × 4,032) = 4,012: the 20 largest do not count."""
    seen = used(busy(5, 90, 10))
    fine = series(busy(5, 90, above, POINTS), load.FIVE_MINUTES)
    seen.usage = Usage({**seen.usage.series, load.CPU_FINE: fine})
    assert load.cpu_fits(seen, NOW, HALF, LIMITS) is fits


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=POINTS // 12, max_size=POINTS // 12), st.integers(0, 11))
def test_what_the_hours_decide_the_five_minute_maxima_decide_alike(highs: list[float], place: int) -> None:
    """Every hour's maximum is in one of its twelve periods, and the others are quiet: the least that there can be."""
    fine = [high if period == place else 0.0 for high in highs for period in range(12)]
    seen = used(highs)
    by_hours = load.cpu_fits(seen, NOW, HALF, LIMITS)
    seen.usage = Usage({**seen.usage.series, load.CPU_FINE: series(fine, load.FIVE_MINUTES)})
    assert by_hours in (Fits.OPEN, load.cpu_fits(seen, NOW, HALF, LIMITS))


@pytest.mark.parametrize(
    ("hours", "fits"),
    [
        (busy(20), Fits.YES),  # 20 % of 8 vCPUs are 40 % of 4: what t3.xlarge sustains
        (busy(20.1), Fits.NO),
        (busy(10, 40, 8), Fits.YES),  # a day of (8 × 40 + 16 × 10) ÷ 24 = 20 %
        (busy(10, 41, 8), Fits.NO),
    ],
)
def test_a_burstable_type_needs_credits_for_the_busiest_day(hours: list[float], fits: Fits) -> None:
    """At most 40 % of the present vCPUs leave the headroom too; a few hours above that are settled by the five-minute maxima."""
    seen = used(hours, like=replace(LARGE, kind="t3.2xlarge", size=T3["2xlarge"]))
    assert load.cpu_fits(seen, T3["2xlarge"], T3["xlarge"], LIMITS) is fits


def test_the_busiest_day_is_any_24_hours() -> None:
    assert load.busiest_day(series([0.0] * 30 + [48.0] * 12 + [0.0] * 30, load.HOUR)) == 24
    assert load.busiest_day(series([6.0, 0.0], load.HOUR)) == 3
    assert load.busiest_day(series([], load.HOUR)) == 0


def test_the_busiest_minute_by_hand() -> None:
    """60 MB in and 30 MB out in one minute are 1.5 MB a second; 6,000 and 3,000 operations are 150 a second."""
    found = daily_peaks(memory=37.5)
    for metrics, values in ((load.NETWORK, (60e6, 30e6)), (load.EBS_BYTES, (6e6, 6e6)), (load.EBS_OPERATIONS, (6_000.0, 3_000.0))):
        found |= {metric: series([1.0] * 13 + [value], 86_400) for metric, value in zip(metrics, values, strict=True)}
    assert load.load_of(used(busy(5), found), LIMITS) == Load(1.5, 0.2, 150, 37.5, None)


def test_what_is_not_there_or_too_little_of_it_is_unknown() -> None:
    found = load.load_of(used(busy(5), daily_peaks(ebs_mbps=None, iops=None)), LIMITS)
    assert (found.ebs_mbps, found.ebs_iops, found.memory) == (None, None, None)
    some = daily_peaks(memory=10) | {load.MEMORY: series([10.0] * 12, 86_400, 14)}
    assert load.load_of(used(busy(5), some), LIMITS).memory is None


@pytest.mark.parametrize(
    ("of_it", "fits"),
    [
        (Load(156.25, 143.75, 6_000, None, None), True),  # 1.25 Gbit are 156.25 MB
        (Load(156.3, 1, 1, None, None), False),
        (Load(1, 143.8, 1, None, None), False),
        (Load(1, 1, 6_001, None, None), False),
        (Load(1, None, None, None, None), True),
    ],
)
def test_bandwidth(of_it: Load, fits: bool) -> None:
    assert load.bandwidth_fits(of_it, HALF) is fits
    assert load.bandwidth_fits(of_it, replace(HALF, network_gbps=None, ebs_mbps=None, ebs_iops=None)), "not known"


@pytest.mark.parametrize(("memory", "committed", "fits"), [(40, None, True), (40.1, None, False), (None, 40.1, False), (None, None, True)])
def test_memory_leaves_a_fifth_of_the_smaller_one(memory: float | None, committed: float | None, fits: bool) -> None:
    """40 % of 32 GiB are 80 % of 16."""
    assert load.memory_fits(Load(1, 1, 1, memory, committed), NOW, HALF, LIMITS) is fits


def test_windows_and_linux_are_asked_by_their_own_names() -> None:
    windows = replace(LARGE, platform="Windows")
    assert (load.MEMORY.dimensions(LARGE), load.COMMITTED.dimensions(LARGE)) == ([{"InstanceId": "i-1"}], [])
    assert load.MEMORY.dimensions(windows) == []
    assert load.COMMITTED.dimensions(windows) == [{"InstanceId": "i-1", "objectname": "Memory"}]
    assert HOURS * 12 == POINTS
