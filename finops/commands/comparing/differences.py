"""What changed between two runs: their findings, joined by id in a scratch database on the disk, however many there are.

What a run did not look at is no difference: a finding that one run has and the other could not have is *not comparable*. Money is what a
finding brings to its report's sum, so the sums of all kinds of change make up the difference of the two sums, to the hundredth of a cent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from typing import Any

from pydantic_core import from_json

from finops.commands.comparing.seen import Seen, Where
from functions.core.rank import scratch_database
from functions.core.rank.totals import PER_DOLLAR, Place, exact, place
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines

NEW, BACK, GONE, CHANGED, BEFORE, AFTER = "new", "regressed", "resolved", "changed", "only_before", "only_after"
KINDS = (NEW, BACK, GONE, CHANGED, BEFORE, AFTER)
"""`changed`: in both, and brings another amount or is suppressed in one of them. `only_…`: not comparable, one run has not looked there."""
TABLE = """
CREATE TABLE earlier (id BLOB PRIMARY KEY, money INT, open INT, account TEXT, region TEXT, resource_type TEXT, check_id TEXT, arn TEXT,
name TEXT) WITHOUT ROWID
"""


@dataclass(slots=True)
class Kind:
    """One kind of change: how many findings, by how much they change the sum (hundredths of a cent a month), and the largest of them."""

    listed: int
    findings: int = 0
    money: int = 0
    _largest: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, row: dict[str, Any], before: int, after: int) -> None:
        self.findings += 1
        self.money += after - before
        one = (abs(after - before), row["finding_id"], {**row, "before": before / PER_DOLLAR, "after": after / PER_DOLLAR})
        if len(self._largest) < self.listed:
            heappush(self._largest, one)
        elif self._largest and one[:2] > self._largest[0][:2]:
            heapreplace(self._largest, one)

    @property
    def largest(self) -> list[dict[str, Any]]:
        """The largest first: finding_id, check_id, resource_arn, resource_name, account, region; before and after in USD per month."""
        return [row for *_, row in sorted(self._largest, key=lambda one: (-one[0], one[1]))]


@dataclass(slots=True)
class Differences:
    """By kind; `same` findings are in both and bring the same. Units: seen in `both` runs, and in one only."""

    kinds: dict[str, Kind]
    same: int = 0
    units_in_both: int = 0
    units_in_one: int = 0

    @property
    def money(self) -> int:
        """By how much the sum changed, in hundredths of a cent a month."""
        return sum(kind.money for kind in self.kinds.values())


def between(earlier: RunFolder, later: RunFolder, earlier_as_of: str, listed: int) -> Differences:
    """Compare two runs; `earlier_as_of`: the moment of the earlier one as its report has it. `listed`: how many of each kind are kept.

    Raises NoObject when the folder of one is not kept any more.
    """
    before, after = Seen(earlier), Seen(later)
    found = Differences({name: Kind(listed) for name in KINDS})
    found.units_in_both, found.units_in_one = len(before.units & after.units), len(before.units ^ after.units)
    with closing(scratch_database.database()) as database:
        database.execute(TABLE)
        database.executemany("INSERT OR REPLACE INTO earlier VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, _findings(earlier)))
        for finding in _findings(later):
            _compare(finding, database, found, before, earlier_as_of)
        left = "SELECT * FROM earlier WHERE open ORDER BY account, region, resource_type"  # a unit's together: its outcome is read once
        for identity, money, *rest in database.execute(left):
            _, account, region, resource_type, check, arn, name = rest
            row = _named(identity.hex(), check, arn, name, account, region)
            found.kinds[GONE if after.judged(Where(account, region, resource_type), check) else BEFORE].add(row, money, 0)
    return found


def _compare(finding: Mapping[str, Any], database: sqlite3.Connection, found: Differences, before: Seen, earlier_as_of: str) -> None:
    """Take in a finding of the later run; what is left in the database then is not in it."""
    money, is_open = _money(finding)
    row = _named(*(finding[name] for name in ("finding_id", "check_id", "resource_arn", "resource_name", "account", "region")))
    identity = bytes.fromhex(finding["finding_id"])
    known = database.execute("SELECT money, open FROM earlier WHERE id = ?", (identity,)).fetchone()
    if known is not None:
        database.execute("DELETE FROM earlier WHERE id = ?", (identity,))
        if known == (money, is_open):
            found.same += is_open
        else:
            found.kinds[CHANGED].add(row, known[0], money)
    elif is_open:
        where = Where(finding["account"], finding["region"], finding["resource_type"])
        was_known = finding["first_seen"] is not None and finding["first_seen"] < earlier_as_of
        comparable = before.judged(where, finding["check_id"]) if was_known else before.unit(where) is not None
        found.kinds[(BACK if was_known else NEW) if comparable else AFTER].add(row, 0, money)


def _findings(folder: RunFolder) -> Iterator[dict[str, Any]]:
    with folder.bucket.download(folder.ranked) as lines:
        yield from map(from_json, gzip_lines(lines))


def _money(finding: Mapping[str, Any]) -> tuple[int, int]:
    """What a finding brings to its report's sum, in hundredths of a cent a month; and 1, or 0 when it is suppressed."""
    where = place(finding)
    return exact(finding["savings"]["likely"]) if where is Place.COUNTED else 0, int(where is not Place.SUPPRESSED)


def _row(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    names = (*Where._fields, "check_id", "resource_arn", "resource_name")
    return bytes.fromhex(finding["finding_id"]), *_money(finding), *(finding[name] for name in names)


def _named(finding_id: str, check_id: str, resource_arn: str, resource_name: str, account: str, region: str) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "check_id": check_id,
        "resource_arn": resource_arn,
        "resource_name": resource_name,
        "account": account,
        "region": region,
    }
