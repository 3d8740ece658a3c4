"""What no role of either template may have: wildcard actions, actions that do not exist, or resources that are wider than needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from policy_sentry.querying.actions import get_action_data

from cdk_app.app import synth
from functions.core import registry
from functions.core.costs import explorer
from tests.cdk_app.templates import Json, many, resources, statements

ANYTHING = "*"
WITHOUT_RESOURCES = {
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    "ec2:DescribeRegions", "lambda:GetAccountSettings", "organizations:ListAccounts", "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent", "pricing:GetProducts", *explorer.IAM,
}  # fmt: skip
"""Beside what scanning calls: these are allowed on "*", because AWS has nothing narrower for them."""

TO_JOIN_A_VPC = {
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
}  # fmt: skip
"""On "*" too, because Lambda wants them so; the first four are denied to the functions' own code: see test_network.py."""


@pytest.fixture
def every_template(template: Json, full_template: Json, member_template: Json) -> tuple[Json, ...]:
    """By default, with every option, and in a scanned account."""
    return template, full_template, member_template


def every_statement(*templates: Json) -> Iterator[Json]:
    for template in templates:
        for role in resources(template, "AWS::IAM::Role"):
            yield from statements(template, role)


def test_no_action_has_a_wildcard(every_template: tuple[Json, ...]) -> None:
    found = [action for one in every_statement(*every_template) for action in many(one["Action"])]
    assert found
    assert [action for action in found if "*" in action or "?" in action] == []


def test_nothing_is_granted_by_exclusion(every_template: tuple[Json, ...]) -> None:
    assert [one for one in every_statement(*every_template) if {"NotAction", "NotResource"} & set(one)] == []


def test_no_managed_policy_is_used(every_template: tuple[Json, ...]) -> None:
    roles = [role for template in every_template for role in resources(template, "AWS::IAM::Role").values()]
    assert [role for role in roles if role.get("ManagedPolicyArns")] == []


def test_every_action_exists(every_template: tuple[Json, ...]) -> None:
    found = {action for one in every_statement(*every_template) for action in many(one["Action"])}
    assert [action for action in sorted(found) if not get_action_data(*action.split(":"))] == []


def test_anything_is_the_resource_only_of_what_has_no_other(template: Json, full_template: Json, member_template: Json) -> None:
    known = WITHOUT_RESOURCES | set(registry.iam_actions())
    assert open_actions(template) | open_actions(member_template) <= known
    assert open_actions(full_template) <= known | TO_JOIN_A_VPC


def open_actions(template: Json) -> set[str]:
    """What is allowed on every resource."""
    allowed = [one for one in every_statement(template) if one["Effect"] == "Allow" and ANYTHING in many(one["Resource"])]
    return {action for one in allowed for action in many(one["Action"])}


def test_only_what_runs_are_made_of_is_written(template: Json) -> None:
    written = {
        json.dumps(resource)
        for one in every_statement(template)
        if {"s3:PutObject", "s3:DeleteObject"} & set(many(one["Action"]))
        for resource in many(one["Resource"])
    }
    assert {where.split("/")[1] for where in written} == {"runs", "history", "findings", "rates", "prices", "cache", "usual"}


@pytest.mark.parametrize("action", registry.iam_actions())
def test_scanning_is_allowed_on_everything_because_it_looks_at_everything(action: str) -> None:
    """Either AWS has no resource-level permission for it, or it reads one resource of a listing of all of them."""
    data = get_action_data(*action.split(":"))
    assert data
    levels = {entry["access_level"] for service in data.values() for entry in service}
    assert levels <= {"Read", "List"}


@pytest.mark.parametrize("settings", [{}, {"billing_account": "222222222222"}], ids=["scanned", "asked for the bill"])
def test_the_role_in_a_scanned_account_cannot_write(tmp_path: Path, settings: dict[str, str]) -> None:
    """Every action's access level, as AWS publishes it."""
    folder = synth(tmp_path / "out", account="111111111111", region="us-east-1", bundle=False, **settings)
    made = json.loads((folder / "FinOpsAnalyzerMember.template.json").read_text())
    allowed = {action for one in every_statement(made) for action in many(one["Action"])}
    assert allowed >= set(registry.iam_actions())
    assert (set(explorer.IAM) <= allowed) == bool(settings)
    levels = {
        (action, entry["access_level"])
        for action in allowed
        for entries in get_action_data(*action.split(":")).values()
        for entry in entries
    }
    assert {action for action, _ in levels} == allowed
    assert {level for _, level in levels} <= {"Read", "List"}
