"""Volumes of an older kind, or with more IOPS and throughput than they use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.usage import Usage
from functions.scanners.ebs.volume.collector import Volume
from functions.scanners.ebs.volume.measured_use import FIVE_MINUTES, HOURLY, MIB
from functions.scanners.ebs.volume.modernize import gp2_to_gp3, gp3_overprovisioned, io_to_gp3
from tests.functions.core.check_samples import asks
from tests.functions.lacking import lacking
from tests.functions.scanners.ebs.samples import HOURS, NOW, days_ago, evenly, judged, series, usage, volume, waste

CASES = Path(__file__).parents[4] / "cases"

# --- gp2 → gp3 ----------------------------------------------------------------------------------------------------------------------


def _gp2(size: int) -> Volume:
    return volume(kind="gp2", size_gib=size, iops=0, throughput_mibps=0)


@pytest.mark.parametrize(
    ("size", "likely", "high"),
    [
        (32, 0.64, 0.64),  # AWS's own recommendation
        (169, 3.38, 3.38),
        (170, 3.40, 3.40),
        (171, 0.00, 3.42),  # 125 MiB/s more would cost 5.00
        (250, 0.00, 5.00),
        (251, 0.02, 5.02),
        (333, 1.66, 6.66),
        (334, 1.68, 6.68),
        (335, 1.70, 6.70),
        (500, 5.00, 10.00),
        (999, 14.98, 19.98),
        (1_000, 15.00, 20.00),
        (1_001, 15.005, 20.02),  # 3,003 IOPS
        (2_048, 20.24, 40.96),
        (5_333, 101.66 - 64.995, 106.66),
        (5_334, 101.68 - 65.00, 106.68),
        (5_335, 101.70 - 65.00, 106.70),
        (16_384, 327.68 - 70.00, 327.68),
    ],
)
def test_gp2_to_gp3_at_parity_is_what_aws_says(size: int, likely: float, high: float) -> None:
    savings = waste(gp2_to_gp3, _gp2(size)).savings
    assert (savings.likely, savings.high) == pytest.approx((likely, high), abs=1e-9)
    assert savings.low == savings.likely


def test_the_formula_can_be_followed() -> None:
    savings = waste(gp2_to_gp3, _gp2(2_048)).savings
    assert savings.formula == (
        "2,048 GiB × $0.1 volume.gp2 − 2,048 GiB × $0.08 volume.gp3 − 3,144 IOPS × $0.005 iops.gp3 − 125 MiB/s × $0.04 throughput.gp3"
    )
    assert {price.key for price in savings.prices} == {"volume.gp2", "volume.gp3", "iops.gp3", "throughput.gp3"}
    assert all(price.source and price.as_of for price in savings.prices)


@pytest.mark.parametrize(
    ("size", "iops", "throughput"), [(32, "3000", "125"), (171, "3000", "125"), (500, "3000", "250"), (2_048, "6144", "250")]
)
def test_the_command_never_buys_what_costs_more_than_it_saves(size: int, iops: str, throughput: str) -> None:
    found = waste(gp2_to_gp3, _gp2(size))
    assert found.values == {"iops": iops, "throughput": throughput}
    assert (found.confidence is Confidence.LOW) == (size == 171)
    assert bool(found.note) == (size == 171)


@given(st.integers(1, 16_384))
def test_parity_never_saves_more_than_the_storage_alone(size: int) -> None:
    savings = waste(gp2_to_gp3, _gp2(size)).savings
    assert 0 <= savings.likely <= savings.high
    assert savings.high == pytest.approx(size * 0.02, abs=1e-4)


@pytest.mark.parametrize("kind", ["gp3", "io1", "io2", "st1", "sc1", "standard"])
def test_other_kinds_are_not_gp2(kind: str) -> None:
    assert judged(gp2_to_gp3, volume(kind=kind)) is None


def test_a_gp2_volume_in_a_local_zone_is_not_told_to_move_to_what_may_not_be_there() -> None:
    verdict = judged(gp2_to_gp3, volume(kind="gp2", place="us-east-1-bos-1a"))
    assert verdict == InsufficientData("in us-east-1-bos-1a: not every Local Zone and Outpost has gp3")
    assert judged(gp2_to_gp3, volume(kind="st1", place="us-east-1-bos-1a")) is None


def test_in_an_unknown_region_all_rates_stand_in_alike_so_that_they_compare() -> None:
    verdict = gp2_to_gp3(_gp2(100), gp2_to_gp3.limits(NOW), Prices("xx-nowhere-1"))
    assert isinstance(verdict, Waste)
    assert verdict.savings.likely == pytest.approx(2.00)
    assert {price.fallback_for for price in verdict.savings.prices} == {"xx-nowhere-1"}


# --- io1, io2 → gp3 -----------------------------------------------------------------------------------------------------------------


def _measured(ops: Sequence[float], flow: Sequence[float], *, expected: int = HOURS, **changes: Any) -> Volume:
    """A volume with so many IOPS and MiB/s in each hour, half of them reads, the same in all of an hour's five minutes."""
    return volume(usage=evenly(ops, flow, expected), **changes)


