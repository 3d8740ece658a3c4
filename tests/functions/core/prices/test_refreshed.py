"""Refreshed slices: read once an hour, missed in silence, and never in the way when they are broken."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from functions.core.prices.book import Prices, format_rows
from functions.core.prices.refreshed import KEEP_SECONDS, RefreshedPrices
from functions.core.store.bucket import Bucket

ROWS = {"volume.gp2": ("0.111", "GB-month", "AWS Price List API, offer AmazonEC2, SKU A, published 2026-11-20T00:00:00Z", "2026-11-20")}
WHOLE = gzip.compress(format_rows(ROWS).encode())


class OneObject:
    """An S3 client that has one object, or raises; counts what it is asked."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.keys: list[str] = []

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # boto3's names
        assert Bucket == "the-bucket"
        self.keys.append(Key)
        if isinstance(self.content, Exception):
            raise self.content
        return {"Body": io.BytesIO(self.content)}


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "scripted"}}, "GetObject")


def test_a_slice_is_read() -> None:
    s3 = OneObject(WHOLE)
    found = RefreshedPrices(Bucket(s3, "the-bucket")).rows("AmazonEBS", "eu-west-1")
    assert found == {"volume.gp2": (0.111, *ROWS["volume.gp2"][1:])}
    assert s3.keys == ["prices/AmazonEBS/eu-west-1.tsv.gz"]


@pytest.mark.parametrize("content", [WHOLE, error("NoSuchKey"), b"broken"])
@pytest.mark.parametrize(("later", "reads"), [(0.0, 1), (KEEP_SECONDS - 1, 1), (KEEP_SECONDS, 2), (KEEP_SECONDS + 1, 2)])
def test_it_is_read_at_most_once_an_hour_whether_it_is_there_or_not(content: bytes | Exception, later: float, reads: int) -> None:
    s3, clock = OneObject(content), Clock()
    ours = RefreshedPrices(Bucket(s3, "the-bucket"), clock)
    for _ in range(50):
        ours.rows("AmazonEBS", "eu-west-1")
    clock.seconds += later
    ours.rows("AmazonEBS", "eu-west-1")
    assert len(s3.keys) == reads


def test_each_slice_is_read_for_itself() -> None:
    s3 = OneObject(WHOLE)
    ours = RefreshedPrices(Bucket(s3, "the-bucket"))
    for service, region in (("AmazonEBS", "eu-west-1"), ("AmazonEBS", "us-east-1"), ("AmazonEC2", "eu-west-1"), ("AmazonEBS", "eu-west-1")):
        ours.rows(service, region)
    assert s3.keys == [
        "prices/AmazonEBS/eu-west-1.tsv.gz",
        "prices/AmazonEBS/us-east-1.tsv.gz",
        "prices/AmazonEC2/eu-west-1.tsv.gz",
    ]


@pytest.mark.parametrize(
    ("content", "logged"),
    [
        (error("NoSuchKey"), False),
        (error("AccessDenied"), False),
        (error("SlowDown"), True),
        (ConnectTimeoutError(endpoint_url="https://s3"), True),
        (b"not gzip", True),
        (WHOLE[:-9], True),
        (WHOLE[:12] + b"\xff" * 20 + WHOLE[32:], True),
        (gzip.compress(b"volume.gp2\t0.1\tGB-month\n", mtime=0), True),
        (gzip.compress(b"volume.gp2\tnan\tGB-month\ta source\t2026-11-20\n", mtime=0), True),
        (gzip.compress(b"volume.gp2\t-1\tGB-month\ta source\t2026-11-20\n", mtime=0), True),
        (gzip.compress(b"\xff\xfe", mtime=0), True),
        (gzip.compress(b"volume.gp2\t0.1\tGB-month\ta source\t9999-12-31\n", mtime=0), True),
        (gzip.compress(b"volume.gp2\t0.1\tGB-month\ta source\tsoon\n", mtime=0), True),
        (gzip.compress(b"volume.gp2\t0.1\tGB-month\ta source\t2026-13\n", mtime=0), True),
    ],
    ids=[
        "missing",
        "hidden",
        "slow",
        "unreachable",
        "no gzip",
        "cut off",
        "garbled",
        "short line",
        "nan",
        "negative",
        "no text",
        "to come",
        "no day",
        "no month",
    ],
)
def test_without_a_slice_that_can_be_read_the_book_counts(
    content: bytes | Exception, logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Prices("us-east-1", RefreshedPrices(Bucket(OneObject(content), "the-bucket")).rows)
    assert asked.price("AmazonEBS", "volume.gp2") == Prices("us-east-1").price("AmazonEBS", "volume.gp2")
    assert ("refreshed prices cannot be read" in caplog.messages) is logged
