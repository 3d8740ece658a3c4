"""What the bill has for each finding's own resource, from a Data Export of AWS (core/costs/export): evidence that needs no estimate.

The answer of the export has a line for each resource of the bill, of which most have no finding: it is streamed into the scratch database,
and each finding looks its resource up, by ARN or by id, as the service bills it. One that is not found has no such evidence: services
bill some things under names of their own, so that nothing found does not mean that nothing was paid.

After a finding is resolved, the same export says what became of it: what the resource cost a month while the finding was open (History
keeps it, with the name it was billed by), less what it costs in a window that began after the finding was gone. Only what was in the sum
is looked up: what was expected and what came of it are then of the same findings.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from heapq import nlargest
from typing import Any, NamedTuple

from functions.core.costs.export.shapes import ANSWER
from functions.core.money import HOURS_PER_MONTH, USD
from functions.core.prices.products import offers
from functions.core.rank.headlines import Finding
from functions.core.rank.totals import PER_DOLLAR
from functions.core.services import billed_as
from functions.core.store.bucket import Bucket, NoObject

LARGEST = 20
"""Resources that the report names."""
DAYS_PER_MONTH = HOURS_PER_MONTH / 24
CENT = 0.005
MIXED = "it mixes currencies"
EMPTY, GONE = "it has no line of a resource in the window", "its answer is kept for 7 days in athena-results/, and is not there any more"
TABLE = """
CREATE TABLE resource_costs (account TEXT, resource TEXT, currency TEXT, cost REAL, list_cost REAL, PRIMARY KEY (account, resource))
WITHOUT ROWID
"""
REALISED = """
CREATE TABLE realised (account TEXT, resource TEXT, before REAL, expected INT, findings INT, PRIMARY KEY (account, resource)) WITHOUT ROWID
"""
ADD_REALISED = """
INSERT INTO realised VALUES (?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET before = MAX(before, excluded.before), expected = expected + excluded.expected, findings = findings + 1
"""
"""A resource that several resolved findings were about saved once: what it costs now, less than before the first of them."""
ADD = """
INSERT INTO resource_costs VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET cost = cost + excluded.cost, list_cost = list_cost + excluded.list_cost
"""
"""A resource has a line for each region and service that bills it. An amount that is missing makes a sum that is missing."""


class Unscanned(NamedTuple):
    """A resource of a service that no scanner looks at. `monthly`: in the bill's currency."""

    monthly: float
    account: str
    service: str
    region: str
    resource: str


class ResourceCosts:
    """`note` each finding, and each one `realised` that an earlier sweep saw resolved; then `as_json`. Nothing without an export."""

    def __init__(self, bucket: Bucket, bill: Mapping[str, Any], scratch: sqlite3.Connection) -> None:
        self._export: Mapping[str, Any] = bill.get("export") or {}
        self._db = scratch
        self._accounts = frozenset(bill.get("accounts", ()))
        self._seen: set[str] = set()
        self._currencies: set[str] = set()
        self._first, self._last = "9999-12-31", ""
        self._priced = 0
        self._unscanned: list[Unscanned] = []
        self._known = self._export.get("status") == "ok"
        self._reason = ""
        if self._known:
            scratch.execute(TABLE)
            scratch.execute(REALISED)
            try:
                self._load(bucket)
            except NoObject:  # a run that is gone on with days later
                self._known, self._reason = False, GONE

    def _load(self, bucket: Bucket) -> None:
        with closing(bucket.download(self._export["result"])) as file:
            rows = list[Any]()
            self._unscanned = nlargest(LARGEST, self._read(file, rows))
            self._flush(rows)
        if not self._last or len(self._currencies) > 1:
            self._known, self._reason = False, MIXED if self._last else EMPTY
            return
        self._start = max(date.fromisoformat(self._export["start"]), date.fromisoformat(self._first))
        self._end = date.fromisoformat(self._last) + timedelta(1)
        self._days = (self._end - self._start).days
        self._unscanned = [one._replace(monthly=self._monthly(one.monthly)) for one in self._unscanned]

    def _read(self, file: Any, rows: list[Any]) -> Iterator[Unscanned]:
        """Take in every line; gives those of services without a scanner, with what they cost in the window."""
        for line in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
            account, region, service, resource, currency, cost, list_cost, first, last = (line[name] for name in ANSWER)
            self._seen.add(account)
            self._currencies.add(currency or USD)
            self._first, self._last = min(self._first, first), max(self._last, last)
            rows.append((account, resource, currency, _number(cost), _number(list_cost)))
            if len(rows) == 10_000:
                self._flush(rows)
            if account in self._accounts and not _has_scanner(service):
                yield Unscanned(_number(cost) or 0.0, account, service, region, resource)

    def _flush(self, rows: list[Any]) -> None:
        self._db.executemany(ADD, rows)
        rows.clear()

    def note(self, finding: Finding) -> None:
        """Set the `resource_cost` of a finding whose resource is in the export."""
        if not self._known:
            return
        for name in (finding["resource_arn"], finding["resource_id"]):
            row = self._find(finding["account"], name)
            if row is None or row[1] is None:
                continue
            currency, cost, list_cost = row
            self._priced += 1
            finding["resource_cost"] = {
                "amount": round(cost, 4),
                "list_amount": None if list_cost is None else round(list_cost, 4),
                "currency": currency or USD,
                "start": self._start.isoformat(),
                "end": self._end.isoformat(),
                "monthly": self._monthly(cost),
                "billed_as": name,
            }
            return

    def _find(self, account: str, name: str) -> Any:
        """Currency, cost and list cost in the window."""
        query = "SELECT currency, cost, list_cost FROM resource_costs WHERE account = ? AND resource = ?"
        return self._db.execute(query, (account, name)).fetchone()

    def _monthly(self, cost: float) -> float:
        return round(cost * DAYS_PER_MONTH / self._days, 4)

    def realised(self, known: Mapping[str, Any], expected: int) -> None:
        """A finding that an earlier sweep saw resolved, as History knows it, and what it was `expected` to save, in hundredths of a cent a
        month. Billed by that name no more, it costs nothing."""
        account = known["unit"].partition(".")[0]
        if not self._known or "billed" not in known or known["resolved"][:10] >= self._start.isoformat() or account not in self._seen:
            return
        name, before = known["billed"]
        row = self._find(account, name)
        if row is None or row[1] is not None:
            self._db.execute(ADD_REALISED, (account, name, before, expected))

    def _became(self) -> tuple[int, int, float, float, float]:
        """Of what was resolved: resources, findings, what was expected (USD per month), and the cost before and since, in the bill's
        currency per month."""
        resources, findings, expected, before, after = 0, 0, 0, 0.0, 0.0
        found = "SELECT before, expected, findings, cost FROM realised LEFT JOIN resource_costs USING (account, resource)"
        for one_before, one_expected, count, cost in self._db.execute(found):
            resources, findings, expected = resources + 1, findings + count, expected + one_expected
            before, after = before + one_before, after + self._monthly(cost or 0.0)
        return resources, findings, expected / PER_DOLLAR, before, after

    def compared(self) -> dict[str, Any] | None:
        """What was expected of resolved `findings`, in USD per month, and by how much the bill of their resources fell (`billed`). None
        where the export says nothing of them, or in another currency."""
        if not self._known or self._currencies != {USD}:
            return None
        _, findings, expected, before, after = self._became()
        return {"findings": findings, "expected": expected, "billed": round(before - after, 4)} if findings else None

    def as_json(self) -> dict[str, Any]:
        """`export` of the ranking's bill: what bill.json says of it, and what the findings say."""
        if not self._known:
            return {**self._export, **({"status": "none", "reason": self._reason} if self._export.get("status") == "ok" else {})}
        resources, _, _, before, after = self._became()
        return {
            **{name: value for name, value in self._export.items() if name != "result"},
            "start": self._start.isoformat(),
            "end": self._end.isoformat(),
            "currency": next(iter(self._currencies)),
            "without_rows": sorted(self._accounts - self._seen),
            "findings": self._priced,
            "blind_spot": [one._asdict() for one in self._unscanned if one.monthly > CENT],
            "realised": {
                "resources": resources,
                "before_monthly": round(before, 4),
                "after_monthly": round(after, 4),
                "saved_monthly": round(before - after, 4),
            },
        }


def _number(text: str) -> float | None:
    return float(text) if text else None


def _has_scanner(service: str) -> bool:
    """`service`: a code such as AmazonEC2, or a FOCUS name such as Amazon Elastic Compute Cloud."""
    return service in _CODES or _short(service) in _NAMES


def _short(name: str) -> str:
    """The bill's and FOCUS's names of a service differ: Amazon Elastic Compute Cloud - Compute, AmazonCloudWatch and Amazon CloudWatch."""
    return name.partition(" - ")[0].removeprefix("Amazon").removeprefix("AWS").replace(" ", "")


_CODES = frozenset(listing.offer for listings in offers().values() for listing in listings)
_NAMES = frozenset(map(_short, billed_as()))
