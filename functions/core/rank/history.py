"""What earlier sweeps found: a finding is new, persisting, regressed (it was gone and is back), or, when it is gone, resolved.

`history/<run_id>.jsonl.gz` is everything that is known after a run, one finding a line, written whole by each run. A run compares with
what was known when it started, the histories of earlier runs (run ids sort by time), and writes its own, so running Rank again for the
same run gives the same answer.

- Mostly the newest of them has read all the others. Of sweeps that overlap in time, and of a run that was resumed, it may not have: then
  they are merged, and each finding is as the last run has left it that looked at its unit. So a small sweep inside of a long one hides
  nothing of it, whichever of them ends first.
- Gone is only what was looked for: a finding is resolved when its unit was planned and ended well, everything in it could be read, and its
  check could judge every resource there. Everything else is carried on as it was, so a sweep of one region forgets nothing of the others.
- What has not been seen for `FORGET_DAYS` is dropped; should it come back, it is new.
- A what-if sweep, whose `as_of` is not the time it started, neither reads nor writes history: it looks at another day, and what it does
  not find there is not gone today.

It scales with what is known, not with what is new: some 50 bytes on S3 and 17 µs for each known finding and sweep. It is streamed both
ways; between stand 70 bytes a finding in a scratch database on the disk, and one byte in memory. Of what counts and did not before,
another 20 bytes on the disk: what its resource still bills was not realised by the finding that counted before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

from pydantic_core import from_json, to_json

from functions.core.model import UnitOutcome
from functions.core.rank.lifecycle.known import Known, region, worth
from functions.core.rank.lifecycle.retuned import retuned
from functions.core.rank.totals import PER_DOLLAR, exact
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines, gzipped

PREFIX = "history/"
SUFFIX = ".jsonl.gz"
FORGET_DAYS = 400
"""A year and a bit: yearly work is seen to come back."""
UNREAD = timedelta(minutes=30)
"""What was written longer than this before another history was there when that one was made. Rank takes 15 minutes at most, Lambda's
limit, and so does the upload before it; of an upload in parts, S3 says when it began.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#SysMetadata"""
LATE = datetime.max.replace(tzinfo=UTC)
"""Of a listing that tells no times, everything counts as written just now."""

GONE, UNCOUNTED = 1, 2
"""What is noted of a known finding, as bits."""


class Noted(NamedTuple):
    """What earlier runs say of a finding of this one. `gone_from`: of a regressed one, since when it was gone; moments are ISO text."""

    lifecycle: str
    first_seen: str
    gone_from: str | None


def key_of(run_id: str) -> str:
    """Where the history after a run lies."""
    return f"{PREFIX}{run_id}{SUFFIX}"


def previous(bucket: Bucket, run_id: str) -> list[str]:
    """The keys of the histories that together are what was known before a run, the newest run's first.

    Left out is what a later one has read. One too many does no harm: what is merged twice stays the same.
    """
    own = key_of(run_id)
    found: list[tuple[str, datetime]] = []
    for item in bucket.objects(PREFIX):
        key, written = item["Key"], item.get("LastModified", LATE)
        if key >= own:  # later runs, and trends (rank/lifecycle/trend.py)
            break
        if key.endswith(SUFFIX):
            found = [*(one for one in found if one[1] > written - UNREAD), (key, written)]
    return [key for key, _ in reversed(found)]


