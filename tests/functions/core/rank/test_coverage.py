"""How much was seen."""

from __future__ import annotations

import pytest

from functions.core.model import Outcome, UnitOutcome
from functions.core.rank.coverage import Coverage, scope


def outcome(kind: Outcome, **more: object) -> UnitOutcome:
    made = UnitOutcome(unit_id="1.r.ebs-volume", account="1", region="r", resource_type="ebs:volume", outcome=kind)
    for name, value in more.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("units", "ratio", "not_seen"),
    [
        ({Outcome.OK: 3, Outcome.EMPTY: 1}, 1.0, 0),
        ({Outcome.OK: 19, Outcome.DENIED: 1}, 0.95, 1),
        ({Outcome.OK: 1, Outcome.SKIPPED: 9}, 1.0, 0),
        ({Outcome.OK: 1, Outcome.SKIPPED: 8, Outcome.FAILED: 1}, 0.5, 1),
        ({Outcome.DENIED: 1, Outcome.THROTTLED: 1, Outcome.INCOMPLETE: 1, Outcome.FAILED: 1}, 0.0, 4),
        ({Outcome.SKIPPED: 5}, 1.0, 0),
    ],
)
def test_the_ratio_is_good_units_of_those_that_were_asked_for(units: dict[Outcome, int], ratio: float, not_seen: int) -> None:
    coverage = Coverage()
    for kind, count in units.items():
        for _ in range(count):
            coverage.add(outcome(kind))
    assert coverage.ratio == ratio
    assert coverage.not_seen == not_seen
    assert coverage.planned == sum(units.values())
    made = coverage.as_json(ratio)
    assert made["ratio"] == ratio
    assert made["met"] is True
    assert coverage.as_json(min(1.0, ratio + 1e-9))["met"] is (ratio == 1.0)
    assert made["units"] == {kind.value: units.get(kind, 0) for kind in Outcome}


def test_a_ratio_just_below_is_not_rounded_over_the_mark() -> None:
    coverage = Coverage()
    for _ in range(85_000 - 1):
        coverage.add(outcome(Outcome.EMPTY))
    coverage.add(outcome(Outcome.FAILED))
    assert coverage.as_json(1.0)["met"] is False
    assert coverage.as_json(1.0)["ratio"] < 1


def test_counts_of_units_are_added_up_the_largest_first() -> None:
    coverage = Coverage()
    coverage.add(outcome(Outcome.OK, resources=3, insufficient={"a": 1, "b": 2}, calls={"ec2:DescribeVolumes": 2}, pages=2))
    coverage.add(outcome(Outcome.DENIED, resources=4, insufficient={"b": 1}, calls={"ec2:DescribeVolumes": 1, "sts:X": 1}, pages=1))
    made = coverage.as_json(0)
    assert coverage.resources == 7
    assert list(made["insufficient_data"].items()) == [("b", 3), ("a", 1)]
    assert list(made["api_calls"].items()) == [("ec2:DescribeVolumes", 3), ("sts:X", 1)]
    assert made["pages"] == 3


def test_what_could_not_be_read_is_said_in_a_sentence_for_each_type_and_region_the_most_first() -> None:
    coverage = Coverage()
    assert list(coverage.warnings()) == []
    coverage.add(outcome(Outcome.OK, unreadable=1, unreadable_reason="vol-1: KeyError: 'Size'"))
    coverage.add(outcome(Outcome.OK, account="2", unreadable=1_200, unreadable_reason="vol-2: KeyError: 'State'"))
    coverage.add(outcome(Outcome.FAILED, region="s", unreadable=1, unreadable_reason="vol-3: ValueError: odd"))
    coverage.add(outcome(Outcome.OK))
    assert list(coverage.warnings()) == [
        "ebs:volume in r: 1,201 items that could not be read were left out; the first: vol-1: KeyError: 'Size'",
        "ebs:volume in s: 1 item that could not be read was left out; the first: vol-3: ValueError: odd",
    ]
    assert coverage.as_json(0)["unreadable"] == 1_202


def test_a_fault_that_is_met_in_every_region_does_not_fill_the_report() -> None:
    coverage = Coverage()
    for number in range(30):
        coverage.add(outcome(Outcome.OK, region=f"r-{number:02}", unreadable=30 - number, unreadable_reason="x"))
    *first, last = coverage.warnings()
    assert [sentence.split(":")[1] for sentence in first[:2]] == ["volume in r-00", "volume in r-01"]
    assert (len(first), last) == (10, "20 more resource types and regions: 210 items that could not be read were left out")


def test_what_the_scans_took_is_added_up() -> None:
    coverage = Coverage()
    coverage.add(outcome(Outcome.OK, memory_mib=512, billed_seconds=2.01, metrics=700))
    coverage.add(outcome(Outcome.FAILED, memory_mib=1024, billed_seconds=0.1, metrics=1))
    coverage.add(outcome(Outcome.THROTTLED))
    coverage.add(outcome(Outcome.FAILED))
    coverage.add(outcome(Outcome.SKIPPED))
    assert coverage.as_json(0)["took"] == {
        "invocations": 2, "gb_seconds": 1.105, "child_seconds": 2.2, "metrics": 701, "failures": 2,
    }  # fmt: skip


def test_a_scope_says_where_and_why() -> None:
    assert scope(outcome(Outcome.INCOMPLETE, reason="late", findings=3)) == {
        "account": "1",
        "region": "r",
        "resource_type": "ebs:volume",
        "outcome": "incomplete",
        "reason": "late",
        "findings": 3,
    }
