"""A bucket in a folder, with boto3's names: for runs so large that keeping them in memory, as moto does, would hide what is measured."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody


class FolderBucket:
    """The calls that Rank and Aggregate make, on files under `root`; whatever the bucket's name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        try:
            return {"Body": StreamingBody((self.root / Key).open("rb"), (self.root / Key).stat().st_size)}
        except FileNotFoundError:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject") from None

    def put_object(self, *, Bucket: str, Key: str, Body: bytes | bytearray, ContentType: str) -> None:  # noqa: N803
        self._path(Key).write_bytes(Body)

    def create_multipart_upload(self, *, Bucket: str, Key: str, ContentType: str) -> dict[str, str]:  # noqa: N803
        self._path(Key + ".parts").write_bytes(b"")
        return {"UploadId": Key}

    def upload_part(self, *, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: bytearray) -> dict[str, str]:  # noqa: N803
        with self._path(Key + ".parts").open("ab") as file:
            file.write(Body)
        return {"ETag": str(PartNumber)}

    def complete_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str, MultipartUpload: dict[str, Any]) -> None:  # noqa: N803
        assert [part["PartNumber"] for part in MultipartUpload["Parts"]] == list(range(1, len(MultipartUpload["Parts"]) + 1))
        self._path(Key + ".parts").rename(self._path(Key))

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> None:  # noqa: N803
        self._path(Key + ".parts").unlink()

    def upload_fileobj(self, file: io.BufferedIOBase, Bucket: str, Key: str, ExtraArgs: dict[str, str] | None = None) -> None:  # noqa: N803
        with self._path(Key).open("wb") as target:
            while block := file.read(1 << 20):
                target.write(block)

    def get_paginator(self, operation: str) -> FolderBucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        under = self.root / Prefix.rpartition("/")[0]
        files = (str(path.relative_to(self.root)) for path in under.rglob("*") if path.is_file()) if under.is_dir() else ()
        found = sorted(key for key in files if key.startswith(Prefix) and key > StartAfter)
        for start in range(0, len(found), 1000):
            yield {"Contents": [{"Key": key, "LastModified": self._written(key)} for key in found[start : start + 1000]]}

    def _written(self, key: str) -> datetime:
        return datetime.fromtimestamp((self.root / key).stat().st_mtime, UTC)
