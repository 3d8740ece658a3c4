"""What of ministack is put right for stand-ins, and that it still needs it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import stepfunctions

from tests.statemachine import mocked_ministack

ANSWERS = {"0-1": {"Throw": {"Error": "Busy", "Cause": "wait"}}, "2": {"Return": {"it": "worked"}}}
CONFIG = {"StateMachines": {"machine": {"TestCases": {"Case": {"Do": "Do"}}}}, "MockedResponses": {"Do": ANSWERS}}
DO = {
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$.given"}, "End": True,
}  # fmt: skip
RETRY = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 0, "MaxAttempts": 3}]


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ministack's interpreter as the program has it, in this process and for one test."""
    for name in ("_get_mock_response", "_execute_task", "_invoke_resource", "_run_sub_machine", "_resolve_params_obj", "_resolve_path"):
        monkeypatch.setattr(stepfunctions, name, getattr(stepfunctions, name))
    monkeypatch.setattr(stepfunctions, "_sfn_mock_config", CONFIG)
    mocked_ministack.put_right()
    yield
    mocked_ministack._at.set(None)


def done(states: dict[str, Any], start: str = "Do", given: Any = None) -> tuple[Any, list[str]]:
    """What comes of some states, and the events of the history."""
    execution: dict[str, Any] = {"testCase": "Case", "mockAttempts": {}, "events": []}
    context = {"StateMachine": {"Name": "machine"}, "State": {}, "Execution": {}}
    output = stepfunctions._run_sub_machine(states, start, {"given": 1} if given is None else given, execution, context)
    return output, [event["type"] for event in execution["events"]]


@pytest.mark.usefixtures("mended")
def test_each_retry_gets_the_next_answer() -> None:
    output, events = done({"Do": {**DO, "Retry": RETRY}})
    assert output == {"it": "worked"}
    assert events == [
        "TaskStateEntered", *["TaskScheduled", "TaskFailed"] * 2, "TaskScheduled", "TaskSucceeded", "TaskStateExited",
    ]  # fmt: skip


@pytest.mark.usefixtures("mended")
def test_the_items_of_a_map_share_the_answers() -> None:
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.given", "End": True}
    child = {"Do": {**DO, "Parameters": {"FunctionName": "f"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Noted"}]}, "Noted": {
        "Type": "Succeed"}}  # fmt: skip
    output, events = done({"Each": {**each, "ItemProcessor": {"StartAt": "Do", "States": child}}}, "Each", {"given": [1, 2, 3]})
    assert output == [{"Error": "Busy", "Cause": "wait"}] * 2 + [{"it": "worked"}]
    assert events.count("TaskStateEntered") == 3
    assert events.count("SucceedStateEntered") == 2


@pytest.mark.usefixtures("mended")
def test_an_invocation_without_an_answer_fails() -> None:
    with pytest.raises(stepfunctions._ExecutionError, match="Case: Other has no answer to invocation 0"):
        done({"Other": DO}, "Other")


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize(
    ("path", "given", "leads"),
    [
        ("$.given", {"given": None}, True),
        ("$.given", {}, False),
        ("$.a.b", {"a": {"b": 0}}, True),
        ("$.a.b", {"a": 1}, False),
        ("States.Format('{}', $.a)", {"b": 1}, False),
        ("$$.Execution.Name", {}, False),
    ],
)
def test_a_path_of_parameters_has_to_lead_somewhere(path: str, given: dict[str, Any], leads: bool) -> None:
    task = {"Do": {**DO, "Parameters": {"Payload": {"x.$": path}}, "Retry": RETRY}}
    if leads:
        assert done(task, given=given)[0] == {"it": "worked"}
    else:
        with pytest.raises(stepfunctions._ExecutionError, match="ParameterPathFailure"):
            done(task, given=given)


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize(("given", "way"), [({}, "No"), ({"a": 1}, "Yes")])
def test_that_of_a_choice_need_not(given: dict[str, Any], way: str) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Yes"}], "Default": "No"}
    _, events = done({"Is": choice, "Yes": {"Type": "Succeed"}, "No": {"Type": "Pass", "End": True}}, "Is", given)
    assert ("PassStateEntered" in events) is (way == "No")


@pytest.mark.usefixtures("mended")
def test_a_branch_ends_with_the_error_of_its_fail_state() -> None:
    with pytest.raises(stepfunctions._ExecutionError, match="Wrong: as asked"):
        done({"Stop": {"Type": "Fail", "Error": "Wrong", "Cause": "as asked"}}, "Stop")


def test_ministack_still_needs_it() -> None:
    """When one of these fails, a newer ministack does it by itself: take ours out."""
    task = inspect.getsource(stepfunctions._execute_task)
    assert task.index("_get_mock_response(") < task.index("while True"), "looked up once for each time that the state is entered"
    assert "StateEntered" not in inspect.getsource(stepfunctions._run_sub_machine)
    assert stepfunctions._resolve_params_obj({"x.$": "$.nowhere"}, {}) == {"x": None}
    assert '"mockAttempts"' in inspect.getsource(stepfunctions._start_execution)
    assert "_invoke_resource, resource" in inspect.getsource(stepfunctions._invoke_resource_with_timeout), "ours is asked"


def test_nothing_is_put_right_before_the_program_begins() -> None:
    assert stepfunctions._invoke_resource is not mocked_ministack.invoke_resource