def _io(ops: float, flow: float = 10, **changes: Any) -> Volume:
    return _measured([ops] * HOURS, [flow] * HOURS, **{"kind": "io1", "size_gib": 500, "iops": 10_000, "throughput_mibps": 0, **changes})


NOW_BILLED = 500 * 0.125 + 10_000 * 0.065


@pytest.mark.parametrize(
    ("iops", "mibps", "target", "likely"),
    [
        (100, 10, ("3000", "125"), NOW_BILLED - 40),
        (2_500, 10, ("3000", "125"), NOW_BILLED - 40),
        (2_501, 10, ("3002", "125"), NOW_BILLED - 40 - 2 * 0.005),
        (100, 200, ("3000", "240"), NOW_BILLED - 40 - 115 * 0.04),
        (13_333, 10, ("16000", "125"), NOW_BILLED - 40 - 65),
        (100, 833, ("4000", "1000"), NOW_BILLED - 40 - 1_000 * 0.005 - 875 * 0.04),
    ],
)
def test_io_to_gp3_buys_the_measured_use_and_a_fifth(iops: float, mibps: float, target: tuple[str, str], likely: float) -> None:
    found = waste(io_to_gp3, _io(iops, mibps))
    assert (found.values["iops"], found.values["throughput"]) == target
    assert found.savings.likely == pytest.approx(likely)
    assert found.savings.high == found.savings.likely


@pytest.mark.parametrize(("iops", "mibps"), [(66_667, 10), (100, 1_667), (70_000, 2_000)])
def test_what_does_not_fit_into_gp3_stays(iops: float, mibps: float) -> None:
    assert judged(io_to_gp3, _io(iops, mibps)) is None


def test_low_keeps_the_iops_that_are_provisioned_as_far_as_gp3_goes() -> None:
    """10,000 provisioned, 100 used: likely drops to 3,000, low keeps 10,000; so does 64,000."""
    assert waste(io_to_gp3, _io(100)).savings.low == pytest.approx(NOW_BILLED - 40 - 7_000 * 0.005)
    now = 500 * 0.125 + 64_000 * 0.065
    assert waste(io_to_gp3, _io(100, iops=64_000)).savings.low == pytest.approx(now - 40 - 61_000 * 0.005)


def test_case_io2_that_fits_gp3_of_today() -> None:
    case = json.loads((CASES / "io2-that-fits-gp3-of-today.json").read_text(encoding="utf-8"))["volumes"][0]
    there = _measured([20_000] * HOURS, [1_000] * HOURS, kind=case["VolumeType"], size_gib=case["Size"], iops=case["Iops"])
    found = waste(io_to_gp3, there)
    assert (found.values["iops"], found.values["throughput"]) == ("24000", "1200")
    assert found.savings.likely == pytest.approx(2_341)


def test_io2_is_priced_by_its_tiers() -> None:
    now = 500 * 0.125 + 32_000 * 0.065 + 8_000 * 0.0455
    assert waste(io_to_gp3, _io(100, kind="io2", iops=40_000)).savings.likely == pytest.approx(now - 40)


def test_a_tier_without_a_price_in_the_region_counts_at_the_stand_in_where_nothing_is_compared_with_it() -> None:
    """Only us-east-1's rate above 32,000 IOPS is known: a difference to the region's own rate of gp3's IOPS would be invented, so the
    cautious end is without it. What the included IOPS replace is compared with nothing."""
    limits, prices = io_to_gp3.limits(NOW), lacking("iops.io2.32001-64000", region="eu-west-1")
    priced = io_to_gp3(_io(100, kind="io2", iops=32_000), limits, prices)
    mixed = io_to_gp3(_io(100, kind="io2", iops=40_000), limits, prices)
    assert isinstance(priced, Waste)
    assert isinstance(mixed, Waste)
    assert priced.savings.unpriced is None
    assert mixed.savings.low == pytest.approx(priced.savings.low - 8_000 * 0.0055)
    assert mixed.savings.likely == pytest.approx(priced.savings.likely + 8_000 * 0.0455)
    assert [price.key for price in mixed.savings.prices if price.fallback_for] == ["iops.io2.32001-64000"]


