"""The role for an organization: the template that one account gets, in the units that the settings name, while accounts come and go."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from cdk_app.app import add_stacks, synth
from cdk_app.member.stack_set import MEMBERS_STACK
from cdk_app.settings.settings import InvalidContext, cdk_context, parse
from tests.cdk_app.templates import Json, resources

UNITS = ["ou-ab12-11111111", "r-ab12"]
TEMPLATE_BYTES = 51_200
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def stack_set(folder: Path) -> Json:
    template = json.loads((folder / f"{MEMBERS_STACK}.template.json").read_text())
    [found] = resources(template, "AWS::CloudFormation::StackSet").values()
    assert len(template["Resources"]) == 1
    return found


@pytest.fixture(scope="module")
def members(full_assembly: Path) -> Json:
    return stack_set(full_assembly)


def test_by_default_there_is_none(assembly: Path) -> None:
    assert not (assembly / f"{MEMBERS_STACK}.template.json").exists()


def test_it_holds_the_template_of_a_single_account(full_assembly: Path, members: Json) -> None:
    body = members["TemplateBody"]
    assert json.loads(body) == json.loads((full_assembly / "FinOpsAnalyzerMember.template.json").read_text())
    assert len(body.encode()) <= TEMPLATE_BYTES
    assert members["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


def test_accounts_of_the_units_get_it_and_lose_it_with_their_place(members: Json) -> None:
    assert (members["PermissionModel"], members["CallAs"]) == ("SERVICE_MANAGED", "DELEGATED_ADMIN")
    assert members["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    [instances] = members["StackInstancesGroup"]
    assert instances["DeploymentTargets"] == {"OrganizationalUnitIds": UNITS}


def test_one_region_is_enough_for_a_role(members: Json) -> None:
    [instances] = members["StackInstancesGroup"]
    assert instances["Regions"] == [{"Ref": "AWS::Region"}]


def test_an_account_that_refuses_keeps_no_other_from_it(members: Json) -> None:
    assert members["OperationPreferences"] == {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100}
    assert members["ManagedExecution"] == {"Active": True}


def test_it_needs_no_bootstrapped_account(full_assembly: Path) -> None:
    stack = json.loads((full_assembly / "manifest.json").read_text())["artifacts"][MEMBERS_STACK]["properties"]
    assert "assumeRoleArn" not in stack
    assert "stackTemplateAssetObjectUrl" not in stack


def test_the_management_account_deploys_it_for_an_analyzer_elsewhere(tmp_path: Path) -> None:
    made = stack_set(
        synth(tmp_path / "out", account="999999999999", region="us-east-1", bundle=False, analyzer_account="333333333333", member_ous=UNITS)
    )
    assert made["CallAs"] == "SELF"
    assert ":iam::333333333333:root" in made["TemplateBody"]
    assert "999999999999" not in made["TemplateBody"]


def test_an_account_that_is_not_known_yet_is_the_one_that_deploys_and_not_the_one_that_is_scanned(tmp_path: Path) -> None:
    """A reference inside the text would be resolved where the text is deployed: the role would trust its own account."""
    app = App(outdir=str(tmp_path), context={**cdk_context(), "aws:cdk:bundling-stacks": []}, analytics_reporting=False)
    add_stacks(app, parse({"member_ous": UNITS}), None, None)
    app.synth()
    parts = stack_set(tmp_path)["TemplateBody"]["Fn::Join"][1]
    assert {"Ref": "AWS::AccountId"} in parts
    text = "".join(part for part in parts if isinstance(part, str))
    assert "AWS::AccountId" not in text
    assert "Token[" not in text
    whole = "".join(part if isinstance(part, str) else "111111111111" for part in parts)
    [principal] = re.findall(r":iam::(\d+):root", whole)
    assert (principal, bool(json.loads(whole))) == ("111111111111", True)


@pytest.mark.parametrize("settings", [{"member_ous": ["Workloads"]}, {"member_ous": ["o-ab12cd34ef"]}, {"member_call_as": "ADMIN"}])
def test_what_is_no_unit_is_refused_by_its_key(settings: dict[str, Any]) -> None:
    [key] = settings
    with pytest.raises(InvalidContext, match=rf"{key}(\.0)?: "):
        parse(settings)
