"""Ranking a run: what every unit found, merged, judged against each other and against earlier sweeps, and put in order.

Two looks at the findings, neither holding them in memory. The first reads the ledger, keeps the unit objects on the temporary disk and
notes which finding covers which resources. The second decides about each finding (suppressed? counted elsewhere? new?), writes it into
the dataset and the history, adds it up, and sorts it. What it leaves for Aggregate lies beside the units: `ranking.json` (run, coverage,
totals, trend, realised, bill), `ranked.jsonl.gz` (every finding, best first), `resolved.jsonl.gz` and `not-seen.jsonl.gz`; and the groups
for the advice.

Both looks see savings at the bill's own rates (rank/bill/own_rates.py), and what the bill knows better than structure does
(rank/bill/billed.py), netted of what commitments pay for already (rank/bill/commitments.py). The first must: it is the net saving that
says which action on a resource is the best and so what that one covers. The second keeps what counts within what is billed: it alone
knows what counts. Everything after it, totals, order, history, dataset and advice, then has the same number, so that no two sums
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any

from pydantic_core import to_json

from functions.core.errors import InvalidInput
from functions.core.ownership.owners import Owners
from functions.core.rank import scratch_database
from functions.core.rank.bill import commitments
from functions.core.rank.bill.billed import Billed
from functions.core.rank.bill.commitments import Commitments
from functions.core.rank.bill.own_rates import OwnRates
from functions.core.rank.bill.purchase import Purchase, explained
from functions.core.rank.bill.resource_costs import ResourceCosts
from functions.core.rank.coverage import Coverage, NotSeen
from functions.core.rank.dataset import Dataset, write_rates
from functions.core.rank.external_sort import Sorter
from functions.core.rank.groups import NO_GROUP, Groups
from functions.core.rank.headlines import changed
from functions.core.rank.history import History
from functions.core.rank.lifecycle import trend
from functions.core.rank.lifecycle.known import as_resolved
from functions.core.rank.lifecycle.realised import Realised
from functions.core.rank.lifecycle.scope import Scope
from functions.core.rank.overlaps import COVERS, Cover, Overlaps, cover_of
from functions.core.rank.run import Run as Run
from functions.core.rank.run_findings import Finding, RunFindings
from functions.core.rank.stated import STATED, StatedSavings
from functions.core.rank.suppressions import Suppression
from functions.core.rank.suppressions.suppressor import Suppressor
from functions.core.rank.suppressions.unmet import Unmet
from functions.core.rank.totals import PER_DOLLAR, Place, Totals, exact
from functions.core.store import ledger
from functions.core.store.bucket import JSON
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzipped

UNSOURCED = "no price source was recorded for this saving"
TOP = 1 << 60
"""Above every saving in hundredths of a cent, so that TOP minus a saving sorts the largest first."""
KEY_LENGTH = 1 + 16 + 32
NUMBER_LENGTH = 6


def rank(
    folder: RunFolder,
    run: Run,
    entries: Iterable[ledger.Entry],
    suppressions: Sequence[Suppression],
    groups: Groups,
    bill: Mapping[str, Any],
    owners: Owners | None = None,
) -> tuple[Coverage, Totals]:
    """Rank a run from its ledger and write everything down. InvalidInput when nothing was planned.

    `bill`: bill.json's content, see costs/bill.py; only one of status "ok" changes anything. `owners`: the chain; the tags without one.
    """
    today, scope = run.as_of.date(), Scope.read(folder)
    with ExitStack() as stack:
        database = stack.enter_context(closing(scratch_database.database()))
        own, billed, committed = OwnRates(bill), Billed(bill), Commitments(bill)
        see = RunFindings(lambda unit: committed.netted(changed(unit, own.reprice, billed.share)), COVERS, late=STATED)
        run_findings = stack.enter_context(see)
        costs = ResourceCosts(folder.bucket, bill, database)
        overlaps, stated = Overlaps(database), StatedSavings(database, run.as_of)
        history = None if run.what_if else stack.enter_context(History(folder, run.as_of, database))
        unmet = Unmet(suppressions, today)
        first = Suppressor(suppressions, today)
        coverage, denied = _first_look(folder, entries, run_findings, overlaps, stated, history, first, unmet)
        if not coverage.planned:
            raise InvalidInput(f"the plan of run {run.run_id} is empty: there is no unit to report on")
        overlaps.settle()
        totals, purchase, suppressor = Totals(), Purchase(bill), Suppressor(suppressions, today)
        with Sorter() as ranked:
            scope_id = None if run.what_if or scope is None else scope.id
            with Dataset(folder, run.started, run.as_of, scope_id, account_names=run.account_names) as dataset:
                decided = stated.joined(_suppressed(_named(run_findings, owners or Owners()), suppressor))
                for finding in _second_look(decided, overlaps, stated, history, billed, costs):
                    place = totals.add(finding)
                    if place is Place.SUPPRESSED:
                        unmet.finding(finding)
                    purchase.add(finding, place)
                    own.explain(finding, place)
                    key = _sort_key(place, finding["savings"]["likely"], finding["finding_id"], groups.add(finding, place))
                    ranked.add(key + to_json(finding))
                    dataset.add(finding)
            _write_sorted(folder, folder.ranked, ranked, groups.collect)
        realised = Realised(scope, costs)
        with Sorter() as resolved:
            for known in history.close_books(unmet.known, realised.before) if history else ():
                amount = realised.now(known)
                totals.add_resolved(amount)
                resolved.add(_sort_key(Place.COUNTED, amount / PER_DOLLAR, known["id"], NO_GROUP) + to_json(as_resolved(known)))
            _write_sorted(folder, folder.resolved, resolved)
        so_far, exported = realised.as_json(), {"export": costs.as_json()} if "export" in bill else {}
    bill_seen = _understood(bill, totals, purchase, own) | exported
    write_rates(folder, run.started, bill_seen.get("rates", {}))
    ranking = {
        "run": run.as_json() | {"scope": scope.as_json() if scope else None},
        "coverage": coverage.as_json(run.min_coverage),
        "totals": totals.as_json(coverage.resources),
        **trend.over_time(folder, run, scope, coverage, totals.as_json(coverage.resources), so_far),
        "warnings": [
            *filter(None, [run.warning]),
            *denied,
            *coverage.warnings(),
            *commitments.warnings(bill, totals.accounts),
            *unmet.warnings,
            *suppressor.warnings,
        ],
        "analyze": run.analyze,
        "groups": groups.write(folder, run.analyze),
        "groups_found": groups.found,
        "bill": bill_seen,
    }
    folder.bucket.put(folder.ranking, to_json(ranking, indent=2), JSON)
    return coverage, totals


def _understood(bill: Mapping[str, Any], totals: Totals, purchase: Purchase, own: OwnRates) -> dict[str, Any]:
    """The bill with what the findings say of it; one that could not be had says only why, and the rates of an export."""
    seen = {name: part for name, part in bill.items() if name != "quantities"}  # as long as regions × usage types, and for Rank alone
    seen |= {"rates": own.explained(bill)} if "rates" in bill else {}
    if bill["status"] != "ok":
        return seen
    likely = totals.monthly_likely_without(commitments.without_rows(bill))
    return {**seen, "explained": explained(bill, likely), "purchase": purchase.as_json()}


def _first_look(
    folder: RunFolder,
    entries: Iterable[ledger.Entry],
    run_findings: RunFindings,
    overlaps: Overlaps,
    stated: StatedSavings,
    history: History | None,
    suppressor: Suppressor,
    unmet: Unmet,
) -> tuple[Coverage, list[str]]:
    """Read the ledger: collects the findings, what they cover or state, and how each unit ended. Writes the list of what was not seen.

    Returns the coverage, and what to say of the regions that are denied.
    """
    coverage = Coverage()
    with gzipped(folder.bucket, folder.not_seen) as out:
        not_seen = NotSeen(out.write)
        for entry in entries:
            covers: list[Cover] = []

            def look(finding: Finding, covers: list[Cover] = covers) -> None:
                suppressor.apply(finding)
                stated.add(finding)
                if (cover := cover_of(finding)) is not None:
                    covers.append(cover)

            outcome = run_findings.add(entry, look)
            coverage.add(outcome)
            unmet.unit(outcome)
            if outcome.findings:
                overlaps.add(covers)
            if history is not None:
                history.add_unit(outcome, entry.unit.regions)
            not_seen.add(outcome)
        not_seen.close()
    return coverage, list(not_seen.warnings())


def _named(found: Iterable[tuple[str, Finding]], owners: Owners) -> Iterator[tuple[str, Finding]]:
    """Every finding, with who owns its resource."""
    for one in found:
        owners.name(one[1])
        yield one


def _suppressed(run_findings: Iterable[tuple[str, Finding]], suppressor: Suppressor) -> Iterator[tuple[str, Finding]]:
    """Every finding with its unit's id, as it is read for the second time."""
    for found in run_findings:
        savings = found[1]["savings"]
        if savings["high"] > 0 and not savings["prices"]:
            savings |= {"low": 0.0, "likely": 0.0, "high": 0.0, "unpriced": UNSOURCED}  # no number without a source
        suppressor.apply(found[1])
        yield found


