"""One bucket of ministack that outlives it: its objects lie in a folder of this machine, and are there again the next time.

By itself (S3_PERSIST) ministack 1.5.33 keeps every bucket, and has them before a template creates them, which then fails as on AWS. Here
only the bucket that KEPT_BUCKET names is kept, in KEPT_FOLDER, as `<account>/<bucket>/<key>` with a file `<key>.meta.json` beside it; when
a template creates it, it has what lies there. Every write is on the disk before it is acknowledged, so nothing of it depends on how
ministack ends.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import s3
from ministack.services.cloudformation import provisioners

BUCKET, FOLDER = "KEPT_BUCKET", "KEPT_FOLDER"
TYPE = "AWS::S3::Bucket"


def put_right() -> None:
    """Put ours in the place of ministack's, where a bucket is to be kept at all."""
    kept = os.environ.get(BUCKET)
    if not kept:
        return
    s3.S3_PERSIST, s3.DATA_DIR = True, os.environ[FOLDER]
    s3._persist_object = only(kept, s3._persist_object)
    s3._create_bucket = without_folder(kept, s3._create_bucket)
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    handlers["create"] = loaded(kept, handlers["create"])


def only(kept: str, persist: Callable[..., None]) -> Callable[..., None]:
    """Objects of another bucket stay in memory."""

    def persisted(bucket: str, key: str, written: Any) -> None:
        if bucket == kept:
            persist(bucket, key, written)

    return persisted


def without_folder(kept: str, create: Callable[..., Any]) -> Callable[..., Any]:
    """CreateBucket, which leaves an empty folder for another bucket."""

    def created(name: str, *given: Any, **named: Any) -> Any:
        answer = create(name, *given, **named)
        if name != kept:
            with contextlib.suppress(OSError):
                (Path(s3.DATA_DIR) / get_account_id() / name).rmdir()
        return answer

    return created


def loaded(kept: str, create: Callable[..., Any]) -> Callable[..., Any]:
    """A bucket that a template creates, with what was kept of it."""

    def created(logical_id: str, properties: Mapping[str, Any], stack: str) -> Any:
        made = create(logical_id, properties, stack)
        folder = Path(s3.DATA_DIR) / get_account_id() / kept
        if made[0] == kept and folder.is_dir():
            s3._load_persisted_bucket(get_account_id(), kept, str(folder))
        return made

    return created
