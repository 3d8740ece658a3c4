"""What others look up in the stack's outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from functions.core import registry
from tests.cdk_app.conftest import ACCOUNT, EVERY_OPTION
from tests.cdk_app.templates import Json, functions

NAMES = {
    "AWS::Athena::WorkGroup": "Name",
    "AWS::CloudFormation::StackSet": "StackSetName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
"""By which property a resource has a name of its own; without it CloudFormation makes one, which no other has."""
WITHOUT_NAMES = {
    "AWS::Athena::NamedQuery", "AWS::EC2::SecurityGroup", "AWS::EC2::VPCEndpoint", "AWS::Glue::Table", "AWS::IAM::Policy", "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
}  # fmt: skip
"""What others tell apart by an id, or which is a part of something that has a name."""
OF_THE_WHOLE_ACCOUNT = {"AWS::CloudWatch::Dashboard", "AWS::IAM::Role", "AWS::S3::Bucket"}
"""Named once for all regions."""


def test_the_outputs_are_what_the_cli_looks_up(template: Json) -> None:
    assert set(template["Outputs"]) == {
        "StateMachineArn", "BucketName", "TableName", "ScanFunctionPrefix", "ReaderRoleName", "DatabaseName", "WorkGroupName", "TopicArn",
    }  # fmt: skip


def test_references_point_to_the_right_kind(template: Json) -> None:
    kinds = {
        name: template["Resources"][output["Value"]["Ref"]]["Type"]
        for name, output in template["Outputs"].items()
        if isinstance(output["Value"], dict)
    }
    assert kinds == {
        "StateMachineArn": "AWS::StepFunctions::StateMachine",
        "BucketName": "AWS::S3::Bucket",
        "TableName": "AWS::DynamoDB::Table",
        "TopicArn": "AWS::SNS::Topic",
    }


def test_the_scan_prefix_begins_the_scanners_names(template: Json) -> None:
    prefix = template["Outputs"]["ScanFunctionPrefix"]["Value"]
    assert sum(name.startswith(prefix) for name in functions(template)) == len(registry.services())


def test_the_stack_asks_for_no_parameters(template: Json) -> None:
    assert "Parameters" not in template
    assert "Rules" not in template


def named(folder: Path) -> set[tuple[str, str]]:
    """Type and name of everything with a name, in the templates of a cloud assembly; and what the account cannot have twice: exports."""
    found: set[tuple[str, str]] = set()
    for path in folder.glob("*.template.json"):
        template: dict[str, Any] = json.loads(path.read_text())
        assert not [output for output in template.get("Outputs", {}).values() if "Export" in output]
        for resource in template["Resources"].values():
            kind, properties = resource["Type"], resource.get("Properties", {})
            if kind == "AWS::Glue::Database":
                found.add((kind, properties["DatabaseInput"]["Name"]))
            elif kind not in WITHOUT_NAMES and (name := properties.get(NAMES[kind])):
                found.add((kind, json.dumps(name)))
    return found


@pytest.fixture(scope="module")
def ours(full_assembly: Path) -> set[tuple[str, str]]:
    """With every option, in us-east-1."""
    names = named(full_assembly)
    assert len(names) > 20
    return names


def test_two_stacks_of_one_account_and_region_share_no_name(ours: set[tuple[str, str]], tmp_path: Path) -> None:
    other = synth(tmp_path / "out", account=ACCOUNT, region="us-east-1", bundle=False, **{**EVERY_OPTION, "stack_name": "Team-A"})
    assert named(other) & ours == set()
    stacks = json.loads((other / "manifest.json").read_text())["artifacts"]
    assert [stacks[name]["properties"].get("stackName", name) for name in ("FinOpsAnalyzer", "FinOpsAnalyzerMember")] == [
        "Team-A", "Team-AMember",
    ]  # fmt: skip


def test_two_regions_of_one_account_share_no_name_that_has_no_region(ours: set[tuple[str, str]], tmp_path: Path) -> None:
    """But for the role in a scanned account: one is enough for the analyzers of all regions."""
    options = {**EVERY_OPTION, "vpc": None}
    other = named(synth(tmp_path / "out", account=ACCOUNT, region="eu-west-1", bundle=False, **options))
    assert {(kind, name) for kind, name in other & ours if kind in OF_THE_WHOLE_ACCOUNT} == {("AWS::IAM::Role", '"FinOpsAnalyzerReader"')}
