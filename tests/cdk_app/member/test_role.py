"""The role in a scanned account: it reads what the registry says, and lets in Plan, our scanners and nobody else."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from functions.core import registry
from tests.cdk_app.templates import Json, actions, functions, resources, role_of


def trust(template: Json) -> Json:
    [role] = resources(template, "AWS::IAM::Role").values()
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    found: Json = statement
    return found


def arn(join: Any) -> str:
    """An ARN in the partition aws."""
    return "".join(part if isinstance(part, str) else "aws" for part in join["Fn::Join"][1])


def test_it_may_do_what_scanning_everything_does_and_tell_the_regions_and_only_that(member_template: Json) -> None:
    [role] = resources(member_template, "AWS::IAM::Role")
    assert actions(member_template, role) == {action: ["*"] for action in ("ec2:DescribeRegions", *registry.iam_actions())}


def test_nothing_but_the_role_is_in_the_stack(member_template: Json) -> None:
    assert [resource["Type"] for resource in member_template["Resources"].values()] == ["AWS::IAM::Role"]
    assert resources(member_template, "AWS::IAM::Role")[next(iter(member_template["Resources"]))]["RoleName"] == "FinOpsAnalyzerReader"
    assert set(member_template["Outputs"]) == {"ReaderRoleArn"}


def test_it_needs_no_bootstrapped_account(assembly: Path, member_template: Json) -> None:
    stack = json.loads((assembly / "manifest.json").read_text())["artifacts"]["FinOpsAnalyzerMember"]["properties"]
    assert "assumeRoleArn" not in stack
    assert "stackTemplateAssetObjectUrl" not in stack
    assert len(json.dumps(member_template)) < 50_000  # bigger templates have to be uploaded somewhere


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("arn:aws:iam::111111111111:role/FinOpsAnalyzer-scan-ebs-us-east-1", True),
        ("arn:aws:sts::111111111111:assumed-role/FinOpsAnalyzer-scan-ebs-us-east-1/FinOpsAnalyzer-scan-ebs", True),
        ("arn:aws:iam::111111111111:role/FinOpsAnalyzer-plan-us-east-1", True),
        ("arn:aws:sts::111111111111:assumed-role/FinOpsAnalyzer-plan-us-east-1/FinOpsAnalyzer-plan", True),
        ("arn:aws:iam::111111111111:role/FinOpsAnalyzer-cost-us-east-1", False),
        ("arn:aws:iam::222222222222:role/FinOpsAnalyzer-plan-us-east-1", False),
        ("arn:aws:iam::111111111111:role/Administrator", False),
        ("arn:aws:iam::111111111111:user/FinOpsAnalyzer-scan-ebs", False),
        ("arn:aws:iam::222222222222:role/FinOpsAnalyzer-scan-ebs-us-east-1", False),
    ],
)
def test_only_plan_and_our_scanners_are_let_in(member_template: Json, principal: str, allowed: bool) -> None:
    statement = trust(member_template)
    assert arn(statement["Principal"]["AWS"]) == "arn:aws:iam::111111111111:root"
    patterns = [arn(pattern) for pattern in statement["Condition"]["ArnLike"]["aws:PrincipalArn"]]
    assert any(fnmatchcase(principal, pattern) for pattern in patterns) is allowed


def test_the_roles_of_plan_and_of_every_scanner_are_let_in(template: Json, member_template: Json) -> None:
    patterns = [arn(pattern) for pattern in trust(member_template)["Condition"]["ArnLike"]["aws:PrincipalArn"]]
    for name, one in functions(template).items():
        role = template["Resources"][role_of(one)]["Properties"].get("RoleName", "unnamed")
        let_in = any(fnmatchcase(f"arn:aws:iam::111111111111:role/{role}", pattern) for pattern in patterns)
        assert let_in is name.startswith(("FinOpsAnalyzer-plan", "FinOpsAnalyzer-scan-"))
        assert len(role) <= 64


def test_no_external_id_is_asked_for_by_default(member_template: Json) -> None:
    assert set(trust(member_template)["Condition"]) == {"ArnLike"}


def test_it_trusts_the_analyzers_account_and_its_external_id(tmp_path: Path) -> None:
    folder = synth(
        tmp_path / "out",
        account="222222222222",
        region="us-east-1",
        bundle=False,
        analyzer_account="333333333333",
        member_external_id="only-us",
        member_role_name="Auditor",
    )
    made = json.loads((folder / "FinOpsAnalyzerMember.template.json").read_text())
    statement = trust(made)
    assert arn(statement["Principal"]["AWS"]) == "arn:aws:iam::333333333333:root"
    assert statement["Condition"]["StringEquals"] == {"sts:ExternalId": "only-us"}
    assert arn(statement["Condition"]["ArnLike"]["aws:PrincipalArn"][0]) == "arn:aws:iam::333333333333:role/FinOpsAnalyzer-scan-*"
    [role] = resources(made, "AWS::IAM::Role").values()
    assert role["RoleName"] == "Auditor"