def test_reads_and_writes_are_added_hour_by_hour() -> None:
    """Half of the hours 10,000 reads a second, the other half 10,000 writes: never more than 10,000 together. Percentiles of each
    added would be 20,000, which gp3 cannot do."""
    peaks, calm = [10_000 * 3_600.0, 0.0] * (HOURS // 2), [0.0] * HOURS
    swapped = volume(kind="io1", size_gib=500, iops=20_000)
    hours = usage(dict(zip(HOURLY, (peaks, peaks[1:] + peaks[:1], calm, calm), strict=True)))
    fine = [[value / 12 for value in each for _ in range(12)] for each in (peaks, peaks[1:] + peaks[:1], calm, calm)]
    swapped.usage = Usage({**hours.series, **usage(dict(zip(FIVE_MINUTES, fine, strict=True))).series})
    found = waste(io_to_gp3, swapped)
    assert found.evidence["busiest_five_minutes_iops"] == 10_000
    assert found.values["iops"] == "12000"


def test_the_weekly_hour_is_what_it_is_sized_for() -> None:
    """A percentile would leave out the very hour that two weeks are looked at for."""
    use = [100.0] * HOURS
    use[7] = use[7 + 7 * 24] = 12_000.0
    found = waste(io_to_gp3, _measured(use, [10.0] * HOURS, kind="io1", size_gib=500, iops=64_000))
    assert (found.values["iops"], found.evidence["busiest_hour_iops"]) == ("14400", 12_000)
    use[7] = 70_000.0
    assert judged(io_to_gp3, _measured(use, [10.0] * HOURS, kind="io2", size_gib=500, iops=100_000)) is None


@pytest.mark.parametrize(("hours", "judged_at_all"), [(0, False), (302, False), (303, True), (HOURS, True)])
def test_nine_of_ten_hours_must_be_measured(hours: int, judged_at_all: bool) -> None:
    verdict = judged(io_to_gp3, _measured([100] * hours, [10] * hours, kind="io1", size_gib=500, iops=10_000))
    assert isinstance(verdict, Waste if judged_at_all else InsufficientData)


def test_a_direction_without_datapoints_is_zero_while_the_other_reports() -> None:
    """A Xen instance that only writes reports no reads."""
    writes = volume(kind="io1", size_gib=500, iops=10_000)
    values: tuple[list[float], ...] = ([], [1_000 * 3_600.0] * HOURS, [], [50 * MIB * 3_600.0] * HOURS)
    writes.usage = Usage({metric: series(metric, each, HOURS) for metric, each in zip(HOURLY, values, strict=True)})
    found = waste(io_to_gp3, writes)
    assert (found.evidence["busiest_hour_iops"], found.evidence["busiest_hour_mibps"]) == (1_000, 50)


OLD, YOUNG = days_ago(14), days_ago(13.99)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"kind": "io1"}, True),
        ({"kind": "io2"}, True),
        ({"kind": "gp3"}, False),
        ({"kind": "st1"}, False),
        ({"kind": "io1", "multi_attach": True}, False),
        ({"kind": "io2", "size_gib": 16_384}, True),
        ({"kind": "io2", "size_gib": 65_536}, True),
        ({"kind": "io1", "owners": {}}, False),  # unattached: another check's
        ({"kind": "io1", "owners": {"i-1": "stopped"}}, False),
        ({"kind": "io1", "owners": {"i-1": "unknown"}}, None),
        ({"kind": "io1", "owners": {"i-1": "unknown"}, "created": YOUNG}, False),
        ({"kind": "gp3", "owners": {"i-1": "unknown"}}, False),
        ({"kind": "io1", "created": OLD}, True),
        ({"kind": "io1", "created": YOUNG}, False),
        ({"kind": "io1", "created": None}, False),
        ({"kind": "io1", "place": "us-east-1-bos-1a"}, None),
        ({"kind": "gp3", "place": "us-east-1-bos-1a"}, False),
    ],
)
def test_which_provisioned_volumes_are_measured(changes: dict[str, Any], asked: bool | None) -> None:
    assert asks(io_to_gp3, volume(**changes), io_to_gp3.limits(NOW)) is asked


