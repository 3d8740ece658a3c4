"""The rates of a real bill of three months, as Cost Explorer would sum its lines up, against the rates that the bill itself states.

It has free tiers, Spot, two platforms, and no discount at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from functions.core.costs.discounts import discounts
from functions.core.costs.rates import rates
from functions.core.costs.rows import Answers, CostRow, Window
from functions.core.prices.products import by_operation
from tests.recorded import table

COMPUTE, OTHER, RDS = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other", "Amazon Relational Database Service"
START, END = date(2018, 10, 1), date(2019, 1, 1)
Group = tuple[str, str, str]
"""Service as Cost Explorer calls it, usage type as the bill has it, operation ("" for all of them)."""


def service(line: Mapping[str, str]) -> str:
    """Other products keep the bill's code: no scanner looks at them."""
    if line["product"] == "AmazonRDS":
        return RDS
    if line["product"] != "AmazonEC2":
        return line["product"]
    return COMPUTE if line["usage_type"].startswith(("BoxUsage", "SpotUsage")) else OTHER


@cache
def lines() -> tuple[Mapping[str, str], ...]:
    return tuple({**line, "service": service(line)} for line in table("workshop_bill_2018", "usage_by_day"))


def summed(start: date, end: date, *by: str) -> tuple[CostRow, ...]:
    sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    units: dict[tuple[str, ...], str] = {}
    for line in lines():
        if start.isoformat() <= line["day"] < end.isoformat() and ("operation" not in by or line["service"] in by_operation()):
            keys = (line["day"], *(line[name] for name in by))
            sums[keys][0] += float(line["cost"])
            sums[keys][1] += float(line["quantity"])
            units[keys] = units.get(keys) or line["unit"]
    return tuple(
        CostRow(
            date.fromisoformat(day), date.fromisoformat(day) + timedelta(1), keys, cost, cost, cost, quantity, units[(day, *keys)], "USD"
        )
        for (day, *names), (cost, quantity) in sums.items()
        for keys in (tuple(names),)
    )


def answers(start: date = START, end: date = END) -> Answers:
    return Answers(
        window=Window(start, end, None, start),
        priced=summed(start, end, "service", "usage_type"),
        priced_by_operation=summed(start, end, "usage_type", "operation"),
    )


def found(start: date = START, end: date = END) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = rates(answers(start, end))["rows"]
    return rows


def stated(row: Mapping[str, Any]) -> float:
    """The one rate that the lines of the bill state for a row, where something was paid."""
    (rate,) = {
        float(line["rate"])
        for line in lines()
        if line["service"] == row["service"] and line["usage_type"].endswith(row["usage_type"]) and line["rate"]
        if row["operation"] in ("", line["operation"])
    }
    return rate


PAIRS, A_DAY, SPOT, TOO_LITTLE = (
    "it has a price for each pair of places",
    "only 1 day cost something, of 3 that it takes",
    "the price of Spot changes all the time",
    "it cost less than half a cent, of which no rate can be told",
)


def test_every_rate_is_the_one_that_the_bill_states() -> None:
    """22 groups of at least half a cent, most of them to the last digit that a line of the bill has."""
    own = {(row["service"], row["usage_type"], row["operation"], row["region"]): row for row in found() if row["own"] is not None}
    assert len(own) == 22
    assert {key: row["own"] for key, row in own.items()} == {key: pytest.approx(stated(row), rel=1e-7) for key, row in own.items()}
    assert {key for key, row in own.items() if row["list"] is not None} == {
        (RDS, "InstanceUsage:db.r4.large", "CreateDBInstance:0016", "us-east-1"),
        (RDS, "Multi-AZUsage:db.m4.large", "CreateDBInstance:0018", "us-east-1"),
        (RDS, "RDS:Multi-AZ-PIOPS", "", "us-east-1"),
        (RDS, "RDS:Multi-AZ-PIOPS-Storage", "", "us-east-1"),
        (RDS, "RDS:ChargedBackupUsage", "", "us-east-2"),
        (RDS, "Aurora:StorageIOUsage", "", "us-east-1"),
        (COMPUTE, "BoxUsage:t2.large", "RunInstances", "us-east-1"),
        (COMPUTE, "BoxUsage:t2.micro", "RunInstances", "us-east-1"),
        (COMPUTE, "BoxUsage:c5.large", "RunInstances", "us-east-1"),
        (COMPUTE, "BoxUsage:m4.xlarge", "RunInstances", "us-east-1"),
        (OTHER, "EBS:VolumeUsage.gp2", "", "us-east-1"),
    }


def test_what_has_a_list_price_was_paid_at_it() -> None:
    """The bill has no discount, and the book is that of today: none of these prices changed since."""
    listed = [row for row in found() if row["own"] is not None and row["list"] is not None]
    assert [(row["usage_type"], row["own"], row["discount"]) for row in listed] == [(row["usage_type"], row["list"], 0.0) for row in listed]


def test_a_free_tier_is_no_discount_of_its_service() -> None:
    """The sum of the window tells 5.5 % of gp2 storage."""
    (gp2,) = (row for row in found() if row["usage_type"] == "EBS:VolumeUsage.gp2")
    assert gp2["cost"] / gp2["quantity"] == pytest.approx(0.0945, abs=1e-4)
    assert gp2["own"] == 0.1
    shares = {name: of.share for name, of in discounts(answers(), dict.fromkeys((COMPUTE, OTHER, RDS), (100.0, 100.0)), found()).items()}
    assert shares == {COMPUTE: 0.0, OTHER: 0.0, RDS: 0.0}


def test_what_tells_no_rate_says_why() -> None:
    refused = {(row["usage_type"], row["region"]): row["refused"] for row in found() if row["own"] is None}
    assert refused == {
        ("SpotUsage:c5.large", "us-east-1"): SPOT,
        ("SpotUsage:m5.large", "us-east-1"): SPOT,
        ("SpotUsage:t2.micro", "us-east-1"): SPOT,
        ("DataTransfer-Regional-Bytes", "us-east-1"): PAIRS,
        ("BoxUsage:t3.micro", "us-east-1"): A_DAY,
        ("BoxUsage:m5.4xlarge", "us-east-1"): A_DAY,
        ("Requests-Tier2", "us-east-1"): TOO_LITTLE,
        ("Requests-Tier2", "us-west-2"): TOO_LITTLE,
        ("Requests-Tier1", "us-west-2"): TOO_LITTLE,
        ("Aurora:StorageUsage", "us-east-1"): TOO_LITTLE,
        ("Event-64K-Chunks", "us-east-1"): TOO_LITTLE,
        ("Event-64K-Chunks", "us-west-1"): TOO_LITTLE,
        ("Event-64K-Chunks", "eu-west-2"): TOO_LITTLE,
    }


@pytest.mark.parametrize("first", range(0, 63, 7))
def test_a_window_of_thirty_days_tells_the_same_wherever_it_begins(first: int) -> None:
    """As a sweep asks: the days of a free tier are in another place of each."""
    start = START + timedelta(first)
    own = [row for row in found(start, start + timedelta(30)) if row["own"] is not None]
    assert len(own) >= 9
    assert [row["own"] for row in own] == [pytest.approx(stated(row), rel=1e-9) for row in own]
