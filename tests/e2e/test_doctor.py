"""The doctor asks the deployed scan functions, IAM enforced: what is taken from a role is named, with its account, and nothing else."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from finops.commands import doctor
from finops.commands.doctor import Examination
from finops.embedded.aws import EmbeddedAws
from finops.ending import ExitCode
from finops.fleet.bill.bill import Billed
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.scan.probe import ASSUME
from tests.e2e.test_broken import ACTION, without

STRANGER = "444444444444"


def examined(aws: EmbeddedAws, *accounts: str, regions: tuple[str, ...] = (), ask_bill: bool = False) -> tuple[ExitCode, dict[str, Any]]:
    """The exit code and the document of `finops doctor --json`."""
    screen = Screen(True, Console(file=io.StringIO()), Console(file=io.StringIO()))
    given = {"accounts": list(accounts), **({"regions": list(regions)} if regions else {})}
    made = Examination(aws.session(), "FinOpsAnalyzer", given, ask_bill, screen)
    code = doctor.tell(made, screen)
    assert isinstance(screen.output.file, io.StringIO)
    return code, json.loads(screen.output.file.getvalue())


def points(document: dict[str, Any], what: str, status: str = "missing") -> list[dict[str, str]]:
    return [point for point in document["points"] if point["what"].startswith(what) and point["status"] == status]


def told(document: dict[str, Any], name: str) -> set[tuple[str, str, str, str]]:
    """Account, region, service and action of what is denied, unknown or allowed, once every function has answered."""
    silent = [reply for reply in document["accounts"] if reply["answer"] is None]
    assert silent == [], points(document, "Function", "to know") + points(document, "Function")
    return {
        (reply["account"], reply["region"], reply["service"], action) for reply in document["accounts"] for action in reply["answer"][name]
    }


@pytest.fixture(scope="module")
def healthy(aws: EmbeddedAws, billed: Billed) -> dict[str, Any]:
    """Of accounts that have buckets and a bill."""
    return examined(aws, *aws.accounts, regions=aws.regions, ask_bill=True)[1]


def test_in_the_deployed_analyzer_every_action_is_allowed_in_every_account(aws: EmbeddedAws, healthy: dict[str, Any]) -> None:
    assert told(healthy, "denied") == set()
    assert told(healthy, "unknown") == set()
    assert told(healthy, "allowed") == {
        (account, region, service, action)
        for account in aws.accounts
        for service in registry.services()
        for region in registry.asked_in(service, aws.regions)
        for action in registry.iam_actions(service)
    }
    assert points(healthy, "Account") == points(healthy, "Function") == []
    fine = {point["what"] for point in healthy["points"] if point["status"] == "ok"}
    accounts = {f"Account {account}" for account in aws.accounts}
    assert fine == {"Credentials", "Stack", "Accounts", "Lambda concurrency", "Cost Explorer"} | accounts


@pytest.mark.parametrize("whose", ["own", "member"])
def test_an_action_taken_from_a_role_is_named_with_its_account_and_no_other(aws: EmbeddedAws, whose: str) -> None:
    own, member, _ = aws.accounts
    account, role = (
        (own, f"{aws.outputs['ScanFunctionPrefix']}ebs-{aws.regions[0]}") if whose == "own" else (member, "FinOpsAnalyzerReader")
    )
    with without(aws, role, ACTION, account):
        code, document = examined(aws, own, member)
    assert told(document, "denied") == {(account, aws.regions[0], "ebs", ACTION)}
    [point] = points(document, "Account")
    assert (code, point["what"]) == (ExitCode.BAD_INPUT, f"Account {account}")
    assert f": {ACTION} (scan-ebs)" in point["seen"]
    assert "make deploy" in point["fix"]
    assert ("--member" in point["fix"]) is (whose == "member")


def test_an_account_without_the_role_is_named_once_and_the_others_are_examined(aws: EmbeddedAws) -> None:
    code, document = examined(aws, "self", STRANGER)
    assert code is ExitCode.BAD_INPUT
    assert told(document, "denied") == {
        (STRANGER, region, service, ASSUME) for service in registry.services() for region in registry.asked_in(service, aws.regions[:1])
    }
    [point] = points(document, "Account")
    assert point["what"] == f"Account {STRANGER}"
    assert points(document, f"Account {STRANGER}", "to know") == [], "that Plan cannot ask there either is not said as well"
    assert point["seen"] == "the role FinOpsAnalyzerReader cannot be assumed by any scan function"
