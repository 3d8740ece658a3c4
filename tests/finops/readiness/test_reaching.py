"""What Plan says that a sweep would reach, in points; and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from finops.ending import Ending, ExitCode
from finops.readiness import reaching
from finops.readiness.invoking import Unanswered
from finops.readiness.reaching import Reached
from tests.finops.asked_functions import Functions, Raised, raising

OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
GIVEN = {"accounts": ["self", OTHER], "regions": ["us-east-1"]}


def lines(reached: Reached) -> list[str]:
    return [point.line for point in reaching.points(reached, "F-plan")]


def test_plan_is_asked_with_the_input() -> None:
    answer: dict[str, Any] = {"regions": {OWN: ["us-east-1"]}, "left_out": [[THIRD, "all", "suspended"]], "untold": {}, "guessed": ""}
    functions = Functions({"F-plan": lambda event: answer})
    assert reaching.ask(functions, "F-plan", GIVEN) == Reached({OWN: ["us-east-1"]}, [(THIRD, "all", "suspended")], {}, "")
    assert functions.asked == [("F-plan", {"probe": GIVEN})]


def test_an_input_that_plan_refuses_is_bad_input() -> None:
    functions = Functions({"F-plan": raising(Raised("InvalidInput", "regions: 'mars-1' is not a region"))})
    with pytest.raises(Ending, match="regions: 'mars-1' is not a region") as caught:
        reaching.ask(functions, "F-plan", GIVEN)
    assert caught.value.code is ExitCode.BAD_INPUT


def test_an_organization_that_may_not_be_listed_says_how_to_get_there() -> None:
    said = "organizations:ListAccounts: AccessDenied: no; run the analyzer in the management account"
    with pytest.raises(Unanswered) as caught:
        reaching.ask(Functions({"F-plan": raising(Raised("OrganizationError", said))}), "F-plan", GIVEN)
    assert caught.value.point.line == (
        "✗ Accounts: organizations:ListAccounts: AccessDenied: no → run the analyzer in the management account"
    )


def test_a_plan_of_an_earlier_version_has_to_be_deployed() -> None:
    with pytest.raises(Unanswered) as caught:
        reaching.ask(Functions({"F-plan": raising(Raised("KeyError", "'input'"))}), "F-plan", GIVEN)
    assert caught.value.point.line == (
        "✗ Function F-plan: it is an earlier version, which cannot answer → deploy this version: make deploy"
    )


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        (Reached({OWN: ["us-east-1"]}, [], {}, ""), ["✓ Accounts: 1 account in us-east-1"]),
        (
            Reached({OWN: ["us-east-1"]}, [], {}, "", ("eu-north-1", "sa-east-1")),
            [
                "✓ Accounts: 1 account in us-east-1",
                "✓ Denied regions: 2 regions left out as set in denied_regions: eu-north-1, sa-east-1",
            ],
        ),
        (Reached({OWN: ["a", "b"], OTHER: ["a", "c"]}, [], {}, ""), ["✓ Accounts: 2 accounts in a and b and c"]),
        (Reached({OWN: ["a", "b", "c", "d"]}, [], {}, ""), ["✓ Accounts: 1 account in 4 regions"]),
        (
            Reached({OWN: ["a"]}, [(THIRD, "all", "suspended"), (OTHER, "b", "the region is not enabled in this account")], {}, ""),
            [
                "✓ Accounts: 1 account in a",
                f"! Account {THIRD}: left out: suspended",
                f"! Account {OTHER}: b is left out: the region is not enabled in this account",
            ],
        ),
        (
            Reached({OWN: ["a"]}, [], {}, "Lambda's quota may not be read"),
            ["✓ Accounts: 1 account in a", "✗ Function F-plan: Lambda's quota may not be read → deploy this version: make deploy"],
        ),
    ],
)
def test_what_is_reached_and_what_is_left_out(reached: Reached, told: list[str]) -> None:
    assert lines(reached) == told


def test_who_does_not_tell_its_regions_is_said_unless_it_is_closed_altogether() -> None:
    reached = Reached({OWN: ["a"]}, [], {OTHER: "sts:AssumeRole: AccessDenied: no", THIRD: "sts:AssumeRole: AccessDenied: no"}, "")
    [point] = reaching.unanswered(reached, {THIRD})
    assert point.line == (
        f"! Account {OTHER}: Plan cannot ask which regions it has enabled, and goes by the own account's (sts:AssumeRole: AccessDenied: no)"
        f" → with credentials of {OTHER}: make deploy ARGS=--member"
    )


def test_who_may_mend_it_otherwise_hears_how() -> None:
    [point] = reaching.unanswered(Reached({OWN: ["a"]}, [], {OTHER: "no"}, ""), (), "allow it to the role in {0}")
    assert point.fix == f"allow it to the role in {OTHER}"
