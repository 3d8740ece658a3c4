"""The file of stand-ins: its form, how often an error has to come, and by which name. What is in it: test_flow_cases.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.core import errors
from functions.core.errors import BedrockDenied, BedrockThrottled, CircuitOpen, InvalidInput, Throttled
from tests.statemachine import stand_ins
from tests.statemachine.contracts import raised
from tests.statemachine.stand_ins import FILE, attempts, numbered

A, B, C = ({"Return": letter} for letter in "ABC")


@pytest.mark.parametrize(
    ("answers", "form"),
    [
        ([], {}),
        ([A], {"0": A}),
        ([A, A, A], {"0-2": A}),
        ([A, B, B, B, C], {"0": A, "1-3": B, "4": C}),
        ([A, B, A], {"0": A, "1": B, "2": A}),
    ],
)
def test_answers_are_numbered_from_zero_without_a_gap(answers: list[Any], form: dict[str, Any]) -> None:
    assert numbered(answers) == form


@pytest.mark.parametrize(
    ("retry", "error", "times"),
    [
        ([], "Throttled", 1),
        ([{"ErrorEquals": ["Throttled"], "MaxAttempts": 3}], "Throttled", 4),
        ([{"ErrorEquals": ["Throttled"], "MaxAttempts": 3}], "Other", 1),
        ([{"ErrorEquals": ["Throttled"]}], "Throttled", 4),
        ([{"ErrorEquals": ["Throttled"], "MaxAttempts": 0}], "Throttled", 1),
        ([{"ErrorEquals": ["Other"], "MaxAttempts": 5}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}], "Throttled", 2),
        ([{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}, {"ErrorEquals": ["Throttled"], "MaxAttempts": 9}], "Throttled", 3),
    ],
)
def test_how_often_a_state_is_tried_follows_from_its_retries(
    retry: list[Any], error: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_ins, "TASKS", {"Do": {"Type": "Task", "Retry": retry}})
    assert attempts("Do", error) == times


@pytest.mark.parametrize("error", [BedrockDenied("no"), BedrockThrottled("no"), CircuitOpen("no"), InvalidInput("no"), Throttled("no")])
def test_an_error_goes_by_the_name_of_its_class(error: Exception) -> None:
    assert raised(error)["Error"] == type(error).__name__
    assert '"errorMessage": "no"' in raised(error)["Cause"]


def test_the_flow_names_no_error_of_ours_that_there_is_not() -> None:
    ours = {name for name in errors_in(FILE) if "." not in name}
    assert len(ours) >= 4
    assert {name for name in ours if not hasattr(errors, name)} == set()


def errors_in(value: Any) -> Iterator[str]:
    """Every name in an ErrorEquals."""
    if isinstance(value, dict):
        yield from value.get("ErrorEquals", ())
        for one in value.values():
            yield from errors_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from errors_in(one)
