"""The flow as it lies in the file: what Workflow Studio opens, and what the synthesised template repeats."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import botocore.session
import pytest

from functions.core.model import Unit
from scripts.lint_flow import FLOW, problems
from tests.cdk_app.templates import tasks

FILE: dict[str, Any] = json.loads(FLOW.read_text(encoding="utf-8"))
TRIED_AGAIN = {
    "Throttled", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException", "Lambda.Unknown", "Sandbox.Timedout", "States.Timeout",
}  # fmt: skip
"""What may be gone in a moment: AWS slows us down, Lambda itself fails (https://docs.aws.amazon.com/step-functions/latest/dg/
bp-lambda-serviceexception.html), the function's process died."""
BEDROCK = {"BedrockThrottled", "BedrockTimeout", "BedrockUnavailable"}
NOT_READY = {
    f"Lambda.{name}Exception" for name in (
        "ResourceNotReady", "CodeArtifactUserPending", "ResourceConflict", "ENINotReady", "ENILimitReached", "SubnetIPAddressLimitReached",
        "EC2Throttled", "EC2Unexpected",
    )
}  # fmt: skip
"""What takes Lambda, or EC2 for it, a minute: a function's network, a new version of it. Step Functions puts "Lambda." before the name.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"""
NEVER_OURS = {
    "CodeArtifactUserDeleted", "CodeArtifactUserFailed", "DurableExecutionAlreadyStarted", "EC2AccessDenied", "EFSIO",
    "EFSMountConnectivity", "EFSMountFailure", "EFSMountTimeout", "InvalidParameterValue", "InvalidRequestContent", "InvalidRuntime",
    "InvalidSecurityGroupID", "InvalidSubnetID", "InvalidZipFile", "KMSAccessDenied", "KMSDisabled", "KMSInvalidState", "KMSNotFound",
    "ModeNotSupported", "NoPublishedVersion", "RecursiveInvocation", "RequestTooLarge", "ResourceNotFound", "S3FilesMountConnectivity",
    "S3FilesMountFailure", "S3FilesMountTimeout", "SerializedRequestEntityTooLarge", "ServiceQuotaExceeded", "SnapStart",
    "SnapStartNotReady", "SnapStartRegenerationFailure", "SnapStartTimeout", "UnsupportedMediaType",
}  # fmt: skip
"""Of file systems, SnapStart and durable functions, which ours do not use; and what waiting does not mend."""


def states(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in flow["States"].items():
        yield name, state
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from states(inner)


ALL = dict(states(FILE))
CHILD = ALL["Scan"]["ItemProcessor"]


def names(errors: Mapping[str, Any]) -> set[str]:
    return set(errors["ErrorEquals"])


def test_statelint_has_nothing_to_say() -> None:
    assert problems(FILE) == []


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("Plan", "Next"), "Nowhere", "Nowhere"),
        (("Plan", "Nxt"), "Gather", "Nxt"),
        (("Analyze", "ItemReader", "ReaderConfig", "InputTpe"), "JSONL", "InputTpe"),
        (("Gather", "Branches", 1, "States", "Scan", "ItemReader", "ReaderConfig", "InputTpe"), "JSONL", "InputTpe"),
        (("Verdict", "Default"), "Nowhere", "Nowhere"),
    ],
)
def test_statelint_would_say_it(path: tuple[Any, ...], value: str, word: str) -> None:
    broken = copy.deepcopy(FILE)
    *way, last = path
    place: Any = broken["States"]
    for step in way:
        place = place[step]
    place[last] = value
    assert any(word in problem for problem in problems(broken))


def test_the_steps_are_in_order() -> None:
    order, name = [], FILE["StartAt"]
    while name:
        order.append(name)
        name = FILE["States"][name].get("Next")
    assert order == ["Plan", "Gather", "Rank", "HasGroups"]
    assert [branch["StartAt"] for branch in FILE["States"]["Gather"]["Branches"]] == ["Cost", "HasUnits"]
    assert FILE["States"]["HasGroups"]["Choices"] == [{"Variable": "$.rank.groups.count", "NumericGreaterThan": 0, "Next": "Analyze"}]
    assert FILE["States"]["HasGroups"]["Default"] == FILE["States"]["Analyze"]["Next"] == "Aggregate"
    assert FILE["States"]["Aggregate"]["Next"] == "Notify"
    assert FILE["States"]["Notify"]["Next"] == "Verdict"