def _second_look(
    findings: Iterable[tuple[str, Finding]],
    overlaps: Overlaps,
    stated: StatedSavings,
    history: History | None,
    billed: Billed,
    costs: ResourceCosts,
) -> Iterator[Finding]:
    """Every finding, decided."""
    for unit_id, finding in findings:
        finding.setdefault("suppression", None)
        finding["gone_from"] = None
        counted_by = overlaps.counted_by(finding["resource_arn"])
        if counted_by is not None:
            finding["headline"], finding["counted_by"] = False, counted_by
        billed.bound(finding, counts=finding["headline"])
        stated.figure(finding)
        costs.note(finding)
        if history is not None:
            noted = history.note(finding, unit_id)
            finding["first_seen"], finding["gone_from"] = noted.first_seen, noted.gone_from
            if finding["lifecycle"] != "suppressed":
                finding["lifecycle"] = noted.lifecycle
        yield finding


def _sort_key(where: Place, likely: float, finding_id: str, group: int) -> bytes:
    """By place, then the largest likely saving, then the id: KEY_LENGTH bytes that sort as text. The group's number is carried along."""
    return b"%d%016x%s%06x" % (where, TOP - exact(likely), finding_id.encode(), group)


def _write_sorted(folder: RunFolder, key: str, lines: Sorter, look: Callable[[int, bytes], None] | None = None) -> None:
    """The lines in their order, without their keys; `look` sees each with its group's number."""
    start = KEY_LENGTH + NUMBER_LENGTH
    with gzipped(folder.bucket, key) as out:
        for keyed in lines:
            line = keyed[start:]
            if look is not None:
                look(int(keyed[KEY_LENGTH:start], 16), line)
            out.write(line + b"\n")
