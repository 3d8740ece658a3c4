"""The state machine as it is synthesised: the file's states, this deployment's numbers, and a role that covers what they call."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cdk_app.constructs.flow import ASL, INTEGRATION, definition, whole_placeholders
from cdk_app.settings.settings import EXPRESS_MAX_SECONDS, DeploymentSettings, parse
from tests.cdk_app.templates import Json, actions, flow, functions, resources, role_of, tasks

FILE = json.loads(ASL.read_text(encoding="utf-8"))
BESIDE_THE_FLOW = {"FinOpsAnalyzer-prices"}
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@pytest.fixture(scope="module")
def machine(template: Json) -> Json:
    [found] = resources(template, "AWS::StepFunctions::StateMachine").values()
    return found


def test_the_files_literals_are_the_default_settings() -> None:
    assert definition(DeploymentSettings()) == FILE


def test_what_is_synthesised_is_the_file(template: Json) -> None:
    text, arns = whole_placeholders(json.dumps(FILE))
    assert flow(template) == json.loads(text)
    assert set(arns) == {"LambdaInvoke", "DynamodbPutItem", "S3GetObject", "S3PutObject"}


def test_every_placeholder_is_substituted_and_nothing_else_is(machine: Json) -> None:
    assert set(PLACEHOLDER.findall(machine["DefinitionString"])) == set(machine["DefinitionSubstitutions"])


def test_a_placeholder_is_always_a_whole_string_or_the_partition_of_an_integration() -> None:
    """Each is inside of quotes, so that the file is JSON as it is."""
    texts = [text for text in _strings(FILE) if "${" in text]
    assert len(texts) > 10
    assert [text for text in texts if not PLACEHOLDER.fullmatch(text) and not INTEGRATION.fullmatch(text)] == []


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"])
def test_every_integration_is_of_the_partition_that_is_deployed_to(machine: Json, partition: str) -> None:
    """What calls "arn:aws:states:::…" in another partition fails in its first state."""
    assert "arn:" not in machine["DefinitionString"]
    deployed = machine["DefinitionString"]
    for name, value in machine["DefinitionSubstitutions"].items():
        parts = value.get("Fn::Join", [None, []])[1]
        text = "".join(partition if part == {"Ref": "AWS::Partition"} else part for part in parts)
        deployed = deployed.replace(f"${{{name}}}", text or f"${{{name}}}")
    assert json.loads(deployed) == json.loads(ASL.read_text(encoding="utf-8").replace("${Partition}", partition))


def test_placeholders_are_the_functions_and_the_table_they_are_called_after(template: Json, machine: Json) -> None:
    given = machine["DefinitionSubstitutions"]
    for step in ("Plan", "Cost", "Rank", "Analyze", "Aggregate", "Notify"):
        name = given[f"{step}Function"]["Fn::GetAtt"][0]
        assert template["Resources"][name]["Properties"]["Handler"] == f"functions.{step.lower()}.handler"
    assert template["Resources"][given["StateTable"]["Ref"]]["Type"] == "AWS::DynamoDB::Table"


def test_settings_become_numbers() -> None:
    settings = parse(
        {
            "retry": {"max_attempts": 5, "base_delay": 2, "max_delay": 60},
            "max_concurrency": 7,
            "children": "STANDARD",
            "sweep_timeout": 86_400,
            "plan": {"timeout": 60},
            "cost": {"timeout": 100},
            "scan": {"timeout": 900},
            "rank": {"timeout": 300},
            "analyze": {"timeout": 90},
            "aggregate": {"timeout": 400},
            "notify": {"timeout": 90},
            "analyze_concurrency": 2,
            "circuit_breaker_timeout_seconds": 30,
        }
    )
    made = definition(settings)
    found = tasks(made)
    assert {name: task.state["TimeoutSeconds"] for name, task in found.items()} == {
        "Plan": 70, "Cost": 110, "ScanUnit": 910, "NoteFailure": 10, "Rank": 310, "AnalyzeGroup": 100, "AnalyzeGroupAgain": 100,
        "NoteByRule": 10, "Aggregate": 410, "Notify": 100,
    }  # fmt: skip
    retriers = [task.retriers[0] for task in found.values()]
    assert {(one["MaxAttempts"], one["IntervalSeconds"], one["MaxDelaySeconds"]) for one in retriers} == {(5, 2, 60)}
    assert [one for task in found.values() for one in task.retriers[1:]] == [
        one for task in tasks(definition(DeploymentSettings())).values() for one in task.retriers[1:]
    ], "what Lambda makes ready takes its time whatever is set"
    assert made["TimeoutSeconds"] == 86_400
    assert made["States"]["Gather"]["Branches"][1]["States"]["Scan"]["MaxConcurrency"] == 7
    assert made["States"]["Gather"]["Branches"][1]["States"]["Scan"]["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "STANDARD"
    assert made["States"]["Analyze"]["MaxConcurrency"] == 2
    assert made["States"]["Analyze"]["ItemSelector"]["cool_down_seconds.$"] == "States.MathRandom(30, 45)"


@pytest.mark.parametrize(("reserved", "at_once"), [(None, 40), (60, 40), (5, 5)])
def test_no_more_units_run_at_once_than_are_reserved_for_a_function(reserved: int | None, at_once: int) -> None:
    made = definition(parse({"max_concurrency": 40, "scan_reserved_concurrency": reserved}))
    assert made["States"]["Gather"]["Branches"][1]["States"]["Scan"]["MaxConcurrency"] == at_once


def test_what_is_deployed_has_an_end_and_waits_no_longer_than_it_should_and_never_in_step(template: Json) -> None:
    """The embedded AWS knows none of these three."""
    deployed = flow(template)
    assert deployed["TimeoutSeconds"] == DeploymentSettings().sweep_timeout
    retriers = [task.retriers[0] for task in tasks(deployed).values()]
    assert len(retriers) > 5
    assert {(one["MaxDelaySeconds"], one["JitterStrategy"]) for one in retriers} == {(DeploymentSettings().retry.max_delay, "FULL")}


def test_a_function_ends_before_its_task_and_an_express_child_after_both(template: Json) -> None:
    states = tasks(flow(template))
    made = functions(template)
    for step in ("plan", "cost", "rank", "aggregate", "notify"):
        assert made[f"FinOpsAnalyzer-{step}"]["Timeout"] < states[step.capitalize()].state["TimeoutSeconds"]
    for name in ("AnalyzeGroup", "AnalyzeGroupAgain"):
        assert made["FinOpsAnalyzer-analyze"]["Timeout"] < states[name].state["TimeoutSeconds"]
    scanners = [one for name, one in made.items() if name.startswith("FinOpsAnalyzer-scan-")]
    assert scanners
    for scanner in scanners:
        assert scanner["Timeout"] < states["ScanUnit"].state["TimeoutSeconds"] < EXPRESS_MAX_SECONDS
        assert (
            int(scanner["Environment"]["Variables"]["UNIT_SECONDS"]) + states["NoteFailure"].state["TimeoutSeconds"] < EXPRESS_MAX_SECONDS
        )


def test_the_role_may_call_every_function_that_a_state_can_name(template: Json, machine: Json) -> None:
    may = actions(template, role_of(machine))
    made = resources(template, "AWS::Lambda::Function").items()
    arns = [{"Fn::GetAtt": [name, "Arn"]} for name, one in made if one["FunctionName"] not in BESIDE_THE_FLOW]
    assert sorted(may["lambda:InvokeFunction"], key=str) == sorted(arns, key=str)


def test_the_role_covers_what_the_flow_uses_and_nothing_else(template: Json, machine: Json) -> None:
    """What a Distributed Map needs is AWS's list, its reader's and writer's needs are S3's, the rest is the flow's own integrations.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    may = actions(template, role_of(machine))
    logs_and_traces = {action for action in may if action.startswith(("logs:", "xray:"))}
    assert set(may) - logs_and_traces == {
        "lambda:InvokeFunction",
        "dynamodb:PutItem",
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "states:RedriveExecution",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
    }
    assert {"logs:CreateLogDelivery", "logs:PutResourcePolicy", "xray:PutTraceSegments"} <= logs_and_traces
    assert {json.dumps(resource) for action in logs_and_traces for resource in may[action]} == {'"*"'}


