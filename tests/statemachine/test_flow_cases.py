"""The flow, run by two engines with stand-ins for its functions: which way it goes, and what each state is given on that way.

All cases of an engine run at once, and the same is said of each on both engines. And of the stand-ins themselves: each task has one, and
they are what the functions give today.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.statemachine import engines, stand_ins
from tests.statemachine.contracts import Contracts, contracts
from tests.statemachine.inline_flow import LINES, inline
from tests.statemachine.stand_ins import FILE, MACHINE, TASKS, cases, function_of, mock_config

WAIT_SECONDS = 300.0
"""Step Functions Local really waits for the circuit breaker: 60 to 75 seconds."""
LOOK_SECONDS = {"ministack": 0.02, engines.LOCAL: 1.0}
ROLE = f"arn:aws:iam::{engines.ACCOUNT}:role/flow"


@dataclass(slots=True, frozen=True)
class Ran:
    """How a case ended. `entered`: each state that was entered with what it was given, in that order."""

    status: str
    error: str
    cause: str
    output: dict[str, Any]
    entered: list[tuple[str, dict[str, Any]]]

    @property
    def times(self) -> Counter[str]:
        """How often each state was entered."""
        return Counter(name for name, _ in self.entered)

    def given(self, state: str) -> list[dict[str, Any]]:
        """What a state was given, each time."""
        return [given for name, given in self.entered if name == state]


@pytest.fixture(scope="module")
def known() -> Contracts:
    return contracts()


@pytest.fixture(scope="module", params=engines.tried())
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ran]]:
    """Every case, run by one engine."""
    stand_ins: Path = tmp_path_factory.mktemp("stand-ins") / "MockConfigFile.json"
    stand_ins.write_text(json.dumps(mock_config(contracts())), encoding="utf-8")
    with engines.ENGINES[request.param](stand_ins) as machines:
        made = machines.create_state_machine(name=MACHINE, definition=json.dumps(inline(FILE)), roleArn=ROLE)["stateMachineArn"]
        started = {
            case: machines.start_execution(stateMachineArn=f"{made}#{case}", name=case, input="{}")["executionArn"]
            for case in cases(contracts())
        }
        yield {case: finished(machines, arn, LOOK_SECONDS[request.param]) for case, arn in started.items()}


def finished(machines: Any, arn: str, look_seconds: float) -> Ran:
    """Wait for an execution's end, and read it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (seen := machines.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < deadline, f"{arn} has not ended for {WAIT_SECONDS:g} s"
        time.sleep(look_seconds)
    entered = [
        (event["stateEnteredEventDetails"]["name"], json.loads(event["stateEnteredEventDetails"]["input"]))
        for page in machines.get_paginator("get_execution_history").paginate(executionArn=arn)
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    ]
    return Ran(seen["status"], seen.get("error", ""), seen.get("cause", ""), json.loads(seen.get("output") or "{}"), entered)


def test_aws_own_engine_is_tried_too() -> None:
    """Else why not is printed, once."""
    if reason := engines.passed_by():
        pytest.skip(reason)
    assert engines.LOCAL in engines.tried()


HAPPY = {
    "Plan": 1, "Gather": 1, "Cost": 1, "HasUnits": 1, "Scan": 1, "ScanUnit": 3, "Rank": 1, "HasGroups": 1, "Analyze": 1, "AnalyzeGroup": 2,
    "Aggregate": 1, "Notify": 1, "Verdict": 1, "Done": 1,
}  # fmt: skip
NEVER = {"StartedAlready", "NoBill", "NothingToScan", "NoteFailure", "CoolDown", "AnalyzeGroupAgain", "NoteByRule", "CoverageTooLow"}


def test_a_sweep_that_goes_well_enters_each_state_for_each_of_its_items(ran: dict[str, Ran]) -> None:
    happy = ran["HappyPath"]
    assert (happy.status, happy.error, happy.cause) == ("SUCCEEDED", "", "")
    assert {name: happy.times[name] for name in HAPPY} == HAPPY
    assert NEVER & set(happy.times) == set()


