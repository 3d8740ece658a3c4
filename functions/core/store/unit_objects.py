"""The objects that scans leave, one for each unit: how they are written and read.

A unit object is gzipped JSON Lines: line 1 the outcome, then one finding a line. The outcome is known last but stands first: it is a
gzip member of its own, put before the members of the findings (concatenated members are one valid gzip file), so that findings stream
out while the scan goes on, and a reader of the outcome needs only the first few hundred bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import Any, BinaryIO, cast

from pydantic import TypeAdapter

from functions.core.model import Finding, Unit, UnitOutcome
from functions.core.store.bucket import Bucket


class _Later:
    """A TypeAdapter that is built when it is first asked for something."""

    def __init__(self, of: type) -> None:
        self._of = of

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._of)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        setattr(self, name, found)  # the next finding goes straight there
        return found


FINDING = cast("TypeAdapter[Finding]", _Later(Finding))
"""Building it takes a tenth of a cold start, and neither a unit without findings nor most of the other functions need it."""
OUTCOME: TypeAdapter[UnitOutcome] = TypeAdapter(UnitOutcome)
UNIT: TypeAdapter[Unit] = TypeAdapter(Unit)

MULTIPART_BYTES = 8 * 1024 * 1024
"""boto3 uploads from here on in parts of this size. https://docs.aws.amazon.com/boto3/latest/guide/s3.html"""
OUTCOME_BYTES = 1024
"""What a compressed outcome takes, about."""
HEAD_BYTES = 8 * 1024
"""What is read of a unit object for its outcome alone."""
SPOOL_BYTES = 8 * 1024 * 1024
"""Compressed findings up to this size stay in memory, more goes to the temporary disk."""


class FindingsSpool:
    """Collects the findings of one unit as gzip, on disk when there are many; `close` comes with leaving `with`."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # type: ignore[assignment]  # noqa: SIM115
        self._gzip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1, mtime=0)

    def __enter__(self) -> FindingsSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._gzip.close()
        self._file.close()

    def add(self, finding: Finding) -> None:
        try:
            line = FINDING.dump_json(finding)
        except ValueError:  # half of a surrogate pair: JSON may hold one, as AWS's answers are, and UTF-8 cannot
            line = json.dumps(FINDING.dump_python(finding), ensure_ascii=False).encode("utf-8", "replace")
        self._gzip.write(line + b"\n")

    def requests(self) -> list[str]:
        """What `upload` is going to ask S3, with everything added so far: the outcome says it before it is done."""
        self._gzip.close()
        size = self._file.seek(0, io.SEEK_END) + OUTCOME_BYTES
        if size < MULTIPART_BYTES:
            return ["s3:PutObject"]
        return ["s3:CreateMultipartUpload", *["s3:UploadPart"] * -(-size // MULTIPART_BYTES), "s3:CompleteMultipartUpload"]

    def upload(self, bucket: Bucket, key: str, outcome: UnitOutcome) -> None:
        """Put the unit object: the outcome, then everything added so far."""
        self._gzip.close()
        self._file.seek(0)
        head = gzip.compress(OUTCOME.dump_json(outcome) + b"\n", compresslevel=1, mtime=0)
        bucket.upload(key, _Concatenated(head, self._file), "application/gzip")


class _Concatenated(io.RawIOBase):
    """`head`, then the rest of `tail`, as one readable stream."""

    def __init__(self, head: bytes, tail: BinaryIO) -> None:
        self._head, self._tail = io.BytesIO(head), tail

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return self._head.read() + self._tail.read()
        first = self._head.read(size)
        return first + self._tail.read(size - len(first)) if len(first) < size else first


def read_unit(bucket: Bucket, key: str) -> tuple[UnitOutcome, Iterator[Finding]]:
    """A unit object: its outcome, and its findings as they are asked for. Raises NoObject."""
    lines = iter(gzip.GzipFile(fileobj=bucket.open(key)))
    return OUTCOME.validate_json(next(lines)), (FINDING.validate_json(line) for line in lines)


def read_outcome(bucket: Bucket, key: str) -> UnitOutcome:
    """Only the outcome of a unit object, from its first 8 KiB; from the whole object where a long reason does not fit into them."""
    head = bucket.open(key, first_bytes=HEAD_BYTES).read()
    member = zlib.decompressobj(wbits=31)
    line = member.decompress(head)
    return OUTCOME.validate_json(line) if member.eof else read_unit(bucket, key)[0]
