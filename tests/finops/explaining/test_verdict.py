"""A verdict replayed from what was stored: each comparison, each price, and whether the sum has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finops.explaining import declared, verdict
from functions.core.money import Price, Savings, SavingsTerm
from functions.core.store.unit_objects import FINDING
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.functions import sweeps

IDLE, UNATTACHED = declared.find("ec2-idle-instance"), declared.find("ebs-unattached-volume")
RUN = "20261124T160402Z-1f3c9a"


def found(**more: Any) -> dict[str, Any]:
    """A finding as ranked.jsonl.gz has it."""
    made: dict[str, Any] = json.loads(FINDING.dump_json(sweeps.finding()))
    return {**made, **more}


def said(finding: dict[str, Any], limits: Snapshot | None = None, by: dict[str, Any] | None = None) -> list[str]:
    check = declared.find(finding["check_id"])
    return list(verdict.lines(verdict.as_json(check, finding, by, limits or Snapshot(), RUN)))


def test_what_was_compared_is_compared_again_with_the_threshold_of_then() -> None:
    finding = found(
        check_id=IDLE.id, evidence={"max_cpu_percent": 2.31, "busiest_day_network_mb": 12.0, "window_days": 14}, tags={"env": "dev"}
    )
    rule = Rule(check_id=IDLE.id, where="config/checks.toml: check 1, line 3", tag="env=dev", thresholds={"max_cpu_percent": 3.0})
    lines = said(finding, Snapshot(rules=[rule]))
    assert "  max_cpu_percent: 2.31 (max_cpu_percent), at most 3 (config/checks.toml: check 1, line 3; default 5): holds" in lines
    assert "  max_network_mb_per_day: 12 (busiest_day_network_mb), at most 5 (default): not what decided here" in lines
    assert "  window_days 14 (default): two weeks see every weekly job twice" in lines


def test_a_number_is_taken_for_what_it_was_rounded_from() -> None:
    finding = found(evidence={"age_days": 7.0})
    assert "  min_age_days: 7 (age_days), at least 7 (default): holds" in said(finding)


def test_the_saving_has_its_arithmetic_and_each_price_its_source_and_day() -> None:
    price = Price("AmazonEC2", "m5", 0.096, "hour", "eu-south-2", "AWS Price List", "2026-10-01", fallback_for="eu-south-1")
    term = SavingsTerm("AmazonEC2", "m5", 2, "instances", 730, -0.5, 0.096, -70.08)
    savings = Savings(
        10.0, 70.08, 70.08, "2 × m5", (price,), lacks=("Windows",), low_terms=(term, SavingsTerm("x", "k", 1, "GB", 1, 1, 2, 2))
    )
    lines = said(found(savings=json.loads(json.dumps({name: getattr(savings, name) for name in savings.__slots__}, default=as_dict))))
    assert lines[lines.index("Saving") + 1 : lines.index("Saving") + 5] == [
        "  $70.08 a month ($10.00 to $70.08) = 2 × m5",
        "  low: $10.00 = − 2 instances × 730 h × 0.5 × $0.096 m5 + 1 GB × $2 k",
        "  $0.096 per hour: AmazonEC2 m5 in eu-south-2, which stands in for eu-south-1 (AWS Price List, 2026-10-01)",
        "  at least; not included: Windows",
    ]


def as_dict(value: Any) -> Any:
    return {name: getattr(value, name) for name in value.__slots__}


OTHER = found(finding_id="f" * 32, check_id="ebs-idle-volume")
ELSEWHERE = {"headline": False, "counted_by": "f" * 32}
BY = f"no: counted by finding {'f' * 32}"


@pytest.mark.parametrize(
    ("more", "by", "line"),
    [
        ({}, None, "yes: it is counted: the best action on its resource"),
        ({"lifecycle": "suppressed", "suppression": "Kept (until 2027-01-01)"}, None, "no: suppressed: Kept (until 2027-01-01)"),
        (ELSEWHERE, OTHER, f"{BY} (ebs-idle-volume of the same resource, $10.00 a month)"),
        (ELSEWHERE, OTHER | {"resource_arn": "arn:i"}, f"{BY} (ebs-idle-volume of arn:i, $10.00 a month)"),
        (ELSEWHERE, None, BY),
        ({"savings": found()["savings"] | {"unpriced": "no rate", "high": 0.0}}, None, "no: no price is known: no rate"),
        ({"savings": found()["savings"] | {"high": 0.0}}, None, "no: it saves nothing, and is worth tidying"),
    ],
)  # fmt: skip
def test_it_says_whether_the_sum_has_it_and_why(more: dict[str, Any], by: dict[str, Any] | None, line: str) -> None:
    assert next(one for one in said(found(**more), by=by) if one.startswith("In the sum: ")).startswith(f"In the sum: {line}")


def test_what_to_do_whose_it_is_and_its_history_are_said() -> None:
    lines = said(found(owner="web", first_seen="2026-01-01T00:00:00+00:00", lifecycle="persisting", command="a\nb", note="Look."))
    for line in (
        "Owner: web",
        "History: found before, and still there, first seen 2026-01-01T00:00:00+00:00",
        "  a",
        "  b",
        "Note: Look.",
        "Action: Delete; effort VeryLow, risk Low, confidence high",
        f"Undo: {found()['undo']}",
    ):
        assert line in lines
    bare = said(found(command="", first_seen=None))
    assert "  none: a person has to decide" in bare
    assert "Owner: nobody" in bare


def test_a_check_that_this_version_has_not_is_explained_by_its_evidence() -> None:
    lines = list(verdict.lines(verdict.as_json(None, found(check_id="gone"), None, Snapshot(), RUN)))
    assert "  no number with any threshold: it is what the evidence says" in lines
    assert "  age_days: 66.1" in lines


def test_the_document_is_json() -> None:
    made = verdict.as_json(UNATTACHED, found(), None, Snapshot(), RUN)
    assert json.loads(json.dumps(made))["comparisons"][0] == {
        "threshold": "min_age_days", "value": 7, "default": 7, "where": "default", "evidence": "age_days", "seen": 66.1,
        "relation": "at least", "holds": True, "why": "leave alone what is new or was attached lately",
    }  # fmt: skip
