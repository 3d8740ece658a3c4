"""What AWS itself states of resources that have findings of ours: one saving counts once, and both figures are shown.

A stated saving has no terms (`money.Stated`): no rate of the bill reprices it, no commitment is taken off it and no quantity bounds it.

- The same action on the same resource is one saving, of our finding, which has the steps and the way back. Its figure is AWS's where that
  is after the account's discounts and fresh, or where nothing here has a price; else it is ours.
- Another action on the same resource excludes ours, as ours exclude each other: the most valuable leads, and counts for the others.
- A finding of ours that covers other resources keeps its figure and its place: AWS's is of the one resource alone.
- What somebody has suppressed here does not come back because AWS says it too.

Units with stated savings come last (RunFindings), when it is decided about all others. Between the two looks each stated saving is a row in
the scratch database, and a mark by its resource's hash: findings on other resources are not looked up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from functions.core.declarations import precedence
from functions.core.money import Savings, usd
from functions.core.rank.headlines import Finding
from functions.core.rank.overlaps import MARKS

STATED = b'"stated":{'
"""In the line of every finding whose saving is stated, and of no other: a quote within a text would have a backslash before it."""
FRESH = timedelta(days=2)
"""AWS makes its recommendations anew once a day; an older one is of a resource that may have changed.

https://docs.aws.amazon.com/cost-management/latest/userguide/coh-getting-started.html
"""
NUMBERS = ("low", "likely", "high", "unpriced", "formula", "prices", "stated")
KEPT = ("finding_id", "check_id", "action", "confidence", "effort", "risk", "lifecycle")
"""What is kept of a finding between the two looks, and of its saving."""

TABLE = "CREATE TABLE stated (arn TEXT PRIMARY KEY, likely REAL, finding TEXT, counted_by TEXT, ours TEXT) WITHOUT ROWID"
ADD = """
INSERT INTO stated VALUES (?, ?, ?, NULL, NULL)
ON CONFLICT DO UPDATE SET likely = excluded.likely, finding = excluded.finding WHERE excluded.likely > likely
"""


class StatedSavings:
    """`add` what the first look sees, then `joined` over the second look's findings, and `figure` of each when all else is known."""

    def __init__(self, scratch: sqlite3.Connection, as_of: datetime) -> None:
        self._db, self._as_of = scratch, as_of
        self._marks = bytearray()
        scratch.execute(TABLE)

    def add(self, finding: Finding) -> None:
        """A finding of the first look, as JSON, with its suppression. Of several stated savings of a resource the largest is kept."""
        savings = finding["savings"]
        if not savings.get("stated"):
            return
        self._marks = self._marks or bytearray(MARKS)
        self._marks[hash(finding["resource_arn"]) % MARKS] = True
        kept = {name: finding[name] for name in KEPT} | {"savings": {name: savings[name] for name in NUMBERS}}
        self._db.execute(ADD, (finding["resource_arn"], savings["likely"], to_json(kept).decode()))

    def joined(self, findings: Iterable[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
        """The findings with their units, suppressions applied; those of a resource come together, and the stated ones last of all."""
        if not self._marks:
            yield from findings
            return
        group: list[tuple[str, Finding]] = []
        for found in findings:
            if group and group[0][1]["resource_arn"] != found[1]["resource_arn"]:
                yield from self._decided(group)
                group = []
            if found[1]["savings"].get("stated"):
                yield from self._decided(group)
                group = []
                self._placed(found[1])
                yield found
            else:
                group.append(found)
        yield from self._decided(group)

    def _decided(self, group: list[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
        if not group or not self._marks[hash(group[0][1]["resource_arn"]) % MARKS]:
            return group
        arn = group[0][1]["resource_arn"]
        row = self._db.execute("SELECT finding FROM stated WHERE arn = ?", (arn,)).fetchone()
        if row is not None:
            ours = [finding for _, finding in group]
            counted_by = decide(ours, from_json(row[0]), self._as_of)
            same = next((one for one in ours if one.get("stated_savings", {}).get("same_action")), None)
            words = "" if same is None else f"{same['check_id']} has {_figure(same['savings'])} for the same action; one of both counts."
            self._db.execute("UPDATE stated SET counted_by = ?, ours = ? WHERE arn = ?", (counted_by, words, arn))
        return group

    def _placed(self, finding: Finding) -> None:
        """Say of a stated saving which finding counts for it; nothing where it counts itself."""
        query = "SELECT finding, counted_by, ours FROM stated WHERE arn = ?"
        kept, counted_by, ours = self._db.execute(query, (finding["resource_arn"],)).fetchone()
        largest = from_json(kept)["finding_id"]
        if ours:
            _say(finding, ours)
        by = largest if largest != finding["finding_id"] else counted_by
        if by is not None and finding["lifecycle"] != "suppressed":
            finding["headline"], finding["counted_by"] = False, by

    def figure(self, finding: Finding) -> None:
        """Give a finding AWS's figure in place of its own where that one counts, when its own has had its share of what is billed."""
        beside = finding.get("stated_savings")
        if beside is None:
            return
        savings, words = finding["savings"], beside.pop("words")
        beside["own_monthly"] = savings["likely"] if savings["unpriced"] is None else None
        theirs = beside.pop("savings")
        if beside["counts"]:
            own = _figure(savings)
            finding["note"] = finding["note"].replace(Savings(0, 0, 0, "", lacks=tuple(savings["lacks"])).note, "").strip()
            savings |= theirs | {"terms": [], "low_terms": [], "high_terms": [], "lacks": []}
            finding.pop("list_savings", None)  # it is neither at the bill's rates nor at list prices
            words = f"{words} Computed here it is {own}."
        _say(finding, words)


def decide(ours: Sequence[Finding], theirs: Finding, as_of: datetime) -> str | None:
    """Which finding counts for a stated one, None when it counts itself. Changes who leads among `ours`, the findings of its resource, and
    notes both figures."""
    active = [one for one in ours if one["lifecycle"] != "suppressed"]
    same = next((one for one in ours if one["action"] == theirs["action"]), None)
    if same is not None:
        counts, why = _better(same, theirs, as_of)
        _beside(same, theirs, counts and same in active, why)
        if same not in active:
            return str(same["finding_id"])
        _lead(active, theirs["savings"] if same["stated_savings"]["counts"] else None, same)
        return str(_leader(active)["finding_id"])
    if not active:
        return None
    lead = _leader(active)
    wins = theirs["lifecycle"] != "suppressed" and not lead["covers"] and _order(theirs, theirs["savings"]) < _order(lead, lead["savings"])
    said = theirs["savings"]["stated"]
    excludes = f"{said['by']} recommends {theirs['action']} instead, for {_figure(theirs['savings'])}: one of both can be done"
    _beside(lead, theirs, False, f"{excludes}, and {'that one counts' if wins else 'this one counts'}.")
    if not wins:
        return str(lead["finding_id"])
    for one in active:
        one["headline"], one["counted_by"] = False, theirs["finding_id"]
    return None


def _better(ours: Finding, theirs: Finding, as_of: datetime) -> tuple[bool, str]:
    """Whether the figure of theirs is to be counted, and what to say of both."""
    said = theirs["savings"]["stated"]
    when = {True: "after discounts", False: "before discounts", None: "which may be before discounts"}[said["after_discounts"]]
    begins = f"{said['by']} states {_figure(theirs['savings'])} for the same action, {when}, as of {said['as_of'][:10]}"
    if theirs["savings"]["unpriced"] is not None or theirs["lifecycle"] == "suppressed":
        return False, f"{begins}; the figure here counts."
    if ours["covers"]:
        return False, f"{begins}; the figure here counts, it has in it what {len(ours['covers'])} other resources cost."
    if ours["savings"]["unpriced"] is not None:
        return True, f"{begins}: that figure counts, nothing here has a price for it."
    if not said["after_discounts"]:
        return False, f"{begins}; the figure here counts."
    if as_of - datetime.fromisoformat(said["as_of"]) > FRESH:
        return False, f"{begins}; the figure here counts, it is newer."
    return True, f"{begins}: that figure counts, it has in it what the account has negotiated and committed to."


def _beside(ours: Finding, theirs: Finding, counts: bool, words: str) -> None:
    savings = theirs["savings"]
    ours["stated_savings"] = {
        **savings["stated"],
        "finding_id": theirs["finding_id"],
        "action": theirs["action"],
        "same_action": ours["action"] == theirs["action"],
        "monthly": savings["likely"] if savings["unpriced"] is None else None,
        "counts": counts,
        "savings": savings,
        "words": words,
    }


def _lead(active: Sequence[Finding], instead: dict[str, Any] | None, same: Finding) -> None:
    """Choose who leads anew, with a figure `instead` of the one that `same` has. What covers others stays where it is: what they cover is
    settled already."""
    lead = _leader(active)
    if instead is None or len(active) == 1 or lead["covers"]:
        return
    first = min((one for one in active if not one["covers"]), key=lambda one: _order(one, instead if one is same else one["savings"]))
    for one in active:
        one["headline"], one["counted_by"] = one is first, None if one is first else first["finding_id"]


def _leader(active: Sequence[Finding]) -> Finding:
    return next((one for one in active if one["headline"]), active[0])


def _order(finding: Finding, savings: dict[str, Any]) -> tuple[float | str, ...]:
    return precedence(savings["likely"], savings["high"], finding["confidence"], finding["effort"], finding["risk"], finding["check_id"])


def _figure(savings: dict[str, Any]) -> str:
    return "no figure that counts" if savings["unpriced"] is not None else f"{usd(savings['likely'])} a month"


def _say(finding: Finding, words: str) -> None:
    finding["note"] = " ".join(filter(None, (finding["note"], words)))