def test_the_role_reaches_only_its_own_machine_table_and_runs(template: Json, machine: Json) -> None:
    may = actions(template, role_of(machine))
    name = machine["StateMachineName"]
    [start] = may["states:StartExecution"]
    assert _text(start).endswith(f":states:us-east-1:111111111111:stateMachine:{name}")
    ends = {_text(resource).rpartition(":execution:")[2] for resource in may["states:DescribeExecution"]}
    assert ends == {f"{name}:*", f"{name}/*"}
    assert all(_text(resource).endswith("/runs/*") for action in may if action.startswith("s3:") for resource in may[action])
    [table] = may["dynamodb:PutItem"]
    assert template["Resources"][table["Fn::GetAtt"][0]]["Type"] == "AWS::DynamoDB::Table"


def test_only_this_machine_of_this_account_takes_on_the_role(template: Json, machine: Json) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy"""
    [trust] = template["Resources"][role_of(machine)]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
    ends = [_text(arn) for arn in trust["Condition"]["ArnLike"]["aws:SourceArn"]]
    own = f"arn::states:us-east-1:111111111111:stateMachine:{machine['StateMachineName']}"
    assert ends == [own, f"{own}/*"], "its own, and those of its maps' children"


def test_the_machine_logs_everything_and_traces(template: Json, machine: Json) -> None:
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
    assert machine["TracingConfiguration"] == {"Enabled": True}
    log = logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
    assert template["Resources"][log]["Properties"]["LogGroupName"].startswith("/aws/vendedlogs/states/")
    assert template["Resources"][log]["Properties"]["RetentionInDays"] == DeploymentSettings().log_retention_days


def _text(arn: Any) -> str:
    """An ARN without its references: the literal parts of Fn::Join."""
    return arn if isinstance(arn, str) else "".join(part for part in arn["Fn::Join"][1] if isinstance(part, str))


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in _strings(one)]
    return [value] if isinstance(value, str) else []
