"""The page of permissions has every statement of every role in it, says AWS's own level of each action, and why there is a wildcard."""

from __future__ import annotations

import re

import pytest
import typer.main
from policy_sentry.querying.actions import get_action_data

from cdk_app.app import synth
from cdk_app.settings.settings import cdk_context
from finops import cli
from finops.commands import deploy, rights
from scripts import iam_page
from scripts.iam_policies import Stack


@pytest.fixture(scope="module")
def page() -> str:
    return iam_page.page()


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> list[Stack]:
    """Both stacks with every option."""
    settings = {key: value for option in iam_page.OPTIONS.values() for key, value in option.items()}
    folder = synth(tmp_path_factory.mktemp("all") / "out", account="111111111111", region="us-east-1", bundle=False, **settings)
    return [Stack.read(folder, name) for name in ("FinOpsAnalyzer", "FinOpsAnalyzerMember")]


def section(page: str, heading: str) -> str:
    return page.partition(f"\n### {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]


def test_every_role_has_all_its_statements(page: str, stacks: list[Stack]) -> None:
    roles = [role for stack in stacks for role in stack.roles()]
    assert {kind for role in roles for kind, _ in role.users} == {
        "AWS::Lambda::Function",
        "AWS::StepFunctions::StateMachine",
        "AWS::Scheduler::Schedule",
    }
    assert [role.name for role in roles if not role.users] == ["FinOpsAnalyzerReader"]
    for role in roles:
        shown = section(page, ", ".join(name for _, name in role.users) or role.name)
        rows = [line for line in shown.splitlines() if line.startswith("| ")]
        for statement in role.statements:
            named = [row for row in rows if f"{statement.sid or '(by CDK)'} |" in row]
            words = (*statement.actions, *statement.resources, *statement.conditions)
            assert any(all(f"`{word}`" in row for word in words) for row in named), (role.name, statement.sid)
        assert [who for one in role.trust for who in one.who if f"`{who}`" not in shown] == []


def test_the_levels_are_awss_own(page: str) -> None:
    levels = dict(re.findall(r"(List|Read|Write|Tagging|Permissions management): ((?:`[a-z0-9]+:\w+`(?:, )?)+)", page))
    assert {"List", "Read", "Write"} <= set(levels)
    for level, actions in levels.items():
        for action in re.findall(r"`([a-z0-9]+:\w+)`", actions):
            [entries] = get_action_data(*action.split(":")).values()
            assert {entry["access_level"] for entry in entries} == {level}, action


def test_each_wildcard_has_a_reason(page: str) -> None:
    rows = [line for line in page.partition("## Resource policies")[0].splitlines() if line.startswith("| ") and "`" in line]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row for row in cells if ("*" in row[2] and not row[1].startswith("**denied**")) != bool(row[4])] == []
    reasons = dict(re.findall(r"^(\d+)\. (.+)$", page.partition("## Why a wildcard")[2], re.MULTILINE))
    assert {number for row in cells for number in row[4].split(", ") if number} == set(reasons)
    assert iam_page.UNSAID not in reasons.values()


def test_what_a_setting_adds_is_said_to_be_of_that_setting(page: str) -> None:
    notify = section(page, "FinOpsAnalyzer-notify")
    assert "| with `email_from`: SendMail | Write: `ses:SendEmail` |" in notify
    assert "`StringEquals ses:FromAddress finops@example.com`" in notify
    member = section(page, "FinOpsAnalyzerReader")
    assert "- with `member_external_id`: assumed by" in member
    assert "`StringEquals sts:ExternalId your-external-id`" in member
    assert "| with `billing_account`: AskBill |" in member
    for option in iam_page.OPTIONS:
        assert f"with `{option}`" in page, "an option that changes nothing is none"


def test_what_a_person_needs_for_each_command_is_there_as_it_is_declared(page: str) -> None:
    people = page.partition("## People")[2].partition("## Why")[0]
    for name, command in (*rights.commands(typer.main.get_command(cli.app), "finops"), ("make deploy", deploy.main)):
        of_it = people.partition(f"| `{name}` |")[2].partition("\n| `")[0]
        assert of_it
        assert [right for right in rights.of(command) or () if f": `{right.action}` | `{right.resources[0]}`" not in of_it] == []
    assert "| `finops estimate-cost` | nothing |" in people
    assert "nobody has said" not in people


def test_the_page_is_the_same_for_the_same_permissions_whatever_cdk_json_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not re.search(r"[0-9a-f]{16}|[0-9A-F]{8}\b|\d{12}|us-east-1", page), "no hash, logical id, account or region"
    changed = {**cdk_context(), "finops": {"email_from": "a@example.org", "email_to": "b@example.org"}}
    monkeypatch.setattr("cdk_app.app.cdk_context", lambda: changed)
    assert iam_page.page() == page
    assert "example.org" not in page


def test_what_is_denied_is_not_shown_as_allowed(page: str, stacks: list[Stack]) -> None:
    denied = [one.sid for role in stacks[0].roles() for one in role.statements if one.effect == "Deny"]
    rows = [line for line in page.splitlines() if any(f" {sid} |" in line for sid in denied)]
    assert len(rows) == len(denied) > 0
    assert all("| **denied** Write: " in row for row in rows)


def test_policies_of_resources_are_there(page: str) -> None:
    policies = page.partition("## Resource policies")[2]
    assert "| `StorageBucket` | Denies | `*` | `s3:*` | `Bool aws:SecureTransport false` |" in policies
    assert "| `FinOpsAnalyzer-notify` | Allows | `events.amazonaws.com` | `lambda:InvokeFunction` |" in policies
