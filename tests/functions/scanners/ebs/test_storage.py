"""EBS arithmetic: what a volume bills, what gp2 delivers, and what gp3 needs for it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.prices.book import Prices
from functions.scanners.ebs import storage
from tests.functions.scanners.ebs.samples import SESSION

PRICES = Prices("us-east-1")


@pytest.mark.parametrize(
    ("kind", "size", "iops", "mibps", "usd"),
    [
        ("gp2", 100, 300, 0, 10.00),  # IOPS of gp2 are in the price
        ("gp3", 100, 3_000, 125, 8.00),
        ("gp3", 100, 3_001, 125, 8.005),
        ("gp3", 100, 3_000, 126, 8.04),
        ("gp3", 100, 16_000, 1_000, 8 + 13_000 * 0.005 + 875 * 0.04),
        ("gp3", 100, 0, 0, 8.00),  # a reply without the two is the included performance, not a credit
        ("io1", 100, 5_000, 0, 12.50 + 325.00),
        ("io2", 100, 32_000, 0, 12.50 + 2_080.00),
        ("io2", 100, 32_001, 0, 12.50 + 2_080.00 + 0.0455),
        ("io2", 100, 64_000, 0, 12.50 + 2_080.00 + 32_000 * 0.0455),
        ("io2", 100, 64_001, 0, 12.50 + 2_080.00 + 32_000 * 0.0455 + 0.03185),
        ("st1", 500, 0, 0, 22.50),
        ("sc1", 500, 0, 0, 7.50),
        ("standard", 100, 0, 0, 5.00),
    ],
)
def test_volume_cost(kind: str, size: int, iops: int, mibps: int, usd: float) -> None:
    assert storage.volume_cost(kind, size, iops, mibps, PRICES).usd == pytest.approx(usd)


def test_a_kind_without_a_price_is_unknown_and_not_free() -> None:
    cost = storage.volume_cost("gp9", 100, 0, 0, PRICES)
    assert cost.usd is None
    assert cost.formula == "no price known for AmazonEBS volume.gp9 in us-east-1"


@pytest.mark.parametrize(
    ("size", "iops", "mibps"),
    [
        (1, 100, 125),
        (33, 100, 125),
        (34, 102, 125),
        (170, 510, 125),
        (171, 513, 250),
        (333, 999, 250),
        (334, 1_002, 250),
        (1_000, 3_000, 250),
        (1_001, 3_003, 250),
        (5_333, 15_999, 250),
        (5_334, 16_000, 250),
        (16_384, 16_000, 250),
    ],
)
def test_what_gp2_delivers(size: int, iops: int, mibps: int) -> None:
    assert storage.gp2_performance(size) == (iops, mibps)


@pytest.mark.parametrize(
    ("size", "iops", "mibps", "target"),
    [
        (100, 0, 0, (3_000, 125)),
        (100, 3_000.0, 125.0, (3_000, 125)),
        (100, 3_000.1, 125.1, (3_001, 126)),
        (100, 16_000, 1_000, (16_000, 1_000)),
        (100, 16_000.1, 125, (16_001, 125)),
        (100, 3_000, 1_000.1, (4_004, 1_001)),
        (160, 80_000, 2_000, (80_000, 2_000)),
        (160, 80_000.1, 125, None),
        (159, 79_501, 125, None),
        (160, 3_000, 2_000.1, None),
        (15, 0, 2_000, None),  # 2,000 MiB/s need 8,000 IOPS, which 15 GiB cannot have
        (16, 0, 2_000, (8_000, 2_000)),
        (1_000, 24_000, 1_200, (24_000, 1_200)),
        (100, 3_000, 750, (3_000, 750)),
        (100, 3_000, 751, (3_004, 751)),  # 0.25 MiB/s for each IOPS
        (100, 0, 1_000, (4_000, 1_000)),
        (1, 3_000, 125, (3_000, 125)),  # 3,000 at any size
        (10, 5_000, 125, (5_000, 125)),  # 500 for each GiB
        (10, 5_001, 125, None),
        (7, 0, 1_000, None),  # 1,000 MiB/s need 4,000 IOPS, which 7 GiB cannot have
        (8, 0, 1_000, (4_000, 1_000)),
        (16_384, 0, 0, (3_000, 125)),
        (65_536, 0, 0, (3_000, 125)),
        (65_537, 0, 0, None),
    ],
)
def test_what_gp3_needs(size: int, iops: float, mibps: float, target: tuple[int, int] | None) -> None:
    assert storage.gp3_for(size, iops, mibps) == target


@given(st.integers(1, 20_000), st.floats(0, 20_000), st.floats(0, 1_500))
def test_a_gp3_target_is_enough_and_allowed(size: int, iops: float, mibps: float) -> None:
    target = storage.gp3_for(size, iops, mibps)
    if target is not None:
        assert iops <= target[0] <= max(3_000, 500 * size)
        assert mibps <= target[1] <= target[0] * 0.25


@given(st.integers(1, 16_384), st.integers(3_000, 15_999), st.integers(125, 999))
def test_more_of_anything_never_costs_less(size: int, iops: int, mibps: int) -> None:
    here = storage.volume_cost("gp3", size, iops, mibps, PRICES).usd
    assert here is not None
    for more in ((size + 1, iops, mibps), (size, iops + 1, mibps), (size, iops, mibps + 1)):
        assert (storage.volume_cost("gp3", *more, PRICES).usd or 0) > here


def test_snapshots_bill_by_tier() -> None:
    assert storage.snapshot_cost(100, PRICES).usd == pytest.approx(5.00)
    assert storage.snapshot_cost(100, PRICES, "archive").usd == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("shape", "member", "words"),
    [
        ("CreateVolumeRequest", "Iops", f"{storage.GP3_FREE_IOPS:,} default - {storage.GP3_MAX_IOPS:,} IOPS"),
        ("ModifyVolumeRequest", "Throughput", f"Minimum value of {storage.GP3_FREE_MIBPS}. Maximum value of {storage.GP3_MAX_MIBPS:,}."),
        ("CreateVolumeRequest", "Size", f"gp3: 1 - {storage.GP3_MAX_GIB:,} GiB"),
    ],
)
def test_the_limits_of_gp3_are_those_of_aws_own_model(shape: str, member: str, words: str) -> None:
    """A newer botocore that says otherwise fails this: AWS moved them in September 2025."""
    documented = SESSION.client("ec2").meta.service_model.shape_for(shape).members[member].documentation
    assert words in " ".join(re.sub(r"<[^>]+>|[()]", " ", documented).split())