def test_a_mail_that_cannot_be_sent_never_fails_a_sweep() -> None:
    assert FILE["States"]["Notify"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Verdict"}]
    assert FILE["States"]["Notify"]["ResultPath"] is None


def test_no_state_does_nothing() -> None:
    assert {state["Type"] for _, state in states(FILE)} == {"Task", "Map", "Parallel", "Choice", "Wait", "Pass", "Succeed", "Fail"}


def test_every_task_and_the_machine_have_a_timeout() -> None:
    assert FILE["TimeoutSeconds"] > 0
    assert {name for name, task in tasks(FILE).items() if task.state.get("TimeoutSeconds", 0) <= 0} == set()
    assert set(tasks(FILE)) == {
        "Plan", "Cost", "ScanUnit", "NoteFailure", "Rank", "AnalyzeGroup", "AnalyzeGroupAgain", "NoteByRule", "Aggregate", "Notify",
    }  # fmt: skip


def test_the_machine_outlives_its_slowest_steps() -> None:
    assert FILE["TimeoutSeconds"] > sum(task.state["TimeoutSeconds"] for task in tasks(FILE).values())


def test_retries_are_the_deployment_guides_with_full_jitter() -> None:
    """3 attempts after the first, 1 s, twice as long each time, at most 10 s. The embedded AWS ignores the last two of these."""
    retriers = [task.retriers[0] for task in tasks(FILE).values()]
    for retrier in retriers:
        assert (retrier["MaxAttempts"], retrier["IntervalSeconds"], retrier["BackoffRate"]) == (3, 1, 2.0)
        assert (retrier["MaxDelaySeconds"], retrier["JitterStrategy"]) == (10, "FULL")


INVOKED = {name: task for name, task in tasks(FILE).items() if task.state["Resource"].endswith(":lambda:invoke")}


def test_every_function_that_is_invoked_is_tried_again_for_the_same_errors() -> None:
    """A new state cannot forget one: what a plan meets, a scan and a report meet too."""
    assert set(INVOKED) == {"Plan", "Cost", "ScanUnit", "Rank", "AnalyzeGroup", "AnalyzeGroupAgain", "Aggregate", "Notify"}
    for name, task in INVOKED.items():
        soon, later = task.retriers
        assert names(soon) == TRIED_AGAIN | (BEDROCK if name.startswith("AnalyzeGroup") else set()), name
        assert names(later) == NOT_READY, name


def test_what_takes_lambda_a_minute_is_waited_for() -> None:
    """Without jitter, which mostly comes too early; and not so long that an EXPRESS child has no time left to scan."""
    for name, task in INVOKED.items():
        later = task.retriers[1]
        assert 20 <= later["IntervalSeconds"] <= 30, name
        assert (later["BackoffRate"], later["JitterStrategy"]) == (1.0, "NONE")
        assert 60 < later["IntervalSeconds"] * later["MaxAttempts"] < 150


def test_every_error_of_an_invocation_is_decided_upon() -> None:
    """Botocore's model has them: one that AWS adds fails here until somebody has said whether it passes."""
    invoke = botocore.session.get_session().get_service_model("lambda").operation_model("Invoke")
    answers = {f"Lambda.{shape.name}" for shape in invoke.error_shapes}
    decided = TRIED_AGAIN | NOT_READY | {f"Lambda.{name}Exception" for name in NEVER_OURS}
    assert answers - decided == set()
    assert answers >= NOT_READY


def test_an_open_circuit_is_tried_once_more_after_its_recovery_time() -> None:
    """Never before it, and each group at another moment: a Retry with full jitter would wait anything between nothing and the interval."""
    group = FILE["States"]["Analyze"]["ItemProcessor"]["States"]
    by_rule = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "NoteByRule"}
    assert group["AnalyzeGroup"]["Catch"] == [{"ErrorEquals": ["CircuitOpen"], "ResultPath": "$.failure", "Next": "CoolDown"}, by_rule]
    assert FILE["States"]["Analyze"]["ItemSelector"]["cool_down_seconds.$"] == "States.MathRandom(60, 75)"
    assert (group["CoolDown"]["SecondsPath"], group["CoolDown"]["Next"]) == ("$.cool_down_seconds", "AnalyzeGroupAgain")
    assert group["AnalyzeGroupAgain"]["Catch"] == [by_rule]
    differ = {"Comment", "Catch"}
    assert {key: value for key, value in group["AnalyzeGroup"].items() if key not in differ} == {
        key: value for key, value in group["AnalyzeGroupAgain"].items() if key not in differ
    }


def test_a_bill_that_cannot_be_had_never_fails_a_sweep() -> None:
    assert ALL["Cost"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "NoBill"}]
    answer = {key.removesuffix(".$") for key in ALL["Cost"]["ResultSelector"]}
    assert answer == {key.removesuffix(".$") for key in ALL["NoBill"]["Parameters"]}
    assert answer == {key.removesuffix(".$") for key in FILE["States"]["Gather"]["ResultSelector"]}
    assert ALL["NoBill"]["Parameters"]["status"] == "none"


