"""Error names are a contract: the state machine goes by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.core import errors

MACHINE = Path(__file__).parents[3] / "statemachine" / "finops_sweep.asl.json"


def retried(state: dict[str, Any]) -> set[str]:
    return {name for rule in state.get("Retry", ()) for name in rule["ErrorEquals"]}


def test_the_state_machine_retries_what_is_throttled_and_nothing_that_is_wrong_with_the_input() -> None:
    states = json.loads(MACHINE.read_text())["States"]
    unit = states["Gather"]["Branches"][1]["States"]["Scan"]["ItemProcessor"]["States"]["ScanUnit"]
    assert errors.Throttled.__name__ in retried(unit)
    assert not retried(unit) & {"States.ALL", errors.Denied.__name__}
    assert not retried(states["Plan"]) & {errors.InvalidInput.__name__, "States.ALL", "States.TaskFailed"}


@pytest.mark.parametrize("error", [errors.InvalidInput("x"), errors.Denied("ec2:X", "no"), errors.Throttled("x"), errors.OutOfTime()])
def test_every_error_of_ours_has_one_root(error: Exception) -> None:
    assert isinstance(error, errors.FinOpsError)


def test_a_denial_names_the_action() -> None:
    denied = errors.Denied("ec2:DescribeVolumes", "UnauthorizedOperation: no")
    assert (denied.action, str(denied)) == ("ec2:DescribeVolumes", "ec2:DescribeVolumes: UnauthorizedOperation: no")


@pytest.mark.parametrize(
    ("text", "chars", "cut"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("x" * 100, 10, "x" * 9 + "…"),
        (f"word {'x' * 100}", 90, f"word {'x' * 84}…"),
        ("", 1, ""),
    ],
)
def test_what_went_wrong_is_cut_between_two_words(text: str, chars: int, cut: str) -> None:
    """Where the last word is not itself too long to be left out."""
    assert errors.short(text, chars) == cut
    assert len(cut) <= chars
