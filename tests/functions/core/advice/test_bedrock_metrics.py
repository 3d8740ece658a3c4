"""What an attempt counts, as CloudWatch reads it from the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.advice.bedrock_metrics import ERROR_TYPES, counted
from functions.core.advice.breaker import State
from functions.core.errors import BedrockDenied, BedrockRefused, BedrockThrottled, BedrockTimeout, BedrockUnavailable, CircuitOpen


def documents(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]


def values(printed: str) -> dict[str, float]:
    """Metric, with its ErrorType where it has one, → value."""
    found: dict[str, float] = {}
    for one in documents(printed):
        [directive] = one["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Ours"
        assert directive["Dimensions"] in ([[]], [["ErrorType"]])
        for metric in directive["Metrics"]:
            name = metric["Name"] + (f" {one['ErrorType']}" if "ErrorType" in one else "")
            found[name] = sum(one[metric["Name"]])
    return found


NO_ERROR = {f"Errors {name}": 0 for name in ERROR_TYPES}


def test_a_call_without_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with counted("Ours") as attempt:
        attempt.calls += 1
    assert values(capsys.readouterr().out) == {"BedrockAPICall": 1, "CircuitBreakerOpen": 0, **NO_ERROR}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BedrockThrottled("x"), "BedrockError"),
        (BedrockUnavailable("x"), "BedrockError"),
        (BedrockRefused("x"), "BedrockError"),
        (BedrockDenied("x"), "BedrockError"),
        (BedrockTimeout("x"), "TimeoutError"),
        (CircuitOpen("x"), "CircuitBreakerOpen"),
    ],
)
def test_an_error_is_counted_under_the_guides_name_and_passed_on(error: Exception, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(error)), counted("Ours"):
        raise error
    assert values(capsys.readouterr().out) == {"BedrockAPICall": 0, "CircuitBreakerOpen": 0, **NO_ERROR, f"Errors {name}": 1}


@pytest.mark.parametrize(
    ("before", "after", "opened"),
    [(State.CLOSED, State.OPEN, 1), (State.HALF_OPEN, State.OPEN, 1), (State.OPEN, State.HALF_OPEN, 0), (State.HALF_OPEN, State.CLOSED, 0)],
)
def test_only_opening_counts_as_opening_and_every_change_is_logged(
    before: State, after: State, opened: int, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with counted("Ours") as attempt:
        attempt.changed(before, after)
    assert values(capsys.readouterr().out)["CircuitBreakerOpen"] == opened
    assert [(record.before, record.after) for record in caplog.records] == [(before.value, after.value)]  # type: ignore[attr-defined]


def test_another_error_is_none_of_these(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), counted("Ours"):
        raise ZeroDivisionError
    assert values(capsys.readouterr().out) == {"BedrockAPICall": 0, "CircuitBreakerOpen": 0, **NO_ERROR}


def test_metrics_can_be_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    with counted(None) as attempt:
        attempt.calls += 1
    assert documents(capsys.readouterr().out) == []
