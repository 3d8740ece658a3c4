"""Each action of AWS is a finding of its own, with the figure that AWS states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.core.model import Action, InsufficientData, Level, Waste
from functions.core.money import Stated
from functions.core.prices.book import Prices
from functions.core.registry import Check
from functions.core.scan.judge import Judge
from functions.scanners.cost_optimization_hub.recommendation import actions
from functions.scanners.cost_optimization_hub.recommendation.collector import Costs
from tests.functions.scanners.cost_optimization_hub.samples import NOW, REGION, judged, recommendation

CHECKS: tuple[Check[Any], ...] = (
    actions.delete,
    actions.stop,
    actions.rightsize,
    actions.upgrade,
    actions.migrate_to_graviton,
    actions.scale_in,
    actions.other,
)
WORDS = ("Delete", "Stop", "Rightsize", "Upgrade", "MigrateToGraviton", "ScaleIn", "Hibernate")


def waste(check: Check[Any], **changes: Any) -> Waste:
    found = judged(check, recommendation(**changes))
    assert isinstance(found, Waste)
    return found


@pytest.mark.parametrize("action", WORDS)
def test_an_action_is_found_by_its_own_check_and_by_no_other(action: str) -> None:
    found = [check for check in CHECKS if judged(check, recommendation(action=action)) is not None]
    assert found == [CHECKS[WORDS.index(action)]]
    assert found[0].action.value == action or (action, found[0].action) == ("Hibernate", Action.REVIEW)


def test_the_saving_is_what_aws_states_with_its_source_and_its_day() -> None:
    """12.50 USD a month after discounts, of 31 May: nothing is computed."""
    savings = waste(actions.delete).savings
    assert (savings.low, savings.likely, savings.high, savings.unpriced, savings.terms) == (12.5, 12.5, 12.5, None, ())
    assert savings.stated == Stated("AWS Cost Optimization Hub", True, "2026-05-31T04:00:00+00:00")
    assert [(price.source, price.as_of, price.usd, price.region) for price in savings.prices] == [
        ("AWS Cost Optimization Hub, after discounts", "2026-05-31", 12.5, REGION)
    ]


@pytest.mark.parametrize(("mode", "low"), [(True, 12.5), (False, 0.0), (None, 0.0)])
def test_a_figure_that_is_not_after_discounts_is_the_most(mode: bool | None, low: float) -> None:
    found = waste(actions.delete, after_discounts=mode)
    assert (found.savings.low, found.savings.likely, found.savings.high) == (low, 12.5, 12.5)
    assert bool(found.note) is (mode is not True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"currency": "EUR"}, "states 12.50 EUR a month"),
        ({"currency": ""}, "states 12.50 of no currency a month"),
        ({"kind": "ElastiCacheCluster"}, "states 12.50 USD a month for a cluster whose replication group may have a finding of its own"),
        ({"kind": "Ec2AutoScalingGroup"}, "states 12.50 USD a month for the instances of the group, which have findings of their own"),
        ({"action": "Hibernate"}, "states 12.50 USD a month for an action that is not known here"),
    ],
)
def test_other_money_and_unknown_actions_and_what_has_members_are_said_and_not_counted(changes: dict[str, Any], words: str) -> None:
    check = actions.other if "action" in changes else actions.delete
    savings = waste(check, **changes).savings
    assert (savings.likely, savings.high) == (0.0, 0.0)
    assert savings.unpriced is not None
    assert words in savings.unpriced
    assert savings.stated is not None


@pytest.mark.parametrize("monthly", [0.0, -3.0])
def test_what_saves_nothing_is_no_finding(monthly: float) -> None:
    assert judged(actions.rightsize, recommendation(action="Rightsize", monthly=monthly)) is None


@pytest.mark.parametrize(("days", "known"), [(-40, True), (0, True), (7, True), (7.01, False), (60, False)])
def test_what_aws_looked_at_long_ago_is_not_judged(days: float, known: bool) -> None:
    verdict = judged(actions.delete, recommendation(refreshed=NOW - timedelta(days=days)))
    assert isinstance(verdict, Waste if known else InsufficientData)


@pytest.mark.parametrize(
    ("said", "effort"), [("VeryLow", Level.VERY_LOW), ("High", Level.HIGH), ("VeryHigh", Level.HIGH), ("Heroic", None), ("", None)]
)
def test_the_effort_is_aws_s_where_its_word_is_known(said: str, effort: Level | None) -> None:
    assert waste(actions.delete, effort=said).effort is effort


def test_the_evidence_has_what_aws_says_and_leaves_out_what_it_does_not() -> None:
    plain = waste(actions.delete).evidence
    assert plain["recommendation_id"] == "rec-1"
    assert (plain["lookback_days"], plain["source"], plain["monthly_saving"]) == (32, "ComputeOptimizer", 12.5)
    assert "cost_before_discounts" not in plain
    with_costs = waste(actions.delete, costs=Costs(50.0, 40.0, 10.0, None, 14)).evidence
    assert (with_costs["cost_before_discounts"], with_costs["cost_after_discounts"], with_costs["cost_days"]) == (50.0, 40.0, 14)
    assert with_costs["recommended_cost_before_discounts"] == 10.0
    assert "recommended_cost_after_discounts" not in with_costs


def test_the_command_shows_what_aws_recommends_by_the_arn_that_aws_has() -> None:
    plain = recommendation()
    versioned = recommendation(listed_arn="arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST", arn="arn:aws:lambda:…:function:f")
    check: Check[Any] = actions.delete
    judge = Judge([(check, check.limits(NOW))], Prices(REGION))
    first, second = (judge.findings(one)[0] for one in (plain, versioned))
    assert f"--filter resourceArns={plain.arn}" in first.command
    assert "resourceArns='arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST'" in second.command
    assert (first.region, first.resource_arn, first.check_id) == (REGION, plain.arn, "cost-optimization-hub-delete")
