"""The Lambda functions: which there are, what each may do, what they are told, and what their code asset holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import Environment, Stack

from cdk_app.app import synth
from cdk_app.constructs import permissions
from cdk_app.constructs.functions import HANDLERS
from cdk_app.settings.settings import parse as parse_context
from functions.core import registry
from functions.core.settings import Settings, parse
from tests.cdk_app.templates import Json, actions, functions, resources, role_of

OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
WRITES = {"s3:PutObject", "s3:AbortMultipartUpload"}
MODELS = "the model's ARNs"
ASKS_BILL = {
    "ce:GetCostAndUsage": {""},
    "ce:GetSavingsPlansUtilizationDetails": {""},
    "ce:GetReservationCoverage": {""},
    "ce:GetReservationUtilization": {""},
    "s3:ListBucket": {""},
    "s3:GetObject": {"runs/*", "cache/cost/*", "prices/*"},
    "s3:PutObject": {"runs/*", "cache/cost/*"},
    "s3:AbortMultipartUpload": {"runs/*", "cache/cost/*"},
    "dynamodb:GetItem": {""},
    "dynamodb:PutItem": {""},
    "dynamodb:UpdateItem": {""},
    "dynamodb:DeleteItem": {""},
}
"""The cost function, and Plan, which may leave out regions without spend."""
LAMBDA_BRINGS = {"AWS_REGION"}


def scanner(service: str) -> str:
    return f"FinOpsAnalyzer-scan-{service}"


def keys(resource: object) -> str:
    """Which keys of the bucket an ARN means: "runs/*"; the bucket itself is ""."""
    if isinstance(resource, dict) and "Fn::Join" in resource:
        last: str = resource["Fn::Join"][1][-1]
        return last.removeprefix("/")
    return ""


def test_one_function_a_step_and_one_scanner_a_service(template: Json) -> None:
    steps = {f"FinOpsAnalyzer-{step}" for step in ("plan", "cost", "rank", "analyze", "aggregate", "notify", "prices")}
    assert set(functions(template)) == steps | {scanner(service) for service in registry.services()}


@pytest.mark.parametrize("service", registry.services())
def test_a_scanners_role_is_what_its_collectors_declare(template: Json, service: str) -> None:
    may = actions(template, role_of(functions(template)[scanner(service)]))
    declared = {action for collector in registry.collectors() if collector.service == service for action in collector.iam}
    asks_cloudwatch = any(check.metrics for check in registry.checks() if check.over.service == service)
    scans = declared | ({"cloudwatch:GetMetricData"} if asks_cloudwatch else set())
    assert set(may) == scans | OWN_LOG | TRACES | WRITES | {"sts:AssumeRole", "s3:GetObject", "s3:ListBucket"}
    assert all(may[action] == ["*"] for action in scans)
    assert {keys(resource) for action in WRITES for resource in may[action]} == {"runs/*"}
    assert [keys(resource) for resource in may["s3:GetObject"]] == ["prices/*", "runs/*/units/*"], "and goes on with what it found before"
    [member] = may["sts:AssumeRole"]
    assert member["Fn::Join"][1][-1] == ":iam::*:role/FinOpsAnalyzerReader"


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        (
            "plan",
            {
                "ec2:DescribeRegions": {""},
                "lambda:GetAccountSettings": {""},
                "organizations:ListAccounts": {""},
                "organizations:ListAccountsForParent": {""},
                "organizations:ListOrganizationalUnitsForParent": {""},
                "sts:AssumeRole": {":iam::*:role/FinOpsAnalyzerReader"},
                "states:DescribeExecution": {":states:us-east-1:111111111111:execution:FinOpsAnalyzer-sweep:*"},
                **ASKS_BILL,
                "s3:GetObject": ASKS_BILL["s3:GetObject"] | {"config/suppressions.toml", "config/checks.toml"},
            },
        ),
        ("cost", ASKS_BILL),
        (
            "rank",
            {
                "s3:ListBucket": {""},
                "s3:GetObject": {"runs/*", "history/*", "config/suppressions.toml"},
                "s3:PutObject": {"runs/*", "history/*", "findings/*", "rates/*"},
                "s3:AbortMultipartUpload": {"runs/*", "history/*", "findings/*", "rates/*"},
                "dynamodb:Query": {""},
            },
        ),
        (
            "analyze",
            {
                "s3:GetObject": {"runs/*/groups/*"},
                "s3:PutObject": {"runs/*/advice/*", "runs/*/meter/*"},
                "dynamodb:GetItem": {""},
                "dynamodb:PutItem": {""},
                "dynamodb:UpdateItem": {""},
                "bedrock:InvokeModel": {MODELS},
            },
        ),
        (
            "aggregate",
            {
                "s3:ListBucket": {""},
                "s3:GetObject": {"runs/*", "usual/*"},
                "s3:PutObject": {"runs/*", "usual/*"},
                "s3:AbortMultipartUpload": {"runs/*", "usual/*"},
                "dynamodb:Query": {""},
            },
        ),
        (
            "notify",
            {
                "s3:ListBucket": {""},
                "s3:GetObject": {
                    "runs/*/planned.json",
                    "runs/*/summary.json",
                    "runs/*/report.html",
                    "runs/*/report.csv",
                    "runs/*/report.json",
                },
                "s3:PutObject": {"runs/*/notified.json"},
                "dynamodb:UpdateItem": {""},
                "dynamodb:DeleteItem": {""},
                "sns:Publish": {""},
                "kms:Decrypt": {""},
                "kms:GenerateDataKey": {""},
                "sqs:SendMessage": {""},
            },
        ),
        (
            "prices",
            {
                "pricing:GetProducts": {""},
                "s3:ListBucket": {""},
                "s3:GetObject": {"prices/*", "runs/*/scope.json"},
                "s3:PutObject": {"prices/*"},
                "sqs:SendMessage": {""},
            },
        ),
    ],
)
def test_a_steps_role_is_what_the_step_does(template: Json, step: str, allowed: dict[str, set[str]]) -> None:
    may = actions(template, role_of(functions(template)[f"FinOpsAnalyzer-{step}"]))
    assert {
        action: {MODELS if action == "bedrock:InvokeModel" else keys(resource) for resource in where}
        for action, where in may.items()
        if action not in OWN_LOG | TRACES
    } == allowed


@pytest.mark.parametrize(
    ("model_id", "arns"),
    [
        ("amazon.nova-micro-v1:0", ["us-east-1::foundation-model/amazon.nova-micro-v1:0"]),
        (
            "us.amazon.nova-micro-v1:0",
            ["us-east-1:111111111111:inference-profile/us.amazon.nova-micro-v1:0", "*::foundation-model/amazon.nova-micro-v1:0"],
        ),
        (
            "global.anthropic.claude-haiku-5-5",
            [
                "us-east-1:111111111111:inference-profile/global.anthropic.claude-haiku-5-5",
                "*::foundation-model/anthropic.claude-haiku-5-5",
                "::foundation-model/anthropic.claude-haiku-5-5",
            ],
        ),
    ],
)
def test_only_the_one_model_may_be_called_through_its_profile_where_it_has_one(model_id: str, arns: list[str]) -> None:
    stack = Stack(env=Environment(account="111111111111", region="us-east-1"))
    assert [arn.partition(":bedrock:")[2] for arn in permissions.model_arns(stack, model_id)] == arns


def test_no_two_functions_share_a_role(template: Json) -> None:
    roles = [role_of(one) for one in functions(template).values()]
    assert len(set(roles)) == len(roles)


def test_each_function_writes_its_own_log_only(template: Json) -> None:
    for one in functions(template).values():
        group = one["LoggingConfig"]["LogGroup"]["Ref"]
        may = actions(template, role_of(one))
        assert all(may[action] == [{"Fn::GetAtt": [group, "Arn"]}] for action in OWN_LOG)
        assert template["Resources"][group]["Properties"]["RetentionInDays"] == 90


def test_each_function_is_traced_and_may_send_its_traces(template: Json) -> None:
    for one in functions(template).values():
        assert one["TracingConfig"] == {"Mode": "Active"}
        may = actions(template, role_of(one))
        assert all(may[action] == ["*"] for action in TRACES)


def test_a_role_is_what_is_said_in_it(template: Json) -> None:
    """Nothing is attached to it from elsewhere, as the CDK does for whoever grants something to a function."""
    attached = {role["Ref"] for policy in resources(template, "AWS::IAM::Policy").values() for role in policy["Roles"]}
    assert attached & {role_of(one) for one in functions(template).values()} == set()


def test_the_functions_run_on_the_platform_that_the_layer_is_built_for(template: Json) -> None:
    [layer] = resources(template, "AWS::Lambda::LayerVersion")
    for one in functions(template).values():
        assert (one["Runtime"], one["Architectures"], one["Layers"]) == ("python3.13", ["arm64"], [{"Ref": layer}])
        assert one["Handler"] in HANDLERS.values()


def test_concurrency_is_reserved_for_the_scanners_alone_and_only_when_asked_for(template: Json, full_template: Json) -> None:
    assert [name for name, one in functions(template).items() if "ReservedConcurrentExecutions" in one] == []
    reserved = {name: one["ReservedConcurrentExecutions"] for name, one in functions(full_template).items() if name.startswith(scanner(""))}
    assert set(reserved.values()) == {5}
    assert sum("ReservedConcurrentExecutions" in one for one in functions(full_template).values()) == len(reserved)


def test_the_environment_is_understood_by_the_functions_settings(template: Json) -> None:
    for name, one in functions(template).items():
        variables = {key: value if isinstance(value, str) else "arn:a-reference" for key, value in one["Environment"]["Variables"].items()}
        assert set(variables) <= {field.upper() for field in Settings.model_fields} - LAMBDA_BRINGS
        understood = parse({**variables, "AWS_REGION": "us-east-1"})
        assert understood.aws_account_id == "111111111111"
        assert understood.scan_function_prefix == scanner("")
        assert understood.unit_seconds == (280 if name.startswith((scanner(""), "FinOpsAnalyzer-aggregate")) else None)


def test_the_contexts_values_reach_the_functions(tmp_path: Path) -> None:
    settings = {
        "member_role_name": "Auditor",
        "member_external_id": "only-us",
        "analysis_period_days": 14,
        "thresholds": {"ebs-idle-volume.window_days": 30},
        "enable_cloudwatch_metrics": False,
        "metric_namespace": "Ours",
        "log_level": "DEBUG",
        "log_format": "text",
        "scan": {"memory": 2048, "timeout": 60},
        "log_retention_days": 7,
    }
    folder = synth(tmp_path / "out", account="111111111111", region="eu-west-1", bundle=False, **settings)
    made = json.loads((folder / "FinOpsAnalyzer.template.json").read_text())
    one = functions(made)[scanner("ebs")]
    given = {key: value if isinstance(value, str) else "a-reference" for key, value in one["Environment"]["Variables"].items()}
    understood = parse({**given, "AWS_REGION": "eu-west-1"})
    assert understood.member_role_name == "Auditor"
    assert understood.member_external_id == "only-us"
    assert understood.analysis_period_days == 14
    assert understood.thresholds == {"ebs-idle-volume.window_days": 30}
    assert understood.enable_cloudwatch_metrics is False
    assert (understood.metric_namespace, understood.log_level, understood.log_format) == ("Ours", "DEBUG", "text")
    assert (one["MemorySize"], one["Timeout"]) == (2048, 60)
    assert actions(made, role_of(one))["sts:AssumeRole"][0]["Fn::Join"][1][-1] == ":iam::*:role/Auditor"
    assert {log["RetentionInDays"] for log in resources(made, "AWS::Logs::LogGroup").values()} == {7}
    assert parse_context(settings).scan.disk == 512


def test_the_asset_is_the_functions_folder_and_nothing_else(assembly: Path, template: Json) -> None:
    [key] = {one["Code"]["S3Key"] for one in functions(template).values()}
    listed = json.loads((assembly / "FinOpsAnalyzer.assets.json").read_text())["files"]
    folder = assembly / listed[key.removesuffix(".zip")]["source"]["path"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    here = Path(__file__).parents[3]
    expected = {
        path.relative_to(here).as_posix()
        for path in (here / "functions").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert found == expected
    assert {"functions/plan.py", "functions/core/prices/pricebook.zip", "functions/scanners/ebs/volume/unused.py"} <= found
