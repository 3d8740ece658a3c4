"""The account's own rates, at every boundary: which days tell one, what is refused and why, and what they are held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs.rates import AT_LIST, rates
from functions.core.costs.rows import Answers, CostRow, Window
from functions.core.prices.book import Prices
from tests.functions.core.costs.made_rows import START
from tests.functions.core.costs.made_rows import row as made_row

OTHER, VPC = "EC2 - Other", "Amazon Virtual Private Cloud"
GP3, LIST = "EBS:VolumeUsage.gp3", 0.08
WINDOW = Window(START, START + timedelta(30), None, START)


def days(*costs: float, keys: Sequence[str] = (OTHER, GP3), quantity: float = 100.0, unit: str = "GB-Mo", **more: Any) -> list[CostRow]:
    """A row for each day, of the same quantity; net as unblended unless it is given."""
    currency = more.pop("currency", "USD")
    return [
        replace(made_row(*keys, unblended=cost, quantity=quantity, day=START + timedelta(number), **more), unit=unit, currency=currency)
        for number, cost in enumerate(costs)
    ]


def of(*priced: CostRow, by_operation: Sequence[CostRow] = (), **given: Any) -> dict[str, Any]:
    return rates(Answers(window=WINDOW, priced=priced, priced_by_operation=tuple(by_operation), **given))


def one(*priced: CostRow, by_operation: Sequence[CostRow] = ()) -> dict[str, Any]:
    (row,) = of(*priced, by_operation=by_operation)["rows"]
    assert isinstance(row, dict)
    return row


def test_a_row_says_what_was_used_paid_and_found() -> None:
    assert one(*days(7.04, 7.04, 7.04)) == {
        "usage_type": GP3,
        "operation": "",
        "service": OTHER,
        "region": "us-east-1",
        "unit": "GB-Mo",
        "quantity": pytest.approx(300 * 730 / 720, abs=1e-6),
        "cost": pytest.approx(21.12 * 730 / 720, abs=1e-4),
        "own": pytest.approx(0.0704),
        "list": LIST,
        "discount": 0.12,
        "days": 3,
        "agreeing": 3,
        "refused": "",
        "book": [["AmazonEBS", "volume.gp3", 1.0]],
    }


@pytest.mark.parametrize(
    ("costs", "own", "paid", "agreeing"),
    [
        ([6.0, 6.0, 6.0], 0.06, 3, 3),
        ([0, 0, 0, 6.0, 6.0, 6.0], 0.06, 3, 3),  # the free tier is eaten in a month's first days
        ([0, 1.5, 6.0, 6.0, 6.0], 0.06, 4, 3),  # and ends within a day
        ([6.0, 6.0, 7.0, 7.0, 7.0], 0.07, 5, 3),
        ([5.0, 6.0, 6.0, 7.0], 0.06, 4, 2),  # exactly half of them
        ([6.0, 6.0, 6.029], 0.06, 3, 3),
        ([6.0, 6.0, 6.031], 0.06, 3, 2),
        ([6.0, 6.0, 5.971], 0.06, 3, 3),
        ([-3.0, 6.0, 6.0, 6.0], 0.06, 3, 3),  # a correction
    ],
)
def test_the_rate_is_the_median_of_the_days_that_cost_something(costs: list[float], own: float, paid: int, agreeing: int) -> None:
    row = one(*days(*costs))
    assert (row["own"], row["days"], row["agreeing"], row["refused"]) == (pytest.approx(own), paid, agreeing, "")


@pytest.mark.parametrize(
    ("costs", "why"),
    [
        ([6.0], "only 1 day cost something, of 3 that it takes"),
        ([6.0, 0, 6.0, 0], "only 2 days cost something, of 3 that it takes"),
        ([6.0, 6.0, 7.0, 7.0], "its days do not agree: from 0.06 to 0.07, a mixture of tiers or prices"),
        ([5.0, 6.0, 7.0], "its days do not agree: from 0.05 to 0.07, a mixture of tiers or prices"),
        ([5.0, 6.0, 6.0, 7.0, 8.0], "its days do not agree: from 0.05 to 0.08, a mixture of tiers or prices"),
        ([0.0016, 0.0016, 0.00179], "it cost less than half a cent, of which no rate can be told"),
        ([0.001], "it cost less than half a cent, of which no rate can be told"),
    ],
)
def test_days_that_tell_no_rate(costs: list[float], why: str) -> None:
    row = one(*days(*costs))
    assert (row["own"], row["discount"], row["list"], row["refused"]) == (None, None, LIST, why)


def test_half_a_cent_is_enough() -> None:
    assert one(*days(0.00125, 0.00125, 0.00125, 0.00125))["own"] == pytest.approx(0.0000125)


@pytest.mark.parametrize("costs", [[0, 0, 0, 0], [-1.0, -1.0, -1.0], [3.0, 3.0, 3.0, -9.0], []])
def test_what_cost_nothing_is_no_row(costs: list[float]) -> None:
    assert of(*days(*costs))["rows"] == []


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        ("GB-Mo", ""),
        ("GB-month", ""),
        ("", ""),  # not told, and a GB-month is counted in one way only
        ("Hrs", "its unit is Hrs, and a list price is for a GB-month"),
    ],
)
def test_the_unit_must_be_one_of_the_price_books(unit: str, why: str) -> None:
    row = one(*days(6.0, 6.0, 6.0, unit=unit))
    assert (row["unit"], row["refused"], row["own"]) == (unit, why, None if why else pytest.approx(0.06))
    assert row["book"] == ([] if why else [["AmazonEBS", "volume.gp3", 1.0]])


def test_several_units_make_no_rate_and_a_free_day_without_one_does_not_matter() -> None:
    mixed = one(*days(6.0, 6.0, 6.0), *days(6.0, unit="Hrs"))
    assert (mixed["own"], mixed["unit"], mixed["refused"]) == (None, "", "it is billed in several units: GB-Mo, Hrs")
    assert one(*days(6.0, 6.0, 6.0), *days(0.0, unit=""))["unit"] == "GB-Mo"


def test_a_usage_type_without_a_key_has_a_rate_in_whatever_unit() -> None:
    row = one(*days(5.0, 5.0, 5.0, keys=(VPC, "EU-VPN-Usage-Hours:ipsec.1"), unit="Fortnights"))
    assert (row["own"], row["list"], row["discount"], row["refused"], row["book"]) == (0.05, None, None, "", [])


@pytest.mark.parametrize(
    ("usage_type", "why"),
    [
        ("EUW2-SpotUsage:m5.large", "the price of Spot changes all the time"),
        ("HeavyUsage:m5.large", "it is the fee of a reservation"),
        ("EBS:SnapshotArchiveEarlyDelete", "it is billed once, for time that was not used"),
        ("USE1-DataTransfer-Out-Bytes", "it has a price for each pair of places"),
        ("DataTransfer-Regional-Bytes", "it has a price for each pair of places"),
        ("EUC1-AWS-Out-Bytes", "it has a price for each pair of places"),
    ],
)
def test_what_never_has_a_rate(usage_type: str, why: str) -> None:
    row = one(*days(6.0, 6.0, 6.0, keys=(OTHER, usage_type)))
    assert (row["own"], row["discount"], row["refused"]) == (None, None, why)


@pytest.mark.parametrize(
    ("usage_type", "unit", "own", "factor", "listed"),
    [
        ("EBS:VolumeP-Throughput.gp3", "GiBps-mo", 40.96, 1 / 1024, 40.96),
        ("EBS:VolumeP-Throughput.gp3", "MiBps-mo", 0.04, 1.0, 0.04),
        ("EBS:VolumeIOUsage", "IOs", 5e-8, 1e6, 5e-8),
    ],
)
def test_own_and_list_are_in_the_unit_of_the_bill(usage_type: str, unit: str, own: float, factor: float, listed: float) -> None:
    cost = 0.9 * own * 1e6
    row = one(*days(cost, cost, cost, keys=(OTHER, usage_type), quantity=1e6, unit=unit))
    assert (row["own"], row["list"], row["discount"]) == (pytest.approx(0.9 * own), pytest.approx(listed), 0.1)
    assert [found[2] for found in row["book"]] == [pytest.approx(factor)]


def test_throughput_whose_unit_is_not_told_may_be_either_and_is_refused() -> None:
    row = one(*days(4.0, 4.0, 4.0, keys=(OTHER, "EBS:VolumeP-Throughput.gp3"), unit=""))
    assert (row["own"], row["book"], row["refused"]) == (None, [], "its unit is not told, and a list price is for a MiBps-month")


@pytest.mark.parametrize(
    ("off", "at_list"), [(0.9 * AT_LIST, True), (-0.9 * AT_LIST, True), (1.1 * AT_LIST, False), (-1.1 * AT_LIST, False)]
)
def test_a_rate_nearest_to_list_is_list(off: float, at_list: bool) -> None:
    cost = 100 * LIST * (1 - off)
    row = one(*days(cost, cost, cost))
    assert (row["own"] == LIST) is at_list
    assert row["own"] == pytest.approx(LIST if at_list else LIST * (1 - off))


@pytest.mark.parametrize(("share", "discount"), [(0.88, 0.12), (0.92, 0.08), (1.0, 0.0), (1.25, -0.25)])
def test_the_discount_is_against_list_and_may_be_less_than_none(share: float, discount: float) -> None:
    cost = share * 100 * LIST
    assert one(*days(cost, cost, cost))["discount"] == discount


def test_a_region_that_is_named_twice_is_one_line_by_day() -> None:
    row = one(*days(8.0, 8.0, 8.0), *days(8.0, 8.0, 8.0, keys=(OTHER, f"USE1-{GP3}")))
    assert (row["own"], row["days"], row["quantity"]) == (LIST, 3, pytest.approx(600 * 730 / 720, abs=1e-6))


def each_day(paid: Iterable[tuple[float, float]]) -> list[CostRow]:
    """A row a day of these costs and quantities."""
    return [
        replace(day, period_start=START + timedelta(number))
        for number, (cost, quantity) in enumerate(paid)
        for day in days(cost, quantity=quantity)
    ]


PER_DAY = st.lists(st.floats(0.1, 1e5), min_size=3, max_size=30)


@given(PER_DAY)
def test_days_at_list_price_give_exactly_that(quantities: list[float]) -> None:
    row = one(*each_day((quantity * LIST, quantity) for quantity in quantities))
    assert (row["own"], row["discount"], row["agreeing"]) == (LIST, 0.0, len(quantities))


@given(PER_DAY)
def test_twelve_per_cent_off_every_day_are_twelve_per_cent_off_the_rate(quantities: list[float]) -> None:
    row = one(*each_day((0.88 * quantity * LIST, quantity) for quantity in quantities))
    assert (row["own"], row["discount"]) == (pytest.approx(0.88 * LIST, rel=1e-9), 0.12)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=20), st.lists(st.floats(0, 1e6), max_size=20))
def test_free_days_never_change_a_rate(costs: list[float], free: list[float]) -> None:
    paid = [(cost, 100.0) for cost in costs]
    without = one(*each_day(paid))
    row = one(*each_day([*((0.0, quantity) for quantity in free), *paid]))
    assert {**row, "quantity": without["quantity"]} == without


def test_the_largest_cost_comes_first() -> None:
    made = of(*days(1.0, 1.0, keys=(OTHER, GP3)), *days(3.0, 3.0, 3.0, keys=(OTHER, f"EU-{GP3}")), *days(2.0, 2.0, 2.0, keys=(VPC, "x")))
    assert [row["cost"] for row in made["rows"]] == [pytest.approx(cost * 730 / 720, abs=1e-4) for cost in (9, 6, 2)]


def test_prices_are_those_of_the_usage_and_asked_for_once_a_region() -> None:
    asked = []

    def prices_in(region: str) -> Prices:
        asked.append(region)
        return Prices(region, lambda service, _: {"volume.gp3": (0.5, "GB-month", "x", "2999-01-01")} if service == "AmazonEBS" else {})

    rows = (*days(6.0, 6.0, 6.0), *days(6.0, 6.0, 6.0, keys=(OTHER, "EBS:VolumeUsage.gp2")), *days(6.0, keys=(OTHER, f"EU-{GP3}")))
    found = {(row["region"], row["usage_type"]): row["list"] for row in rates(Answers(window=WINDOW, priced=rows), prices_in)["rows"]}
    assert found == {("us-east-1", GP3): 0.5, ("us-east-1", "EBS:VolumeUsage.gp2"): 0.1, ("eu-west-1", GP3): 0.5}
    assert sorted(asked) == ["eu-west-1", "us-east-1"]
