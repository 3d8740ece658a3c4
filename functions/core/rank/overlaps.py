"""Money that two findings would both count: a stopped instance's saving contains its volumes, which have findings of their own.

A finding with `covers` names the ARNs whose cost is inside its saving. The findings on those ARNs do not count: they say which finding
counts for them. A finding that does not count itself covers nothing.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

COVERS = b'"covers":["'
"""In the line of every finding that covers something, and of no other: a quote within a text would have a backslash before it."""
MARKS = 1 << 22
"""Covered ARNs are marked by their hash, so that the database is not asked about the many that are not."""


class Cover(NamedTuple):
    """What one finding on the resource `owner` covers."""

    owner: str
    finding_id: str
    likely: float
    arns: tuple[str, ...]


def cover_of(finding: Mapping[str, Any]) -> Cover | None:
    """What a finding, as JSON, covers; None when it covers nothing or does not count itself."""
    if not finding["covers"] or not finding["headline"]:
        return None
    owner = finding["resource_arn"]
    return Cover(owner, finding["finding_id"], finding["savings"]["likely"], tuple(arn for arn in finding["covers"] if arn != owner))


class Overlaps:
    """First `add` every cover, then `settle`, then ask `counted_by`. Kept in a scratch database."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._db = scratch
        scratch.execute("CREATE TABLE cover (arn TEXT, owner TEXT, finding_id TEXT, likely REAL)")
        self._marks = bytearray()

    def add(self, covers: Iterable[Cover]) -> None:
        rows = ((arn, cover.owner, cover.finding_id, cover.likely) for cover in covers for arn in cover.arns)
        self._db.executemany("INSERT INTO cover VALUES (?, ?, ?, ?)", rows)

    def settle(self) -> None:
        """Decide which findings cover, and which of them counts for an ARN that several cover: the one with the largest saving."""
        if self._db.execute("SELECT 1 FROM cover LIMIT 1").fetchone() is None:
            return
        self._db.execute("CREATE INDEX covers_of ON cover (owner)")
        chains = self._db.execute("SELECT owner, arn, likely FROM cover WHERE arn IN (SELECT owner FROM cover)").fetchall()
        lost, mutual = covered_coverers(chains)
        self._db.executemany(
            "INSERT INTO cover SELECT ?, owner, finding_id, likely FROM cover WHERE owner = ? LIMIT 1",
            ((coverer, winner) for coverer, winner in mutual),
        )
        self._db.executemany("DELETE FROM cover WHERE owner = ?", ((arn,) for arn in lost))
        self._db.execute("CREATE TABLE counted (arn TEXT PRIMARY KEY, finding_id TEXT) WITHOUT ROWID")
        self._db.execute("INSERT OR IGNORE INTO counted SELECT arn, finding_id FROM cover ORDER BY likely DESC, finding_id")
        self._db.execute("DROP TABLE cover")
        self._marks = bytearray(MARKS)
        for (arn,) in self._db.execute("SELECT arn FROM counted"):
            self._marks[hash(arn) % MARKS] = True

    def counted_by(self, arn: str) -> str | None:
        """The finding that counts for this ARN, None when its own do."""
        if not self._marks or not self._marks[hash(arn) % MARKS]:
            return None
        row = self._db.execute("SELECT finding_id FROM counted WHERE arn = ?", (arn,)).fetchone()
        return row[0] if row else None


def covered_coverers(chains: Iterable[tuple[str, str, float]]) -> tuple[set[str], set[tuple[str, str]]]:
    """Of ARNs that cover each other: those that are covered in the end and so cover nothing; and, for a ring, who lost to whom.

    `chains`: coverer, covered (itself a coverer), the coverer's saving. What nobody covers counts; what it covers does not, and so cannot
    cover others. A ring, which only a mistake in a check can make, is broken at its largest saving: that one counts, its coverers do not.
    """
    covers: dict[str, set[str]] = defaultdict(set)
    covered_by: dict[str, set[str]] = defaultdict(set)
    worth: dict[str, float] = defaultdict(float)
    for coverer, covered, likely in chains:
        covers[coverer].add(covered)
        covered_by[covered].add(coverer)
        worth[coverer] = max(likely, worth[coverer])
    undecided = set(covers) | set(covered_by)
    lost: set[str] = set()
    mutual: set[tuple[str, str]] = set()
    free = [arn for arn in undecided if not covered_by[arn]]
    while undecided:
        counts = free.pop() if free else min(undecided, key=lambda arn: (-worth[arn], arn))
        if counts not in undecided:
            continue
        undecided.discard(counts)
        rivals = covered_by[counts] & undecided
        mutual |= {(rival, counts) for rival in rivals}
        for beaten in (covers[counts] & undecided) | rivals:
            undecided.discard(beaten)
            lost.add(beaten)
            for released in covers[beaten] & undecided:
                covered_by[released].discard(beaten)
                if not covered_by[released]:
                    free.append(released)
    return lost, mutual
