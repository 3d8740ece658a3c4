"""Groups of findings and their facts, for the tests of the advice: one that is known to the cent, and any that could be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st
from pydantic_core import to_json

from functions.core import registry
from functions.core.advice.facts import Facts
from functions.core.model import Evidence, Finding, Level, Resource
from functions.core.money import Savings
from functions.core.rank.groups import Groups
from functions.core.rank.totals import Place, place
from functions.core.registry import Check
from functions.core.store import unit_objects
from tests.functions import sweeps

CHECKS = {check.id: check for check in registry.checks()}
EBS = [check for check in CHECKS.values() if check.over.service == "ebs"]
FIRST, SECOND, GP2, THIRD = "vol-0123456789abcdef0", "vol-0fedcba9876543210", "vol-0000000000000beef", "snap-00112233445566778"


def finding(check_id: str, name: str, savings: Savings, **more: object) -> Finding:
    """A finding with what its check declares."""
    check: Check[Resource] = CHECKS[check_id]
    evidence = more.pop("evidence", None)
    made = sweeps.finding(
        name,
        savings,
        check=check.id,
        of=sweeps.unit(check.over.resource_type),
        evidence=evidence,  # type: ignore[arg-type]
    )
    for key, value in {
        "title": check.title, "action": check.action, "effort": check.effort, "risk": check.risk, "undo": check.undo, **more,
    }.items():  # fmt: skip
        setattr(made, key, value)
    return made


def grouped(findings: Iterable[Finding], limit: int = 20) -> Groups:
    """Rank's two looks."""
    groups = Groups(limit)
    seen = []
    for one in findings:
        ranked = unit_objects.FINDING.dump_python(one, mode="json")
        where: Place = place(ranked)
        seen.append((where, -ranked["savings"]["likely"], ranked["finding_id"], groups.add(ranked, where), to_json(ranked)))
    for *_, number, line in sorted(seen):
        groups.collect(number, line)
    return groups


def facts_of(findings: Sequence[Finding]) -> Facts:
    """The facts of the first group."""
    return grouped(findings).facts()[0]


def sample() -> list[Finding]:
    """Two unattached volumes, 18 + 7.25 dollars; a gp2 volume that saves 10 to 30; an orphan snapshot that saves nothing to 41.5."""
    unattached: Evidence = {"state": "available", "attachments": 0, "age_days": 66.1, "size_gib": 180, "type": "gp2"}
    gp2: Evidence = {"type": "gp2", "size_gib": 500, "p99_iops": 812.5}
    orphan: Evidence = {"volume": "vol-918ea8f76bfb25733", "idle_share": 0.25, "last_used": "2026-09-24T00:00:00+00:00"}
    named = {"resource_name": "db-backup-7", "owner": "payments"}
    return [
        finding("ebs-unattached-volume", FIRST, sweeps.saving(18, 9.5, 18), evidence=unattached, **named),
        finding("ebs-unattached-volume", SECOND, sweeps.saving(7.25), evidence=unattached | {"size_gib": 90}, resource_name=""),
        finding("ebs-gp2-to-gp3", GP2, sweeps.saving(20.5, 10, 30), evidence=gp2),
        finding("ebs-orphan-snapshot", THIRD, sweeps.saving(21.75, 0, 41.5), evidence=orphan),
    ]


def sample_facts() -> Facts:
    return facts_of(sample())


amounts = st.integers(1, 50_000_000).map(lambda cents: cents / 10_000)
texts = st.text(max_size=40)


@st.composite
def a_finding(draw: st.DrawFn, number: int) -> Finding:
    check = draw(st.sampled_from(EBS))
    low, likely, high = sorted(draw(st.tuples(st.just(0.0) | amounts, amounts, amounts)))
    savings = draw(st.sampled_from([sweeps.saving(likely, low, high), sweeps.UNPRICED, Savings(0.0, 0.0, 0.0, "free", (sweeps.PRICE,))]))
    values = st.none() | st.booleans() | st.integers(0, 10**9) | st.floats(0, 1e9) | texts
    return finding(
        check.id,
        f"vol-{number:017x}",
        savings,
        evidence=draw(st.dictionaries(st.sampled_from(["age_days", "size_gib", "type", "version"]), values)),
        resource_name=draw(texts),
        owner=draw(texts),
        note=draw(texts),
        effort=draw(st.sampled_from(list(Level))),
    )


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """The facts of any group of EBS findings; names, owners, notes and evidence are whatever somebody wrote."""
    count = draw(st.integers(1, 12) | st.integers(60, 80))
    findings = [draw(a_finding(number)) for number in range(min(count, 12))]
    more = [finding("ebs-unattached-volume", f"vol-{number:017x}", sweeps.saving(1 + number)) for number in range(12, count)]
    return facts_of(findings + more)