ELSEWHERE: dict[str, tuple[str, dict[str, int], dict[str, int]]] = {
    "UnitsFail": ("SUCCEEDED", {"NoteFailure": 2}, {}),
    "NoUnits": ("SUCCEEDED", {"NothingToScan": 1}, {"Scan": 1, "ScanUnit": 3}),
    "NothingToAdvise": ("SUCCEEDED", {}, {"Analyze": 1, "AnalyzeGroup": 2}),
    "CostFails": ("SUCCEEDED", {"NoBill": 1}, {}),
    "CostThrottled": ("SUCCEEDED", {}, {}),
    "BedrockThrottles": ("SUCCEEDED", {}, {}),
    "BedrockFails": ("SUCCEEDED", {"NoteByRule": 1}, {}),
    "CircuitOpen": ("SUCCEEDED", {"CoolDown": 1, "AnalyzeGroupAgain": 1}, {}),
    "CircuitStaysOpen": ("SUCCEEDED", {"CoolDown": 1, "AnalyzeGroupAgain": 1, "NoteByRule": 1}, {}),
    "CoverageTooLow": ("FAILED", {"CoverageTooLow": 1}, {"Analyze": 1, "AnalyzeGroup": 2, "Done": 1}),
    "InvalidInput": ("FAILED", {}, {name: times for name, times in HAPPY.items() if name != "Plan"}),
    "DeliveredTwice": ("SUCCEEDED", {"StartedAlready": 1}, {name: times for name, times in HAPPY.items() if name != "Plan"}),
    "NotifyFails": ("SUCCEEDED", {}, {}),
}
"""Case → how it ends, the states that it enters more often than a sweep that goes well, and those that it enters less often."""


@pytest.mark.parametrize("case", ELSEWHERE)
def test_what_goes_wrong_leads_where_it_should(ran: dict[str, Ran], case: str) -> None:
    seen, happy = ran[case], ran["HappyPath"]
    status, more, less = ELSEWHERE[case]
    assert (seen.status, seen.times - happy.times) == (status, Counter(more)), seen
    assert {name: times for name, times in (happy.times - seen.times).items() if name in HAPPY} == less


def test_every_case_is_looked_at(known: Contracts) -> None:
    assert set(cases(known)) == {"HappyPath", *ELSEWHERE}


def test_each_unit_of_the_plan_goes_to_its_own_scan(ran: dict[str, Ran], known: Contracts) -> None:
    given = ran["HappyPath"].given("ScanUnit")
    assert [{name: one[name] for name in known.units[0]} for one in given] == known.units
    plan = known.answers["plan"]
    assert {(one["run_id"], one["as_of"], one["expires_at"]) for one in given} == {(plan["run_id"], plan["as_of"], plan["expires_at"])}


def test_what_the_functions_answer_reaches_the_ones_that_need_it(ran: dict[str, Ran], known: Contracts) -> None:
    happy, answers = ran["HappyPath"], known.answers
    [ranked], [aggregated], [notified] = (happy.given(state) for state in ("Rank", "Aggregate", "Notify"))
    assert {name: value for name, value in ranked["plan"].items() if not name.endswith(LINES)}.items() <= answers["plan"].items()
    assert ranked["cost"] == aggregated["cost"] == answers["cost"]
    assert aggregated["rank"].items() <= answers["rank"].items()
    assert notified["report"]["files"] == happy.output["report"]["files"] == answers["aggregate"]["report"]
    assert [one["group_id"] for one in happy.given("AnalyzeGroup")] == [one["group_id"] for one in known.groups]


def test_a_unit_that_cannot_be_scanned_is_noted_with_its_error_after_its_retries(ran: dict[str, Ran], known: Contracts) -> None:
    """Were one of them tried more or less often than its Retry says, the others would get its answers."""
    noted = ran["UnitsFail"].given("NoteFailure")
    assert [(one["unit_id"], one["failure"]["Error"]) for one in noted] == [
        (known.units[1]["unit_id"], "Throttled"),
        (known.units[2]["unit_id"], "Unforeseen"),
    ]
    assert json.loads(noted[1]["failure"]["Cause"])["errorMessage"] == "boom"


def test_a_sweep_goes_on_without_a_bill_and_knows_why(ran: dict[str, Ran], known: Contracts) -> None:
    [given] = ran["CostFails"].given("Rank")
    assert given["cost"] == {"status": "none", "reason": "the cost function failed: Unforeseen", "requests": 0, "cached": 0, "export": ""}
    [given] = ran["CostThrottled"].given("Rank")
    assert given["cost"] == known.answers["cost"]


