"""Spend by account and region, through the query that the bill asks for too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Refused
from functions.core.costs.regions import spend_by_scope
from functions.core.errors import Throttled
from tests.billed_account import ACCOUNT, EC2, OTHER, PLAN, committed, row, spend
from tests.functions.core.costs.asking import NOW, deployment


def test_spend_by_account_and_region() -> None:
    with deployment(ledger=Ledger((*spend(), *spend(OTHER)))) as world:
        spent, why = spend_by_scope(world.asker(), NOW, 30, [OTHER, ACCOUNT])
        nobody, _ = spend_by_scope(world.asker(), NOW, 30, ["333333333333"])
    assert why == ""
    assert spent is not None
    regions = {(account, region) for account in (ACCOUNT, OTHER) for region in ("us-west-2", "eu-west-1")}
    assert spent == {pair: pytest.approx(30 * (2.9 if pair[1] == "us-west-2" else 1.0)) for pair in regions}
    assert nobody == {}


def test_what_is_prepaid_is_spend_too() -> None:
    """Nothing is billed where a plan pays for all of it; it is amortised there."""
    rows = [row(EC2, "EU-BoxUsage:c5.large", 4, 3, 24, region="eu-west-1", record_type="SavingsPlanCoveredUsage")]
    rows.append(row(EC2, "EU-BoxUsage:c5.large", -4, 0, region="eu-west-1", record_type="SavingsPlanNegation"))
    with deployment(ledger=Ledger(tuple(rows))) as world:
        spent, _ = spend_by_scope(world.asker(), NOW, 30, [ACCOUNT])
    assert spent == {(ACCOUNT, "eu-west-1"): 90.0}


@pytest.mark.parametrize("accounts", [[ACCOUNT], [ACCOUNT, OTHER]])
def test_the_bill_does_not_pay_for_it_again(accounts: list[str]) -> None:
    with deployment(ledger=Ledger((*spend(), *committed()), (PLAN,))) as world:
        plan = world.asker()
        spend_by_scope(plan, world.now, None, accounts[::-1])
        world.now += timedelta(minutes=1)
        _, cost = world.sweep(*accounts)
        _, later = world.sweep(*accounts)
    assert (plan.requests, cost.cached) == (1, 1)
    assert (later.requests, later.cached) == (0, 1 + cost.requests)


def failing(error: Exception) -> Any:
    def fail(operation: str) -> None:
        raise error

    return fail


def test_without_a_bill_it_says_why() -> None:
    with deployment(fail=failing(Refused("AccessDeniedException", "no"))) as world:
        spent, why = spend_by_scope(world.asker(), NOW, 30, [ACCOUNT])
    assert (spent, why) == (None, "ce:GetCostAndUsage: AccessDeniedException: no")


def test_days_that_are_too_old_are_no_bill() -> None:
    with deployment() as world:
        asker = world.asker()
        spent, why = spend_by_scope(asker, NOW - timedelta(days=1000), 30, [ACCOUNT])
    assert spent is None
    assert "begins with 2025-10-01" in why
    assert asker.requests == 0


def test_a_plan_goes_on_without_spend_when_cost_explorer_wants_patience() -> None:
    with deployment(fail=failing(Throttled("slow down"))) as world:
        assert spend_by_scope(world.asker(), NOW, 30, [ACCOUNT]) == (None, "slow down")
