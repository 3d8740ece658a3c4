"""Hours by engine and deployment through boto3: what ran, what reservations paid for, what is asked for, and AWS's shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops.embedded.cost_explorer.coverage_answers import reservation_coverage
from finops.embedded.cost_explorer.ledger import Ledger
from tests.finops.asking import LINKED, PAYER, RDS, TODAY, ago, assert_shaped, by, last, only, row, serving

GROUPS = by("INSTANCE_TYPE", "DATABASE_ENGINE", "DEPLOYMENT_OPTION")
POSTGRES = {"service": RDS, "instance_type": "db.m6g.xlarge", "engine": "PostgreSQL", "deployment": "Single-AZ", "until": TODAY}
LEDGER = Ledger(
    (
        row(ago(10), 0.0, quantity=36.0, record_type="DiscountedUsage", reservation="1", **POSTGRES),
        row(ago(10), 3.0, quantity=12.0, **POSTGRES),
        row(
            ago(10), 9.0, quantity=24.0, record_type="SavingsPlanCoveredUsage", **{**POSTGRES, "engine": "MySQL", "deployment": "Multi-AZ"}
        ),
        row(ago(10), -9.0, quantity=-24.0, record_type="SavingsPlanNegation", **{**POSTGRES, "engine": "MySQL", "deployment": "Multi-AZ"}),
        row(ago(10), 5.0, service=RDS, quantity=100.0, until=TODAY),
    )
)


@pytest.fixture(scope="module")
def served() -> Iterator[Any]:
    with serving(LEDGER) as (client, _, _):
        yield client()


def test_hours_are_told_by_what_was_asked_for(served: Any) -> None:
    answer = served.get_reservation_coverage(TimePeriod=last(10), GroupBy=GROUPS, Filter=only("SERVICE", RDS), Metrics=["Hour"])
    mysql, postgres = answer["CoveragesByTime"][0]["Groups"]
    assert mysql["Attributes"] == {"instanceType": "db.m6g.xlarge", "databaseEngine": "MySQL", "deploymentOption": "Multi-AZ"}
    assert mysql["Coverage"]["CoverageHours"]["ReservedHours"] == "0"
    hours = postgres["Coverage"]["CoverageHours"]
    assert (hours["ReservedHours"], hours["TotalRunningHours"], hours["CoverageHoursPercentage"]) == ("360", "480", "75")
    assert answer["Total"]["CoverageHours"]["TotalRunningHours"] == "720"
    first = served.get_reservation_coverage(TimePeriod=last(10), GroupBy=GROUPS, Filter=only("SERVICE", RDS), MaxResults=1)
    assert len(first["CoveragesByTime"][0]["Groups"]) == 1
    assert first["NextPageToken"]


def test_of_another_account_nothing_is_told(served: Any) -> None:
    nobodys = {"And": [only("SERVICE", RDS), only("LINKED_ACCOUNT", "333333333333")]}
    answer = served.get_reservation_coverage(TimePeriod=last(10), GroupBy=GROUPS, Filter=nobodys)
    assert answer["CoveragesByTime"][0]["Groups"] == []
    assert {LINKED, PAYER} & {"333333333333"} == set()


@pytest.mark.parametrize("given", [{"Granularity": "DAILY"}, {"GroupBy": by("SUBSCRIPTION_ID")}, {"Filter": only("REGION", "us-east-1")}])
def test_what_it_cannot_be_asked_for(served: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        served.get_reservation_coverage(**{"TimePeriod": last(10), "GroupBy": GROUPS, "Filter": only("SERVICE", RDS), **given})


def test_the_shapes_are_botocores() -> None:
    asked = {"TimePeriod": last(10), "GroupBy": GROUPS, "Filter": only("SERVICE", RDS)}
    assert_shaped("GetReservationCoverage", reservation_coverage(LEDGER, asked, TODAY, 1))
    assert_shaped("GetReservationCoverage", reservation_coverage(Ledger(), asked, TODAY, 1))
