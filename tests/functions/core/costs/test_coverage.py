"""Which hours are covered, by what and until when; and what ran on demand on the quietest day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs.coverage import baseline, coverage, kind_of
from functions.core.costs.rows import Answers, EngineRow, Window
from functions.core.model import Coverable
from functions.core.rank.bill.commitments import Commitments
from tests.functions import sweeps
from tests.functions.core.costs.made_rows import ACCOUNT, END, OTHER_ACCOUNT, START, WINDOW, compute_plan, plan, reservation, row
from tests.functions.core.rank.bill.test_commitments import finding

M5, DB = "BoxUsage:m5.large", "InstanceUsage:db.m5.large"


def answers(**rows: Any) -> Answers:
    return Answers(window=WINDOW, **rows)


def covered(**rows: Any) -> Answers:
    """48 hours of m5 by plans."""
    return answers(plan_covered=(row(ACCOUNT, M5, unblended=4.608, amortized=3.4, quantity=48),), **rows)


def test_hours_and_dollars_are_added_up_by_account_region_and_family() -> None:
    found = coverage(
        answers(
            usage=(
                row(ACCOUNT, M5, unblended=2.3, quantity=24),
                row(ACCOUNT, "BoxUsage:m5.xlarge", unblended=4.6, quantity=24, day=date(2026, 11, 23)),
                row(ACCOUNT, "EUW1-BoxUsage:m5.large", unblended=1.0, quantity=10),
                row(OTHER_ACCOUNT, M5, unblended=0.5, quantity=5),
                row(ACCOUNT, "SpotUsage:m5.large", unblended=9.0, quantity=99),
                row(ACCOUNT, "EBS:VolumeUsage.gp3", unblended=9.0, quantity=99),
                row(ACCOUNT, DB, unblended=0.7, quantity=4),
            ),
            plan_covered=(row(ACCOUNT, M5, unblended=9.6, amortized=7.2, quantity=100),),
            reserved=(row(ACCOUNT, M5, unblended=0.0, amortized=1.0, quantity=12),),
            savings_plans=(plan(),),
            reservations=(reservation(service="AmazonEC2", family="m5"),),
        )
    )
    assert [(one["service"], one["account"], one["region"], one["family"]) for one in found] == [
        ("AmazonEC2", ACCOUNT, "us-east-1", "m5"),
        ("AmazonEC2", ACCOUNT, "eu-west-1", "m5"),
        ("AmazonRDS", ACCOUNT, "us-east-1", "db.m5"),
        ("AmazonEC2", OTHER_ACCOUNT, "us-east-1", "m5"),
    ]
    assert found[0] == {
        "service": "AmazonEC2",
        "account": ACCOUNT,
        "region": "us-east-1",
        "family": "m5",
        "on_demand_hours": 48,
        "plan_hours": 100,
        "reserved_hours": 12,
        "on_demand_usd": 6.9,
        "plan_usd": 9.6,
        "plan_paid_usd": 7.2,
        "ends": "2027-06-30",
        "why": "Savings Plan …1234 (EC2 Instance) and reservation …0ab1",
        "bound": True,
        "instances": True,
        "engines": [],
    }
    assert (found[1]["ends"], found[1]["why"], found[1]["bound"]) == (None, "", True), "nothing covers it"


@pytest.mark.parametrize(
    ("plans", "why", "ends", "bound"),
    [
        ((plan(),), "Savings Plan …1234 (EC2 Instance)", "2027-03-01", True),
        ((plan(account=OTHER_ACCOUNT),), "Savings Plan …1234 (EC2 Instance)", "2027-03-01", False),
        ((compute_plan(),), "Savings Plan …5678 (Compute)", "2027-03-01", False),
        ((plan(), compute_plan(ends=date(2028, 1, 1))), "Savings Plan …1234 (EC2 Instance) and 1 more", "2028-01-01", False),
        ((plan(), plan(ends=None)), "Savings Plan …1234 (EC2 Instance) and 1 more", None, True),
        ((plan(family="c5"),), "a Savings Plan that this account cannot see", None, False),
        ((plan(region="eu-west-1"),), "a Savings Plan that this account cannot see", None, False),
        ((plan(used=0.0),), "a Savings Plan that this account cannot see", None, False),
        ((plan(type="SageMakerSavingsPlans", region="", family=""),), "a Savings Plan that this account cannot see", None, False),
        ((plan(type="DatabaseSavingsPlans", region="", family=""),), "a Savings Plan that this account cannot see", None, False),
        ((), "a Savings Plan that this account cannot see", None, False),
    ],
)
def test_what_may_have_paid_for_the_hours(plans: Any, why: str, ends: str | None, bound: bool) -> None:
    (found,) = coverage(covered(savings_plans=plans))
    assert (found["why"], found["ends"], found["bound"]) == (why, ends, bound)


@pytest.mark.parametrize(
    ("reservations", "why", "bound"),
    [
        ((reservation(),), "reservation …0ab1", True),
        ((reservation(account=OTHER_ACCOUNT),), "reservation …0ab1", False),
        ((reservation(service="AmazonEC2"),), "a reservation that this account cannot see", False),
        ((reservation(family="db.r5"),), "a reservation that this account cannot see", False),
        ((reservation(used_hours=0.0),), "a reservation that this account cannot see", False),
    ],
)
def test_which_reservation_may_have(reservations: Any, why: str, bound: bool) -> None:
    (found,) = coverage(answers(reserved=(row(ACCOUNT, DB, unblended=0.0, quantity=24),), reservations=reservations))
    assert (found["why"], found["bound"]) == (why, bound)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("ComputeSavingsPlans", "compute"),
        ("Compute", "compute"),
        ("COMPUTE_SP", "compute"),
        ("EC2InstanceSavingsPlans", "ec2instance"),
        ("EC2Instance", "ec2instance"),
        ("EC2_INSTANCE_SP", "ec2instance"),
        ("EC2 Instance Savings Plans", "ec2instance"),
        ("SageMakerSavingsPlans", "sagemaker"),
        ("Database", "database"),
        ("", ""),
    ],
)
def test_aws_spells_the_kind_of_a_plan_in_several_ways(told: str, kind: str) -> None:
    assert kind_of(told) == kind


def test_a_bills_coverage_nets_the_finding_on_that_instance() -> None:
    """From rows to the finding: half of the hours of m5 are a plan's, so half of the saving is."""
    rows = coverage(covered(usage=(row(ACCOUNT, M5, unblended=4.608, quantity=48),), savings_plans=(compute_plan(),)))
    one = finding(coverable=Coverable("AmazonEC2", "m5", 70.08))
    Commitments(sweeps.bill(rows)).net(one)
    assert one["savings"]["likely"] == 35.04
    assert "not attributable" in one["note"]


