"""Rows from Cost Explorer's replies, every page of them; and what each of its refusals becomes."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Refused
from functions.core.aws.clients import Aws
from functions.core.costs import explorer, queries
from functions.core.costs.rows import CostRow, EngineRow, NoBill, ReservationRow, SavingsPlanRow
from functions.core.errors import Throttled
from functions.core.services import billed_as, instance_hours
from tests.billed_account import ACCOUNT, EC2, PLAN, RDS, RESERVED, CostExplorer, committed, spend

NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
WINDOW = queries.window(NOW, NOW, 30)
COMMITTED = Ledger((*spend(), *committed()), (PLAN,), (RESERVED,))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    return Aws(ACCOUNT, "us-east-1", session)


def answering(aws: Aws, **given: Any) -> CostExplorer:
    made = CostExplorer(**given)
    made.answer_for(aws.client("ce"))
    return made


def refusing(aws: Aws, code: str, message: str = "no", status: int = 400) -> CostExplorer:
    def fail(operation: str) -> None:
        raise Refused(code, message)

    return answering(aws, fail=fail, status=status, ledger=COMMITTED)


def test_costs_become_rows(aws: Aws) -> None:
    answering(aws)
    rows = explorer.ask(aws, queries.regions(WINDOW, [ACCOUNT]))
    october, november = date(2026, 10, 25), date(2026, 11, 1)
    expected = [
        CostRow(october, november, (ACCOUNT, "eu-west-1"), 7.0, 7.0, 7.0),
        CostRow(october, november, (ACCOUNT, "us-west-2"), 7 * 2.9, 7 * 2.9, 7 * 2.9),
        CostRow(november, WINDOW.end, (ACCOUNT, "eu-west-1"), 23.0, 23.0, 23.0),
        CostRow(november, WINDOW.end, (ACCOUNT, "us-west-2"), 23 * 2.9, 23 * 2.9, 23 * 2.9),
    ]
    assert [(row.period_start, row.period_end, row.keys) for row in rows if isinstance(row, CostRow)] == [
        (row.period_start, row.period_end, row.keys) for row in expected
    ]
    assert [row.amortized for row in rows if isinstance(row, CostRow)] == pytest.approx([row.amortized for row in expected])
    assert {(row.unit, row.currency) for row in rows if isinstance(row, CostRow)} == {("", "USD")}, "no quantity was asked for"


def test_usage_has_quantities(aws: Aws) -> None:
    answering(aws, ledger=COMMITTED)
    rows = explorer.ask(aws, queries.usage_of_one(WINDOW, ACCOUNT))
    covered = [row for row in rows if isinstance(row, CostRow) and row.keys == ("SavingsPlanCoveredUsage", "USW2-BoxUsage:c5.large")]
    assert len(covered) == 30
    assert (covered[0].unblended, covered[0].amortized, covered[0].quantity) == (4.0, 3.0, 48.0)
    assert {row.keys[1] for row in rows if isinstance(row, CostRow)}.isdisjoint({"Elsewhere:Requests"})


@pytest.mark.parametrize("size", [100, 419, 420, 5000])
def test_every_page_is_read(aws: Aws, size: int) -> None:
    made = answering(aws, page_size=size, ledger=COMMITTED)
    whole = explorer.ask(aws, queries.daily(WINDOW, [ACCOUNT]))
    pages = [body.get("NextPageToken") for _, body in made.asked]
    assert len(whole) == 84 * 5  # Compute, Other, CloudWatch, the plan's fee, RDS
    assert len(pages) == -(-len(whole) // size)
    assert len(set(pages)) == len(pages)
    assert aws.meter.calls == {"ce:GetCostAndUsage": len(pages)}


def test_the_lease_is_renewed_before_each_page(aws: Aws) -> None:
    renewed: list[int] = []
    made = answering(aws, page_size=100)
    explorer.ask(aws, queries.daily(WINDOW, [ACCOUNT]), lambda: renewed.append(len(made.asked)))
    assert renewed == list(range(len(made.asked)))
    assert len(renewed) == 3


def test_savings_plans_become_rows(aws: Aws) -> None:
    second = replace(PLAN, arn="arn:2", type="EC2InstanceSavingsPlans", region="eu-west-1", family="m5", end=date(2026, 11, 10))
    made = answering(aws, ledger=Ledger(COMMITTED.rows, (PLAN, second)), page_size=1)
    rows = explorer.ask(aws, queries.savings_plans(WINDOW))
    assert made.requests == {"GetSavingsPlansUtilizationDetails": 2}
    used = SavingsPlanRow(PLAN.arn, "ComputeSavingsPlans", ACCOUNT, "", "", date(2027, 3, 1), 1.0, 720.0, 90.0, 630.0, 0.125, 120.0)
    assert rows[0] == used
    unused = SavingsPlanRow(
        "arn:2", "EC2InstanceSavingsPlans", ACCOUNT, "eu-west-1", "m5", date(2026, 11, 10), 1.0, 384.0, 0.0, 384.0, 0.0, 0.0
    )
    assert rows[1] == unused


def test_reservations_become_rows(aws: Aws) -> None:
    answering(aws, ledger=COMMITTED)
    rows = explorer.ask(aws, queries.reservations(WINDOW, "AmazonRDS"))
    expected = ReservationRow(
        id="sub-1",
        service="AmazonRDS",
        account=ACCOUNT,
        region="us-west-2",
        instance_type="db.r5.large",
        family="db.r5",
        count=2,
        ends=date(2027, 5, 1),
        utilization=0.5,
        purchased_hours=1440.0,
        used_hours=720.0,
        fee=216.0,
        unused=108.0,
        on_demand=180.0,
    )
    assert rows == (expected,)
    assert explorer.ask(aws, queries.reservations(WINDOW, "AmazonEC2")) == ()


def test_what_aws_does_not_say_of_a_commitment_is_empty() -> None:
    plan = explorer._plan({"SavingsPlanArn": "a", "Attributes": {"savingsplanstype": "X", "EndDateTime": "NA", "HourlyCommitment": "nan"}})
    assert plan == SavingsPlanRow("a", "X", "", "", "", None, 0, 0, 0, 0, 0, 0)


def test_without_plans_there_are_none(aws: Aws) -> None:
    """AWS says DataUnavailableException then."""
    assert answering(aws).asked == []
    assert explorer.ask(aws, queries.savings_plans(WINDOW)) == ()


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (
            "AccessDeniedException",
            "no identity-based policy allows ce:GetCostAndUsage",
            "ce:GetCostAndUsage: AccessDeniedException: no ident",
        ),
        ("AccessDeniedException", "User not enabled for cost explorer access", "enable it in the Billing console"),
        ("DataUnavailableException", "Data is not available", "DataUnavailableException: Data is not available"),
        ("ValidationException", "end date past the beginning of next month", "ValidationException: end date"),
        ("BillExpirationException", "expired", "BillExpirationException"),
    ],
)
def test_a_refusal_is_no_bill_with_its_reason(aws: Aws, code: str, message: str, words: str) -> None:
    made = refusing(aws, code, message)
    with pytest.raises(NoBill, match=words):
        explorer.ask(aws, queries.daily(WINDOW, [ACCOUNT]))
    assert len(made.asked) == 1


@pytest.mark.parametrize(
    ("code", "status", "attempts"),
    [
        ("LimitExceededException", 400, 5),
        ("ThrottlingException", 400, 5),
        ("InternalServerException", 500, 5),
        ("InvalidNextTokenException", 400, 1),
        ("RequestChangedException", 400, 1),
    ],
)
def test_what_may_be_better_later_is_throttled(aws: Aws, code: str, status: int, attempts: int) -> None:
    """Each attempt of botocore is a request that is counted."""
    refusing(aws, code, status=status)
    with pytest.raises(Throttled, match=code):
        explorer.ask(aws, queries.daily(WINDOW, [ACCOUNT]))
    assert aws.meter.calls == {"ce:GetCostAndUsage": attempts}


def test_no_route_is_no_bill(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://ce.us-east-1.amazonaws.com")

    monkeypatch.setattr(Aws, "call", unreachable)
    with pytest.raises(NoBill, match=r"cannot be reached: .*ce\.us-east-1"):
        explorer.ask(aws, queries.daily(WINDOW, [ACCOUNT]))


@pytest.mark.parametrize("number", [1, 3, 6, 21])
def test_botocore_and_the_service_take_every_question(aws: Aws, number: int) -> None:
    """Parameters are checked against AWS's model; the service's rules are those that the embedded one knows. No day is in the future."""
    accounts = [f"{one:012}" for one in range(number)]
    made = answering(aws, ledger=COMMITTED)
    ask = functools.partial(explorer.ask, aws)
    assert WINDOW.before is not None
    ask(queries.daily(WINDOW, accounts))
    ask(queries.by_account("before", WINDOW.before, WINDOW.start, accounts))
    ask(queries.regions(WINDOW, accounts))
    ask(queries.kinds(WINDOW, accounts))
    ask(queries.usage_of_one(WINDOW, ACCOUNT))
    ask(queries.priced(WINDOW))
    ask(queries.priced_by_operation(WINDOW))
    for kind in (queries.ON_DEMAND, queries.BY_PLAN, queries.BY_RESERVATION):
        ask(queries.usage("usage", WINDOW, accounts, kind))
    ask(queries.savings_plans(WINDOW))
    for service in instance_hours():
        ask(queries.reservations(WINDOW, service))
    ask(queries.by_engine(WINDOW, "AmazonRDS", accounts))
    assert {f"ce:{operation}" for operation in made.requests} == set(explorer.IAM) == set(aws.meter.calls)
    assert all(body["TimePeriod"]["End"] <= "2026-11-24" for _, body in made.asked)


def test_its_names_of_services_are_those_of_the_bill() -> None:
    assert {hours.billed_as for hours in instance_hours().values()} <= billed_as()
    assert EC2 in billed_as()


def test_hours_by_engine_are_read_whatever_the_attributes_are_called() -> None:
    def group(attributes: dict[str, str], reserved: str, total: str) -> dict[str, Any]:
        return {"Attributes": attributes, "Coverage": {"CoverageHours": {"ReservedHours": reserved, "TotalRunningHours": total}}}

    place = {"linkedAccount": ACCOUNT, "region": "us-west-2", "instanceType": "db.r5.large"}
    page = {
        "CoveragesByTime": [
            {
                "Groups": [
                    group({**place, "databaseEngine": "Aurora PostgreSQL", "deploymentOption": "Single-AZ"}, "24", "48"),
                    group(
                        {
                            **{name.upper(): value for name, value in place.items()},
                            "DATABASE_ENGINE": "MySQL",
                            "DEPLOYMENT_OPTION": "Multi-AZ",
                        },
                        "0",
                        "1",
                    ),
                    group({**place, "deploymentOption": "Single-AZ"}, "24", "48"),
                ]
            }
        ]
    }
    assert list(explorer._by_engine(page, RDS)) == [
        EngineRow("AmazonRDS", ACCOUNT, "us-west-2", "db.r5", "aurora-postgresql", "single-az", 24.0, 48.0),
        EngineRow("AmazonRDS", ACCOUNT, "us-west-2", "db.r5", "mysql", "multi-az", 0.0, 1.0),
    ]
