"""What was compared with what: the thresholds of a check as they were in a run, and the numbers of a finding's evidence.

Where the evidence holds the number that was compared with a threshold, it is compared again; what it does not hold is said as the check
declares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.limits import InForce, Threshold
from functions.core.model import Resource
from functions.core.registry import Check
from functions.core.tuning.snapshot import Snapshot

Json = Mapping[str, Any]


def comparisons(check: Check[Resource], finding: Json, limits: Snapshot) -> list[dict[str, Any]]:
    """Each threshold of a check, and what was compared with it: `seen` and `holds` are None where the evidence does not say."""
    in_force = limits.in_force(check, finding["account"], finding["tags"])
    return [_comparison(name, check.thresholds[name], one, finding["evidence"]) for name, one in in_force.items()]


def _comparison(name: str, threshold: Threshold, one: InForce, evidence: Json) -> dict[str, Any]:
    seen = evidence.get(threshold.seen) if threshold.seen else None
    number = seen if isinstance(seen, int | float) and not isinstance(seen, bool) else None
    return {
        "threshold": name,
        "value": one.value,
        "default": one.default,
        "where": one.where or "default",
        "evidence": threshold.seen or None,
        "seen": number,
        "relation": threshold.relation(name),
        "holds": None if number is None else threshold.holds(name, number, one.value),
        "why": threshold.why,
    }


def compared(one: Json) -> str:
    """ "max_cpu_percent: 2.1 seen, at most 5 (default): holds"; without a number what the threshold is for."""
    where = "default" if one["where"] == "default" else f"{one['where']}; default {one['default']:g}"
    limit = f"{one['relation']} {one['value']:g} ({where})".strip()
    if one["seen"] is None:
        return f"{one['threshold']} {limit}: {one['why']}"
    verdict = "holds" if one["holds"] else "not what decided here"
    return f"{one['threshold']}: {one['seen']:,.10g} ({one['evidence']}), {limit}: {verdict}"
