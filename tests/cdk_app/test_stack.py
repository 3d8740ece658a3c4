"""What others look up in the stack's outputs."""

from __future__ import annotations

from functions.core import registry
from tests.cdk_app.templates import Json, functions


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
