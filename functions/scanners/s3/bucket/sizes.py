"""What CloudWatch says of a bucket's bytes and objects: once a day, under its name and a type of storage, in its own region.

All of it counts current and noncurrent objects, and the parts of uploads that are not complete.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Callable

from functions.core.limits import Threshold
from functions.core.usage import Dimensions, Metric, Series
from functions.scanners.s3.bucket.collector import Bucket
from functions.scanners.s3.storage import GIB

LOOK_BACK = Threshold(3, "S3 reports once a day, and up to two days late", minimum=2)
MIN_DATAPOINTS = Threshold(0.3, "share of the days that must be reported: one of three is enough", maximum=1)
MIN_AGE = Threshold(30, "a younger bucket is still being filled, and nothing in it can have been left alone for a month", minimum=1)


def _under(*storage_types: str) -> Callable[[Bucket], list[Dimensions]]:
    return lambda bucket: [{"BucketName": bucket.id, "StorageType": storage_type} for storage_type in storage_types]


def _bytes(*storage_types: str) -> Metric:
    # Sparse: a storage type without objects has no series. Whether S3 reports at all, the number of objects tells.
    return Metric("AWS/S3", "BucketSizeBytes", "Average", _under(*storage_types), "look_back_days", sparse=True)


OBJECTS = Metric("AWS/S3", "NumberOfObjects", "Average", _under("AllStorageTypes"), "look_back_days")
"""In all storage classes together, with noncurrent versions, delete markers and parts."""
STANDARD = _bytes("StandardStorage")
TIERED = _bytes(
    "IntelligentTieringFAStorage",
    "IntelligentTieringIAStorage",
    "IntelligentTieringAIAStorage",
    "IntelligentTieringAAStorage",
    "IntelligentTieringDAAStorage",
)
"""What is in Intelligent-Tiering, by access tier."""
OVERHEAD = _bytes("StandardIASizeOverhead", "OneZoneIASizeOverhead", "GlacierIRSizeOverhead")
"""What objects below 128 KB are billed for beyond their size, by storage class."""
BESIDE = _bytes("StandardIAStorage", "OneZoneIAStorage", "GlacierInstantRetrievalStorage")
"""The size of all objects of these classes."""


def latest(series: Series) -> float:
    """The newest value; 0 where nothing was reported."""
    return series.values[-1] if series.values else 0.0


def gib(bucket: Bucket, metric: Metric) -> tuple[float, ...]:
    """The newest values of a metric of bytes, in GB of 2^30, for each of its storage types."""
    return tuple(latest(series) / GIB for series in bucket.usage.each(metric))
