"""The application: whose spend is told, what is handed on to moto, what is counted, and how it fails when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.cost_explorer.front import CostExplorer, today
from finops.embedded.cost_explorer.ledger import Ledger
from tests.finops.asking import LINKED, PAYER, ago, last, row, serving

LEDGER = Ledger((row(ago(1), 10.0), row(ago(1), 3.0, account=LINKED)))


@pytest.fixture
def served() -> Iterator[tuple[Any, CostControl, CostExplorer]]:
    with serving(LEDGER) as made:
        yield made


def spent(client: Any) -> float:
    answer = client.get_cost_and_usage(TimePeriod=last(1), Granularity="DAILY", Metrics=["UnblendedCost"])
    return float(answer["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"])


def test_the_payer_sees_all_and_a_linked_account_its_own(served: Any) -> None:
    client, control, _ = served
    assert (spent(client()), spent(client(LINKED)), spent(client("333333333333"))) == (13.0, 3.0, 0.0)
    control.payer(LINKED)
    assert (spent(client(LINKED)), spent(client(PAYER))) == (13.0, 10.0)


def test_every_request_is_counted_by_operation_also_a_refused_one(served: Any) -> None:
    client, control, _ = served
    spent(client())
    spent(client(LINKED))
    with pytest.raises(ClientError):
        client().get_savings_plans_utilization_details(TimePeriod=last(1))
    assert control.requests() == {"GetCostAndUsage": 2, "GetSavingsPlansUtilizationDetails": 1}
    control.reset_requests()
    assert control.requests() == {}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "User not enabled for cost explorer access"),
        ("DataUnavailableException", "Data is not available"),
        ("ThrottlingException", "Rate exceeded"),
        ("LimitExceededException", "too many calls"),
    ],
)
def test_it_fails_as_often_as_it_is_told_to(served: Any, code: str, words: str) -> None:
    client, control, _ = served
    control.fail(code, times=2)
    for _ in range(2):
        with pytest.raises(ClientError, match=words) as caught:
            spent(client())
        assert caught.value.response["Error"]["Code"] == code
    assert spent(client()) == 13.0
    assert control.requests() == {"GetCostAndUsage": 3}


def test_it_fails_until_it_recovers_and_for_one_operation_only(served: Any) -> None:
    client, control, _ = served
    control.fail("AccessDeniedException", operation="GetReservationUtilization", message="no identity-based policy allows it")
    assert spent(client()) == 13.0
    for _ in range(3):
        with pytest.raises(ClientError, match="no identity-based policy allows it"):
            client().get_reservation_utilization(TimePeriod=last(1))
    control.recover()
    assert client().get_reservation_utilization(TimePeriod=last(1))["Total"]["PurchasedHours"] == "0"


def test_what_it_does_not_know_is_motos(served: Any) -> None:
    client, control, _ = served
    assert client().list_cost_category_definitions()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert control.requests() == {}


def test_the_clock_is_utc() -> None:
    before = datetime.now(UTC).date()
    assert before <= today() <= datetime.now(UTC).date()
