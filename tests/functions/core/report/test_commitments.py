"""Commitments and what they cover: rows that add up, words that are right, and what is about to end."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report import commitments
from functions.core.report.commitments import ROWS, SOON_DAYS, coverage, held
from tests.functions.core.report import bills


def test_the_most_unused_commitment_comes_first() -> None:
    made = held(bills.bill())
    assert (made["count"], made["unused_monthly"], made["rest"]) == (3, 150.19, None)
    assert [row["kind"] for row in made["rows"]] == ["Compute Savings Plan", f"Reservation, {bills.RDS}", "EC2 Instance Savings Plan"]
    first, reservation, plan = made["rows"]
    assert (first["place"], first["hourly"], first["id"]) == ("any family and region", 1.2, "9f1c0a52-7d3e-4b61-8a0e-5d2f7be31234")
    assert (reservation["place"], reservation["hourly"]) == ("db.m5, us-east-1", None)
    assert (plan["ends"], plan["soon"]) == ("2026-12-09", 15)


@pytest.mark.parametrize(
    ("ends", "shown", "soon"),
    [
        ("2027-01-23", "2027-01-23", SOON_DAYS),
        ("2027-01-24", "2027-01-24", None),
        ("2026-11-20T00:00:00Z", "2026-11-20", -4),
        (None, "", None),
    ],
)
def test_what_ends_soon_is_marked(ends: str | None, shown: str, soon: int | None) -> None:
    plans = [bills.bill()["savings_plans"][0] | {"ends": ends}]
    row = held(bills.bill(savings_plans=plans, reservations=[]))["rows"][0]
    assert (row["ends"], row["soon"]) == (shown, soon)


@pytest.mark.parametrize(
    ("kind", "words"), [("Compute", "Compute Savings Plan"), ("SageMakerSavingsPlans", "Sage Maker Savings Plan"), ("", "Savings Plan")]
)
def test_a_plans_type_is_read_as_words(kind: str, words: str) -> None:
    plans = [bills.bill()["savings_plans"][0] | {"type": kind}]
    assert held(bills.bill(savings_plans=plans, reservations=[]))["rows"][0]["kind"] == words


def test_many_commitments_are_cut_and_add_up() -> None:
    plan = bills.bill()["savings_plans"][0]
    many = [plan | {"unused_monthly": float(number)} for number in range(ROWS + 5)]
    made = held(bills.bill(savings_plans=many, reservations=[]))
    assert [row["unused_monthly"] for row in made["rows"]] == [14.0, 13, 12, 11, 10, 9, 8, 7, 6, 5]
    assert made["rest"] == {"count": 5, "unused_monthly": 10.0}
    assert made["unused_monthly"] == sum(row["unused_monthly"] for row in made["rows"]) + 10


def test_a_bill_without_commitments_has_no_row() -> None:
    assert held(bills.new_account()) == {"count": 0, "unused_monthly": 0, "rows": [], "rest": None}
    assert coverage(bills.new_account()) == []


def test_coverage_is_by_family_over_accounts_and_regions() -> None:
    made = {row["name"]: row for row in coverage(bills.bill())}
    assert set(made) == {"EC2 m5", "EC2 c6g", "EC2 t3", "RDS db.m5", "RDS db.r6g"}
    row = made["EC2 m5"]
    assert (row["accounts"], row["regions"], row["plan_hours"], row["on_demand_hours"]) == (3, 2, 12_960, 2_160)
    assert row["covered"] == pytest.approx(12_960 / 15_120)
    assert row["why"] == ["Savings Plan …1234 (Compute) until 2027-03-01"]
    assert (made["EC2 t3"]["covered"], made["EC2 t3"]["why"]) == (0, [])


def family(name: str, dollars: float, **more: Any) -> dict[str, Any]:
    return {**bills.bill(1)["coverage"][0], "family": name, "on_demand_usd": dollars, **more}


def test_many_families_are_cut_and_add_up() -> None:
    parts = [family(f"f{number}", float(number), account=account) for number in range(ROWS + 3) for account in ("1", "2")]
    made = coverage({"coverage": parts})
    assert [row["name"] for row in made] == [*(f"EC2 f{number}" for number in range(12, 2, -1)), "3 others"]
    for name in (*commitments.HOURS, "on_demand_usd", "plan_usd"):
        assert sum(row[name] for row in made) == pytest.approx(sum(part[name] for part in parts))


def test_advice_on_what_to_buy_names_its_pool() -> None:
    made = commitments.purchase(bills.bill())
    assert [one["name"] for one in made] == ["EC2 any family, us-east-1", "RDS db.r6g, us-east-1"]
    assert made[0]["hourly"] == 1.22


@pytest.mark.parametrize("bill", [{}, {"purchase": None}, {"purchase": []}])
def test_an_older_bill_advises_nothing(bill: dict[str, Any]) -> None:
    assert commitments.purchase(bill) == []


def test_no_hours_are_neither_covered_nor_uncovered() -> None:
    (row,) = coverage({"coverage": [family("m5", 0.0, on_demand_hours=0.0, plan_hours=0.0, reserved_hours=0.0)]})
    assert row["covered"] is None


def test_many_reasons_are_counted_beyond_the_first() -> None:
    (row,) = coverage({"coverage": [family("m5", 1.0, why=f"plan {number}", ends=None) for number in range(5)]})
    assert (row["why"], row["more_reasons"]) == (["plan 0", "plan 1"], 3)
