"""Small objects in classes that bill 128 KB for each: what is billed beyond their size, and what of it can be saved."""

from __future__ import annotations

from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from functions.core.model import Waste
from functions.scanners.s3.bucket.refusals import LIFECYCLE, TAGS, UPLOADS, VERSIONING
from functions.scanners.s3.bucket.sizes import BESIDE, OBJECTS, OVERHEAD
from functions.scanners.s3.bucket.surcharges import SHOWN, small_objects
from tests.functions.core.check_samples import asks
from tests.functions.scanners.s3.samples import NOW, bucket, engine, judged, waste

MEBI = 1_048_576
"""So many objects are billed as 128 GB."""


def test_the_arithmetic_by_hand() -> None:
    """1,048,576 objects of 32 KB in Standard-IA: 96 GB beyond their 32 GB, at 0.0125. In S3 Standard those bill 32 × 0.023 = 0.736."""
    found = waste(small_objects, bucket(objects=MEBI, overhead=(96, None, None), beside=(32, None, None)))
    assert found.savings.high == pytest.approx(1.20)
    assert found.savings.low == found.savings.likely == pytest.approx(1.20 + 0.40 - 0.736)
    assert found.evidence["overhead_gb"] == 96
    assert found.evidence["size_gb_at_most"] == 32


@pytest.mark.parametrize(
    ("overhead", "beside", "likely", "high"),
    [
        ((96, None, None), (3_200, None, None), 0.864, 1.20),  # they cannot be larger than so many objects would be
        ((8, None, None), (120, None, None), 0.0, 0.10),  # 120 KB each: S3 Standard costs more
        ((None, 96, None), (None, 32, None), 0.96 + 0.32 - 0.736, 0.96),
        ((None, None, 120), (None, None, 8), 0.48 + 0.032 - 0.184, 0.48),
        ((None, None, 96), (None, None, 32), 0.0, 0.384),  # 0.384 + 0.128 − 0.736
    ],
)
def test_each_class_has_a_rate_of_its_own_and_moving_back_may_cost_more(
    overhead: tuple[float | None, ...], beside: tuple[float | None, ...], likely: float, high: float
) -> None:
    found = waste(small_objects, bucket(objects=MEBI, overhead=overhead, beside=beside))
    assert found.savings.low == found.savings.likely == pytest.approx(likely, abs=1e-4)
    assert found.savings.high == pytest.approx(high)


def test_of_several_classes_only_those_are_moved_where_it_saves() -> None:
    found = waste(small_objects, bucket(objects=2 * MEBI, overhead=(96, None, 96), beside=(32, None, 32)))
    assert found.savings.likely == pytest.approx(0.864)
    assert found.savings.high == pytest.approx(1.20 + 0.384)
    assert found.evidence["storage_classes"] == "STANDARD_IA, GLACIER_IR"


@pytest.mark.parametrize(
    ("overhead", "flagged"), [((None, None, None), False), ((0.99, None, None), False), ((0.5, 0.5, None), True), ((1, None, None), True)]
)
def test_more_than_a_gigabyte_is_billed_for_nothing(overhead: tuple[float | None, ...], flagged: bool) -> None:
    assert isinstance(judged(small_objects, bucket(objects=MEBI, overhead=overhead)), Waste) is flagged


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"age": 30}, True),
        ({"age": 29.99}, False),
        ({"refused": {LIFECYCLE: "no", VERSIONING: "no", UPLOADS: "no"}}, True),
        ({"refused": {TAGS: "no"}}, None),
    ],
)
def test_which_are_asked_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert asks(small_objects, bucket(**changes), small_objects.limits(NOW)) is candidate


def test_the_classes_are_asked_for_only_where_something_is_billed_beyond_its_size() -> None:
    findings, insufficient, asked = engine(bucket(overhead=(0.9, None, None)), small_objects)
    assert (findings, insufficient, asked) == ([], {}, {OVERHEAD, OBJECTS})
    findings, insufficient, asked = engine(bucket(objects=MEBI, overhead=(96, None, None), beside=(32, None, None)), small_objects)
    assert (len(findings), insufficient, asked) == (1, {}, {OVERHEAD, OBJECTS, BESIDE})


def test_without_any_series_nothing_is_known() -> None:
    findings, insufficient, _ = engine(bucket(objects=None), small_objects)
    assert (findings, insufficient) == ([], {"s3-small-objects-bucket": 1})


def test_where_no_price_is_known_it_is_said_and_not_nothing() -> None:
    one = bucket(objects=MEBI, overhead=(96, None, None), beside=(32, None, None), region="cn-north-1")
    assert waste(small_objects, one, region="cn-north-1").savings.unpriced is not None


@pytest.mark.parametrize("size", [1, 8, 32, 64, 96, 127])
def test_moving_back_saves_no_more_than_is_wasted(size: int) -> None:
    found = waste(small_objects, bucket(objects=MEBI, overhead=(128 - size, None, None), beside=(size, None, None)))
    assert found.savings.likely <= found.savings.high
    assert (found.savings.likely > 0) == (size < 128 * 0.0125 / 0.023)


def test_what_is_shown_are_the_small_ones_of_these_classes() -> None:
    listed = [
        {"Key": "small", "Size": 131_071, "StorageClass": "STANDARD_IA"},
        {"Key": "large", "Size": 131_072, "StorageClass": "STANDARD_IA"},
        {"Key": "standard", "Size": 1, "StorageClass": "STANDARD"},
        {"Key": "instant", "Size": 1, "StorageClass": "GLACIER_IR"},
    ]
    assert jmespath.search(SHOWN, {"Contents": listed}) == [[131_071, "STANDARD_IA", "small"], [1, "GLACIER_IR", "instant"]]
    (finding,), _, _ = engine(bucket(objects=MEBI, overhead=(96, None, None), beside=(32, None, None)), small_objects)
    assert f"--query '{SHOWN}'" in finding.command
