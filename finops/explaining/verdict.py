"""Why a finding is one: what was compared with what, what it would save and by which prices, and whether the sum has it.

All of it is of the run: the evidence as it was stored, and the thresholds as they were. Where the evidence holds the number that was
compared with a threshold, it is compared again; what it does not hold is said as the check declares it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.core.model import Resource
from functions.core.money import usd
from functions.core.rank.totals import Place, place
from functions.core.registry import Check
from functions.core.report.as_html import value
from functions.core.tuning.comparing import compared, comparisons
from functions.core.tuning.snapshot import Snapshot

Json = Mapping[str, Any]
STATES = {
    "new": "new in this run",
    "persisting": "found before, and still there",
    "regressed": "was gone, and is back",
    "suppressed": "suppressed",
}


def in_sum(finding: Json, counted_by: Json | None) -> tuple[bool, str]:
    """Whether a finding's money is in the sum of its run, and why."""
    where = place(finding)
    if where is Place.COUNTED:
        return True, "it is counted: the best action on its resource"
    if where is Place.SUPPRESSED:
        return False, f"suppressed: {finding['suppression']}"
    if where is Place.UNPRICED:
        return False, f"no price is known: {finding['savings']['unpriced']}"
    if where is Place.HYGIENE:
        return False, "it saves nothing, and is worth tidying"
    if counted_by is None:
        return False, f"counted by finding {finding['counted_by']}"
    same = "the same resource" if counted_by["resource_arn"] == finding["resource_arn"] else counted_by["resource_arn"]
    worth = usd(counted_by["savings"]["likely"])
    return False, f"counted by finding {counted_by['finding_id']} ({counted_by['check_id']} of {same}, {worth} a month)"


def as_json(check: Check[Resource] | None, finding: Json, counted_by: Json | None, limits: Snapshot, run_id: str) -> dict[str, Any]:
    """Everything. `check`: None where this version has no such check."""
    counts, why = in_sum(finding, counted_by)
    return {
        "run_id": run_id,
        "in_sum": counts,
        "in_sum_because": why,
        "comparisons": comparisons(check, finding, limits) if check else [],
        "finding": finding,
    }


def lines(made: Json) -> Iterator[str]:
    """The same, line by line. `made`: what `as_json` gives."""
    finding = made["finding"]
    yield f"{finding['title']}: {finding['resource_name'] or finding['resource_id']}"
    yield f"{finding['check_id']} {finding['finding_id']}, run {made['run_id']}"
    yield f"{finding['resource_arn']} (account {finding['account']}, {finding['region']})"
    yield ""
    yield "Compared"
    yield from (f"  {compared(one)}" for one in made["comparisons"])
    if not made["comparisons"]:
        yield "  no number with any threshold: it is what the evidence says"
    yield "Evidence, as it was stored"
    yield from (f"  {name}: {value(one)}" for name, one in finding["evidence"].items())
    yield "Saving"
    yield from (f"  {line}" for line in saving(finding["savings"]))
    yield f"In the sum: {'yes' if made['in_sum'] else 'no'}: {made['in_sum_because']}"
    yield f"Action: {finding['action']}; effort {finding['effort']}, risk {finding['risk']}, confidence {finding['confidence']}"
    if finding["note"]:
        yield f"Note: {finding['note']}"
    yield f"Owner: {finding['owner'] or 'nobody'}"
    first = f", first seen {finding['first_seen']}" if finding["first_seen"] else ""
    yield f"History: {STATES.get(finding['lifecycle'], finding['lifecycle'])}{first}"
    yield "Command"
    yield from (f"  {line}" for line in finding["command"].splitlines() or ["none: a person has to decide"])
    yield f"Undo: {finding['undo']}"
    yield f"Reference: {finding['reference']}"


def saving(savings: Json) -> Iterator[str]:
    """The sum, how it comes about, and each price with its source and its day."""
    if savings["unpriced"] is not None:
        yield f"unknown: {savings['unpriced']}"
    elif savings["high"] <= 0:
        yield "nothing"
    else:
        ends = f" ({usd(savings['low'])} to {usd(savings['high'])})" if savings["low"] != savings["high"] else ""
        yield f"{usd(savings['likely'])} a month{ends} = {savings['formula']}"
    for end in ("low", "high"):
        yield from _terms(f"{end}: {usd(savings[end])} =", savings.get(f"{end}_terms", ()))
    for price in savings["prices"]:
        instead = f", which stands in for {price['fallback_for']}" if price.get("fallback_for") else ""
        yield (
            f"${price['usd']:.10g} per {price['unit']}: {price['service']} {price['key']} in {price['region']}{instead} "
            f"({price['source']}, {price['as_of']})"
        )
    if savings.get("lacks"):
        yield f"at least; not included: {'; '.join(savings['lacks'])}"


def _terms(before: str, terms: Iterable[Json]) -> Iterator[str]:
    words = [
        " × ".join(
            filter(
                None,
                (
                    f"{term['quantity']:,.10g} {term['unit']}".strip(),
                    f"{term['hours']} h" if term["hours"] != 1 else "",
                    f"{abs(term['factor']):.6g}" if abs(term["factor"]) != 1 else "",
                    f"${term['rate']:.10g} {term['key']}",
                ),
            )
        )
        for term in terms
    ]
    signs = ["−" if term["factor"] < 0 else "+" for term in terms]
    if words:
        yield f"{before} " + " ".join(f"{sign} {word}" for sign, word in zip(signs, words, strict=True)).removeprefix("+ ")
