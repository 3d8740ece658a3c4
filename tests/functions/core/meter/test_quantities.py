"""What AWS bills of a sweep: the classes of requests, and the transitions of the flow as it is in the file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from functions.core import registry
from functions.core.meter import quantities
from functions.core.meter.invocations import Total
from functions.core.meter.quantities import Quantities

FLOW = json.loads((Path(__file__).parents[4] / "statemachine" / "finops_sweep.asl.json").read_text(encoding="utf-8"))


def head(**more: Any) -> dict[str, Any]:
    """ranking.json with advice: three children, one of them failed for good."""
    return {
        "coverage": {
            "planned": 4,
            "units": {"ok": 2, "failed": 1, "skipped": 1},
            "api_calls": {"s3:PutObject": 2, "ec2:DescribeVolumes": 9, "sts:AssumeRole": 2},
            "took": {"invocations": 2, "gb_seconds": 1.5, "child_seconds": 36.0, "metrics": 700, "failures": 1},
        },
        "groups": [],
        "analyze": True,
        "advice": [],
        **more,
    }


def metered(**steps: int) -> Total:
    calls = Counter({"s3:GetObject": 5, "ce:GetCostAndUsage": 3, "s3:ListObjectsV2": 2})
    return Total(steps=Counter(steps), gb_seconds=4.0, calls=calls)


ALL = {"plan": 1, "cost": 1, "rank": 1, "aggregate": 1}


def walk(states: dict[str, Any]) -> set[str]:
    """The names of states, those in the branches of a Parallel too, not those in a map's children."""
    found = set(states)
    for state in states.values():
        for branch in state.get("Branches", ()):
            found |= walk(branch["States"])
    return found


def test_the_flow_has_no_state_that_is_not_counted() -> None:
    """NoBill, NothingToScan and CoverageTooLow take the place of another state, or follow a failed attempt that is counted; what ends in
    StartedAlready is no sweep."""
    counted = {*quantities.STEPS.values(), *quantities.ONCE, quantities.FOR_ADVICE}
    others = walk(FLOW["States"]) - counted
    assert others == {"NoBill", "NothingToScan", "CoverageTooLow", "StartedAlready"}
    assert counted <= walk(FLOW["States"])


@pytest.mark.parametrize("name", ["Scan", "Analyze"])
def test_a_child_is_one_state_and_its_failure_another(name: str) -> None:
    states = FLOW["States"]["Gather"]["Branches"][1]["States"] if name == "Scan" else FLOW["States"]
    processor = states[name]["ItemProcessor"]
    assert processor["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert processor["States"][processor["StartAt"]]["Catch"][-1]["Next"] in ("NoteFailure", "NoteByRule")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ({"s3:PutObject": 1, "s3:ListObjectsV2": 2, "s3:UploadPart": 3, "s3:CompleteMultipartUpload": 4}, {"s3_puts": 10}),
        ({"s3:GetObject": 1, "s3:HeadObject": 2}, {"s3_gets": 3}),
        ({"s3:ListBuckets": 1, "s3:ListMultipartUploads": 2, "s3:ListParts": 4, "s3:PutObject": 8}, {"scan_lists": 7, "s3_puts": 8}),
        ({"s3:GetBucketVersioning": 1, "s3:GetBucketTagging": 2, "s3:GetObject": 4}, {"scan_gets": 3, "s3_gets": 4}),
        ({"s3:DeleteObject": 5, "s3:AbortMultipartUpload": 1}, {}),
        ({"ce:GetCostAndUsage": 2, "ce:GetReservationUtilization": 1}, {"cost_explorer": 3}),
        ({"dynamodb:GetItem": 2, "dynamodb:Query": 1, "dynamodb:UpdateItem": 4}, {"reads": 3, "writes": 4}),
        ({"ec2:DescribeVolumes": 100, "sts:AssumeRole": 9, "cloudwatch:GetMetricData": 3, "rds:ListTagsForResource": 8}, {}),
    ],
)
def test_requests_are_of_the_class_that_aws_bills(calls: dict[str, float], expected: dict[str, Any]) -> None:
    made, wanted = Quantities(), Quantities(**expected)
    made.add_calls(calls)
    assert made == wanted


