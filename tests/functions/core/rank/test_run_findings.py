"""The findings of a run on the disk; what is broken is a failed unit and leaves nothing."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from typing import Any

import pytest

from functions.core.model import Outcome, UnitOutcome
from functions.core.rank.run_findings import Finding, RunFindings
from functions.core.store import ledger, unit_objects
from tests.functions import sweeps

UNIT = sweeps.unit()


def body(findings: int = 2, announced: int | None = None, more: bytes = b"") -> bytes:
    outcome = UnitOutcome(
        unit_id=UNIT.unit_id,
        account=UNIT.account,
        region=UNIT.region,
        resource_type=UNIT.resource_type,
        outcome=Outcome.OK,
        findings=findings if announced is None else announced,
    )
    lines = [unit_objects.FINDING.dump_json(sweeps.finding(f"vol-{number}")) + b"\n" for number in range(findings)]
    return gzip.compress(unit_objects.OUTCOME.dump_json(outcome) + b"\n") + gzip.compress(b"".join(lines) + more)


def entry(content: bytes) -> ledger.Entry:
    return ledger.Entry(UNIT, body=io.BytesIO(content))


def test_every_finding_comes_back_with_its_unit_in_the_order_of_the_units() -> None:
    seen: list[dict[str, Any]] = []
    with RunFindings() as run_findings:
        for count in (2, 0, 1):
            assert run_findings.add(entry(body(count)), seen.append).findings == count
        assert [finding["resource_id"] for finding in seen] == ["vol-0", "vol-1", "vol-0"]
        for _ in range(2):
            assert list(run_findings) == [(UNIT.unit_id, finding) for finding in seen]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "StopIteration"),
        (b"no gzip", "error: Error -3"),
        (body()[:-1], "EOFError: the file ends within a gzip member"),
        (gzip.compress(b"no json\n", mtime=0), "ValidationError: 1 validation error for UnitOutcome"),
        (body(more=b"{half\n"), "ValueError: finding 3 is no JSON object"),
        (body(more=b"[]\n"), "ValueError: finding 3 is no JSON object"),
        (body(2, announced=3, more=b"{half}\n"), "ValueError: key must be a string"),
        (body(2, announced=3), "ValueError: 3 findings are announced, 2 are there"),
        (body(2, announced=1), "ValueError: 1 findings are announced, 2 are there"),
    ],
)
def test_a_broken_object_is_a_failed_unit_and_leaves_nothing(broken: bytes, reason: str) -> None:
    with RunFindings() as run_findings:
        run_findings.add(entry(body(1)), lambda _: None)
        outcome = run_findings.add(entry(broken), lambda _: None)
        assert outcome.outcome is Outcome.FAILED
        assert outcome.findings == 0
        assert outcome.reason.startswith(f"its result cannot be read: {reason}")
        assert "\n" not in outcome.reason
        run_findings.add(entry(body(1)), lambda _: None)
        assert [finding["resource_id"] for _, finding in run_findings] == ["vol-0", "vol-0"]


def test_a_unit_without_an_object_has_the_outcome_that_the_ledger_knows() -> None:
    failed = ledger.failed(UNIT, "Boom", "Boom: broken")
    with RunFindings() as run_findings:
        assert run_findings.add(ledger.Entry(UNIT, outcome=failed), lambda _: None) is failed
        assert list(run_findings) == []


def test_both_looks_see_what_is_made_of_a_units_findings() -> None:
    """Each unit's on their own; what comes out may be fewer or in another order, what is counted is what the object has."""

    def see(findings: Iterable[Finding]) -> Iterable[Finding]:
        return list(findings)[::-1][:2]

    seen: list[Finding] = []
    with RunFindings(see) as run_findings:
        for count in (3, 0, 1):
            assert run_findings.add(entry(body(count)), seen.append).outcome is Outcome.OK
        assert [finding["resource_id"] for finding in seen] == ["vol-2", "vol-1", "vol-0"]
        assert [finding for _, finding in run_findings] == seen


def test_only_units_with_the_needle_are_looked_at_and_those_whole() -> None:
    seen: list[Finding] = []
    with RunFindings(needle=b'"resource_id":"vol-2"') as run_findings:
        for count in (2, 3, 1, 0):
            assert run_findings.add(entry(body(count)), seen.append).findings == count
        assert [finding["resource_id"] for finding in seen] == ["vol-0", "vol-1", "vol-2"]
        assert len(list(run_findings)) == 6


def test_units_with_the_late_word_are_looked_at_and_come_last() -> None:
    seen: list[Finding] = []
    with RunFindings(needle=b"never there", late=b'"resource_id":"vol-2"') as run_findings:
        for count in (3, 2, 1):
            run_findings.add(entry(body(count)), seen.append)
        assert [finding["resource_id"] for finding in seen] == ["vol-0", "vol-1", "vol-2"]
        assert [finding["resource_id"] for _, finding in run_findings] == ["vol-0", "vol-1", "vol-0", "vol-0", "vol-1", "vol-2"]
