"""What S3's answers mean: not there, not allowed, and everything else; and that each call is one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.core.store.bucket import IN_MEMORY_BYTES, Bucket, ChangedObject, NoObject
from tests.functions import sweeps

KEY = "some/key"
READS: dict[str, Callable[[Bucket], object]] = {
    "open": lambda bucket: bucket.open(KEY),
    "first bytes": lambda bucket: bucket.open(KEY, first_bytes=10),
    "need": lambda bucket: bucket.need(KEY),
    "need_json": lambda bucket: bucket.need_json(KEY),
    "lines": lambda bucket: bucket.lines(KEY),
    "download": lambda bucket: bucket.download(KEY),
    "read": lambda bucket: bucket.read(KEY),
    "read_json": lambda bucket: bucket.read_json(KEY),
}
WITHOUT = ("read", "read_json")
"""They say None of what is not there."""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with sweeps.world() as world:
        yield Bucket(world.s3, sweeps.BUCKET)


@pytest.mark.parametrize("name", [name for name in READS if name not in WITHOUT])
def test_what_has_to_be_there_and_is_not_is_an_error_that_names_it(bucket: Bucket, name: str) -> None:
    with pytest.raises(NoObject, match="some/key is not in the bucket reports"):
        READS[name](bucket)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_need_not_be_there_is_none(bucket: Bucket, name: str) -> None:
    assert READS[name](bucket) is None


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "InternalError", "NoSuchBucket"])
@pytest.mark.parametrize("name", READS)
def test_what_is_not_allowed_or_does_not_work_is_never_a_missing_object(bucket: Bucket, name: str, code: str) -> None:
    with Stubber(bucket.s3) as stub:
        stub.add_client_error("get_object", code, http_status_code=403 if code == "AccessDenied" else 500)
        with pytest.raises(ClientError, match=code) as caught:
            READS[name](bucket)
    assert not isinstance(caught.value, NoObject)


@pytest.mark.parametrize("code", ["NoSuchKey", "404", "AccessDenied", "403"])
def test_to_who_may_not_list_s3_says_403_of_what_is_not_there(bucket: Bucket, code: str) -> None:
    with Stubber(bucket.s3) as stub:
        for _ in range(3):
            stub.add_client_error("get_object", code)
        stub.add_client_error("head_object", code)
        assert bucket.read(KEY, may_list=False) is None
        assert bucket.read_json(KEY, may_list=False) is None
        with pytest.raises(NoObject):
            bucket.need(KEY, may_list=False)
        assert bucket.has(KEY, may_list=False) is False


def test_not_even_then_is_another_error_a_missing_object(bucket: Bucket) -> None:
    with Stubber(bucket.s3) as stub:
        stub.add_client_error("get_object", "SlowDown")
        stub.add_client_error("head_object", "400")
        with pytest.raises(ClientError, match="SlowDown"):
            bucket.read(KEY, may_list=False)
        with pytest.raises(ClientError, match="400"):
            bucket.has(KEY, may_list=False)


def test_whether_an_object_is_there(bucket: Bucket) -> None:
    assert not bucket.has(KEY)
    bucket.put(KEY, b"", "text/csv")
    assert bucket.has(KEY)
    bucket.delete(KEY)
    assert not bucket.has(KEY)
    with Stubber(bucket.s3) as stub:
        stub.add_client_error("head_object", "403")
        with pytest.raises(ClientError, match="403"):
            bucket.has(KEY)


def test_what_is_put_comes_back_in_one_request_each(bucket: Bucket) -> None:
    asked: list[str] = []
    bucket.s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    bucket.put(KEY, b"one\n\ntwo\n", "text/csv")
    assert bucket.read(KEY) == bucket.need(KEY) == b"one\n\ntwo\n"
    assert bucket.open(KEY, first_bytes=3).read() == b"one"
    assert list(bucket.lines(KEY)) == [b"one", b"two"]
    assert asked == ["PutObject", *["GetObject"] * 4]
    assert bucket.s3.get_object(Bucket=sweeps.BUCKET, Key=KEY)["ContentType"] == "text/csv"


@pytest.mark.parametrize("value", [{"ä": [1, None]}, [], 0])
def test_json_comes_back_also_what_is_empty(bucket: Bucket, value: Any) -> None:
    bucket.put_json(KEY, value)
    assert bucket.read_json(KEY) == bucket.need_json(KEY) == value
    assert b" " not in bucket.need(KEY)
    assert bucket.s3.get_object(Bucket=sweeps.BUCKET, Key=KEY)["ContentType"] == "application/json"


def test_broken_json_is_no_missing_object(bucket: Bucket) -> None:
    bucket.put(KEY, b"{", "application/json")
    with pytest.raises(ValueError, match="Expecting property name"):
        bucket.read_json(KEY)


@pytest.mark.parametrize("size", [0, IN_MEMORY_BYTES, IN_MEMORY_BYTES + 1])
def test_a_big_download_waits_on_the_disk(bucket: Bucket, size: int) -> None:
    bucket.put(KEY, b"x" * size, "text/csv")
    file: Any = bucket.download(KEY)
    with file:
        assert file.read() == b"x" * size
        assert file._rolled == (size > IN_MEMORY_BYTES)


def test_a_file_is_there_whole_or_not_at_all(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(NoObject, match="some/key"):
        bucket.save(KEY, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    bucket.put(KEY, b"content", "text/csv")
    bucket.save(KEY, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_an_object_is_made_of_a_file(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (tmp_path / "file").open("rb") as file:
        bucket.upload(KEY, file, "text/csv")
    answer = bucket.s3.get_object(Bucket=sweeps.BUCKET, Key=KEY)
    assert (answer["Body"].read(), answer["ContentType"]) == (b"content", "text/csv")


def test_an_empty_prefix_and_a_bucket_that_is_not_there_are_not_the_same(bucket: Bucket) -> None:
    assert [*bucket.keys("nothing/"), *bucket.objects("nothing/"), *bucket.folders("nothing/", "")] == []
    for listing in (Bucket.keys, Bucket.objects):
        with pytest.raises(ClientError, match="NoSuchBucket"):
            list(listing(Bucket(bucket.s3, "another"), ""))


def test_listing_goes_on_past_the_first_page(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for name in ("c", "a", "b", "e", "d"):
        bucket.put(f"runs/{name}/units/x", b"four", "text/csv")
    bucket.put("other/x", b"", "text/csv")
    assert list(bucket.keys("runs/")) == [f"runs/{name}/units/x" for name in "abcde"]
    assert [(one["Key"], one["Size"]) for one in bucket.objects("runs/", "runs/c/z")] == [("runs/d/units/x", 4), ("runs/e/units/x", 4)]
    assert list(bucket.folders("runs/", "runs/b0")) == ["c", "d", "e"]


def test_an_object_is_replaced_only_where_it_is_as_it_was_read(bucket: Bucket) -> None:
    assert bucket.read_tagged(KEY) == (None, "")
    bucket.replace(KEY, b"one", "text/plain", "")
    with pytest.raises(ChangedObject):
        bucket.replace(KEY, b"of somebody who saw none", "text/plain", "")
    content, etag = bucket.read_tagged(KEY)
    assert content == b"one"
    bucket.replace(KEY, b"two", "text/plain", etag)
    with pytest.raises(ChangedObject, match="PreconditionFailed"):
        bucket.replace(KEY, b"of somebody who saw one", "text/plain", etag)
    content, etag = bucket.read_tagged(KEY)
    assert content == b"two"


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_what_s3_answers_to_a_condition_that_does_not_hold(bucket: Bucket, code: str) -> None:
    with Stubber(bucket.s3) as stub:
        stub.add_client_error("put_object", code)
        with pytest.raises(ChangedObject, match=code):
            bucket.replace(KEY, b"", "text/plain", '"tag"')
        stub.add_client_error("put_object", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied") as caught:
            bucket.replace(KEY, b"", "text/plain", '"tag"')
    assert not isinstance(caught.value, ChangedObject)


def test_what_may_not_be_read_is_no_missing_object_unless_the_caller_says_so(bucket: Bucket) -> None:
    with Stubber(bucket.s3) as stub:
        for _ in range(2):
            stub.add_client_error("get_object", "AccessDenied")
        assert bucket.read_tagged(KEY, may_list=False) == (None, "")
        with pytest.raises(ClientError, match="AccessDenied"):
            bucket.read_tagged(KEY)
