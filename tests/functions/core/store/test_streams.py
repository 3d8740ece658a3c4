"""Objects written as streams: whole or not at all, whatever their size; and gzip in both directions."""

from __future__ import annotations

import gzip
import io
import random
import threading
import zlib
from collections.abc import Callable
from itertools import pairwise
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.core.store import streams
from functions.core.store.bucket import Bucket
from functions.core.store.streams import PART_BYTES, Gzip, Upload, gzip_lines, gzipped
from tests.functions import sweeps


@pytest.mark.parametrize(
    ("size", "parts"), [(0, 0), (1, 0), (PART_BYTES - 1, 0), (PART_BYTES, 1), (PART_BYTES + 1, 2), (2 * PART_BYTES + 7, 3)]
)
def test_an_object_of_any_size_arrives_whole(size: int, parts: int) -> None:
    content = random.Random(size).randbytes(size)  # noqa: S311  # bytes to compare
    with sweeps.world() as world:
        with Upload(Bucket(world.s3, sweeps.BUCKET), "some/key", "text/csv; charset=utf-8") as out:
            for start in range(0, size, 100_003):
                out.write(content[start : start + 100_003])
        got = world.s3.get_object(Bucket=sweeps.BUCKET, Key="some/key")
        assert got["ContentType"] == "text/csv; charset=utf-8"
        assert got["Body"].read() == content
        assert ("-" in got["ETag"]) == (parts > 0)


def write_all(out: streams.Sink, blocks: list[bytes]) -> None:
    for block in blocks:
        out.write(block)


def write_and_stop(out: streams.Sink, blocks: list[bytes]) -> None:
    write_all(out, blocks)
    raise RuntimeError("stop")


@pytest.mark.parametrize("size", [10, PART_BYTES + 10])
def test_an_exception_leaves_no_object_and_no_parts(size: int) -> None:
    with sweeps.world() as world:
        with pytest.raises(RuntimeError, match="stop"), Upload(Bucket(world.s3, sweeps.BUCKET), "some/key", "text/csv") as out:
            write_and_stop(out, [b"x" * PART_BYTES, b"y" * size])
        with pytest.raises(ClientError, match="NoSuchKey"):
            world.s3.get_object(Bucket=sweeps.BUCKET, Key="some/key")
        assert world.s3.list_multipart_uploads(Bucket=sweeps.BUCKET).get("Uploads", []) == []


class Parts:
    """An S3 that takes parts as it is told: `before` is called with the number of each."""

    def __init__(self, before: Callable[[int], object]) -> None:
        self._before = before
        self.ended: list[str] = []

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        return {"UploadId": "1"}

    def upload_part(self, *, PartNumber: int, **_: object) -> dict[str, str]:  # noqa: N803
        self._before(PartNumber)
        return {"ETag": "etag"}

    def complete_multipart_upload(self, **_: object) -> None:
        self.ended.append("complete")

    def abort_multipart_upload(self, **_: object) -> None:
        self.ended.append("abort")


def test_a_part_is_sent_while_the_next_one_is_written() -> None:
    written = threading.Event()
    s3 = Parts(lambda _: written.wait(30) or pytest.fail("the part was waited for"))
    with Upload(Bucket(s3, sweeps.BUCKET), "some/key", "text/csv") as out:
        out.write(b"x" * PART_BYTES)
        out.write(b"y" * (PART_BYTES - 1))
        written.set()
    assert s3.ended == ["complete"]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_part_that_fails_is_raised_and_aborts_the_object(broken: int) -> None:
    def fail(number: int) -> None:
        if number == broken:
            raise ClientError({"Error": {"Code": "InternalError"}}, "UploadPart")

    s3 = Parts(fail)
    with pytest.raises(ClientError, match="InternalError"), Upload(Bucket(s3, sweeps.BUCKET), "some/key", "text/csv") as out:
        write_all(out, [b"x" * PART_BYTES, b"y" * PART_BYTES, b"the end"])
    assert s3.ended == ["abort"]


def test_gzip_is_one_member_that_is_the_same_every_time() -> None:
    lines = [b"line %d\n" % number for number in range(200_000)]

    def zipped() -> bytes:
        out = io.BytesIO()
        with Gzip(out) as target:
            for line in lines:
                target.write(line)
        return out.getvalue()

    first = zipped()
    assert first == zipped()
    unzip = zlib.decompressobj(31)
    assert unzip.decompress(first) == b"".join(lines)
    assert unzip.eof
    assert unzip.unused_data == b""


def test_an_exception_ends_the_gzip_thread_and_leaves_no_object() -> None:
    with sweeps.world() as world:
        with pytest.raises(RuntimeError, match="stop"), gzipped(Bucket(world.s3, sweeps.BUCKET), "some/key") as out:
            write_and_stop(out, [b"x" * streams.BLOCK_BYTES] * 10)
        assert world.objects() == {}


@given(
    st.lists(st.binary(max_size=50).map(lambda text: text.replace(b"\n", b"")), max_size=60),
    st.lists(st.integers(0, 60), max_size=4),
    st.integers(1, 200),
)
def test_lines_come_back_whatever_the_members_and_the_reads(lines: list[bytes], cuts: list[int], step: int) -> None:
    edges = sorted({0, len(lines), *(cut for cut in cuts if cut <= len(lines))})
    members = [b"".join(line + b"\n" for line in lines[start:end]) for start, end in pairwise(edges)]
    with mock.patch.object(streams, "LINES_BYTES", step):
        assert list(gzip_lines(Slow(b"".join(map(gzip.compress, members)), step))) == lines


class Slow:
    """A file that gives a few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        self._file, self._step = io.BytesIO(content), step

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._step))


def test_a_last_line_without_a_newline_is_a_line() -> None:
    assert list(gzip_lines(io.BytesIO(gzip.compress(b"one\ntwo")))) == [b"one", b"two"]
    assert list(gzip_lines(io.BytesIO(b""))) == []


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (lambda whole: whole[:-1], EOFError),
        (lambda whole: whole[:20], EOFError),
        (lambda whole: whole[:-5] + b"\0" + whole[-4:], zlib.error),
        (lambda whole: whole + b"garbage", zlib.error),
        (lambda _: b"no gzip at all", zlib.error),
    ],
)
def test_a_broken_file_is_an_error_and_not_a_short_list(broken: object, error: type[Exception]) -> None:
    whole = gzip.compress(b"a line that is long enough to be compressed\n" * 50)
    assert callable(broken)
    with pytest.raises(error):
        list(gzip_lines(io.BytesIO(broken(whole))))
