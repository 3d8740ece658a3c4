"""How many resources a sweep usually sees: a sweep that sees far fewer may have lost a region or a permission without a word.

Kept in the bucket for each scope that was asked for (accounts, regions and types), because sweeps of another scope say nothing about
this one. What was asked for, not what it came to: an organization that lost an account has fewer resources, and that is the point.
"""

from __future__ import annotations

import hashlib
import json
from statistics import median
from typing import Any

from botocore.exceptions import ClientError

from functions.core.store import storage

KEPT = 7
"""Sweeps that make the usual number: a week of daily ones."""
ENOUGH = 3
"""With fewer there is no usual number yet."""


def key(scope: dict[str, list[str]]) -> str:
    """Where the numbers of a scope lie; the order in which it names things does not matter. `scope`: as asked, see request.py."""
    words = json.dumps({name: sorted(values) for name, values in scope.items()}, sort_keys=True)
    return f"usual/{hashlib.blake2b(words.encode(), digest_size=12).hexdigest()}.json"


def versus_usual(s3: Any, bucket: str, run_id: str, resources: int) -> float | None:
    """Resources of this run in percent of the median of those before it, and the run noted; None while too few are known.

    The same run again gives the same answer.
    """
    where = key(storage.read_json(s3, bucket, storage.scope_key(run_id))["asked"])
    known = {**dict(_known(s3, bucket, where)), run_id: resources}  # a run that was resumed may have later ones after it
    kept = sorted(known.items())[-KEPT - 1 :]
    s3.put_object(Bucket=bucket, Key=where, Body=json.dumps(kept).encode(), ContentType="application/json")
    before = [number for known_id, number in kept if known_id < run_id]
    usual = median(before) if len(before) >= ENOUGH else 0
    return round(100 * resources / usual, 1) if usual else None


def _known(s3: Any, bucket: str, where: str) -> list[tuple[str, int]]:
    try:
        return [(str(run_id), int(number)) for run_id, number in storage.read_json(s3, bucket, where)]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return []
