"""What suppressions do to findings: when they end, and what becomes of a resource's other findings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from functions.core.rank.suppressions import parse
from functions.core.rank.suppressions.suppressor import Suppressor
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

TODAY = date(2026, 11, 24)
END = 'reason = "Kept on purpose"\nuntil = 2027-03-31\n'


def as_json(*args: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(*args, **more), mode="json")
    return made


def entry(conditions: str, end: str = END) -> str:
    return f"[[suppress]]\n{conditions}\n{end}\n"


@pytest.mark.parametrize(("until", "holds"), [("2026-11-23", False), ("2026-11-24", True), ("2026-11-25", True), ('"2026-11-24"', True)])
def test_it_holds_through_its_last_day_and_then_warns(until: str, holds: bool) -> None:
    suppressor = Suppressor(parse(entry('region = "us-east-1"', f'reason = "Standby"\nuntil = {until}')), TODAY)
    finding = as_json()
    suppressor.apply(finding)
    assert (finding["lifecycle"] == "suppressed") is holds
    assert finding["headline"] is not holds
    assert finding["suppression"] == (f"Standby (until {until.strip(chr(34))})" if holds else None)
    assert suppressor.warnings == ([] if holds else ["A suppression expired on 2026-11-23: Standby"])


def test_who_decided_is_said_with_the_reason() -> None:
    suppressor = Suppressor(parse(entry('region = "us-east-1"', f'owner = "ann@example.com"\n{END}')), TODAY)
    finding = as_json()
    suppressor.apply(finding)
    assert finding["suppression"] == "Kept on purpose, decided by ann@example.com (until 2027-03-31)"
    assert Suppressor(parse(entry('region = "us-east-1"', f'owner = "Ann"\n{END}')), date(2028, 1, 1)).warnings == [
        "A suppression expired on 2027-03-31: Kept on purpose, decided by Ann"
    ]


def test_the_next_best_action_counts_when_the_best_is_suppressed() -> None:
    best = as_json("vol-1", sweeps.saving(10))
    second, third = (
        as_json("vol-1", sweeps.saving(amount), check=check, counted_by=best["finding_id"])
        for amount, check in ((5, "ebs-gp2-to-gp3"), (3, "ebs-idle-volume"))
    )
    other = as_json("vol-2", sweeps.saving(1), check="ebs-gp2-to-gp3")
    suppressor = Suppressor(parse(entry('check_id = "ebs-unattached-volume"')), TODAY)
    for finding in (best, second, third, other):
        suppressor.apply(finding)
    assert (best["headline"], best["lifecycle"]) == (False, "suppressed")
    assert (second["headline"], second["counted_by"], second["lifecycle"]) == (True, None, "new")
    assert (third["headline"], third["counted_by"]) == (False, second["finding_id"])
    assert (other["headline"], other["counted_by"]) == (True, None)


def test_a_suppressed_second_best_changes_nothing_else() -> None:
    best = as_json("vol-1", sweeps.saving(10))
    second = as_json("vol-1", sweeps.saving(5), check="ebs-gp2-to-gp3", counted_by=best["finding_id"])
    third = as_json("vol-1", sweeps.saving(3), check="ebs-idle-volume", counted_by=best["finding_id"])
    suppressor = Suppressor(parse(entry('check_id = "ebs-gp2-to-gp3"')), TODAY)
    for finding in (best, second, third):
        suppressor.apply(finding)
    assert best["headline"]
    assert second["lifecycle"] == "suppressed"
    assert third["counted_by"] == best["finding_id"]
