"""What is acknowledged is the single finding: one more wildcard beside it still fails the synthesis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_iam as iam

from cdk_app.app import add_stacks
from cdk_app.constructs.acknowledged import check
from cdk_app.settings.settings import cdk_context, parse
from cdk_app.stack import AnalyzerStack


def test_another_wildcard_is_a_new_finding_and_fails_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), context={**cdk_context(), "aws:cdk:bundling-stacks": []}, analytics_reporting=False)
    add_stacks(app, parse({}), "111111111111", "us-east-1")
    analyzer = app.node.find_child("FinOpsAnalyzer")
    assert isinstance(analyzer, AnalyzerStack)
    role = analyzer.functions.roles["scan-ebs"]
    role.add_to_policy(iam.PolicyStatement(actions=["s3:Get*"], resources=["arn:aws:s3:::somewhere"]))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::elsewhere/*"]))
    check(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    [report] = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert {one["ruleName"] for one in report["violations"]} == {
        "AwsSolutions-IAM5[Action::s3:Get*]",
        "AwsSolutions-IAM5[Resource::arn:aws:s3:::elsewhere/*]",
    }
