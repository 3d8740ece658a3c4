"""GetCostAndUsage through boto3: groups, metrics, months and days, filters, pages, and AWS's shape of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops.embedded.cost_explorer.answers import cost_and_usage, text
from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.cost_explorer.ledger import Ledger
from tests.finops.asking import EC2, LINKED, PAYER, RDS, TODAY, ago, assert_shaped, by, last, only, row, serving

S3 = "Amazon Simple Storage Service"
LEDGER = Ledger(
    (
        row(ago(3), 10.0, quantity=24.0, unit="Hrs", until=TODAY),
        row(ago(2), 4.0, amortized=3.0, account=LINKED, service=RDS, usage_type="InstanceUsage:db.m5.large", quantity=24.0, unit="Hrs"),
        row(ago(2), -1.0, record_type="Credit"),
        row(ago(1), 2.0, service=S3, usage_type="TimedStorage-ByteHrs", quantity=90.0, unit="GB-Mo"),
        row(ago(40), 7.0, net_unblended=6.0, net_amortized=5.0),
        row(ago(50), 2.4, operation="RunInstances"),
        row(ago(50), 4.6, operation="RunInstances:0002"),
        row(ago(50), 0.5, usage_type="DataTransfer-Out-Bytes"),
    )
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Any, CostControl]]:
    with serving(LEDGER) as (client, control, _):
        yield client(), control


def groups_of(answer: Any, metric: str = "UnblendedCost") -> list[dict[tuple[str, ...], float]]:
    return [
        {tuple(group["Keys"]): float(group["Metrics"][metric]["Amount"]) for group in part["Groups"]} for part in answer["ResultsByTime"]
    ]


def test_days_by_service_and_account(served: tuple[Any, CostControl]) -> None:
    answer = served[0].get_cost_and_usage(
        TimePeriod=last(4), Granularity="DAILY", Metrics=["UnblendedCost", "AmortizedCost"], GroupBy=by("SERVICE", "LINKED_ACCOUNT")
    )
    assert groups_of(answer) == [
        {},
        {(EC2, PAYER): 10.0},
        {(EC2, PAYER): 9.0, (RDS, LINKED): 4.0},
        {(EC2, PAYER): 10.0, (S3, PAYER): 2.0},
    ]
    assert groups_of(answer, "AmortizedCost")[2] == {(EC2, PAYER): 9.0, (RDS, LINKED): 3.0}
    assert [part["TimePeriod"]["Start"] for part in answer["ResultsByTime"]] == [ago(days).isoformat() for days in (4, 3, 2, 1)]
    assert answer["GroupDefinitions"] == by("SERVICE", "LINKED_ACCOUNT")
    assert [part["Value"] for part in answer["DimensionValueAttributes"]] == [PAYER, LINKED]
    assert all(part["Total"] == {} and part["Estimated"] for part in answer["ResultsByTime"])


def test_months_are_cut_and_the_closed_ones_are_no_estimate(served: tuple[Any, CostControl]) -> None:
    period = {"Start": "2026-10-10", "End": "2026-11-24"}
    answer = served[0].get_cost_and_usage(
        TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost", "NetUnblendedCost", "NetAmortizedCost"]
    )
    october, november = answer["ResultsByTime"]
    assert (october["TimePeriod"], november["TimePeriod"]) == (
        {"Start": "2026-10-10", "End": "2026-11-01"},
        {"Start": "2026-11-01", "End": "2026-11-24"},
    )
    assert {name: metric["Amount"] for name, metric in october["Total"].items()} == {
        "UnblendedCost": "7",
        "NetUnblendedCost": "6",
        "NetAmortizedCost": "5",
    }
    assert november["Total"]["UnblendedCost"] == {"Amount": "35", "Unit": "USD"}
    assert (october["Estimated"], november["Estimated"]) == (False, True)
    assert october["Groups"] == []


@pytest.mark.parametrize(("today", "estimated"), [(date(2026, 11, 5), True), (date(2026, 11, 6), False)])
def test_a_month_is_an_estimate_until_five_days_after_its_end(today: date, estimated: bool) -> None:
    request = {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    assert cost_and_usage(LEDGER, request, today, 10)["ResultsByTime"][0]["Estimated"] is estimated


def test_filters_and_quantities_in_their_unit(served: tuple[Any, CostControl]) -> None:
    def quantity(**more: Any) -> Any:
        answer = served[0].get_cost_and_usage(TimePeriod=last(4), Granularity="MONTHLY", Metrics=["UsageQuantity"], **more)
        return answer["ResultsByTime"][0]["Total"]["UsageQuantity"]

    assert quantity(Filter=only("SERVICE", RDS)) == {"Amount": "24", "Unit": "Hrs"}
    assert quantity(Filter={"Not": only("RECORD_TYPE", "Credit")}) == {"Amount": "186", "Unit": "N/A"}
    assert quantity(Filter={"And": [only("LINKED_ACCOUNT", PAYER), only("REGION", "eu-west-1")]})["Amount"] == "0"


def test_usage_types_by_operation(served: tuple[Any, CostControl]) -> None:
    def asked(**more: Any) -> dict[tuple[str, ...], float]:
        day = {"Start": ago(50).isoformat(), "End": ago(49).isoformat()}
        answer = served[0].get_cost_and_usage(
            TimePeriod=day, Granularity="DAILY", Metrics=["UnblendedCost"], GroupBy=by("USAGE_TYPE", "OPERATION"), **more
        )
        return groups_of(answer)[0]

    windows, none = {("BoxUsage:m5.large", "RunInstances:0002"): 4.6}, {("DataTransfer-Out-Bytes", "NoOperation"): 0.5}
    assert asked() == {("BoxUsage:m5.large", "RunInstances"): 2.4, **windows, **none}
    assert asked(Filter=only("OPERATION", "RunInstances:0002")) == windows
    assert asked(Filter=only("OPERATION", "NoOperation")) == none
    with pytest.raises(ClientError, match="GroupBy has at most 2 groups"):
        served[0].get_cost_and_usage(
            TimePeriod=last(4), Granularity="DAILY", Metrics=["UnblendedCost"], GroupBy=by("SERVICE", "USAGE_TYPE", "OPERATION")
        )


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_together_are_the_whole(served: tuple[Any, CostControl], size: int) -> None:
    client, control = served
    asked = {"TimePeriod": last(4), "Granularity": "DAILY", "Metrics": ["UnblendedCost"], "GroupBy": by("SERVICE", "LINKED_ACCOUNT")}
    whole = {
        (part["TimePeriod"]["Start"], tuple(group["Keys"]))
        for part in client.get_cost_and_usage(**asked)["ResultsByTime"]
        for group in part["Groups"]
    }
    control.page_size(size)
    seen: list[tuple[str, tuple[str, ...]]] = []
    pages, token = 0, dict[str, str]()
    while True:
        answer = client.get_cost_and_usage(**asked, **token)
        pages += 1
        seen += [(part["TimePeriod"]["Start"], tuple(group["Keys"])) for part in answer["ResultsByTime"] for group in part["Groups"]]
        if "NextPageToken" not in answer:
            break
        token = {"NextPageToken": answer["NextPageToken"]}
    control.page_size(5_000)
    assert (len(seen), set(seen)) == (len(whole), whole)
    assert pages == -(-6 // size)  # five groups, and the day without one


@pytest.mark.parametrize("metrics", [["UnblendedCosts"], ["UNBLENDED_COST"], []])
def test_a_metric_that_is_none_is_refused(served: tuple[Any, CostControl], metrics: list[str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        served[0].get_cost_and_usage(TimePeriod=last(4), Granularity="DAILY", Metrics=metrics)


@pytest.mark.parametrize(
    "keys", [(), ("SERVICE",), ("USAGE_TYPE", "RECORD_TYPE"), ("INSTANCE_TYPE", "PURCHASE_TYPE"), ("USAGE_TYPE", "OPERATION")]
)
def test_the_shape_is_botocores(keys: tuple[str, ...]) -> None:
    request = {"TimePeriod": last(60), "Granularity": "DAILY", "Metrics": ["UnblendedCost", "UsageQuantity"], "GroupBy": by(*keys)}
    answer = cost_and_usage(LEDGER, request, TODAY, 3)
    assert_shaped("GetCostAndUsage", answer)
    with pytest.raises(AssertionError):
        assert_shaped("GetCostAndUsage", {**answer, "Colour": "red"})


def test_an_empty_ledger_has_days_without_groups() -> None:
    answer = cost_and_usage(
        Ledger(), {"TimePeriod": last(3), "Granularity": "DAILY", "Metrics": ["UnblendedCost"], "GroupBy": by("SERVICE")}, TODAY, 10
    )
    assert groups_of(answer) == [{}, {}, {}]


@pytest.mark.parametrize(
    ("amount", "written"), [(0.0, "0"), (-0.0, "0"), (1200.0, "1200"), (-0.5, "-0.5"), (1 / 3, "0.3333333333"), (-1e-12, "0")]
)
def test_numbers_are_text(amount: float, written: str) -> None:
    assert text(amount) == written