@pytest.mark.parametrize(
    ("days", "hourly"),
    [
        ([2.4, 4.8], [0.1]),
        ([4.8, 2.4], [0.1]),
        ([0.0, 4.8], []),
        ([2.4], []),  # a day without
    ],
)
def test_the_quietest_day_is_the_baseline(days: list[float], hourly: list[float]) -> None:
    usage = tuple(row(ACCOUNT, M5, unblended=usd, quantity=24, day=START + timedelta(number)) for number, usd in enumerate(days))
    assert [one["hourly_usd"] for one in baseline(answers(usage=usage))] == hourly


def test_sizes_of_a_family_are_one_baseline_and_accounts_are_two() -> None:
    usage = [
        row(account, usage_type, unblended=2.4, quantity=24, day=START + timedelta(number))
        for account, usage_type in ((ACCOUNT, M5), (ACCOUNT, "BoxUsage:m5.xlarge"), (OTHER_ACCOUNT, M5), (ACCOUNT, "SpotUsage:m5.large"))
        for number in range(2)
    ]
    assert baseline(answers(usage=tuple(usage))) == [
        {"service": "AmazonEC2", "account": ACCOUNT, "region": "us-east-1", "family": "m5", "hourly_usd": 0.2},
        {"service": "AmazonEC2", "account": OTHER_ACCOUNT, "region": "us-east-1", "family": "m5", "hourly_usd": 0.1},
    ]


