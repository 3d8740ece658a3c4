"""A check in words and as JSON: what is in force, and what a run counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finops.ending import Ending, ExitCode
from finops.explaining import declared
from functions.core import registry
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot

IDLE = declared.find("ec2-idle-instance")
TUNED = Snapshot(
    {"ec2-idle-instance.max_network_mb_per_day": 7},
    None,
    [
        Rule(check_id=IDLE.id, where="f: check 1, line 1", thresholds={"max_cpu_percent": 3.0}),
        Rule(check_id=IDLE.id, where="f: check 2, line 5", tag="env=dev", enabled=False),
    ],
)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("ec2-idle-instanse", "ec2-idle-instance"),
        ("graviton", "ec2-graviton"),
        ("s3", "s3-incomplete-uploads-bucket"),
    ],
)
def test_an_unknown_check_is_refused_with_the_nearest(given: str, nearest: str) -> None:
    with pytest.raises(Ending, match=f"there is no check '{given}'; the nearest: .*{nearest}.*; `finops checks` lists them") as ended:
        declared.find(given)
    assert ended.value.code is ExitCode.BAD_INPUT


@pytest.mark.parametrize("given", ["", "zzzzzz"])
def test_with_nothing_near_nothing_is_named(given: str) -> None:
    with pytest.raises(Ending, match=f"there is no check '{given}'; `finops checks` lists them"):
        declared.find(given)


@pytest.mark.parametrize("check", registry.checks(), ids=lambda check: check.id)
def test_every_check_can_be_said(check: registry.Check[Any]) -> None:
    made = declared.as_json(check, Snapshot())
    assert json.loads(json.dumps(made)) == made
    said = "\n".join(declared.lines(made))
    assert check.title in said
    assert check.undo in said
    assert all(name in said for name in check.thresholds)


def test_a_threshold_says_its_value_and_where_that_was_said() -> None:
    said = list(declared.lines(declared.as_json(IDLE, TUNED)))
    indent = " " * 13
    assert (
        f"{indent}max_cpu_percent 3 (f: check 1, line 1; default 5; allowed 0 to 100): an operating system alone stays below this" in said
    )
    assert any(line.startswith(f"{indent}max_network_mb_per_day 7 (setting thresholds; default 5; allowed 0 or more): ") for line in said)
    assert "Elsewhere:   tag env=dev: disabled (f: check 2, line 5)" in said
    assert declared.as_json(IDLE, TUNED)["source"] == "functions/scanners/ec2/instance/unused.py"


def test_a_check_that_is_off_says_so_and_by_what() -> None:
    off = Snapshot(rules=[Rule(check_id=IDLE.id, where="f: check 1", enabled=False)])
    made = declared.as_json(IDLE, off)
    assert (made["enabled"], made["disabled_by"]) == (False, "f: check 1")
    assert "Disabled:    f: check 1" in list(declared.lines(made))


RANKING: dict[str, Any] = {
    "run": {"run_id": "r1"},
    "totals": {"by_check": {IDLE.id: {"findings": 3, "monthly_savings": {"low": 1.0, "likely": 1234.5, "high": 2000.0}}}},
    "coverage": {"insufficient_data": {IDLE.id: 12}, "disabled": {IDLE.id: {"accounts": 1, "resources": 2}}},
}


def test_what_a_run_counted_stands_beside_it() -> None:
    made = declared.as_json(IDLE, Snapshot()) | {"run": declared.counts(IDLE.id, RANKING)}
    assert list(declared.lines(made))[-1] == (
        "Run:         r1: 3 findings, $1,234.50 a month ($1.00 to $2,000.00), 12 withheld for lack of data, disabled for 2 resources"
    )
    row = [next(iter(column.cells)) for column in declared.table([made]).columns]
    assert [str(cell) for cell in row] == [IDLE.id, "ec2", "Stop", "VeryLow", "Medium", "$0.01 to $0.03", "3", "1,234.50", "12"]
    nothing = declared.counts("ebs-idle-volume", RANKING)
    assert (nothing["findings"], nothing["monthly_savings"]["likely"], nothing["withheld"]) == (0, 0.0, 0)
    assert declared.counts(IDLE.id, {"bill": None})["findings"] == 0, "an earlier version's"


def test_the_prices_of_its_findings_are_named_once() -> None:
    def line(check_id: str, *keys: str) -> bytes:
        prices = [{"service": "AmazonEC2", "key": key} for key in keys]
        return json.dumps({"check_id": check_id, "savings": {"prices": prices}}).encode()

    found = [line(IDLE.id, "b", "a"), line("ec2-graviton", "c"), line(IDLE.id, "a"), line(IDLE.id)]
    assert declared.price_keys(IDLE.id, found) == ["AmazonEC2 a", "AmazonEC2 b"]
