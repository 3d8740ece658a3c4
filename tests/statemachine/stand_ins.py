"""The cases in which the flow is tried without its functions, and the file of stand-ins that makes them: MockConfigFile.json.

Both engines read that file (`engines.py`). An execution of `<machine>#<case>` gets from it what each Task state answers at its first
invocation, its second and so on, retries and the items of a map counted on: one counter for each state of an execution. An invocation
without an answer fails the execution, so a case that names its answers also says how many there are.
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-test-sm-exec.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from functions.core.errors import AlreadyStarted, BedrockThrottled, CircuitOpen, InvalidInput, Throttled
from scripts.lint_flow import FLOW
from tests.statemachine.contracts import Contracts, raised
from tests.statemachine.inline_flow import states

Json = dict[str, Any]
MACHINE = "FinOpsAnalyzer-sweep-inline"
FILE: Json = json.loads(FLOW.read_text(encoding="utf-8"))
TASKS = {name: state for name, state in states(FILE) if state["Type"] == "Task"}
WRITTEN: Json = {"SdkHttpMetadata": {"HttpStatusCode": 200}}
"""What AWS itself answers where the flow needs no function, as to dynamodb:putItem."""
OFTEN = "0-99"
"""Invocations of a state that has one answer: more than any case makes."""


class Unforeseen(Exception):
    """An error of a function that no Retry names."""


def function_of(state: Mapping[str, Any]) -> str | None:
    """The function that a Task state calls, by its name in functions/; None where it calls none of ours."""
    if not state["Resource"].endswith(":lambda:invoke"):
        return None
    name = state["Parameters"].get("FunctionName")
    found = re.fullmatch(r"\$\{(\w+)Function\}", name) if name else None
    return found[1].lower() if found else "scan"  # the plan's lines say which of the scanners


def attempts(state: str, error: str) -> int:
    """How often a Task state is tried that always ends with an error: 1, and what the first Retry that names the error adds.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    for retrier in TASKS[state].get("Retry", ()):
        if {error, "States.ALL", "States.TaskFailed"} & set(retrier["ErrorEquals"]):
            return 1 + int(retrier.get("MaxAttempts", 3))
    return 1


def cases(known: Contracts) -> dict[str, dict[str, Sequence[Json]]]:
    """What each case's states answer at their invocations; a state that a case does not name answers as in a sweep that goes well."""

    def ends(state: str, error: Exception) -> list[Json]:
        """The same error until the state's retries are spent."""
        return [{"Throw": raised(error)}] * attempts(state, type(error).__name__)

    scanned, advised = (_returned(known.answers[function]) for function in ("scan", "analyze"))
    others = [advised] * len(known.groups[1:])
    throttled, is_open = BedrockThrottled("Too many requests"), CircuitOpen("Bedrock is known to be down")
    return {
        "HappyPath": {"ScanUnit": [scanned] * len(known.units), "AnalyzeGroup": [advised] * len(known.groups)},
        "UnitsFail": {
            "ScanUnit": [
                scanned, *ends("ScanUnit", Throttled("ec2:DescribeSnapshots: Rate exceeded")), *ends("ScanUnit", Unforeseen("boom")),
            ]
        },
        "NoUnits": {"Plan": [_returned(known.nothing_left)]},
        "NothingToAdvise": {"Rank": [_returned({**known.answers["rank"], "groups": {**known.answers["rank"]["groups"], "count": 0}})]},
        "CostFails": {"Cost": ends("Cost", Unforeseen("no"))},
        "CostThrottled": {"Cost": [{"Throw": raised(Throttled("ce:GetCostAndUsage"))}, _returned(known.answers["cost"])]},
        "BedrockThrottles": {"AnalyzeGroup": [*[{"Throw": raised(throttled)}] * 2, advised, *others]},
        "BedrockFails": {"AnalyzeGroup": [*ends("AnalyzeGroup", throttled), *others]},
        "CircuitOpen": {"AnalyzeGroup": [*ends("AnalyzeGroup", is_open), *others], "AnalyzeGroupAgain": [advised]},
        "CircuitStaysOpen": {
            "AnalyzeGroup": [*ends("AnalyzeGroup", is_open), *others], "AnalyzeGroupAgain": ends("AnalyzeGroupAgain", is_open),
        },
        "CoverageTooLow": {"Rank": [_returned(known.too_little)]},
        "InvalidInput": {"Plan": ends("Plan", InvalidInput("regions: there is no region us-moon-1"))},
        "DeliveredTwice": {"Plan": ends("Plan", AlreadyStarted("the execution nightly was started with the same idempotency_token"))},
        "NotifyFails": {"Notify": ends("Notify", Unforeseen("no"))},
    }  # fmt: skip


def mock_config(known: Contracts) -> Json:
    """The content of MockConfigFile.json. Every Task state of every case has its answers: nothing is ever asked of AWS."""
    usual = {state: {OFTEN: _usual(known, state)} for state in TASKS}
    made: dict[str, dict[str, str]] = {}
    responses: Json = dict(usual)
    for case, answers in cases(known).items():
        unknown = set(answers) - set(TASKS)
        if unknown:
            raise ValueError(f"{case}: the flow has no Task state {', '.join(sorted(unknown))}")
        made[case] = {state: f"{case}{state}" if state in answers else state for state in TASKS}
        responses |= {f"{case}{state}": numbered(given) for state, given in answers.items()}
    return {"StateMachines": {MACHINE: {"TestCases": made}}, "MockedResponses": responses}


def numbered(answers: Sequence[Json]) -> Json:
    """Answers by the invocations that get them, equal ones in a row together: {"0-2": …, "3": …}."""
    made: Json = {}
    at = 0
    for answer, same in groupby(answers):
        last = at + len(list(same)) - 1
        made[str(at) if at == last else f"{at}-{last}"] = answer
        at = last + 1
    return made


def _usual(known: Contracts, state: str) -> Json:
    function = function_of(TASKS[state])
    if function is None:
        return {"Return": WRITTEN}
    return _returned(known.answers[function])


def _returned(answer: Json) -> Json:
    """What the Lambda integration makes of a function's answer. https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""
    return {"Return": {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer}}
