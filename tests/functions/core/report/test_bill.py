"""The bill's tables: that they add up, whatever their length, and what stands in a row."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report.bill import ROWS, Bill
from tests.functions.core.report import bills


@pytest.mark.parametrize("accounts", [1, ROWS, ROWS + 1, 40])
def test_every_table_adds_up_to_what_was_paid(accounts: int) -> None:
    bill = Bill(bills.bill(accounts))
    tables = [bill.services, *(table for _, table in bill.places)]
    for table in tables:
        for name in ("amortized", "unblended"):
            assert sum(row[name] for row in table["rows"]) == pytest.approx(bill.of[name], abs=0.01)
            assert table["total"][name] == pytest.approx(bill.of[name], abs=0.01)
        assert len(table["rows"]) <= ROWS + 1
        assert table["rows"][0]["share"] in (100.0, table["rows"][0]["share"])
        assert max(row["share"] for row in table["rows"]) == 100
    assert sum(day["amortized"] for day in bill.of["daily"]) == pytest.approx(bill.of["amortized"], abs=0.01)
    before = sum(row["before"] for row in bill.services["rows"])
    assert before == pytest.approx(sum(row["before"] for row in bill.places[0][1]["rows"]), abs=0.01)
    assert sum(row["monthly"] for row in bill.blind_spot["rows"]) == pytest.approx(bill.blind_spot["monthly"], abs=0.01)


@pytest.mark.parametrize(("accounts", "last"), [(ROWS, None), (ROWS + 1, "1 other"), (ROWS + 2, "2 others"), (1210, "1,200 others")])
def test_the_others_are_one_row(accounts: int, last: str | None) -> None:
    table = Bill(bills.bill(accounts)).places[0][1]
    assert [row["name"] for row in table["rows"] if row["rest"]] == ([last] if last else [])


def test_a_services_row_says_who_looks_at_it_and_its_discount() -> None:
    rows = {row["name"]: row for row in Bill(bills.bill()).services["rows"]}
    assert (rows[bills.EC2]["scanned"], rows[bills.EC2]["discount"]) == (1, 0.27)
    assert (rows["AmazonCloudWatch"]["scanned"], rows["AmazonCloudWatch"]["discount"]) == (0, None)
    assert (rows["4 others"]["scanned"], rows["4 others"]["discount"], len(rows["4 others"]["entries"])) == (0, None, 4)


def test_the_fee_of_the_plans_is_not_blind() -> None:
    fee = bills.bill(1)["by_service"][0] | {"service": "Savings Plans for AWS Compute usage", "scanned": False}
    rows = {row["name"]: row["blind"] for row in Bill(bills.bill(1, by_service=[fee, *bills.bill(1)["by_service"]])).services["rows"]}
    assert (rows[fee["service"]], rows[bills.EC2], rows["AmazonCloudWatch"]) == (False, False, True)


def test_the_discounts_sources_are_said_once_and_only_of_what_is_shown() -> None:
    assert Bill(bills.bill()).discount_sources == ["amortised dollars against on-demand rates"]
    without = [row | {"discount": None} for row in bills.bill()["by_service"]]
    assert Bill(bills.bill(by_service=without)).discount_sources == []


def test_the_window_ends_on_the_day_before_its_end() -> None:
    assert Bill(bills.bill()).last_day == "2026-11-23"


@pytest.mark.parametrize(
    ("bill", "there", "empty"),
    [(bills.bill(1), True, False), (bills.new_account(), True, True), (bills.bill(1, by_service=[]), True, False)],
)
def test_a_bill_without_any_row_is_empty(bill: dict[str, Any], there: bool, empty: bool) -> None:
    assert (Bill(bill).there, Bill(bill).empty) == (there, empty)


@pytest.mark.parametrize(("reason", "said"), [("Denied. ", "Denied"), ("", "no reason was given"), ("…: no", "…: no")])
def test_a_reason_stands_in_a_sentence(reason: str, said: str) -> None:
    assert (Bill(bills.none(reason)).there, Bill(bills.none(reason)).reason) == (False, said)


@pytest.mark.parametrize(("explained", "share"), [(None, None), ({"share": None}, None), ({"share": 0.5}, 0.5)])
def test_what_the_findings_explain_may_be_unknown(explained: dict[str, Any] | None, share: float | None) -> None:
    assert Bill(bills.bill(1, explained=explained)).share == share


def test_a_negative_amount_has_no_bar_and_is_in_the_sum() -> None:
    rows = [{"region": "us-east-1", "amortized": 10.0, "unblended": 10.0}, {"region": "NoRegion", "amortized": -4.0, "unblended": -4.0}]
    table = Bill(bills.bill(1, by_region=rows)).places[1][1]
    assert [row["share"] for row in table["rows"]] == [100.0, 0.0]
    assert table["total"]["amortized"] == 6


def test_the_first_anomalies_are_shown() -> None:
    many = [{"service": f"s{number}"} for number in range(ROWS + 3)]
    assert Bill(bills.bill(1, anomalies=many)).anomalies == many[:ROWS]


@pytest.mark.parametrize("bill", [bills.bill(1), bills.bill(1, rates=None), bills.none("no")])
def test_a_bill_of_an_older_run_tells_no_own_rates(bill: dict[str, Any]) -> None:
    assert Bill(bill).own_rates is None


def test_a_bill_tells_its_own_rates() -> None:
    rates = Bill(bills.bill(1, rates=bills.rates(bills.rate("A"), currency="CNY"))).own_rates
    assert rates is not None
    assert (rates.currency, len(rates.used)) == ("CNY", 1)


def test_a_service_that_is_looked_at_in_part_says_so_and_the_blind_spot_names_the_part() -> None:
    bill = Bill(bills.bill())
    row = next(row for row in bill.services["rows"] if row["name"] == bills.EC2_OTHER)
    assert (row["scanned"], row["partly"], row["blind"]) == (1, True, False)
    assert f"{bills.EC2_OTHER}: DataTransfer-Regional-Bytes" in {row["name"] for row in bill.blind_spot["rows"]}
    assert bill.blind_spot["where"].endswith("services and 1 usage type of others")
    assert Bill(bills.new_account()).blind_spot["where"] == ""


def test_what_is_said_for_each_region_is_a_table_for_each_thing() -> None:
    told = [{"what": what, "region": "us-east-1", "count": 2.5, "monthly": 9.13} for what in ("Addresses", "Others")]
    tables = Bill(bills.bill(by_the_hour=told)).by_the_hour
    assert [(table["what"], [(row["name"], row["count"], row["monthly"]) for row in table["rows"]]) for table in tables] == [
        ("Addresses", [("us-east-1", 2.5, 9.13)]),
        ("Others", [("us-east-1", 2.5, 9.13)]),
    ]
    older = bills.bill()
    del older["by_the_hour"]
    assert Bill(older).by_the_hour == []
