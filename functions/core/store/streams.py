"""Writing to the bucket as a stream: an object of any size from a few megabytes of memory, compressed on the other core if asked."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Protocol, Self

from functions.core.store.bucket import Bucket

PART_BYTES = 5 * 1024 * 1024
"""One part of a multipart upload; 10,000 of them, which is S3's limit, are 48 GiB."""
BLOCK_BYTES = 256 * 1024
"""What is handed to the compressor at once."""
READ_BYTES = 16 * 1024
LINES_BYTES = 128 * 1024
"""Compressed bytes read, and bytes unpacked, at once: what one open file costs in memory, with zlib's own 40 KiB."""
BLOCKS_AHEAD = 4


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> object: ...


class Source(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


class Upload:
    """`with Upload(bucket, key, type) as out: out.write(…)` puts an object; it appears whole when the block ends, or not at all.

    Small content is one PutObject, more is a multipart upload, whose parts are sent while the next one is written. Memory: two parts. An
    exception in the block, or of a part, aborts it; that of a part is raised when the next one is full, or at the end.
    """

    def __init__(self, bucket: Bucket, key: str, content_type: str) -> None:
        self._bucket, self._s3, self._target, self._type = bucket, bucket.s3, {"Bucket": bucket.name, "Key": key}, content_type
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._sender: ThreadPoolExecutor | None = None
        self._sending: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= PART_BYTES:
            self._send_part()

    def _send_part(self) -> None:
        """Hand the buffer to the sender, when the part before it is through."""
        if self._sender is None:
            self._upload_id = self._s3.create_multipart_upload(**self._target, ContentType=self._type)["UploadId"]
            self._sender = ThreadPoolExecutor(1, thread_name_prefix="upload")
        if self._sending is not None:
            self._sending.result()
        body, self._buffer = self._buffer, bytearray()
        self._sending = self._sender.submit(self._put_part, body)

    def _put_part(self, body: bytearray) -> None:
        number = len(self._parts) + 1
        answer = self._s3.upload_part(**self._target, UploadId=self._upload_id, PartNumber=number, Body=body)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._sender is None or self._sending is None:
            if error is None:
                self._bucket.put(self._target["Key"], self._buffer, self._type)
            return
        with ExitStack() as undo:
            undo.callback(self._s3.abort_multipart_upload, **self._target, UploadId=self._upload_id)
            with self._sender:
                if error is not None:
                    return
                if self._buffer:
                    self._send_part()
                self._sending.result()
            self._s3.complete_multipart_upload(**self._target, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts})
            undo.pop_all()


class Gzip:
    """One gzip member, made in a thread of its own: zlib lets go of the interpreter lock, so compressing costs the other core.

    Closing comes with leaving `with`; an exception in the block leaves the sink without an end.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._zip = zlib.compressobj(level=1, wbits=31)  # 31: a gzip header, whose time is 0, so the same content gives the same bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gzip")
        self._ahead: deque[Future[bytes]] = deque()
        self._block: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        self._block.append(data)
        self._size += len(data)
        if self._size >= BLOCK_BYTES:
            self._ahead.append(self._thread.submit(self._zip.compress, b"".join(self._block)))
            self._block, self._size = [], 0
            if len(self._ahead) > BLOCKS_AHEAD:
                self._sink.write(self._ahead.popleft().result())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._thread.shutdown(cancel_futures=error is not None)
        if error is None:
            for compressed in self._ahead:
                self._sink.write(compressed.result())
            self._sink.write(self._zip.compress(b"".join(self._block)) + self._zip.flush())


@contextmanager
def gzipped(bucket: Bucket, key: str) -> Iterator[Gzip]:
    """An object of gzipped lines."""
    with Upload(bucket, key, "application/gzip") as upload, Gzip(upload) as lines:
        yield lines


def gzip_lines(file: Source, lines_bytes: int | None = None) -> Iterator[bytes]:
    """The lines of a gzip file of any number of members, without their newlines. Several times faster than iterating a GzipFile.

    `lines_bytes`: unpacked at once, less than LINES_BYTES where many files are open.

    Raises EOFError when the file ends within a member, zlib.error when it is no gzip or its checksum is wrong.
    """
    unzip, rest, at_once = None, b"", lines_bytes or LINES_BYTES
    while block := file.read(READ_BYTES):
        while block:
            unzip = unzip or zlib.decompressobj(31)
            lines = (rest + unzip.decompress(block, at_once)).split(b"\n")
            rest = lines.pop()
            yield from lines
            block = unzip.unused_data or unzip.unconsumed_tail
            if unzip.eof:
                unzip = None
    if unzip is not None:
        raise EOFError("the file ends within a gzip member")
    if rest:
        yield rest
