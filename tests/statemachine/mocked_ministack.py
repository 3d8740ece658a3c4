"""ministack with stand-ins as Step Functions Local has them: a program of its own, started by `engines.py`.

ministack 1.5.33 reads the same file (SFN_MOCK_CONFIG), and does otherwise what matters to a flow. It is put right before it starts:

- It looks a stand-in up once for each time that a state is entered: an error comes back at every retry, so that nothing is ever throttled
  and then answers. Step Functions Local counts invocations, retries and the items of maps among them.
- A stand-in that returns something leaves `Parameters` unread; and a path in them that leads nowhere is null, not an error.
  https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html, States.ParameterPathFailure
- An invocation without a stand-in calls the service; in Step Functions Local it fails the execution.
- The history lacks the states inside of branches and of inline maps.

https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-test-sm-exec.html; how the counters count was seen with version 2.0.0 by
others: https://github.com/floci-io/floci/issues/3254. A newer ministack that does these itself makes this module superfluous:
tests/statemachine/test_mocked_ministack.py then says so.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.services import stepfunctions

_at: ContextVar[tuple[dict[str, Any], str, str] | None] = ContextVar("_at", default=None)
"""The execution, and the names of the machine and of the state, that a task is invoked for."""
_strict: ContextVar[bool] = ContextVar("_strict", default=False)
"""Whether a path has to lead somewhere: that of a Choice need not."""
_counting = threading.Lock()
_look_up = stepfunctions._get_mock_response
_execute_task = stepfunctions._execute_task
_invoke_resource = stepfunctions._invoke_resource
_resolve_params_obj = stepfunctions._resolve_params_obj
_resolve_path = stepfunctions._resolve_path


def execute_task(state: Any, given: Any, execution: dict[str, Any], context: Mapping[str, Any]) -> Any:
    """Execute a Task state, and remember which one it is."""
    _at.set((execution, context["StateMachine"]["Name"], context["State"]["Name"]))
    return _execute_task(state, given, execution, context)


def invoke_resource(resource: str, parameters: Any) -> Any:
    """The stand-in's answer to this invocation, where the execution is of a test case."""
    at = _at.get()
    if at is None or not at[0].get("testCase"):
        return _invoke_resource(resource, parameters)
    execution, machine, state = at
    with _counting:
        number = execution["mockAttempts"].get(state, 0)
        execution["mockAttempts"][state] = number + 1
    answer = _look_up(machine, execution["testCase"], state, number)
    if answer is None:
        raise stepfunctions._ExecutionError("States.Runtime", f"{execution['testCase']}: {state} has no answer to invocation {number}")
    if "Throw" in answer:
        raise stepfunctions._ExecutionError(answer["Throw"]["Error"], answer["Throw"]["Cause"])
    return copy.deepcopy(answer["Return"])


def resolve_params_obj(template: Any, data: Any, context: Any = None) -> Any:
    """Parameters, an ItemSelector or a ResultSelector, whose paths all lead somewhere."""
    before = _strict.set(True)
    try:
        return _resolve_params_obj(template, data, context)
    finally:
        _strict.reset(before)


def resolve_path(path: str, data: Any) -> Any:
    """What a path leads to; the error that AWS makes of it where it has to lead somewhere and does not."""
    value = _resolve_path(path, data)
    if value is None and _strict.get():
        at = data
        for name in path.split(".")[1:]:
            if not isinstance(at, Mapping) or name not in at:
                raise stepfunctions._ExecutionError("States.ParameterPathFailure", f"The path {path} leads nowhere in {json.dumps(data)}")
            at = at[name]
    return value


def run_sub_machine(states: Mapping[str, Any], start: str, given: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
    """The states of a branch, or for one item of a map, each of them noted in the history."""
    name: str | None = start
    value = copy.deepcopy(given)
    while name:
        state = states[name]
        kind = state["Type"]
        context["State"] = {"Name": name, "EnteredTime": stepfunctions.now_iso(), "RetryCount": 0}
        note(execution, f"{kind}StateEntered", "stateEnteredEventDetails", name, input=value)
        if kind == "Fail":
            raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(state, value, context))
        if kind == "Succeed":
            value = stepfunctions._apply_output_path(state, stepfunctions._apply_input_path(state, value, context), context)
            following = None
        else:
            execute = getattr(stepfunctions, f"_execute_{kind.lower()}")
            takes_execution = kind in ("Task", "Parallel", "Map")
            value, following = execute(state, value, execution, context) if takes_execution else execute(state, value, context)
        note(execution, f"{kind}StateExited", "stateExitedEventDetails", name, output=value)
        name = following
    return value


def note(execution: dict[str, Any], event: str, details: str, name: str, **said: Any) -> None:
    """An event of the history."""
    with _counting:
        stepfunctions._add_event(execution, event, {details: {"name": name, **{key: json.dumps(value) for key, value in said.items()}}})


def put_right() -> None:
    """Put ours in the place of ministack's."""
    stepfunctions._get_mock_response = lambda *_: None
    stepfunctions._execute_task = execute_task
    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._run_sub_machine = run_sub_machine
    stepfunctions._resolve_params_obj = resolve_params_obj
    stepfunctions._resolve_path = resolve_path


if __name__ == "__main__":
    put_right()
    app.main()
