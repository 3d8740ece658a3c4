"""Multipart uploads that were begun and never completed: their parts bill like objects, and no listing of objects shows them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from functions.core.aws.clients import Aws, unless_gone
from functions.core.errors import Denied
from functions.scanners.s3.bucket.refusals import LIST_PARTS, Refusals
from functions.scanners.s3.storage import GIB

OLD = timedelta(days=7)
"""A younger one may still be running, and is not looked at."""
ON_A_PAGE = 1_000
"""The most that S3 gives, of uploads and of parts."""
MOST_PAGES, MOST_PARTS = 4, 20
"""So many pages of uploads are read of one bucket, and so many of parts: those of the oldest uploads first."""


@dataclass(slots=True, frozen=True)
class Upload:
    """`last`: when its newest part came, or when it was begun. `gib`: of the parts that were counted, which `whole` says are all."""

    storage_class: str
    last: datetime
    gib: float = 0.0
    whole: bool = False


Listed = tuple[str, str, Upload]
"""Its key and id, which are needed to ask for its parts, and what is kept of it."""


@dataclass(slots=True, frozen=True)
class Uploads:
    """Those that were begun long ago. `more`: there may be others, which were not read."""

    old: tuple[Upload, ...] = ()
    more: bool = False


def incomplete(aws: Aws, bucket: str, refusals: Refusals) -> Uploads:
    """The old uploads of a bucket: `MOST_PAGES` requests for them at most, and `MOST_PARTS` for their parts. Raises Denied."""
    pages, lost, listed = 0, list[Any](), list[Listed]()
    for page in islice(aws.each_page("s3", "ListMultipartUploads", "Uploads", Bucket=bucket, MaxUploads=ON_A_PAGE), MOST_PAGES):
        pages += 1
        listed += [one for one in aws.readable(page, _upload, lost) if aws.as_of - one[-1].last >= OLD]
    found, left = [], MOST_PARTS
    for key, upload_id, upload in sorted(listed, key=lambda one: one[-1].last):
        named = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
        counted, asked = _counted(aws, named, upload, left, refusals) if left else (upload, 0)
        found.append(counted)
        left -= asked
    return Uploads(tuple(found), more=bool(lost) or pages == MOST_PAGES)


def _upload(item: Mapping[str, Any]) -> Listed:
    begun = item["Initiated"]
    if not isinstance(begun, datetime):
        raise TypeError(f"it was begun {begun!r}")
    return item["Key"], item["UploadId"], Upload(str(item["StorageClass"]), begun)


def _counted(aws: Aws, named: Mapping[str, str], upload: Upload, most: int, refusals: Refusals) -> tuple[Upload, int]:
    """The upload with its parts, and how many requests that took. Refused, or gone meanwhile, it stays as it was listed.

    Where parts are encrypted, S3 lists them only for those who may use the key.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
    """
    counted, asked = upload, 0
    try:
        with unless_gone():
            for page in islice(aws.each_page("s3", "ListParts", "Parts", MaxParts=ON_A_PAGE, **named), most):
                asked += 1
                size = sum(part["Size"] for part in page)
                last = max((part["LastModified"] for part in page), default=counted.last)
                counted = replace(counted, gib=counted.gib + size / GIB, last=max(counted.last, last), whole=len(page) < ON_A_PAGE)
            refusals.answered(LIST_PARTS)
    except Denied as denied:
        refusals.note(LIST_PARTS, denied)
    return counted, max(1, asked)
