"""What sweeps on this machine know of an account, taken along into the bucket of a deployed analyzer.

Its first sweep then says what is new and what persists, as the next one here would have, and goes on with their trend. Rank merges
histories (functions/core/rank/history.py), so those that the deployed analyzer has written itself stand beside these, and are never
overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from finops.local import keeping
from functions.core import run_ids
from functions.core.rank.history import PREFIX, SUFFIX, key_of
from functions.core.rank.lifecycle import trend
from functions.core.store.bucket import JSON

THERE = frozenset({"PreconditionFailed", "412"})
"""How S3 refuses an object that is to be new, and is there already.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
ENTRY = re.compile(rf"{trend.PREFIX}[0-9a-f]{{16}}/{run_ids.PATTERN}\.json")


def histories(out: Path, account: str) -> dict[str, Path]:
    """The histories that sweeps of an account on this machine have left in `out`, by their keys in the bucket, the oldest first; then
    their entries in trends."""
    bucket = out / keeping.FOLDER / account / keeping.BUCKET
    runs = {path.name.removesuffix(SUFFIX): path for path in (bucket / PREFIX).glob(f"*{SUFFIX}")}
    found = {key_of(run_id): path for run_id, path in sorted(runs.items()) if run_ids.is_one(run_id)}
    entries = {path.relative_to(bucket).as_posix(): path for path in sorted((bucket / trend.PREFIX).glob("*/*.json"))}
    return found | {key: path for key, path in entries.items() if ENTRY.fullmatch(key)}


def copy(found: Mapping[str, Path], s3: Any, bucket: str) -> tuple[int, int]:
    """Put each into the bucket where there is none of its key yet: how many were copied, and how many were there.

    S3 itself refuses to overwrite, so nothing that is written at the same moment is lost. `s3`: a client. Raises botocore's errors.
    """
    copied = sum(_put(s3, bucket, key, path) for key, path in found.items())
    return copied, len(found) - copied


def _put(s3: Any, bucket: str, key: str, path: Path) -> bool:
    """Whether it was written, for it was not there."""
    try:
        with path.open("rb") as body:
            content_type = JSON if key.endswith(".json") else "application/gzip"
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in THERE:
            return False
        raise
    return True
