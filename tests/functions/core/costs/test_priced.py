"""What usage cost by day, on its way from Cost Explorer's answers into the bill: of all accounts, with unit and currency."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Refused
from functions.core.costs import explorer
from functions.core.costs.bill import build
from functions.core.costs.rates import rates
from functions.core.costs.rows import Answers, Window
from functions.core.prices.book import Prices
from tests.billed_account import ACCOUNT, EC2, OTHER, spend
from tests.functions.core.costs.asking import deployment
from tests.functions.core.costs.made_rows import START
from tests.functions.core.costs.made_rows import row as made_row

SHARED = Ledger((*spend(), *spend(OTHER)))


def test_unit_and_currency_are_kept() -> None:
    with deployment(ledger=Ledger(tuple(replace(row, unit="Hrs") for row in spend()))) as world:
        got, _ = world.sweep()
        again, asker = world.sweep()
    assert {(row.keys, row.unit, row.currency) for row in got.priced} == {
        ((EC2, "USW2-BoxUsage:m5.large"), "Hrs", "USD"),
        (("EC2 - Other", "EU-EBS:VolumeUsage.gp3"), "Hrs", "USD"),
    }
    assert {(row.unit, row.currency) for row in got.daily} == {("", "USD")}, "no quantity was asked for"
    assert (again.priced, asker.requests) == (got.priced, 0), "and in what is kept for the next sweep"


@pytest.mark.parametrize(
    ("quantity", "cost", "unit", "currency"),
    [
        ({"Amount": "24", "Unit": "GB-Mo"}, {"Amount": "1", "Unit": "CNY"}, "GB-Mo", "CNY"),
        ({"Amount": "24", "Unit": "N/A"}, {"Amount": "1", "Unit": "USD"}, "", "USD"),  # of unlike units
        ({"Amount": "24"}, {"Amount": "1"}, "", ""),
        ({}, {"Amount": "1", "Unit": "EUR"}, "", "EUR"),
    ],
)
def test_what_aws_says_of_units_is_kept_and_what_it_does_not_say_is_empty(
    quantity: dict[str, str], cost: dict[str, str], unit: str, currency: str
) -> None:
    group = {"Keys": ["EC2 - Other", "EBS:VolumeUsage.gp3"], "Metrics": {"UnblendedCost": cost, "UsageQuantity": quantity}}
    (row,) = explorer._costs({"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-22", "End": "2026-11-23"}, "Groups": [group]}]})
    assert (row.unblended, row.quantity, row.unit, row.currency) == (1.0, float(quantity.get("Amount", 0)), unit, currency)


def test_what_usage_cost_by_day_is_of_all_accounts_that_are_seen() -> None:
    """Also of those that the sweep does not look at, and the same however many it looks at: an answer serves all of them."""
    with deployment(ledger=SHARED) as world:
        one, _ = world.sweep(ACCOUNT)
        several, asker = world.sweep(ACCOUNT, OTHER)
    gp3, box = ("EC2 - Other", "EU-EBS:VolumeUsage.gp3"), (EC2, "USW2-BoxUsage:m5.large")
    assert {row.keys for row in one.priced} == {gp3, box}
    assert len(one.priced) == 2 * 30
    assert {(row.unblended, row.quantity) for row in one.priced if row.keys == gp3} == {(2.0, 24.0)}
    assert {row.keys for row in one.priced_by_operation} == {("USW2-BoxUsage:m5.large", "NoOperation")}
    assert (several.priced, several.priced_by_operation) == (one.priced, one.priced_by_operation)
    assert asker.cached == 2


@pytest.mark.parametrize(("grouped", "part"), [(["SERVICE", "USAGE_TYPE"], "priced"), (["USAGE_TYPE", "OPERATION"], "priced_by_operation")])
def test_a_bill_without_own_rates_is_a_bill(grouped: list[str], part: str) -> None:
    with deployment() as world:

        def fail(operation: str) -> None:
            asked = world.explorer.asked[-1][1]
            if [group["Key"] for group in asked.get("GroupBy", ())] == grouped and asked["Granularity"] == "DAILY":
                raise Refused("ValidationException", "no")

        world.explorer.fail = fail
        got, asker = world.sweep()
    assert got.refused == {part: "ce:GetCostAndUsage: ValidationException: no"}
    assert getattr(got, part) == ()
    assert got.daily
    assert asker.requests == 6


def test_its_own_rates_are_in_it_and_its_currency_is_theirs() -> None:
    window = Window(START, START + timedelta(3), None, START)
    days = [made_row("EC2 - Other", "EBS:VolumeUsage.gp3", unblended=50.0, quantity=100, day=START + timedelta(day)) for day in range(3)]
    priced = tuple(replace(one, unit="GB-Mo", currency="CNY") for one in days)
    given = Answers(window=window, daily=(made_row("EC2 - Other", ACCOUNT, unblended=150.0),), priced=priced)
    made = build(given, [ACCOUNT], 3, 0)
    assert made["rates"] == rates(given)
    assert [(one["usage_type"], one["own"], one["list"]) for one in made["rates"]["rows"]] == [("EBS:VolumeUsage.gp3", 0.5, None)]
    assert (made["currency"], made["by_service"][0]["discount"]) == ("CNY", None)
    assert json.loads(json.dumps(made)) == made


def test_without_own_rates_it_says_why_and_is_a_bill_all_the_same() -> None:
    refused = {"priced": "ce:GetCostAndUsage: Denied: no"}
    made = build(Answers(window=Window(START, START + timedelta(3), None, START), refused=refused), [ACCOUNT], 3, 0)
    assert made["rates"] == {"reason": refused["priced"], "currency": "USD", "cost": "unblended", "rows": []}
    assert (made["status"], made["refused"]) == ("ok", refused)


def test_list_prices_are_looked_up_in_the_region_of_the_usage() -> None:
    asked = []

    def prices_in(region: str) -> Prices:
        asked.append(region)
        return Prices(region)

    window = Window(START, START + timedelta(3), None, START)
    priced = tuple(
        made_row(
            "EC2 - Other",
            f"{code}-EBS:VolumeUsage.{kind}",
            unblended=8.0,
            net=7.2 * listed / 0.08,
            quantity=100,
            day=START + timedelta(day),
        )
        for code, kind, listed in (("USE1", "gp3", 0.08), ("USW2", "gp3", 0.08), ("USW2", "gp2", 0.1))
        for day in range(3)
    )
    made = build(
        Answers(window=window, daily=(made_row("EC2 - Other", ACCOUNT, unblended=24.0),), priced=priced), [ACCOUNT], 3, 0, prices_in
    )
    assert made["by_service"][0]["discount"] == 0.1
    assert sorted(asked) == ["us-east-1", "us-west-2"]