def test_months_tell_no_baseline() -> None:
    """Also where a month is cut to less: what is asked by month is no day, but for a window of a single day, which is one."""
    assert baseline(answers(usage=(row(ACCOUNT, M5, unblended=2.4, quantity=24, days=2),))) == []
    one_day = Window(START, END - timedelta(1), None, START)
    assert len(baseline(Answers(window=one_day, usage=(row(ACCOUNT, M5, unblended=2.4, quantity=24),)))) == 1


@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=2), st.lists(st.floats(0, 1e4), min_size=2, max_size=2))
def test_more_usage_never_lowers_the_baseline(usd: list[float], more: list[float]) -> None:
    def of(dollars: list[float]) -> float:
        usage = tuple(row(ACCOUNT, M5, unblended=each, day=START + timedelta(number)) for number, each in enumerate(dollars))
        return float(baseline(answers(usage=usage))[0]["hourly_usd"])

    assert of([old + new for old, new in zip(usd, more, strict=True)]) >= of(usd) - 1e-6
    assert of(usd) * 48 <= sum(usd) + 1e-4


SERVERLESS, LAMBDA = "Aurora:ServerlessV2Usage", "EU-Lambda-GB-Second-ARM"


def test_what_plans_pay_for_of_lambda_and_serverless_databases_is_told_in_its_own_unit() -> None:
    """By database plans and by compute plans, never the other way round; and no advice rests on it."""
    given = answers(
        usage=(row(ACCOUNT, SERVERLESS, unblended=1.2, quantity=10), row(ACCOUNT, LAMBDA, unblended=0.1, quantity=7_500)),
        plan_covered=(
            row(ACCOUNT, SERVERLESS, unblended=3.6, amortized=2.4, quantity=30),
            row(ACCOUNT, LAMBDA, unblended=0.3, amortized=0.25, quantity=22_500),
        ),
        savings_plans=(
            compute_plan(),
            compute_plan(arn="arn:aws:savingsplans::111111111111:savingsplan/9999", type="DatabaseSavingsPlans"),
        ),
    )
    found = {one["family"]: one for one in coverage(given)}
    assert {family: (one["service"], one["region"], one["plan_hours"], one["instances"]) for family, one in found.items()} == {
        "aurora.serverless-v2": ("AmazonRDS", "us-east-1", 30, False),
        "duration.arm": ("AWSLambda", "eu-west-1", 22_500, False),
    }
    assert found["aurora.serverless-v2"]["why"] == "Savings Plan …9999 (Database)"
    assert found["duration.arm"]["why"] == "Savings Plan …5678 (Compute)"
    assert baseline(given) == []


def test_hours_are_told_by_engine_and_deployment_where_the_bill_has_them() -> None:
    by_engine = (
        EngineRow("AmazonRDS", ACCOUNT, "us-east-1", "db.m5", "postgresql", "single-az", 20, 48),
        EngineRow("AmazonRDS", ACCOUNT, "us-east-1", "db.m5", "mysql", "multi-az", 0, 24),
        EngineRow("AmazonRDS", ACCOUNT, "us-east-1", "db.m5", "postgresql", "single-az", 4, 0),
        EngineRow("AmazonRDS", ACCOUNT, "eu-west-1", "db.m5", "postgresql", "single-az", 9, 9),
        EngineRow("AmazonRDS", OTHER_ACCOUNT, "us-east-1", "db.m5", "postgresql", "single-az", 9, 9),
    )
    (found,) = coverage(answers(reserved=(row(ACCOUNT, DB, unblended=0.0, amortized=1.0, quantity=24),), by_engine=by_engine))
    assert found["engines"] == [
        {"engine": "mysql", "deployment": "multi-az", "reserved_hours": 0, "hours": 24},
        {"engine": "postgresql", "deployment": "single-az", "reserved_hours": 24, "hours": 48},
    ]
