"""Incomplete uploads: which are old, what their parts have, and how many requests that takes at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.services import services
from functions.scanners.s3.bucket.refusals import Refusals
from functions.scanners.s3.bucket.uploads import MOST_PAGES, MOST_PARTS, ON_A_PAGE, Uploads, incomplete
from functions.scanners.s3.storage import GIB
from tests.functions.paged import ACCOUNT, REGION, Answer, Answers, nothing
from tests.recorded import reply

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
services()
SESSION = boto3.Session("testing", "testing", region_name=REGION)


def upload(number: int = 1, age: float = 30, **changes: Any) -> dict[str, Any]:
    begun = {"Key": f"key{number}", "UploadId": f"upload{number}", "Initiated": NOW - timedelta(days=age), "StorageClass": "STANDARD"}
    return {**begun, **changes}


def part(size: int = GIB, age: float = 30) -> dict[str, Any]:
    return {"PartNumber": 1, "Size": size, "LastModified": NOW - timedelta(days=age)}


@dataclass
class Looked:
    """What was found, and how often each operation was asked."""

    found: Uploads
    here: Aws
    refusals: Refusals
    asked: Counter[str]


def looked(listed: Any, parts: Any = None, as_of: datetime = NOW) -> Looked:
    """`listed`, `parts`: uploads and parts, or what answers for them."""
    here, asked = Aws(ACCOUNT, REGION, SESSION, as_of), Counter[str]()
    refusals = Refusals()
    given = {
        "s3:ListMultipartUploads": listed if callable(listed) else nothing(Uploads=listed, IsTruncated=False),
        "s3:ListParts": parts if callable(parts) else nothing(Parts=[part()] if parts is None else parts, IsTruncated=False),
    }
    with Answers(given, lambda operation: asked.update([operation])).everywhere():
        return Looked(incomplete(here, "data", refusals), here, refusals, asked)


@pytest.mark.parametrize(("age", "old"), [(0, False), (6.99, False), (7, True), (400, True)])
def test_only_what_was_begun_a_week_ago_is_looked_at(age: float, old: bool) -> None:
    seen = looked([upload(age=age)])
    found = seen.found
    assert bool(found.old) is old
    assert seen.asked["s3:ListParts"] == old


def test_a_bucket_without_uploads_has_no_such_member() -> None:
    empty = reply("localstack_multipart_pages", "s3.ListMultipartUploads_4")
    seen = looked(nothing(**empty))
    found = seen.found
    assert (found, seen.asked) == (Uploads(), {"s3:ListMultipartUploads": 1})


def test_recorded_pages_go_on_by_both_markers_and_end_by_is_truncated_alone() -> None:
    asked = []
    first, second, last = (reply("localstack_multipart_pages", f"s3.ListMultipartUploads_{number}") for number in (2, 3, 1))

    def answer(parameters: Mapping[str, Any]) -> Answer:
        asked.append((parameters.get("KeyMarker"), parameters.get("UploadIdMarker")))
        answers: list[Answer] = [first, second, last]
        return answers[len(asked) - 1]

    found = looked(answer, as_of=datetime(2026, 3, 1, tzinfo=UTC)).found
    assert asked == [(None, None), ("part/key1", "upload3"), ("part/key2", "upload2")]
    assert len(found.old) == 1 + 1 + 5
    assert last["NextKeyMarker"], "it is set on a complete page, too"
    assert not found.more


def test_a_recorded_upload_of_2016() -> None:
    found = looked(nothing(**reply("test_s3_delete_versioned_bucket", "s3.ListMultipartUploads_1"))).found
    (one,) = found.old
    assert (one.storage_class, one.whole, one.gib) == ("STANDARD", True, 1.0)


def test_its_parts_are_added_up_and_the_newest_says_when_it_was_last_written_to() -> None:
    found = looked([upload()], [part(GIB, 29), part(2 * GIB, 20), part(5, 25)]).found
    (one,) = found.old
    assert one.gib == pytest.approx(3 + 5 / GIB)
    assert (one.last, one.whole) == (NOW - timedelta(days=20), True)


def test_an_upload_without_parts_has_none() -> None:
    found = looked([upload()], nothing(IsTruncated=False)).found
    assert [(one.gib, one.whole, one.last) for one in found.old] == [(0, True, LONG_AGO)]


def pages_of_parts(number: int) -> Any:
    """So many full pages of parts of one byte, and one that has one part."""

    def answer(parameters: Mapping[str, Any]) -> Answer:
        page = parameters.get("PartNumberMarker", 0) // ON_A_PAGE
        if page == number:
            return {"Parts": [part(1)], "IsTruncated": False}
        return {"Parts": [part(1)] * ON_A_PAGE, "IsTruncated": True, "NextPartNumberMarker": (page + 1) * ON_A_PAGE}

    return answer


@pytest.mark.parametrize(
    ("full", "whole", "asked"), [(0, True, 1), (3, True, 4), (MOST_PARTS - 1, True, MOST_PARTS), (MOST_PARTS, False, MOST_PARTS)]
)
def test_parts_are_read_to_the_end_or_to_the_most_that_is_asked(full: int, whole: bool, asked: int) -> None:
    seen = looked([upload()], pages_of_parts(full))
    found = seen.found
    (one,) = found.old
    assert (one.whole, seen.asked["s3:ListParts"]) == (whole, asked)
    assert one.gib * GIB == pytest.approx(full * ON_A_PAGE + whole)


def test_the_oldest_uploads_have_their_parts_counted_first() -> None:
    asked = []

    def answer(parameters: Mapping[str, Any]) -> Answer:
        asked.append(parameters["Key"])
        return {"Parts": [part()], "IsTruncated": False}

    seen = looked([upload(number, age=10 + number) for number in range(MOST_PARTS + 5)], answer)
    found = seen.found
    assert seen.asked["s3:ListParts"] == MOST_PARTS
    assert [one.whole for one in found.old] == [True] * MOST_PARTS + [False] * 5
    assert asked == [f"key{number}" for number in range(MOST_PARTS + 4, 4, -1)]
    assert [one.gib for one in found.old[MOST_PARTS:]] == [0.0] * 5


def test_so_many_pages_of_uploads_are_read_and_what_follows_is_said_to_be_there() -> None:
    def endless(parameters: Mapping[str, Any]) -> Answer:
        number = int(parameters.get("KeyMarker", "key0")[3:]) + 1
        return {
            "Uploads": [upload(number, age=1)],
            "IsTruncated": True,
            "NextKeyMarker": f"key{number}",
            "NextUploadIdMarker": f"upload{number}",
        }

    seen = looked(endless)
    found = seen.found
    assert (found.more, found.old, seen.asked["s3:ListMultipartUploads"]) == (True, (), MOST_PAGES)


def refused(code: str, status: int, message: str = "no") -> Any:
    def answer(parameters: Mapping[str, Any]) -> Answer:
        response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(response, "ListParts")

    return answer


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("NoSuchUpload", 404), ("InvalidRequest", 400)])
def test_an_upload_whose_parts_are_not_told_is_old_all_the_same(code: str, status: int) -> None:
    found = looked([upload()], refused(code, status)).found
    assert [(one.gib, one.whole, one.last) for one in found.old] == [(0.0, False, LONG_AGO)]


@pytest.mark.parametrize(("message", "missing"), [("Access Denied", True), ("r is not authorized to perform: kms:Decrypt on key", False)])
def test_a_key_that_may_not_be_used_is_no_missing_permission(message: str, missing: bool) -> None:
    seen = looked([upload()], refused("AccessDenied", 403, message))
    here, refusals = seen.here, seen.refusals
    refusals.say(here)
    assert (here.refused is not None) is missing


def test_uploads_that_are_refused_are_the_buckets_affair() -> None:
    with pytest.raises(Denied, match="s3:ListBucketMultipartUploads: AccessDenied: no"):
        looked(refused("AccessDenied", 403))


def test_one_that_cannot_be_read_is_counted_and_may_be_one_more() -> None:
    seen = looked([upload(), {**upload(2), "Initiated": "yesterday"}])
    found, here = seen.found, seen.here
    assert (len(found.old), found.more) == (1, True)
    assert (here.unreadable.items, here.unreadable.beside) == (0, 1)
