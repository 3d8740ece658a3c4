"""What to buy after the clean-up: less for every finding, never less than nothing, and a saving only where the bill tells a discount."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.money import usd
from functions.core.rank.bill.purchase import Purchase, explained
from functions.core.rank.totals import Place
from tests.functions import sweeps


def baseline(
    hourly: float, family: str = "m5", service: str = "AmazonEC2", region: str = sweeps.REGION, account: str = "1"
) -> dict[str, Any]:
    return {"service": service, "account": account, "region": region, "family": family, "hourly_usd": hourly}


def found(
    monthly: float, family: str = "m5", service: str = "AmazonEC2", action: str = "Stop", region: str = sweeps.REGION
) -> dict[str, Any]:
    return {"region": region, "action": action, "coverable": {"service": service, "family": family, "usd": monthly}}


def advice(bill: dict[str, Any], *findings: dict[str, Any], place: Place = Place.COUNTED) -> list[dict[str, Any]]:
    purchase = Purchase(bill)
    for one in findings:
        purchase.add(one, place)
    return purchase.as_json()


@pytest.mark.parametrize(
    ("monthly", "removed", "hourly"),
    [(0.0, 0.0, 1.0), (365.0, 0.5, 0.5), (722.7, 0.99, 0.01), (722.8, 0.9901, 0.0099), (730.0, 1.0, 0.0), (1460.0, 2.0, 0.0)],
)
def test_what_the_findings_remove_is_not_bought(monthly: float, removed: float, hourly: float) -> None:
    (one,) = advice(sweeps.bill(baseline=[baseline(1.0)]), found(monthly))
    assert (one["baseline_hourly"], one["removed_hourly"], one["hourly"]) == (1.0, removed, hourly)
    assert one["advice"].startswith("Buy nothing") is (hourly < 0.01)
    if hourly >= 0.01:
        assert f"at most {usd(round(hourly, 2))} an hour in on-demand dollars" in one["advice"]
        assert ("Act on the findings first" in one["advice"]) is (monthly > 0)


@pytest.mark.parametrize(("hourly", "worth"), [(0.0099, False), (0.01, True), (0.0, False)])
def test_cents_an_hour_are_worth_no_commitment(hourly: float, worth: bool) -> None:
    assert bool(advice(sweeps.bill(baseline=[baseline(hourly)]))) is worth


@pytest.mark.parametrize("place", [place for place in Place if place is not Place.COUNTED])
def test_what_does_not_count_is_not_cleaned_up(place: Place) -> None:
    (one,) = advice(sweeps.bill(baseline=[baseline(1.0)]), found(365.0), place=place)
    assert one["hourly"] == 1.0


def test_a_finding_without_compute_removes_nothing() -> None:
    without = {"region": sweeps.REGION, "action": "Delete", "coverable": None}
    (one,) = advice(sweeps.bill(baseline=[baseline(1.0)]), without, {"region": sweeps.REGION, "action": "Delete"})
    assert one["hourly"] == 1.0


def test_a_plan_is_for_any_family_of_a_region_and_a_reservation_for_one() -> None:
    rows = [
        baseline(1.0, "m5"),
        baseline(0.5, "c6g", account="2"),
        baseline(3.0, "m5", region="eu-west-1"),
        baseline(0.7, "db.m5", "AmazonRDS"),
        baseline(0.2, "db.r6g", "AmazonRDS"),
        baseline(0.1, "cache.r6g", "AmazonElastiCache"),
    ]
    made = advice(sweeps.bill(baseline=rows), found(73.0, "r5"), found(73.0, "db.m5", "AmazonRDS"))
    assert [(one["service"], one["region"], one["family"], one["kind"], one["hourly"]) for one in made] == [
        ("AmazonEC2", "eu-west-1", None, "Compute Savings Plan", 3.0),
        ("AmazonEC2", "us-east-1", None, "Compute Savings Plan", 1.4),
        ("AmazonRDS", "us-east-1", "db.m5", "Reserved DB instances", 0.6),
        ("AmazonRDS", "us-east-1", "db.r6g", "Reserved DB instances", 0.2),
        ("AmazonElastiCache", "us-east-1", "cache.r6g", "Reserved nodes", 0.1),
    ]
    assert made[-1]["advice"] == (
        "No finding removes any of it: reserve cache.r6g nodes in us-east-1, for at most $0.10 an hour in on-demand dollars."
    )


@pytest.mark.parametrize(
    ("row", "discount", "saving", "covered"),
    [
        ({"plan_hours": 300, "on_demand_hours": 100, "plan_usd": 100, "plan_paid_usd": 73}, 0.27, 197.1, 0.75),
        ({"on_demand_hours": 100, "plan_usd": 0, "plan_paid_usd": 0}, None, None, 0.0),
        ({"plan_hours": 300, "plan_usd": 100, "plan_paid_usd": 100}, None, None, 1.0),
        ({"plan_hours": 300, "plan_usd": 100, "plan_paid_usd": None}, None, None, 1.0),
        ({"reserved_hours": 300, "on_demand_hours": 300, "plan_usd": 0, "plan_paid_usd": 0}, None, None, 0.5),
    ],
)
def test_a_saving_is_told_only_at_the_discount_of_the_plans_that_are_there(
    row: dict[str, Any], discount: float | None, saving: float | None, covered: float
) -> None:
    (one,) = advice(sweeps.bill([sweeps.coverage(**row)], baseline=[baseline(1.0)]))
    assert (one["discount"], one["monthly_saving"], one["covered"]) == (discount, saving, covered)
    assert ("$197.10 a month" in one["advice"]) is (saving is not None)


RESERVATION = {"service": "Amazon Relational Database Service", "paid_usd": 60.0, "on_demand_usd": 100.0}


@pytest.mark.parametrize(
    ("reservations", "discount", "saving"),
    [
        ([], None, None),
        ([RESERVATION], 0.4, 292.0),
        ([RESERVATION, {**RESERVATION, "paid_usd": 80.0}], 0.3, 219.0),
        ([{**RESERVATION, "service": "Amazon Elastic Compute Cloud - Compute"}], None, None),
        ([{**RESERVATION, "paid_usd": 0.0}], None, None),
        ([{**RESERVATION, "paid_usd": 100.0}], None, None),
    ],
)
def test_a_reservation_saves_what_the_reservations_do_and_not_what_a_plan_does(
    reservations: list[dict[str, Any]], discount: float | None, saving: float | None
) -> None:
    rows = [sweeps.coverage("db.m5", service="AmazonRDS", plan_hours=300, plan_usd=100, plan_paid_usd=73)]
    (one,) = advice(sweeps.bill(rows, baseline=[baseline(1.0, "db.m5", "AmazonRDS")], reservations=reservations))
    assert (one["discount"], one["monthly_saving"]) == (discount, saving)


def test_nothing_is_saved_where_nothing_is_bought() -> None:
    rows = [sweeps.coverage(plan_hours=300, plan_usd=100, plan_paid_usd=73)]
    (one,) = advice(sweeps.bill(rows, baseline=[baseline(1.0)]), found(730.0))
    assert (one["discount"], one["monthly_saving"]) == (0.27, None)


@pytest.mark.parametrize(("action", "said"), [("Upgrade", True), ("MigrateToGraviton", True), ("Rightsize", False), ("Delete", False)])
def test_instances_that_are_to_change_their_family_are_reserved_as_what_they_become(action: str, said: bool) -> None:
    (one,) = advice(sweeps.bill(baseline=[baseline(1.0, "db.m5", "AmazonRDS")]), found(7.3, "db.m5", "AmazonRDS", action))
    assert ("1 finding would move instances to another family" in one["advice"]) is said


def test_without_a_bill_there_is_no_advice() -> None:
    assert advice(sweeps.NO_BILL, found(10.0)) == []


@given(st.lists(st.floats(0, 1e5), max_size=6), st.floats(0, 1e5), st.lists(st.floats(0.01, 100), min_size=1, max_size=4))
def test_one_more_finding_never_means_to_buy_more(monthly: list[float], more: float, hourly: list[float]) -> None:
    bill = sweeps.bill(baseline=[baseline(one, account=str(number)) for number, one in enumerate(hourly)])
    (fewer,) = advice(bill, *map(found, monthly))
    (with_more,) = advice(bill, *map(found, [*monthly, more]))
    assert 0 <= with_more["hourly"] <= fewer["hourly"] <= fewer["baseline_hourly"] + 1e-4


@pytest.mark.parametrize(("monthly", "likely", "share"), [(1000.0, 237.1, 0.2371), (0.0, 0.0, None), (0.005, 3.0, None), (0.01, 0.0, 0.0)])
def test_how_much_of_the_bill_the_findings_explain(monthly: float, likely: float, share: float | None) -> None:
    assert explained(sweeps.bill(monthly=monthly), likely) == {"findings_monthly_likely": likely, "share": share}
    assert explained(sweeps.bill(monthly=monthly, currency="CNY"), likely)["share"] is None


@pytest.mark.parametrize(("account", "hourly"), [("1", 0.5), ("2", 1.0)])
def test_what_is_found_where_the_bill_has_no_rows_is_taken_off_nothing(account: str, hourly: float) -> None:
    bill = sweeps.bill(baseline=[baseline(1.0)], accounts=["1", "2"], without_rows=["2"])
    (one,) = advice(bill, found(365.0) | {"account": account})
    assert one["hourly"] == hourly


def test_what_the_findings_remove_in_dollars_is_not_taken_off_other_money() -> None:
    whole = sweeps.bill([], baseline=[baseline(3.0)])
    assert advice(whole)
    assert advice(whole | {"currency": "CNY"}) == []
