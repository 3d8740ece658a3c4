"""The recipes for what AWS itself recommends: what is found of each, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finops.fleet.recipes import cost_optimization_hub as hub
from finops.fleet.rules import Moment
from tests.finops.fleet.making import AS_OF, CREATED, Made, assert_made_as_declared, on, recipes_of, shown

FRESH = (6, 60)
CHECK = "cost-optimization-hub-"
FOUND = {
    "aws-finds-volume-too": {
        6: {f"{CHECK}delete"},
        60: {f"{CHECK}delete", "ebs-unattached-volume"},
        100: {"ebs-unattached-volume"},
    },
    "aws-finds-volume-otherwise": {
        6: {f"{CHECK}rightsize", "ebs-gp2-to-gp3"},
        60: {f"{CHECK}rightsize", "ebs-gp2-to-gp3", "ebs-unattached-volume"},
        100: {"ebs-gp2-to-gp3", "ebs-unattached-volume"},
    },
    "aws-alone-deletes": on(FRESH, f"{CHECK}delete"),
    "aws-alone-stops": on(FRESH, f"{CHECK}stop"),
    "aws-alone-rightsizes": on(FRESH, f"{CHECK}rightsize"),
    "aws-alone-upgrades": on(FRESH, f"{CHECK}upgrade"),
    "aws-alone-moves-to-graviton": on(FRESH, f"{CHECK}migrate-to-graviton"),
    "aws-alone-scales-in": on(FRESH, f"{CHECK}scale-in"),
    "aws-alone-has-new-action": on(FRESH, f"{CHECK}other"),
    "aws-alone-in-other-money": on(FRESH, f"{CHECK}delete"),
    "aws-looked-long-ago": {},
    "aws-says-more-than-is-wanted": on(FRESH, f"{CHECK}upgrade"),
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(hub)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(hub)


@pytest.mark.parametrize(("days", "fresh"), [(-60, True), (0, True), (6.1, True), (6.2, False), (40, False)])
def test_what_aws_says_is_fresh_for_a_week(days: float, fresh: bool) -> None:
    """Twenty hours before the fleet's own moment it looked last."""
    assert hub.while_fresh(Moment(AS_OF + timedelta(days=days), CREATED, AS_OF)) is fresh


def test_what_lies_elsewhere_and_what_is_to_buy_is_said_and_not_found() -> None:
    (made,) = (Made(recipe) for recipe in recipes_of(hub) if recipe.id == "aws-says-more-than-is-wanted")
    items = [item for item, _ in made.scope.recommended]
    assert [(item["actionType"], item["region"]) for item in items] == [
        ("Upgrade", "us-east-1"),
        ("Delete", "eu-central-1"),
        ("PurchaseSavingsPlans", "us-east-1"),
    ]
    assert len({item["recommendationId"] for item in items}) == 3
