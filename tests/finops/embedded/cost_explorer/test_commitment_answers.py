"""Savings Plans and reservations through boto3: utilisation, attributes, what is asked for, and AWS's shapes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops.embedded.cost_explorer.commitment_answers import reservation_utilization, savings_plans_utilization_details, units
from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.cost_explorer.ledger import Ledger, Reservation, SavingsPlan
from tests.finops.asking import EC2, LINKED, PAYER, RDS, TODAY, ago, assert_shaped, by, last, only, row, serving

OF_FAMILY = SavingsPlan("arn:m5", "EC2InstanceSavingsPlans", LINKED, 1.0, ago(200), date(2027, 3, 1), "us-west-2", "m5")
COMPUTE = SavingsPlan("arn:compute", "ComputeSavingsPlans", PAYER, 2.0, ago(5), date(2027, 3, 1))
DATABASES = Reservation("63852331529", RDS, LINKED, "us-east-1", "db.m6g.xlarge", 2, 0.1, 0.25, ago(100), date(2027, 3, 1), "PostgreSQL")
INSTANCES = Reservation("2", EC2, PAYER, "us-east-1", "m5.large", 1, 0.06, 0.1, ago(100), date(2027, 3, 1), "Linux/UNIX")
LEDGER = Ledger(
    (
        row(ago(10), 30.0, amortized=18.0, record_type="SavingsPlanCoveredUsage", plan="arn:m5", until=TODAY),
        row(ago(10), -30.0, amortized=0.0, record_type="SavingsPlanNegation", plan="arn:m5", until=TODAY),
        row(ago(10), 0.0, service=RDS, quantity=36.0, record_type="DiscountedUsage", reservation="63852331529", until=TODAY),
    ),
    (OF_FAMILY, COMPUTE),
    (DATABASES, INSTANCES),
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Any, CostControl]]:
    with serving(LEDGER) as (client, control, _):
        yield client, control


def numbers(given: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in given.items()}


def test_a_plan_is_told_with_what_it_used(served: Any) -> None:
    answer = served[0]().get_savings_plans_utilization_details(TimePeriod=last(10))
    family, compute = answer["SavingsPlansUtilizationDetails"]
    assert family["SavingsPlanArn"] == "arn:m5"
    assert numbers(family["Utilization"]) == {
        "TotalCommitment": 240.0,
        "UsedCommitment": 180.0,
        "UnusedCommitment": 60.0,
        "UtilizationPercentage": 75.0,
    }
    assert numbers(family["Savings"]) == {"NetSavings": 60.0, "OnDemandCostEquivalent": 300.0}
    assert family["Attributes"]["SavingsPlansType"] == "EC2InstanceSavingsPlans"
    assert (family["Attributes"]["Region"], family["Attributes"]["InstanceFamily"]) == ("us-west-2", "m5")
    assert (family["Attributes"]["HourlyCommitment"], family["Attributes"]["EndDateTime"]) == ("1", "2027-03-01T00:00:00.000Z")
    assert compute["Utilization"]["TotalCommitment"] == "240", "it began five days ago"
    assert answer["Total"]["Utilization"]["TotalCommitment"] == "480"
    assert answer["TimePeriod"] == last(10)


def test_plans_can_be_asked_for_by_account_and_in_pages_and_in_parts(served: Any) -> None:
    client = served[0]()

    def arns(**more: Any) -> list[str]:
        answer = client.get_savings_plans_utilization_details(TimePeriod=last(10), **more)
        return [detail["SavingsPlanArn"] for detail in answer["SavingsPlansUtilizationDetails"]]

    assert arns(Filter=only("LINKED_ACCOUNT", PAYER)) == ["arn:compute"]
    assert arns(Filter={"And": [only("REGION", "us-west-2"), only("INSTANCE_TYPE_FAMILY", "m5")]}) == ["arn:m5"]
    first = client.get_savings_plans_utilization_details(TimePeriod=last(10), MaxResults=1, DataType=["UTILIZATION"])
    assert set(first["SavingsPlansUtilizationDetails"][0]) == {"SavingsPlanArn", "Utilization"}
    again = client.get_savings_plans_utilization_details(
        TimePeriod=last(10), MaxResults=1, DataType=["UTILIZATION"], NextToken=first["NextToken"]
    )
    assert [detail["SavingsPlanArn"] for detail in again["SavingsPlansUtilizationDetails"]] == ["arn:compute"]
    assert "NextToken" not in again


def test_without_a_plan_the_data_is_unavailable(served: Any) -> None:
    with pytest.raises(ClientError, match="DataUnavailableException"):
        served[0]("333333333333").get_savings_plans_utilization_details(TimePeriod=last(10))
    with pytest.raises(ClientError, match="DataUnavailableException"):
        served[0]().get_savings_plans_utilization_details(TimePeriod=last(10), Filter=only("REGION", "eu-west-1"))


def test_a_reservation_is_told_with_what_it_used(served: Any) -> None:
    answer = served[0]().get_reservation_utilization(TimePeriod=last(10), GroupBy=by("SUBSCRIPTION_ID"), Filter=only("SERVICE", RDS))
    (group,) = answer["UtilizationsByTime"][0]["Groups"]
    used = numbers(group["Utilization"])
    assert (group["Key"], group["Value"]) == ("SUBSCRIPTION_ID", "63852331529")
    assert (used["PurchasedHours"], used["TotalActualHours"], used["UnusedHours"]) == (480.0, 360.0, 120.0)
    assert (used["UtilizationPercentage"], used["PurchasedUnits"]) == (75.0, 3840.0)
    assert (used["TotalAmortizedFee"], used["RICostForUnusedHours"], used["OnDemandCostOfRIHoursUsed"]) == (48.0, 12.0, 90.0)
    assert (used["NetRISavings"], used["TotalPotentialRISavings"], used["RealizedSavings"]) == (42.0, 72.0, 54.0)
    assert group["Attributes"]["instanceType"] == "db.m6g.xlarge"
    assert (group["Attributes"]["accountId"], group["Attributes"]["region"]) == (LINKED, "us-east-1")
    assert group["Attributes"]["endDateTime"] == "2027-03-01T00:00:00.000Z"
    assert answer["Total"] == answer["UtilizationsByTime"][0]["Total"] == group["Utilization"]


def test_without_a_service_it_speaks_of_ec2(served: Any) -> None:
    """As AWS says: "If not specified, the SERVICE filter defaults to Amazon Elastic Compute Cloud - Compute"."""
    client = served[0]()
    answer = client.get_reservation_utilization(TimePeriod=last(10), GroupBy=by("SUBSCRIPTION_ID"))
    assert [group["Value"] for group in answer["UtilizationsByTime"][0]["Groups"]] == ["2"]
    assert answer["Total"]["UtilizationPercentage"] == "0"
    daily = client.get_reservation_utilization(TimePeriod=last(10))
    assert (len(daily["UtilizationsByTime"]), daily["UtilizationsByTime"][0]["Groups"]) == (10, [])
    none = client.get_reservation_utilization(TimePeriod=last(10), Filter=only("SERVICE", "Amazon Redshift"), GroupBy=by("SUBSCRIPTION_ID"))
    assert (none["UtilizationsByTime"][0]["Groups"], none["Total"]["PurchasedHours"]) == ([], "0")


@pytest.mark.parametrize(
    "given",
    [
        {"GroupBy": by("SUBSCRIPTION_ID"), "Granularity": "DAILY"},
        {"GroupBy": by("SERVICE")},
        {"Filter": only("SERVICE", EC2, RDS)},
        {"Filter": {"Not": only("SERVICE", EC2)}},
        {"TimePeriod": last(10, date(2026, 11, 25))},
    ],
)
def test_what_a_reservation_cannot_be_asked_for(served: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        served[0]().get_reservation_utilization(**{"TimePeriod": last(10), **given})


def test_the_shapes_are_botocores() -> None:
    assert_shaped("GetSavingsPlansUtilizationDetails", savings_plans_utilization_details(LEDGER, {"TimePeriod": last(10)}, TODAY, 1))
    grouped = {"TimePeriod": last(10), "GroupBy": by("SUBSCRIPTION_ID")}
    assert_shaped("GetReservationUtilization", reservation_utilization(LEDGER, grouped, TODAY, 1))
    assert_shaped("GetReservationUtilization", reservation_utilization(Ledger(), {"TimePeriod": last(3)}, TODAY, 1))


@pytest.mark.parametrize(("kind", "factor"), [("db.t4g.micro", 0.5), ("m5.large", 4), ("m5.xlarge", 8), ("db.r6g.12xlarge", 96)])
def test_normalised_units(kind: str, factor: float) -> None:
    assert units(kind) == factor