def test_bedrock_never_fails_a_sweep() -> None:
    analyze = FILE["States"]["Analyze"]
    assert analyze["ToleratedFailurePercentage"] == 100
    assert analyze["ResultPath"] is None
    assert analyze["MaxConcurrency"] == 4
    item = analyze["ItemProcessor"]["States"]["NoteByRule"]["Parameters"]["Item"]
    assert item["sk"] == {"S.$": "States.Format('advice-failed#{}', $.group_id)"}
    assert {"pk", "error", "cause", "ttl"} <= set(item)


def test_whatever_a_scan_ends_with_is_written_down() -> None:
    assert CHILD["States"]["ScanUnit"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "NoteFailure"}]
    item = CHILD["States"]["NoteFailure"]["Parameters"]["Item"]
    assert item["pk"] == {"S.$": "States.Format('run#{}', $.run_id)"}
    assert item["sk"] == {"S.$": "States.Format('failed#{}', $.unit_id)"}
    assert {"error", "cause", "account", "region", "resource_type", "ttl"} <= set(item)


def test_one_failed_unit_does_not_end_the_sweep() -> None:
    scan = ALL["Scan"]
    assert scan["ToleratedFailurePercentage"] == 100
    assert scan["ResultPath"] is None
    assert "ToleratedFailurePercentagePath" not in scan


def test_how_many_units_are_scanned_at_once_is_plans_to_say_unless_the_settings_do() -> None:
    """The embedded AWS ignores the path, and would start 64 at once: its settings say a number (tests/cdk_app/constructs/test_flow.py)."""
    assert ALL["Scan"]["MaxConcurrencyPath"] == "$.plan.concurrency"
    assert "MaxConcurrency" not in ALL["Scan"]


def test_nothing_to_scan_is_no_failure() -> None:
    """A resumed run that has seen everything: an empty list of items is not what ItemReader is for."""
    assert ALL["HasUnits"]["Choices"] == [{"Variable": "$.plan.units", "NumericGreaterThan": 0, "Next": "Scan"}]
    assert ALL["HasUnits"]["Default"] == "NothingToScan"


def test_results_go_to_the_bucket_not_through_the_state() -> None:
    for name in ("Scan", "Analyze"):
        assert ALL[name]["ResultWriter"] == {
            "Resource": "arn:${Partition}:states:::s3:putObject",
            "Parameters": {"Bucket.$": "$.plan.bucket", "Prefix.$": "States.Format('runs/{}/map', $.plan.run_id)"},
        }


@pytest.mark.parametrize("name", ["Scan", "Analyze"])
def test_every_path_that_a_child_reads_is_selected_for_it(name: str) -> None:
    selected = {key.removesuffix(".$") for key in ALL[name]["ItemSelector"]}
    children = ALL[name]["ItemProcessor"]["States"]
    read = {text.removeprefix("$.").partition(".")[0] for text in _paths(children)} - {"failure", "Payload"}
    assert read == selected


def test_a_scanner_gets_its_unit_whole() -> None:
    payload = {key.removesuffix(".$") for key in CHILD["States"]["ScanUnit"]["Parameters"]["Payload"]}
    assert payload == {field.name for field in fields(Unit)} | {"run_id", "as_of", "analysis_period_days", "entered"}


def test_a_scanner_is_called_by_the_name_in_its_plan_line() -> None:
    assert CHILD["States"]["ScanUnit"]["Parameters"]["FunctionName.$"] == "$.function"


def test_too_little_coverage_fails_the_sweep_after_its_report() -> None:
    verdict = FILE["States"]["Verdict"]
    assert verdict["Choices"] == [{"Variable": "$.rank.coverage_met", "BooleanEquals": True, "Next": "Done"}]
    assert FILE["States"][verdict["Default"]]["Error"] == "CoverageTooLow"
    assert FILE["States"]["Notify"]["Next"] == "Verdict"


def test_only_what_a_function_returns_travels_on() -> None:
    for name in ("Plan", "Rank", "Aggregate"):
        selector = FILE["States"][name]["ResultSelector"]
        assert all(path.startswith("$.Payload") for path in selector.values())


def _paths(value: Any) -> Iterator[str]:
    """Every reference path in a piece of the flow, also inside intrinsic functions."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in ("ResultPath", "ResultSelector", "Comment"):
                yield from _paths(one)
    elif isinstance(value, list):
        for one in value:
            yield from _paths(one)
    elif isinstance(value, str):
        for word in value.replace("(", " ").replace(")", " ").replace(",", " ").split():
            if word.startswith("$."):
                yield word
