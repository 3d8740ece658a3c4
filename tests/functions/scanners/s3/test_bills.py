"""What S3's replies say of the bill: the bytes of parts, and nothing of a bucket itself."""

from __future__ import annotations

from functions.scanners.s3.bills import BUCKET, PART, UPLOAD
from tests.functions.scanners.s3.bucket_seed import UPLOAD as LISTED
from tests.functions.scanners.s3.bucket_seed import bucket


def test_only_bytes_and_their_class_are_priced() -> None:
    assert [set(shape.priced) for shape in (BUCKET, UPLOAD, PART)] == [set(), {"StorageClass"}, {"Size"}]


def test_nothing_that_is_listed_bills_beyond_that() -> None:
    assert BUCKET.also_bills(bucket(1)) == UPLOAD.also_bills(LISTED) == PART.also_bills({"Size": 1}) == ()