@pytest.mark.parametrize(("case", "error"), [("BedrockFails", "BedrockThrottled"), ("CircuitStaysOpen", "CircuitOpen")])
def test_a_group_without_an_answer_is_noted_and_no_other(ran: dict[str, Ran], known: Contracts, case: str, error: str) -> None:
    [noted] = ran[case].given("NoteByRule")
    assert (noted["group_id"], noted["failure"]["Error"]) == (known.groups[0]["group_id"], error)


def test_an_open_circuit_is_waited_for_until_its_recovery_time_is_over(ran: dict[str, Ran]) -> None:
    for case in ("CircuitOpen", "CircuitStaysOpen"):
        [given] = ran[case].given("CoolDown")
        assert 60 <= given["cool_down_seconds"] <= 75
        assert given["failure"]["Error"] == "CircuitOpen"


def test_too_little_coverage_fails_the_sweep_after_its_report_and_says_which_run_to_resume(ran: dict[str, Ran], known: Contracts) -> None:
    seen, ranked = ran["CoverageTooLow"], known.too_little
    assert (seen.error, seen.times["Aggregate"], seen.times["Notify"]) == ("CoverageTooLow", 1, 1)
    counts = f"{ranked['not_seen']} of {ranked['units']} units were not seen"
    assert seen.cause.startswith(f"{counts}: the coverage is {ranked['coverage_ratio']}, ")
    assert f"finops resume {known.answers['plan']['run_id']} " in seen.cause


def test_a_wrong_input_ends_the_sweep_with_the_words_of_plan(ran: dict[str, Ran]) -> None:
    seen = ran["InvalidInput"]
    assert (seen.error, json.loads(seen.cause)["errorMessage"]) == ("InvalidInput", "regions: there is no region us-moon-1")


def test_each_case_has_an_answer_for_each_task(known: Contracts) -> None:
    made = mock_config(known)
    tests = made["StateMachines"][MACHINE]["TestCases"]
    assert set(tests) == set(cases(known))
    for case, answers in tests.items():
        assert set(answers) == set(TASKS), case
        assert set(answers.values()) <= set(made["MockedResponses"]), case
    for name, responses in made["MockedResponses"].items():
        assert responses, name
        for answer in responses.values():
            [kind] = answer
            assert kind == "Return" or set(answer["Throw"]) == {"Error", "Cause"}, name


def test_a_case_that_names_a_state_that_there_is_not_is_refused(known: Contracts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "cases", lambda _: {"Case": {"Nowhere": [{"Return": {}}]}})
    with pytest.raises(ValueError, match="Case: the flow has no Task state Nowhere"):
        mock_config(known)


def test_a_changed_contract_changes_the_stand_ins(known: Contracts) -> None:
    changed = dataclasses.replace(known, answers={**known.answers, "notify": {"mail": "by pigeon"}})
    assert mock_config(changed) != mock_config(known)


@pytest.mark.parametrize("state", [name for name, task in TASKS.items() if function_of(task)])
def test_a_function_gives_every_path_that_its_state_reads_of_its_answer(known: Contracts, state: str) -> None:
    answered = {"Payload": known.answers[str(function_of(TASKS[state]))]}
    for path in TASKS[state].get("ResultSelector", {}).values():
        assert there(answered, path), f"{state} reads {path}"


@pytest.mark.parametrize("state", [name for name, task in TASKS.items() if task["Resource"].endswith(":lambda:invoke")])
def test_every_function_that_the_flow_calls_has_a_contract(known: Contracts, state: str) -> None:
    assert function_of(TASKS[state]) in known.answers


def test_an_answer_of_another_run_has_the_same_form(known: Contracts) -> None:
    assert form(known.nothing_left) == form(known.answers["plan"])
    assert form(known.too_little) == form(known.answers["rank"])
    assert known.nothing_left["units"] == 0 < known.answers["plan"]["units"] == len(known.units)
    assert not known.too_little["coverage_met"]
    assert known.answers["rank"]["coverage_met"]
    assert len(known.groups) == known.answers["rank"]["groups"]["count"] == 2


def form(answer: dict[str, Any]) -> dict[str, Any]:
    """The names in an answer."""
    return {name: form(value) if isinstance(value, dict) else None for name, value in answer.items()}


def there(value: Any, path: str) -> bool:
    """Whether a reference path leads somewhere."""
    for name in path.removeprefix("$.").split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True