def test_what_scans_ask_of_s3_and_what_the_analyzer_asks_of_its_own_bucket_are_told_apart() -> None:
    """By their operations, which serves as long as no scan may list, read or write objects."""
    allowed = {action for one in registry.collectors() for action in one.iam}
    assert "s3:GetLifecycleConfiguration" in allowed
    assert not allowed & {"s3:ListBucket", "s3:ListBucketVersions", "s3:GetObject", "s3:PutObject"}


def test_on_a_persons_own_machine_requests_to_the_accounts_are_billed_and_those_to_the_folder_are_not() -> None:
    made = Quantities()
    made.add_calls({"s3:GetBucketTagging": 3, "s3:ListBuckets": 1, "s3:PutObject": 100, "s3:GetObject": 50, "ce:GetCostAndUsage": 2})
    assert quantities.asked_of_accounts(made) == Quantities(scan_gets=3, scan_lists=1, cost_explorer=2)


def test_a_sweep_with_express_children() -> None:
    made = quantities.measured(head(), metered(**ALL), 0, express=True)
    assert made == Quantities(
        transitions=4 + 7 + 3,
        express_requests=3,
        express_gb_hours=36.0 / 3600 / 16,
        invocations=2 + 4,
        gb_seconds=5.5,
        s3_puts=2 + 2 + quantities.MAP_WRITES,
        s3_gets=5 + quantities.MAP_READS,
        metrics=700,
        cost_explorer=3,
        writes=1,
    )


def test_standard_children_are_transitions_and_nothing_else() -> None:
    made = quantities.measured(head(), metered(**ALL, scan=2), 0, express=False)
    assert made.transitions == 4 + 7 + 3 + 3 + 2 + 1
    assert (made.express_requests, made.express_gb_hours) == (0, 0)
    assert made.invocations == 2 + 4 + 2


def test_every_attempt_is_a_transition() -> None:
    once, twice = (quantities.measured(head(), metered(**{**ALL, "rank": attempts}), 0, express=True) for attempts in (1, 2))
    assert (twice.transitions - once.transitions, twice.invocations - once.invocations) == (1, 1)


def test_advice_adds_its_map_its_children_their_attempts_and_the_answers_price() -> None:
    told: list[dict[str, Any]] = [
        {"tokens": {"input": 1000, "output": 200}, "usd": 0.002},
        {"tokens": {"input": 900, "output": 0}, "usd": None},
        {"tokens": {"input": 0, "output": 0}, "usd": 0.0},
    ]
    without = quantities.measured(head(), metered(**ALL), 0, express=True)
    made = quantities.measured(head(groups=[{}, {}, {}], advice=told), metered(**ALL, analyze=5), 1, express=True)
    assert made.transitions - without.transitions == 1 + 3 + 5 + 1
    assert made.writes - without.writes == 1
    assert (made.tokens, made.bedrock_usd, made.bedrock_unpriced) == (2100, 0.002, 1)


def test_a_sweep_that_was_asked_not_to_has_no_advice_to_pay_for() -> None:
    made = quantities.measured(head(groups=[{}, {}], analyze=False), metered(**ALL), 0, express=True)
    assert made.transitions == 14


@pytest.mark.parametrize(
    ("scanned", "tb"), [(0, 0.0), (1, 10 / 1024**2), (10 * 1024**2 + 1024, (10 + 1 / 1024) / 1024**2), (2 * 1024**4, 2.0)]
)
def test_a_query_over_an_export_is_billed_by_what_it_read_and_ten_megabytes_at_least(scanned: int, tb: float) -> None:
    made = quantities.measured(head(bill={"status": "none", "export": {"scanned_bytes": scanned}}), metered(**ALL), 0, express=True)
    assert made.athena_tb == pytest.approx(tb)
    assert quantities.measured(head(), metered(**ALL), 0, express=True).athena_tb == 0
