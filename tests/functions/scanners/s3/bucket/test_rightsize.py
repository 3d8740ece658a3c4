"""Buckets that keep everything in S3 Standard: which, and what moving it saves at most."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.model import InsufficientData, Waste
from functions.scanners.s3.bucket.lifecycle import ADD_ANOTHER, Rule, enabled
from functions.scanners.s3.bucket.refusals import LIFECYCLE, TAGS, UPLOADS, VERSIONING
from functions.scanners.s3.bucket.rightsize import READ, no_lifecycle
from functions.scanners.s3.bucket.sizes import OBJECTS, STANDARD, TIERED
from tests.functions.core.check_samples import asks
from tests.functions.scanners.s3.samples import NOW, bucket, engine, judged, waste
from tests.recorded import reply

NONE = Rule(whole=True, moves=False, noncurrent=False, abort_days=None)


def test_the_arithmetic_by_hand() -> None:
    """1,000 GB in a million objects, which nobody reads: 23.00 in S3 Standard, 4.00 in Archive Instant Access, 2.50 for the monitoring."""
    found = waste(no_lifecycle, bucket(standard=1_000, objects=1_000_000))
    assert (found.savings.low, found.savings.likely) == (0, 0)
    assert found.savings.high == pytest.approx(23.00 - 4.00 - 2.50)
    assert found.evidence["moving_once_usd"] == 10.0
    assert found.note == f"To move 1,000,000 objects bills $10.00 once; those below 128 KB stay where they are. {READ}"
    assert {price.key for price in found.savings.prices} == {
        "storage.standard.first-50TB",
        "intelligent-tiering.aia",
        "intelligent-tiering.monitoring",
    }


def test_a_large_one_pays_less_for_what_is_beyond_the_first_50_tb() -> None:
    found = waste(no_lifecycle, bucket(standard=61_440, objects=1_000))
    assert found.savings.high == pytest.approx(51_200 * 0.023 + 10_240 * 0.022 - 61_440 * 0.004 - 0.0025)


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({"standard": 99.99}, False),
        ({"standard": 100}, True),
        ({"standard": None}, False),
        ({"standard": 100, "tiered": (10, None, None, None, None)}, True),
        ({"standard": 100, "tiered": (2, 2, 2, 2, 2.1)}, False),
        ({"standard": 100, "objects": 569_000}, True),
        ({"standard": 100, "objects": 571_000}, False),  # 5.71 once, and 0.4725 a month: 12 months are 5.67
    ],
)
def test_it_is_large_and_little_of_it_is_tiered_and_moving_it_comes_back_within_a_year(changes: dict[str, Any], flagged: bool) -> None:
    assert isinstance(judged(no_lifecycle, bucket(**changes)), Waste) is flagged


def test_a_recorded_bucket_of_half_a_gigabyte_is_too_small() -> None:
    (point,) = reply("test_s3_metrics_user_dims", "monitoring.GetMetricStatistics_1")["Datapoints"]
    assert judged(no_lifecycle, bucket(standard=point["Average"] / 1024**3)) is None


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"age": 30}, True),
        ({"age": 29.99}, False),
        ({"created": None}, False),
        ({"mfa_delete": True}, False),
        ({"rules": (NONE,)}, True),
        ({"rules": (NONE, Rule(whole=False, moves=True, noncurrent=False, abort_days=None))}, False),
        ({"rules": enabled(reply("test_s3_lifecycle", "s3.GetBucketLifecycleConfiguration_2")["Rules"])}, False),
        ({"refused": {UPLOADS: "no"}}, True),
        ({"refused": {LIFECYCLE: "no"}}, None),
        ({"refused": {VERSIONING: "no"}}, None),
        ({"refused": {TAGS: "no"}}, None),
    ],
)
def test_which_are_asked_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert asks(no_lifecycle, bucket(**changes), no_lifecycle.limits(NOW)) is candidate


def test_what_a_bucket_refused_to_tell_is_the_reason() -> None:
    assert no_lifecycle.candidate is not None
    answer = no_lifecycle.candidate(bucket(refused={LIFECYCLE: "AccessDenied"}), no_lifecycle.limits(NOW))
    assert answer == InsufficientData("AccessDenied")


def test_tiers_are_asked_for_only_of_what_is_large_and_no_series_at_all_is_not_small() -> None:
    found, insufficient, asked = engine(bucket(standard=99), no_lifecycle)
    assert (found, insufficient, asked) == ([], {}, {STANDARD, OBJECTS})
    found, insufficient, asked = engine(bucket(standard=None), no_lifecycle)
    assert (found, insufficient) == ([], {}), "all of it is in other classes"
    found, insufficient, _ = engine(bucket(standard=None, objects=None), no_lifecycle)
    assert (found, insufficient) == ([], {"s3-no-lifecycle-bucket": 1})
    found, insufficient, asked = engine(bucket(standard=100), no_lifecycle)
    assert (len(found), insufficient, asked) == (1, {}, {STANDARD, OBJECTS, TIERED})


def test_the_rule_is_for_the_whole_bucket_and_goes_beside_those_that_are_there() -> None:
    first = waste(no_lifecycle, bucket(standard=100))
    assert first.command == ""
    (rule,) = json.loads(first.values["rules"])["Rules"]
    assert (rule["Filter"], rule["Transitions"]) == ({"Prefix": ""}, [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}])
    assert waste(no_lifecycle, bucket(standard=100, rule_count=1)).command == ADD_ANOTHER
    (finding,), _, _ = engine(bucket(standard=100), no_lifecycle)
    assert '--bucket data --lifecycle-configuration \'{"Rules":[{"ID":"intelligent-tiering"' in finding.command


def test_more_objects_never_save_more() -> None:
    highs = [judged(no_lifecycle, bucket(standard=1_000, objects=objects)) for objects in (1, 1_000, 1_000_000, 5_000_000)]
    amounts = [one.savings.high for one in highs if isinstance(one, Waste)]
    assert amounts == sorted(amounts, reverse=True)
    assert len(amounts) >= 3


def test_where_no_price_is_known_it_is_said_and_not_nothing() -> None:
    found = waste(no_lifecycle, bucket(standard=1_000, region="cn-north-1"), region="cn-north-1")
    assert found.savings.unpriced is not None
    assert found.note == READ
