"""The bill of made-up rows: its sums agree, its comparisons are of equal windows, and it is what the report and Rank read."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs.bill import build, none
from functions.core.costs.rows import Answers, Window
from tests.functions.core.costs.made_rows import (
    ACCOUNT,
    EC2,
    OTHER_ACCOUNT,
    START,
    WINDOW,
    compute_plan,
    plan,
    reservation,
    row,
)
from tests.functions.core.report import bills

STATES = "AWS Step Functions"
SECOND, BEFORE = START + timedelta(1), START - timedelta(1)
DAILY = (
    row(EC2, ACCOUNT, unblended=60.0, amortized=50.0, net=45.0),
    row(EC2, ACCOUNT, unblended=60.0, amortized=50.0, net=45.0, day=SECOND),
    row(STATES, OTHER_ACCOUNT, unblended=24.0, day=SECOND),
    row(EC2, ACCOUNT, unblended=60.0, amortized=40.0, day=BEFORE),
    row(STATES, OTHER_ACCOUNT, unblended=2.0, day=BEFORE),
    row("AWS Glue", ACCOUNT, unblended=7.0, day=START - timedelta(2)),
    row(STATES, ACCOUNT, unblended=1000.0, day=START - timedelta(3)),  # before the window before
    row(STATES, ACCOUNT, unblended=0.0),
)
REGIONS = (
    row(ACCOUNT, "us-east-1", unblended=100.0, amortized=90.0, days=2),
    row(OTHER_ACCOUNT, "us-east-1", unblended=20.0, days=2),
    row(ACCOUNT, "global", unblended=24.0, amortized=14.0, days=2),
)


def bill(**rows: Any) -> dict[str, Any]:
    return build(Answers(**{"window": WINDOW, "daily": DAILY, "regions": REGIONS, **rows}), (ACCOUNT, OTHER_ACCOUNT), 5, 2)


def test_the_sums_of_the_window() -> None:
    made = bill()
    assert (made["status"], made["reason"], made["currency"]) == ("ok", "", "USD")
    assert (made["start"], made["end"], made["days"]) == ("2026-11-22", "2026-11-24", 2)
    assert (made["accounts"], made["requests"], made["cached"]) == ([ACCOUNT, OTHER_ACCOUNT], 5, 2)
    assert (made["unblended"], made["amortized"], made["net_amortized"]) == (144.0, 124.0, 114.0)
    assert made["monthly"] == round(124 * 730 / 48, 4)


def test_each_way_to_add_it_up_gives_the_same() -> None:
    made = bill()
    for name in ("by_service", "by_account", "by_region", "daily"):
        assert sum(one["amortized"] for one in made[name]) == pytest.approx(made["amortized"]), name
        assert sum(one["unblended"] for one in made[name]) == pytest.approx(made["unblended"]), name


def test_services_with_what_they_cost_before_whether_they_are_looked_at_and_their_discount() -> None:
    assert bill()["by_service"] == [
        {
            "service": EC2,
            "unblended": 120.0,
            "amortized": 100.0,
            "before": 40.0,
            "scanned": True,
            "discount": 0.1,
            "discount_source": "what the bill takes off the amortised cost of $100.00",
        },
        {"service": STATES, "unblended": 24.0, "amortized": 24.0, "before": 2.0, "scanned": False, "discount": None, "discount_source": ""},
        {
            "service": "AWS Glue",
            "unblended": 0.0,
            "amortized": 0.0,
            "before": 7.0,
            "scanned": False,
            "discount": None,
            "discount_source": "",
        },
    ]


def test_accounts_and_regions() -> None:
    made = bill()
    assert made["by_account"] == [
        {"account": ACCOUNT, "unblended": 120.0, "amortized": 100.0, "before": 47.0},
        {"account": OTHER_ACCOUNT, "unblended": 24.0, "amortized": 24.0, "before": 2.0},
    ]
    assert made["by_region"] == [
        {"region": "us-east-1", "unblended": 120.0, "amortized": 110.0},
        {"region": "global", "unblended": 24.0, "amortized": 14.0},
    ]


def test_days_and_months() -> None:
    made = bill()
    assert made["daily"] == [
        {"day": "2026-11-22", "unblended": 60.0, "amortized": 50.0},
        {"day": "2026-11-23", "unblended": 84.0, "amortized": 74.0},
    ]
    assert [(one["month"], one["amortized"], one["complete"]) for one in made["months"]] == [
        ("2026-09", 0.0, True),
        ("2026-10", 0.0, True),
        ("2026-11", 1173.0, False),
    ]
    assert made["months"][-1]["same_days_before"] == 0.0


def test_anomalies_and_the_blind_spot() -> None:
    made = bill()
    assert [(one["service"], one["before"], one["now"], one["change"]) for one in made["anomalies"]] == [
        (EC2, 40.0, 100.0, 1.5),
        (STATES, 2.0, 24.0, 11.0),
    ]
    monthly = round(24 * 730 / 48, 4)
    assert made["blind_spot"] == {"monthly": monthly, "services": [{"service": STATES, "usage_type": "", "monthly": monthly}]}


def test_with_many_accounts_the_months_tell_what_each_paid() -> None:
    """`daily` has no accounts then; the rest is the same."""
    few = bill()
    daily = tuple(
        row(one.keys[0], unblended=one.unblended, amortized=one.amortized, net=one.net_amortized, day=one.period_start) for one in DAILY
    )
    many = bill(
        daily=daily,
        accounts=(row(EC2, ACCOUNT, unblended=120.0, amortized=100.0, days=2), row(STATES, OTHER_ACCOUNT, unblended=24.0, days=2)),
        before=(
            row(EC2, ACCOUNT, unblended=60.0, amortized=40.0, days=2),
            row(STATES, OTHER_ACCOUNT, unblended=2.0, days=2),
            row("AWS Glue", ACCOUNT, unblended=7.0, days=2),
        ),
    )
    assert many == few


def test_where_cost_explorer_does_not_reach_back_nothing_is_compared() -> None:
    made = bill(window=Window(WINDOW.start, WINDOW.end, None, WINDOW.history))
    assert [one["before"] for one in made["by_service"]] == [None, None]
    assert [one["before"] for one in made["by_account"]] == [None, None]
    assert made["anomalies"] == []
    assert made["amortized"] == 124.0


def test_commitments_with_what_they_leave_unused_a_month() -> None:
    made = bill(savings_plans=(plan(), compute_plan(unused=4.8, utilization=0.9)), reservations=(reservation(),))
    assert made["savings_plans"] == [
        {
            "arn": compute_plan().arn,
            "type": "ComputeSavingsPlans",
            "account": ACCOUNT,
            "region": None,
            "family": None,
            "ends": "2027-03-01",
            "hourly_commitment": 1.0,
            "utilization": 0.9,
            "unused_monthly": 73.0,
        },
        {
            "arn": plan().arn,
            "type": "EC2InstanceSavingsPlans",
            "account": ACCOUNT,
            "region": "us-east-1",
            "family": "m5",
            "ends": "2027-03-01",
            "hourly_commitment": 1.0,
            "utilization": 1.0,
            "unused_monthly": 0.0,
        },
    ]
    assert made["reservations"] == [
        {
            "id": "ri-2026-05-01-08-11-22-0ab1",
            "service": "Amazon Relational Database Service",
            "account": ACCOUNT,
            "region": "us-east-1",
            "family": "db.m5",
            "ends": "2027-06-30",
            "utilization": 0.5,
            "unused_monthly": 36.5,
            "paid_usd": 2.4,
            "on_demand_usd": 4.0,
        }
    ]


def test_usage_is_in_coverage_and_baseline_and_what_was_refused_is_said() -> None:
    usage = tuple(row(ACCOUNT, "USW2-BoxUsage:m5.large", unblended=2.4, quantity=24, day=day) for day in (START, SECOND))
    made = bill(usage=usage, refused={"reservations": "ce:GetReservationUtilization: AccessDenied: no"})
    assert [(one["region"], one["on_demand_hours"]) for one in made["coverage"]] == [("us-west-2", 48)]
    assert [one["hourly_usd"] for one in made["baseline"]] == [0.1]
    assert made["refused"] == {"reservations": "ce:GetReservationUtilization: AccessDenied: no"}


def test_an_account_that_cost_nothing_yet() -> None:
    made = build(Answers(window=WINDOW), [ACCOUNT], 3, 0)
    assert (made["amortized"], made["monthly"]) == (0.0, 0.0)
    assert {name: made[name] for name in ("by_service", "by_account", "by_region", "anomalies", "coverage", "baseline")} == {
        "by_service": [], "by_account": [], "by_region": [], "anomalies": [], "coverage": [], "baseline": [],
    }  # fmt: skip
    assert len(made["daily"]) == 2


def test_it_has_what_the_report_shows_and_is_json() -> None:
    made = bill(
        usage=(row(ACCOUNT, "BoxUsage:m5.large", unblended=2.4, quantity=24),), savings_plans=(plan(),), reservations=(reservation(),)
    )
    shown = bills.bill()
    assert set(shown) - {"explained", "purchase"} <= set(made)
    for name in ("by_service", "by_account", "by_region", "daily", "blind_spot", "anomalies", "savings_plans", "reservations", "coverage"):
        of, like = made[name], shown[name]
        first, second = (of["services"][0], like["services"][0]) if name == "blind_spot" else (of[0], like[0])
        assert set(second) <= set(first), name
    assert json.loads(json.dumps(made)) == made


def test_without_a_bill() -> None:
    assert none("opted out", WINDOW, [ACCOUNT], 1, 0) == {
        "status": "none",
        "reason": "opted out",
        "accounts": [ACCOUNT],
        "start": "2026-11-22",
        "end": "2026-11-24",
        "days": 2,
        "requests": 1,
        "cached": 0,
    }


COSTS = st.lists(
    st.tuples(
        st.sampled_from([EC2, STATES, "AWS Lambda"]), st.sampled_from([ACCOUNT, OTHER_ACCOUNT]), st.integers(0, 9), st.floats(0, 1e5)
    ),
    max_size=20,
)


@given(COSTS)
def test_services_accounts_and_days_always_add_up_to_the_whole(costs: list[tuple[str, str, int, float]]) -> None:
    window = Window(date(2026, 11, 1), date(2026, 11, 11), None, date(2026, 11, 1))
    daily = tuple(row(service, account, unblended=usd, day=window.start + timedelta(day)) for service, account, day, usd in costs)
    made = build(Answers(window=window, daily=daily), [ACCOUNT], 1, 0)
    for name in ("by_service", "by_account", "daily"):
        assert sum(one["amortized"] for one in made[name]) == pytest.approx(made["amortized"], abs=1e-3)
    blind = sum(one["amortized"] for one in made["by_service"] if not one["scanned"])
    assert made["blind_spot"]["monthly"] == pytest.approx(blind * 730 / 240, abs=1e-2 + 0.01 * 3)


def test_what_is_counted_of_a_usage_type_is_there() -> None:
    usage = row(ACCOUNT, "EBS:SnapshotUsage", unblended=1.0, quantity=24.0)
    assert bill(usage=(usage,))["quantities"] == {ACCOUNT: {"us-east-1": {"EBS:SnapshotUsage": [360.0, 744.0]}}}


THIRD = "777788889999"


@pytest.mark.parametrize(
    ("answers", "unseen"),
    [
        ({}, [THIRD]),
        ({"daily": (*DAILY, row(STATES, THIRD, unblended=0.0))}, []),  # a row of nothing is a row
        ({"daily": (*DAILY, row(STATES, THIRD, unblended=5.0, day=date(2026, 9, 1)))}, []),  # it is seen, and has cost nothing since
        ({"regions": (*REGIONS, row(THIRD, "us-east-1", unblended=0.0))}, []),
        ({"daily": (), "regions": ()}, [ACCOUNT, OTHER_ACCOUNT, THIRD]),
        ({"daily": (row(EC2, unblended=60.0),), "regions": REGIONS}, [THIRD]),  # many accounts: by service only
        ({"daily": (row(EC2, unblended=60.0),), "regions": (), "accounts": (row(EC2, THIRD, unblended=1.0),)}, [ACCOUNT, OTHER_ACCOUNT]),
        ({"daily": (row(EC2, unblended=60.0),), "regions": (), "refused": {"accounts": "no", "regions": "no"}}, []),  # nobody knows
    ],
)
def test_an_account_without_any_row_is_named(answers: dict[str, Any], unseen: list[str]) -> None:
    given = Answers(**{"window": WINDOW, "daily": DAILY, "regions": REGIONS, **answers})
    assert build(given, (ACCOUNT, OTHER_ACCOUNT, THIRD), 5, 2)["without_rows"] == unseen
