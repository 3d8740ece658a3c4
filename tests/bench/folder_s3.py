"""S3 and the state table in a folder, behind the real boto3 clients, with the waiting of a network.

Everything that boto3 does for a request is done, signing and parsing too, and what it costs is measured; then, instead of sending it, the
request is answered from the folder. A request waits LATENCY_SECONDS, those of other threads at the same time; all bodies together pass
through one pipe of PIPE_BYTES a second.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.handlers import BUILTIN_HANDLERS

LATENCY_SECONDS = 0.03
"""Until the first byte. AWS says tens of milliseconds for objects below 512 KB, as a median:
https://docs.aws.amazon.com/whitepapers/latest/s3-optimizing-performance-best-practices/timeouts-and-retries-for-latency-sensitive-applications.html
"""
PIPE_BYTES = 75_000_000
"""A second, both ways together: 600 Mbit, what a Lambda function is seen to get; AWS promises no number."""
PAGE = 1000
CHUNK_BYTES = 1 << 20
LISTED = (
    "<Contents><Key>{}</Key><LastModified>2026-11-24T16:10:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>"
    "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>2345</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
GOT = {
    "last-modified": "Tue, 24 Nov 2026 16:10:00 GMT",
    "etag": '"0123456789abcdef0123456789abcdef"',
    "accept-ranges": "bytes",
    "content-type": "application/gzip",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-request-id": "0123456789ABCDEF",
    "x-amz-id-2": "0123456789abcdef" * 4,
}
"""Headers that S3 sends, and boto3 reads, with each object."""
FAILURES = "state/failures.json"
"""The items of the state table, as DynamoDB writes them, in the order of their sort keys."""


class FolderS3:
    """`attach` it before the first client. Keys are files under `root`, whatever the bucket's name; DynamoDB only knows Query."""

    def __init__(self, root: Path, latency: float = LATENCY_SECONDS) -> None:
        self.root, self.latency, self.requests = root, latency, 0
        self._pipe = threading.Lock()
        self._carried = 0.0
        self._listed: tuple[str, list[str]] = ("", [])

    def attach(self) -> None:
        """Answer every client that this process makes from now on, of whichever session."""
        BUILTIN_HANDLERS.append(("before-send", self.answer))  # an answer of such a handler is taken instead of the network's

    def answer(self, request: AWSPreparedRequest, event_name: str = "", **_: Any) -> AWSResponse:
        """What botocore takes for the answer of the network."""
        self.requests += 1
        url = urlsplit(request.url)
        key, asked = unquote(url.path.lstrip("/")), dict(parse_qsl(url.query, keep_blank_values=True))
        if request.headers.get("X-Amz-Target"):
            self._carry(0)
            return answered(request, 200, self._query(json.loads(b"".join(content(request.body)))))
        if request.method == "GET":
            return self._list(request, asked) if "list-type" in asked else self._get(request, key)
        if request.method == "DELETE":
            (self.root / f"{key}.parts").unlink()
            return answered(request, 204)
        return self._write(request, key, asked)

    def _carry(self, size: int) -> None:
        """Wait for the network, once: its latency, and until the pipe has carried what came before, and this."""
        if not self.latency:
            return
        with self._pipe:
            self._carried = max(self._carried, time.monotonic()) + size / PIPE_BYTES
            until = self._carried
        time.sleep(max(0.0, self.latency + until - time.monotonic()))

    def _get(self, request: AWSPreparedRequest, key: str) -> AWSResponse:
        try:
            file = open(f"{self.root}/{key}", "rb")  # noqa: PTH123, SIM115  # 85,000 of them
        except FileNotFoundError:
            self._carry(0)
            return answered(request, 404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
        size = os.fstat(file.fileno()).st_size
        self._carry(size)
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict(GOT | {"content-length": str(size)}), _Raw(file))

    def _write(self, request: AWSPreparedRequest, key: str, asked: dict[str, str]) -> AWSResponse:
        path, parts = self.root / key, self.root / f"{key}.parts"
        if "uploads" in asked:
            path.parent.mkdir(parents=True, exist_ok=True)
            parts.write_bytes(b"")
            return answered(request, 200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        if "partNumber" in asked:
            self._store(parts, "ab", request.body)
            return answered(request, 200, etag=asked["partNumber"])
        if "uploadId" in asked:
            parts.rename(path)
            return answered(request, 200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store(path, "wb", request.body)
        return answered(request, 200, etag="1")

    def _store(self, path: Path, mode: str, body: Any) -> None:
        size = 0
        with path.open(mode) as file:
            for piece in content(body):
                size += len(piece)
                file.write(piece)
        self._carry(size)

    def _list(self, request: AWSPreparedRequest, asked: dict[str, str]) -> AWSResponse:
        found, token = self._keys(asked), ""
        start = bisect_right(found, asked.get("continuation-token", ""))
        more = len(found) > start + PAGE
        if not more:
            self._listed = ("", [])
        else:
            token = f"<NextContinuationToken>{escape(found[start + PAGE - 1])}</NextContinuationToken>"
        items = "".join(LISTED.format(escape(key)) for key in found[start : start + PAGE])
        body = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>".encode()
        self._carry(len(body))
        return answered(request, 200, body)

    def _keys(self, asked: dict[str, str]) -> list[str]:
        """Sorted. Looked for at the first page of a listing: 85,000 files are not walked through for each of the others."""
        prefix = asked.get("prefix", "")
        if "continuation-token" not in asked or self._listed[0] != prefix:
            under = self.root / prefix.rpartition("/")[0]
            files = (os.path.join(folder, name) for folder, _, names in os.walk(under) for name in names)  # noqa: PTH118  # 85,000 of them
            keys = (file.removeprefix(f"{self.root}/") for file in files)
            self._listed = (prefix, sorted(key for key in keys if key.startswith(prefix)))
        return self._listed[1]

    def _query(self, asked: dict[str, Any]) -> bytes:
        kind = asked["ExpressionAttributeValues"][":failed"]["S"]
        path = self.root / FAILURES
        items = [item for item in json.loads(path.read_text(encoding="utf-8")) if item["sk"]["S"].startswith(kind)] if path.exists() else []
        return json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items)}).encode()


def content(body: Any) -> Iterator[bytes]:
    """What a request carries, piece by piece; boto3 sends some in chunks, each behind its length, with a checksum behind the last one."""
    if not hasattr(body, "read"):
        yield bytes(body or b"")
        return
    rest = b""
    while block := body.read(CHUNK_BYTES):
        rest += block
        while b"\r\n" in rest:
            length, _, after = rest.partition(b"\r\n")
            size = int(length, 16)
            if not size:
                return
            if len(after) < size + 2:
                break
            yield after[:size]
            rest = after[size + 2 :]


def answered(request: AWSPreparedRequest, status: int, body: bytes = b"", etag: str = "") -> AWSResponse:
    """What botocore takes for an answer."""
    headers = {"content-length": str(len(body)), **({"etag": f'"{etag}"'} if etag else {})}
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Raw(io.BytesIO(body)))


class _Raw:
    """A file, with the names of urllib3's answer that botocore uses."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int | None = None) -> bytes:
        data: bytes = self._file.read(size)
        return data

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        while block := self._file.read(1 << 16):
            yield block

    def close(self) -> None:
        self._file.close()

    def release_conn(self) -> None:
        self.close()
