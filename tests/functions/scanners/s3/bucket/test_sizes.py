"""Which series of CloudWatch are asked for, and what their datapoints are read as."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.core import registry
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.s3.bucket.collector import buckets
from functions.scanners.s3.bucket.sizes import BESIDE, MIN_DATAPOINTS, OBJECTS, OVERHEAD, STANDARD, TIERED, gib, latest
from functions.scanners.s3.storage import GIB
from tests.functions.scanners.s3.samples import NOW, bucket, series
from tests.recorded import reply

METRICS = (STANDARD, OBJECTS, TIERED, OVERHEAD, BESIDE)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_is_asked_once_a_day_under_the_buckets_name_and_one_storage_type(metric: Metric) -> None:
    assert (metric.namespace, metric.stat, metric.period) == ("AWS/S3", "Average", DAY_SECONDS)
    dimensions = metric.dimensions(bucket(id="data"))
    assert isinstance(dimensions, list)
    assert {tuple(one) for one in dimensions} == {("BucketName", "StorageType")}
    assert {one["BucketName"] for one in dimensions} == {"data"}


def test_no_storage_type_is_asked_for_twice_and_each_is_one_that_aws_documents() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html"""
    of_each = [dimensions for metric in METRICS if isinstance(dimensions := metric.dimensions(bucket()), list)]
    asked = [one["StorageType"] for dimensions in of_each for one in dimensions]
    assert sorted(asked) == sorted(
        {
            "AllStorageTypes",
            "GlacierIRSizeOverhead",
            "GlacierInstantRetrievalStorage",
            "IntelligentTieringAAStorage",
            "IntelligentTieringAIAStorage",
            "IntelligentTieringDAAStorage",
            "IntelligentTieringFAStorage",
            "IntelligentTieringIAStorage",
            "OneZoneIASizeOverhead",
            "OneZoneIAStorage",
            "StandardIASizeOverhead",
            "StandardIAStorage",
            "StandardStorage",
        }
    )


def test_a_storage_type_without_objects_is_nothing_and_a_bucket_without_any_series_is_unknown() -> None:
    assert all(metric.sparse for metric in METRICS if metric is not OBJECTS)
    assert not OBJECTS.sparse
    assert latest(series(None)) == 0
    one_of_three = 1 / 3
    assert 0 < MIN_DATAPOINTS.default <= one_of_three


def test_the_newest_datapoint_counts() -> None:
    grown = Series([1.0 * GIB, 3.0 * GIB], [NOW - timedelta(days=3), NOW - timedelta(days=2)], 3, DAY_SECONDS)
    assert gib(bucket(usage=Usage({STANDARD: (grown,)})), STANDARD) == (3.0,)


def test_a_recorded_size() -> None:
    (point,) = reply("test_s3_metrics_user_dims", "monitoring.GetMetricStatistics_1")["Datapoints"]
    recorded = Series([point["Average"]], [point["Timestamp"]], 3, DAY_SECONDS)
    (size,) = gib(bucket(usage=Usage({STANDARD: (recorded,)})), STANDARD)
    assert size == pytest.approx(0.5815, abs=1e-4)


def test_a_window_that_a_person_asks_for_is_not_the_one_of_a_daily_size() -> None:
    checks = [check for check in registry.checks() if check.over is buckets]
    assert len(checks) == 4
    assert not any("window_days" in check.thresholds for check in checks)
