"""What earlier sweeps found: a finding is new, persisting, regressed (it was gone and is back), or, when it is gone, resolved.

`history/<run_id>.jsonl.gz` is everything that is known after a run, one finding a line, written whole by each run. A run compares with
the newest history of an earlier run (run ids sort by time) and writes its own, so running Rank again for the same run gives the same
answer; of two sweeps that overlap in time, the later one's history is what the next sweep reads.

- Gone is only what was looked for: a finding is resolved when its unit was planned and ended well, everything in it could be read, and its
  check could judge every resource there. Everything else is carried on as it was, so a sweep of one region forgets nothing of the others.
- What has not been seen for `FORGET_DAYS` is dropped; should it come back, it is new.
- A what-if sweep, whose `as_of` is not the time it started, neither reads nor writes history: it looks at another day, and what it does
  not find there is not gone today.

It scales with what is known, not with what is new: some 50 bytes on S3 and 17 µs for each known finding and sweep. It is streamed both
ways; between stand 60 bytes a finding in a scratch database on the disk, and one byte in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, BinaryIO

from pydantic_core import from_json, to_json

from functions.core.model import UnitOutcome
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines, gzipped

PREFIX = "history/"
SUFFIX = ".jsonl.gz"
FORGET_DAYS = 400
"""A year and a bit: yearly work is seen to come back."""
REAL_TIME = timedelta(hours=1)
"""An `as_of` this close to the start (a schedule's time, say) is the sweep of that moment."""

Known = dict[str, Any]
"""One line: id, unit, check, arn, name, likely (USD per month, null when unpriced), first, last, resolved (run moments or null)."""


def what_if(as_of: datetime, started: datetime) -> bool:
    """Whether a sweep looks at another moment than the one it started at."""
    return abs(as_of - started) > REAL_TIME


def key_of(run_id: str) -> str:
    """Where the history after a run lies."""
    return f"{PREFIX}{run_id}{SUFFIX}"


def previous(bucket: Bucket, run_id: str) -> str | None:
    """The key of the newest history before this run's, None when there is none."""
    own = key_of(run_id)
    return max((key for key in bucket.keys(PREFIX) if key < own and key.endswith(SUFFIX)), default=None)


class History:
    """`note` each finding of this run, then `close_books`. Leaving `with` writes this run's history, unless an exception is on its way.

    `now` is the run's moment; it becomes first, last or resolved. `units`: every planned unit's outcome, see `add_unit`.
    """

    def __init__(self, folder: RunFolder, now: datetime, scratch: sqlite3.Connection) -> None:
        self._now = now.isoformat(timespec="seconds")
        self._forget = (now - timedelta(days=FORGET_DAYS)).isoformat(timespec="seconds")
        self._db = scratch
        self._moments: list[str] = []
        self._seen = bytearray()
        self._stack = ExitStack()
        scratch.execute("CREATE TABLE judged (unit TEXT PRIMARY KEY, unsure TEXT) WITHOUT ROWID")
        self._past = self._load(folder)
        self._out = self._stack.enter_context(gzipped(folder.bucket, key_of(folder.run_id)))

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def _load(self, folder: RunFolder) -> BinaryIO | None:
        key = previous(folder.bucket, folder.run_id)
        if key is None:
            return None
        file = self._stack.enter_context(folder.bucket.download(key))
        numbers: dict[str, int] = {}  # there are as many moments as sweeps, so a small number stands for each
        rows = (
            (line, bytes.fromhex(known["id"]), numbers.setdefault(known["first"], len(numbers)), known["resolved"] is not None)
            for line, known in enumerate(map(from_json, _lines(file)))
        )
        self._db.execute("CREATE TABLE past (line INTEGER PRIMARY KEY, id BLOB, first INTEGER, gone INTEGER)")
        self._seen = bytearray(self._db.executemany("INSERT INTO past VALUES (?, ?, ?, ?)", rows).rowcount)
        self._db.execute("CREATE INDEX past_id ON past (id, first, gone)")  # sorted once, and all that a look-up needs is in it
        self._moments = list(numbers)
        return file

    def add_unit(self, outcome: UnitOutcome) -> None:
        """A planned unit. Only a good outcome says that what was not found is gone, and not for checks that lacked data there. What could
        not be read may be anything."""
        if outcome.outcome.good and not outcome.unreadable:
            unsure = to_json(sorted(outcome.insufficient)).decode() if outcome.insufficient else ""
            self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?)", (outcome.unit_id, unsure))

    def note(self, finding: Mapping[str, Any], unit_id: str) -> tuple[str, str]:
        """Lifecycle and first_seen of a finding of this run, which is written into this run's history."""
        lifecycle, first = "new", self._now
        if self._past is not None:
            identity = bytes.fromhex(finding["finding_id"])
            row = self._db.execute("SELECT first, gone, line FROM past WHERE id = ?", (identity,)).fetchone()
            if row is not None:
                first, lifecycle = self._moments[row[0]], "regressed" if row[1] else "persisting"
                self._seen[row[2]] = True
        savings = finding["savings"]
        self._write(
            {
                "id": finding["finding_id"],
                "unit": unit_id,
                "check": finding["check_id"],
                "arn": finding["resource_arn"],
                "name": finding["resource_name"],
                "likely": savings["likely"] if savings["unpriced"] is None else None,
                "first": first,
                "last": self._now,
                "resolved": None,
            }
        )
        return lifecycle, first

    def _write(self, known: Known) -> None:
        self._out.write(to_json(known) + b"\n")

    def close_books(self) -> Iterator[Known]:
        """What is resolved by this run, as it is found; everything that was not seen is carried on. Exhaust it."""
        if self._past is None:
            return
        for seen, line in zip(self._seen, _lines(self._past), strict=True):
            if seen:
                continue
            known = from_json(line)
            if known["resolved"] is None and self._is_gone(known):
                known["resolved"] = self._now
                yield known
            if (known["resolved"] or known["last"]) >= self._forget:
                self._write(known)

    def _is_gone(self, known: Known) -> bool:
        row = self._db.execute("SELECT unsure FROM judged WHERE unit = ?", (known["unit"],)).fetchone()
        return row is not None and (not row[0] or known["check"] not in from_json(row[0]))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return gzip_lines(file)


def as_resolved(known: Known) -> dict[str, Any]:
    """A resolved finding as the report shows it."""
    account, region, _ = known["unit"].split(".", 2)
    return {
        "finding_id": known["id"],
        "check_id": known["check"],
        "resource_arn": known["arn"],
        "resource_name": known["name"],
        "account": account,
        "region": region,
        "monthly_savings_likely": known["likely"],
        "first_seen": known["first"],
        "last_seen": known["last"],
        "lifecycle": "resolved",
    }