@given(st.floats(0, 13_000), st.floats(0, 800), st.floats(0, 300))
def test_more_use_never_saves_more(iops: float, mibps: float, more: float) -> None:
    less_used, more_used = (
        judged(io_to_gp3, _measured([ops] * 2, [flow] * 2, expected=2, kind="io1", size_gib=500, iops=10_000))
        for ops, flow in ((iops, mibps), (iops + more, mibps + more / 10))
    )
    assert isinstance(less_used, Waste)
    if isinstance(more_used, Waste):
        assert more_used.savings.likely <= less_used.savings.likely


# --- gp3 with more than it uses -----------------------------------------------------------------------------------------------------


def _gp3(provisioned: tuple[int, int], used: tuple[float, float], **changes: Any) -> Volume:
    return _measured([used[0]] * HOURS, [used[1]] * HOURS, iops=provisioned[0], throughput_mibps=provisioned[1], **changes)


@pytest.mark.parametrize(
    ("provisioned", "used", "target", "likely"),
    [
        ((16_000, 1_000), (100, 10), ("3000", "125"), 13_000 * 0.005 + 875 * 0.04),
        ((10_000, 125), (4_999, 10), ("5999", "125"), 4_001 * 0.005),
        ((10_000, 500), (9_000, 100), ("10000", "125"), 375 * 0.04),  # the IOPS are used, the throughput is not
        ((10_000, 500), (100, 300), ("3000", "500"), 7_000 * 0.005),
        ((4_000, 1_000), (100, 400), ("3000", "480"), 1_000 * 0.005 + 520 * 0.04),
        ((10_000, 1_000), (100, 600), ("4000", "1000"), 6_000 * 0.005),  # 1,000 MiB/s need 4,000 IOPS
        ((80_000, 2_000), (100, 1_200), ("8000", "2000"), 72_000 * 0.005),  # beyond the limits that every region has
    ],
)
def test_gp3_is_lowered_to_the_measured_use_and_a_fifth(
    provisioned: tuple[int, int], used: tuple[float, float], target: tuple[str, str], likely: float
) -> None:
    found = waste(gp3_overprovisioned, _gp3(provisioned, used, size_gib=500))
    assert (found.values["iops"], found.values["throughput"]) == target
    assert found.savings.likely == pytest.approx(likely)
    assert found.evidence["provisioned_iops"] == provisioned[0]


@pytest.mark.parametrize(
    ("provisioned", "used"),
    [
        ((10_000, 125), (5_000, 10)),  # half is not less than half
        ((3_000, 500), (10, 250)),
        ((4_000, 1_000), (100, 500)),  # 4,000 IOPS are what 1,000 MiB/s need
    ],
)
def test_what_is_half_used_stays(provisioned: tuple[int, int], used: tuple[float, float]) -> None:
    assert judged(gp3_overprovisioned, _gp3(provisioned, used)) is None


def test_too_few_hours_are_no_verdict() -> None:
    measured = _measured([10.0] * 302, [1.0] * 302, iops=10_000, throughput_mibps=500)
    assert judged(gp3_overprovisioned, measured) == InsufficientData("I/O metrics: 302 and 302 of 336 hours")


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, False),
        ({"iops": 3_001}, True),
        ({"throughput_mibps": 126}, True),
        ({"iops": 3_001, "kind": "io1"}, False),
        ({"iops": 3_001, "owners": {}}, False),
        ({"iops": 3_001, "owners": {"i-1": "unknown"}}, None),
        ({"iops": 3_001, "created": YOUNG}, False),
    ],
)
def test_only_gp3_with_more_than_the_included_is_measured(changes: dict[str, Any], asked: bool | None) -> None:
    assert asks(gp3_overprovisioned, volume(**changes), gp3_overprovisioned.limits(NOW)) is asked


def test_thresholds_can_be_overridden() -> None:
    used = _gp3((10_000, 125), (6_000, 10))
    assert judged(gp3_overprovisioned, used) is None
    found = waste(gp3_overprovisioned, used, {"ebs-gp3-overprovisioned.max_use_percent": 70, "ebs-gp3-overprovisioned.headroom": 1.5})
    assert found.values["iops"] == "9000"
