"""What a sweep reaches: which accounts, which of their regions, and what is left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from functions.core.errors import Denied, InvalidInput
from functions.core.plan import request, scope
from functions.core.plan.organization import LeftOut, Listed
from functions.core.settings import Settings, parse
from tests.functions.lambda_world import ACCOUNT, ENVIRONMENT

OTHER, THIRD = "222222222222", "333333333333"
TYPES = ["ebs:volume", "ec2:instance"]
CONFIG: Settings = parse(ENVIRONMENT)


def reached(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], told: Mapping[str, list[str] | Exception]) -> scope.Scope:
    def of_accounts(accounts: Sequence[str], config: Settings, run_id: str) -> dict[str, list[str] | Exception]:
        assert ACCOUNT in told
        return {account: told[account] for account in {*accounts, ACCOUNT}}

    monkeypatch.setattr("functions.core.plan.enabled_regions.of_accounts", of_accounts)
    return scope.resolved(request.parse(given), TYPES, CONFIG, "run-1")


def test_each_account_has_its_own_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    made = reached(monkeypatch, {"accounts": ["self", OTHER]}, {ACCOUNT: ["eu-west-1", "us-east-1"], OTHER: ["ap-east-1", "us-east-1"]})
    assert made.regions == {ACCOUNT: ["eu-west-1", "us-east-1"], OTHER: ["ap-east-1", "us-east-1"]}
    assert made.all_regions == ["ap-east-1", "eu-west-1", "us-east-1"]
    assert made.left_out == []


def test_a_region_that_an_account_has_not_enabled_is_left_out_there_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"accounts": ["self", OTHER], "regions": ["us-east-1", "ap-east-1"]}
    made = reached(monkeypatch, given, {ACCOUNT: ["us-east-1"], OTHER: ["ap-east-1", "us-east-1"]})
    assert made.regions == {ACCOUNT: ["us-east-1"], OTHER: ["us-east-1", "ap-east-1"]}
    assert [(one.account, one.region, one.resource_type, one.reason) for one in made.left_out] == [
        (ACCOUNT, "ap-east-1", name, scope.NOT_ENABLED) for name in TYPES
    ]


@pytest.mark.parametrize(("accounts", "where"), [(["self"], "this account"), (["self", OTHER], "any of these accounts")])
def test_a_region_that_is_enabled_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch, accounts: list[str], where: str) -> None:
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["us-east-1"], OTHER: ["eu-west-1", "us-east-1"]}
    with pytest.raises(InvalidInput, match=f"regions: 'mars-1' is not a region enabled in {where}; allowed are: .*us-east-1"):
        reached(monkeypatch, {"accounts": accounts, "regions": ["us-east-1", "mars-1"]}, told)


def test_an_account_that_cannot_be_asked_is_planned_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its units say then why they saw nothing; leaving it out would make the report look complete."""
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["eu-west-1", "us-east-1"], OTHER: Denied("sts:AssumeRole", "no such role")}
    assert reached(monkeypatch, {"accounts": [OTHER]}, told).regions == {OTHER: ["eu-west-1", "us-east-1"]}
    narrowed = reached(monkeypatch, {"accounts": [OTHER], "regions": ["us-east-1"]}, told)
    assert (narrowed.regions, narrowed.left_out) == ({OTHER: ["us-east-1"]}, [])
    assert narrowed.unanswered == {OTHER: "sts:AssumeRole: no such role"}


def test_the_own_account_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Denied, match="ec2:DescribeRegions"):
        reached(monkeypatch, {}, {ACCOUNT: Denied("ec2:DescribeRegions", "not allowed")})


def test_an_organization_says_whom_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def accounts(client: Any, ous: Sequence[str], exclude: Sequence[str], own: str) -> Listed:
        asked.append((list(ous), list(exclude), own))
        return Listed([OTHER], [LeftOut(THIRD, "old", "suspended")], {OTHER: "new", THIRD: "old"})

    monkeypatch.setattr("functions.core.plan.organization.accounts", accounts)
    given = {"accounts": {"organization": {"ous": ["ou-abcd-12345678"], "exclude": [THIRD]}}}
    made = reached(monkeypatch, given, {ACCOUNT: ["us-east-1"], OTHER: ["us-east-1"]})
    assert asked == [(["ou-abcd-12345678"], [THIRD], ACCOUNT)]
    assert made.accounts == [OTHER]
    assert [(one.account, one.region, one.resource_type, one.reason) for one in made.left_out] == [(THIRD, "all", "all", "suspended")]