class History:
    """`note` each finding of this run, then `close_books`. Leaving `with` writes this run's history, unless an exception is on its way.

    `now` is the run's moment; it becomes first, last or resolved. `units`: every planned unit's outcome, see `add_unit`.
    """

    def __init__(self, folder: RunFolder, now: datetime, scratch: sqlite3.Connection) -> None:
        self._now = now.isoformat(timespec="seconds")
        self._forget = (now - timedelta(days=FORGET_DAYS)).isoformat(timespec="seconds")
        self._db, self._stack = scratch, ExitStack()
        scratch.execute("CREATE TABLE judged (unit TEXT PRIMARY KEY, unsure TEXT, regions TEXT) WITHOUT ROWID")
        scratch.execute("CREATE TABLE fresh (resource INTEGER PRIMARY KEY, likely INT)")
        keys = previous(folder.bucket, folder.run_id)
        self._retuned = retuned(folder, [key.removeprefix(PREFIX).removesuffix(SUFFIX) for key in keys])
        self._past = [self._stack.enter_context(folder.bucket.download(key)) for key in keys]
        self._done = self._load() if self._past else bytearray()
        self._out = self._stack.enter_context(gzipped(folder.bucket, key_of(folder.run_id)))

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def _load(self) -> bytearray:
        """Fill `past`: each finding once, as the last run left it that says something of it, and since when it is known to any of them.

        Returns a byte for each line, which is not 0 when nothing is left to be done about it.
        """
        self._db.execute("CREATE TABLE lines (id BLOB, first INT, changed INT, noted INT, line INT)")
        self._db.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", self._rows())
        self._db.execute("CREATE TABLE past (id BLOB PRIMARY KEY, first INT, changed INT, noted INT, line INT) WITHOUT ROWID")
        self._db.execute(_MERGE)
        self._db.execute("DROP TABLE lines")
        if len(self._past) == 1:
            return bytearray(self._count)
        done = bytearray(b"\1") * self._count
        for (line,) in self._db.execute("SELECT line FROM past"):
            done[line] = False
        return done

    def _rows(self) -> Iterator[tuple[bytes, int, int, int, int]]:
        """The lines of all files. What the newest has forgotten is not remembered because an older one still has it."""
        self._count = 0
        for number, file in enumerate(self._past):
            for line in _lines(file):
                known = from_json(line)
                gone = known["resolved"]
                if not number or (gone or known["last"]) >= self._forget:
                    first, changed = _seconds(known["first"]), _seconds(gone or known["last"])
                    noted = (GONE if gone else 0) | (UNCOUNTED if "uncounted" in known else 0)
                    yield bytes.fromhex(known["id"]), first, changed, noted, self._count
                self._count += 1

    def add_unit(self, outcome: UnitOutcome, regions: Sequence[str] = ()) -> None:
        """A planned unit. Only a good outcome says that what was not found is gone, and not for checks that lacked data there. What could
        not be read may be anything. `regions`: those that a unit about all regions was asked for; of all others it says nothing."""
        if outcome.outcome.good and not outcome.unreadable:
            not_judged = outcome.insufficient.keys() | outcome.disabled.keys()
            unsure = to_json(sorted(not_judged)).decode() if not_judged else ""
            self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?, ?)", (outcome.unit_id, unsure, " ".join(regions)))

    def note(self, finding: Mapping[str, Any], unit_id: str) -> Noted:
        """What is known of a finding of this run, which is written into this run's history."""
        lifecycle, first, last, gone_from = "new", self._now, self._now, None
        savings = finding["savings"]
        counts = finding["headline"] and finding["lifecycle"] != "suppressed"
        likely = savings["likely"] if savings["unpriced"] is None else None
        if self._past:
            identity = bytes.fromhex(finding["finding_id"])
            row = self._db.execute("SELECT first, changed, noted, line FROM past WHERE id = ?", (identity,)).fetchone()
            if row is not None:
                first, changed = _moment(row[0]), _moment(row[1])
                lifecycle, gone_from = ("regressed", changed) if row[2] & GONE else ("persisting", None)
                last = max(last, changed)  # an as_of may be a little earlier than what an earlier run has seen
                self._done[row[3]] = True
            if counts and likely and (row is None or row[2]):
                self._db.execute(_FRESH, (hash(finding["resource_arn"]), exact(likely)))
        self._write(
            {
                "id": finding["finding_id"],
                "unit": unit_id,
                "check": finding["check_id"],
                "arn": finding["resource_arn"],
                "name": finding["resource_name"],
                "likely": likely,
                "first": first,
                "last": last,
                "resolved": None,
                **({} if counts or not likely else {"uncounted": True}),
                **_billed(finding),
            }
        )
        return Noted(lifecycle, first, gone_from)

    def _write(self, known: Known) -> None:
        self._out.write(to_json(known) + b"\n")

    def close_books(self, carried: Callable[[Known], None] | None = None, gone: Callable[[Known], None] | None = None) -> Iterator[Known]:
        """What is resolved by this run, as it is found; everything that was not seen is carried on. Exhaust it.

        `carried` sees what is still there as far as is known, and was not looked for; `gone` what an earlier run has seen resolved.
        """
        for done, line in zip(self._done, chain.from_iterable(map(_lines, self._past)), strict=True):
            if done:
                continue
            known = from_json(line)
            if len(self._past) > 1:
                (first,) = self._db.execute("SELECT first FROM past WHERE id = ?", (bytes.fromhex(known["id"]),)).fetchone()
                known["first"] = _moment(first)
            if known["resolved"] is None and self._is_gone(known):
                known["resolved"] = max(self._now, known["last"])
                if known["check"] in self._retuned:
                    known["uncounted"] = True
                self._leave_rest(known)
                yield known
            elif known["resolved"] is None:
                if carried is not None:
                    carried(known)
            elif gone is not None:
                gone(known)
            if (known["resolved"] or known["last"]) >= self._forget:
                self._write(known)

    def _is_gone(self, known: Known) -> bool:
        row = self._db.execute("SELECT unsure, regions FROM judged WHERE unit = ?", (known["unit"],)).fetchone()
        looked = row is not None and (not row[1] or region(known) in row[1].split())
        return looked and (not row[0] or known["check"] not in from_json(row[0]))

    def _leave_rest(self, known: Known) -> None:
        """What another finding of the resource counts from this run on is not realised by this one. A resource has one that counts."""
        row = self._db.execute("SELECT likely FROM fresh WHERE resource = ?", (hash(known["arn"]),)).fetchone()
        if row is not None and (amount := worth(known)):
            known["rest"] = min(amount, row[0]) / PER_DOLLAR


_MERGE = """
INSERT INTO past SELECT id, first, changed, noted, line FROM lines WHERE true ORDER BY id, changed, line DESC
ON CONFLICT (id) DO UPDATE
SET first = MIN(first, excluded.first), changed = excluded.changed, noted = excluded.noted, line = excluded.line
"""
"""Of each finding's lines the last one wins: the latest change, and of two at the same moment the newest run's, whose lines come first.
WHERE: without it SQLite takes ON for a join's. https://www.sqlite.org/lang_upsert.html#parsing_ambiguity"""
_FRESH = "INSERT INTO fresh VALUES (?, ?) ON CONFLICT DO UPDATE SET likely = MAX(likely, excluded.likely)"


def _billed(finding: Mapping[str, Any]) -> dict[str, Any]:
    cost = finding.get("resource_cost")
    return {"billed": [cost["billed_as"], cost["monthly"]]} if cost else {}


@lru_cache(maxsize=32_768)
def _seconds(moment: str) -> int:
    """Since 1970. There are as many moments as sweeps in `FORGET_DAYS`: 19,200 of every half an hour."""
    return int(datetime.fromisoformat(moment).timestamp())


@lru_cache(maxsize=32_768)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return gzip_lines(file)
