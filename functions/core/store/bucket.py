"""A bucket: the only place that asks S3 for objects, and the one that decides what it means when S3 answers 404 or 403.

- Not there (404): None where a caller can do without, NoObject where it cannot.
- Not allowed (403): botocore's ClientError, always. A permission that was taken away must not look like an empty bucket.
- But S3 says 403 also of what is not there, to a reader that may not list the bucket. All functions that look for what may be missing
  may list it (cdk_app/constructs/permissions.py, `list_keys`). A caller that has to go on in any role says `may_list=False`, and then
  takes both as not there: kept answers and refreshed prices can be had elsewhere, and a person may have the right to read and no more.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from functions.core.outside.pages import ending

NOT_THERE = frozenset({"NoSuchKey", "404"})
"""A HEAD has no body to carry a code, so botocore gives its status."""
NOT_ALLOWED = frozenset({"AccessDenied", "403"})
CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", *NOT_THERE})
"""What S3 answers to a conditional write of what is not as it was. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
IN_MEMORY_BYTES = 64 * 1024
"""A bigger download waits on the temporary disk."""
JSON = "application/json"


class NoObject(ClientError):
    """The object that is asked for is not there. A ClientError, as S3's own answer is, whose message names the key."""

    def __init__(self, bucket: str, key: str, operation: str) -> None:
        super().__init__({"Error": {"Code": "NoSuchKey", "Message": f"{key} is not in the bucket {bucket}"}}, operation)


class ChangedObject(ClientError):
    """An object that was to be replaced is not the one that was read: somebody else has written or removed it since."""


class Bucket:
    """The bucket `name`, as the client `s3` reaches it. Each call is one request, unless it says otherwise."""

    __slots__ = ("name", "s3")

    def __init__(self, s3: Any, name: str) -> None:
        self.s3, self.name = s3, name

    def open(self, key: str, *, first_bytes: int = 0, last_bytes: int = 0, may_list: bool = True) -> StreamingBody:
        """The object as a stream, or only its first or last bytes. Raises NoObject. Read it soon: S3 drops a connection that waits."""
        asked = f"bytes=0-{first_bytes - 1}" if first_bytes else f"bytes=-{last_bytes}" if last_bytes else ""
        part = {"Range": asked} if asked else {}
        try:
            body: StreamingBody = self.s3.get_object(Bucket=self.name, Key=key, **part)["Body"]
        except ClientError as error:
            self._explain(error, key, may_list)
            raise
        return body

    def need(self, key: str, *, may_list: bool = True) -> bytes:
        """The object's content. Raises NoObject."""
        return self.open(key, may_list=may_list).read()

    def read(self, key: str, *, may_list: bool = True) -> bytes | None:
        """The object's content; None when it is not there."""
        try:
            return self.need(key, may_list=may_list)
        except NoObject:
            return None

    def read_tagged(self, key: str, *, may_list: bool = True) -> tuple[bytes | None, str]:
        """The object's content, and the entity tag by which `replace` knows it again; None and "" when it is not there."""
        try:
            found = self.s3.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if _not_there(error, may_list):
                return None, ""
            raise
        return found["Body"].read(), found["ETag"]

    def need_json(self, key: str) -> Any:
        """What a JSON object holds. Raises NoObject, and ValueError when it is no JSON."""
        return _parsed(self.need(key))

    def read_json(self, key: str, *, may_list: bool = True) -> Any | None:
        """What a JSON object holds; None when it is not there. Raises ValueError when it is no JSON."""
        body = self.read(key, may_list=may_list)
        return None if body is None else _parsed(body)

    def lines(self, key: str) -> Iterator[bytes]:
        """The lines of a text object, read as they are asked for, without the empty ones. Raises NoObject."""
        return filter(None, self.open(key).iter_lines())

    def download(self, key: str) -> BinaryIO:
        """The whole object as a file to be closed, on the temporary disk when it is big. Raises NoObject."""
        file: BinaryIO = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # type: ignore[assignment]  # noqa: SIM115
        copyfileobj(self.open(key), file)
        file.seek(0)
        return file

    def save(self, key: str, path: Path) -> None:
        """The object into a file, which appears whole or not at all. Several requests. Raises NoObject."""
        try:
            self.s3.download_file(self.name, key, str(path))
        except ClientError as error:
            self._explain(error, key)
            raise

    def has(self, key: str, *, may_list: bool = True) -> bool:
        """Whether the object is there."""
        try:
            self.s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if _not_there(error, may_list):
                return False
            raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key under a prefix, in order. One request for each thousand."""
        for item in self.objects(prefix):
            yield item["Key"]

    def objects(self, prefix: str, after: str = "") -> Iterator[Mapping[str, Any]]:
        """Every object under a prefix (Key, Size, LastModified, …), in the order of the keys, from behind `after` on."""
        for page in self._pages(prefix, **({"StartAfter": after} if after else {})):
            yield from page.get("Contents", ())

    def folders(self, prefix: str, after: str) -> Iterator[str]:
        """The names of the folders right under `prefix`, from behind the key `after` on."""
        for page in self._pages(prefix, Delimiter="/", StartAfter=after):
            for folder in page.get("CommonPrefixes", ()):
                yield folder["Prefix"].removeprefix(prefix).rstrip("/")

    def put(self, key: str, body: bytes | bytearray, content_type: str) -> None:
        """Write an object: it is there whole, or as it was before."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def replace(self, key: str, body: bytes, content_type: str, etag: str) -> None:
        """Write an object where `read_tagged` has seen it so, or has seen none. Raises ChangedObject when it is another one now."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, **condition)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in CHANGED:
                raise ChangedObject(error.response, error.operation_name) from None
            raise

    def put_json(self, key: str, value: Any) -> None:
        """Write a JSON object, without spaces."""
        self.put(key, json.dumps(value, separators=(",", ":")).encode(), JSON)

    def upload(self, key: str, file: Any, content_type: str) -> None:
        """Write an object from a file that can be read; in parts, a request each, from 8 MiB on."""
        self.s3.upload_fileobj(file, self.name, key, ExtraArgs={"ContentType": content_type})

    def delete(self, key: str) -> None:
        """Remove an object; it need not be there."""
        self.s3.delete_object(Bucket=self.name, Key=key)

    def _pages(self, prefix: str, **how: str) -> Iterable[Mapping[str, Any]]:
        pages: Iterable[Mapping[str, Any]] = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **how)
        return ending(pages, "s3:ListObjectsV2", lambda page: page.get("NextContinuationToken"))

    def _explain(self, error: ClientError, key: str, may_list: bool = True) -> None:
        """Raise NoObject when that is what S3's answer about a key means."""
        if _not_there(error, may_list):
            raise NoObject(self.name, key, error.operation_name) from None


def _parsed(body: bytes) -> Any:
    """What JSON says. ValueError when it is none, or is nested deeper than anything of ours."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _not_there(error: ClientError, may_list: bool) -> bool:
    code = error.response.get("Error", {}).get("Code")
    return code in NOT_THERE or (code in NOT_ALLOWED and not may_list)
