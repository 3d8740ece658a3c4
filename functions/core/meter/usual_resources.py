"""How many resources a sweep usually sees: a sweep that sees far fewer may have lost a region or a permission without a word.

Kept in the bucket for each scope that was asked for (accounts, regions and types), because sweeps of another scope say nothing about
this one. What was asked for, not what it came to: an organization that lost an account has fewer resources, and that is the point.
"""

from __future__ import annotations

from statistics import median

from functions.core.store.run_folder import RunFolder, asked_id

KEPT = 7
"""Sweeps that make the usual number: a week of daily ones."""
ENOUGH = 3
"""With fewer there is no usual number yet."""


def key(scope: dict[str, list[str]]) -> str:
    """Where the numbers of a scope lie. `scope`: as asked, see request.py."""
    return f"usual/{asked_id(scope, 24)}.json"


def versus_usual(folder: RunFolder, resources: int) -> float | None:
    """Resources of this run in percent of the median of those before it, and the run noted; None while too few are known.

    The same run again gives the same answer.
    """
    bucket, run_id = folder.bucket, folder.run_id
    where = key(bucket.need_json(folder.scope)["asked"])
    known = {
        **{str(known_id): int(number) for known_id, number in bucket.read_json(where) or ()},
        run_id: resources,
    }  # a run that was resumed may have later ones after it
    kept = sorted(known.items())[-KEPT - 1 :]
    bucket.put_json(where, kept)
    before = [number for known_id, number in kept if known_id < run_id]
    usual = median(before) if len(before) >= ENOUGH else 0
    return round(100 * resources / usual, 1) if usual else None
