"""What a sweep reaches: which accounts, which of their regions, and what is left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from functions.core.errors import Denied, InvalidInput, Throttled
from functions.core.model import Outcome
from functions.core.plan import request, scope, units
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
    assert made.account_names == {}, "nobody was asked for names"
    assert made.all_regions == ["ap-east-1", "eu-west-1", "us-east-1"]
    assert made.left_out == []


def test_a_region_that_an_account_has_not_enabled_is_left_out_there_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"accounts": ["self", OTHER], "regions": ["us-east-1", "ap-east-1"]}
    made = reached(monkeypatch, given, {ACCOUNT: ["us-east-1"], OTHER: ["ap-east-1", "us-east-1"]})
    assert made.regions == {ACCOUNT: ["us-east-1"], OTHER: ["us-east-1", "ap-east-1"]}
    assert [(one.account, one.region, one.resource_type, one.reason) for one in made.left_out] == [
        (ACCOUNT, "ap-east-1", name, units.NOT_ENABLED) for name in TYPES
    ]


@pytest.mark.parametrize(("accounts", "where"), [(["self"], "this account"), (["self", OTHER], "any of these accounts")])
def test_a_region_that_is_enabled_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch, accounts: list[str], where: str) -> None:
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["us-east-1"], OTHER: ["eu-west-1", "us-east-1"]}
    with pytest.raises(InvalidInput, match=f"regions: 'mars-1' is not a region enabled in {where}; allowed are: .*us-east-1"):
        reached(monkeypatch, {"accounts": accounts, "regions": ["us-east-1", "mars-1"]}, told)


DENIED = Denied("sts:AssumeRole", "no such role")


def test_what_is_asked_once_for_an_account_is_of_no_region_that_it_lacks_or_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    once = "cost-optimization-hub:recommendation"
    monkeypatch.setattr(f"{__name__}.TYPES", [*TYPES, once])
    given = {"accounts": ["self", OTHER], "regions": ["us-east-1", "ap-east-1"]}
    made = reached(monkeypatch, given, {ACCOUNT: ["us-east-1"], OTHER: ["ap-east-1", "us-east-1"]})
    assert once not in {one.resource_type for one in made.left_out}
    made = reached(monkeypatch, {"accounts": [OTHER]}, {ACCOUNT: ["us-east-1"], OTHER: DENIED})
    assert [one.resource_type for one in made.unknown(TYPES)] == [name for name in TYPES if name != once]


def test_an_account_that_cannot_be_asked_is_planned_as_far_as_can_be_known_and_the_rest_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its units say then why they saw nothing; and where they see all, the report still says that there may be more."""
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["eu-west-1", "us-east-1"], OTHER: DENIED}
    made = reached(monkeypatch, {"accounts": [OTHER]}, told)
    assert (made.regions, made.left_out) == ({OTHER: ["eu-west-1", "us-east-1"]}, [])
    assert {account: str(error) for account, error in made.unanswered.items()} == {OTHER: "sts:AssumeRole: no such role"}
    assert [(one.unit_id, one.account, one.region, one.resource_type) for one in made.unknown(TYPES)] == [
        (f"{OTHER}.unknown.ebs-volume", OTHER, "unknown", "ebs:volume"),
        (f"{OTHER}.unknown.ec2-instance", OTHER, "unknown", "ec2:instance"),
    ]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DENIED, Outcome.DENIED),
        (Throttled("ec2:DescribeRegions", "slow down"), Outcome.THROTTLED),
        (TimeoutError("its regions could not be asked within 30 s"), Outcome.INCOMPLETE),
        (ConnectionError("no route"), Outcome.FAILED),
    ],
)
def test_what_is_unknown_has_the_outcome_of_its_error_and_the_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: Outcome
) -> None:
    unknown = list(reached(monkeypatch, {"accounts": ["self", OTHER]}, {ACCOUNT: ["us-east-1"], OTHER: error}).unknown(TYPES))
    assert [one.outcome for one in unknown] == [outcome] * len(TYPES)
    assert not outcome.good
    assert all(one.reason == f"{scope.COULD_NOT_BE_ASKED}: {error}" for one in unknown)


def test_a_region_asked_for_by_name_is_planned_in_an_account_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that no other account has; nothing beside the named ones was asked for, so nothing of it is unknown."""
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["us-east-1"], OTHER: DENIED}
    made = reached(monkeypatch, {"accounts": ["self", OTHER], "regions": ["us-east-1", "ap-east-1"]}, told)
    assert made.regions == {ACCOUNT: ["us-east-1"], OTHER: ["us-east-1", "ap-east-1"]}
    assert [(one.account, one.region) for one in made.left_out] == [(ACCOUNT, "ap-east-1")] * len(TYPES)
    assert list(made.unknown(TYPES)) == []


def test_a_region_that_exists_nowhere_is_refused_although_an_account_did_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="'mars-1' is not a region enabled in any of these accounts; allowed are: us-east-1"):
        reached(monkeypatch, {"accounts": [OTHER], "regions": ["mars-1"]}, {ACCOUNT: ["us-east-1"], OTHER: DENIED})


def test_who_did_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, list[str] | Exception] = {ACCOUNT: ["us-east-1"], OTHER: ["ap-east-1"], THIRD: DENIED}
    monkeypatch.setattr("functions.core.plan.enabled_regions.of_accounts", lambda accounts, config, run_id: told)
    made = scope.asked_again([OTHER, THIRD], CONFIG, "run-1")
    assert (made.regions, made.unanswered) == ({OTHER: ["ap-east-1"]}, {THIRD: DENIED})
    assert {one.account for one in made.unknown(TYPES)} == {THIRD}


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
    assert made.account_names == {OTHER: "new"}, "only those that are scanned"
    assert [(one.account, one.region, one.resource_type, one.reason) for one in made.left_out] == [(THIRD, "all", "all", "suspended")]
