"""Quantities at list prices: every line says where its price is from, and nothing without a price counts as free."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from functions.core.meter import sweep_cost
from functions.core.meter.quantities import Quantities

MILLION = Quantities(
    transitions=1e6, express_requests=1e6, express_gb_hours=100, invocations=1e6, gb_seconds=1e6, s3_puts=1e6, s3_gets=1e6,
    scan_lists=1e6, scan_gets=1e6, metrics=1e6, cost_explorer=100, reads=1e6, writes=1e6,
)  # fmt: skip


def test_each_quantity_has_its_list_price_in_us_east_1() -> None:
    """By hand from the price book: $25 a million transitions, $0.20 a million Lambda requests, $5 a million puts, and so on."""
    made = sweep_cost.priced(MILLION, "us-east-1", 0)
    assert {line["what"]: line["usd"] for line in made["lines"]} == {
        "Step Functions transitions": 25.0,
        "Lambda duration": 13.3334,
        "CloudWatch GetMetricData": 10.0,
        "Step Functions EXPRESS duration": 6.0012,
        "S3 LIST requests of scans": 5.0,
        "S3 PUT and LIST requests": 5.0,
        "Cost Explorer": 1.0,
        "Step Functions EXPRESS requests": 1.0,
        "DynamoDB writes": 0.625,
        "S3 GET requests": 0.4,
        "S3 GET requests of scans": 0.4,
        "Lambda requests": 0.2,
        "DynamoDB reads": 0.125,
    }
    assert [line["usd"] for line in made["lines"]] == sorted((line["usd"] for line in made["lines"]), reverse=True)
    assert made["usd"] == pytest.approx(68.0846)
    assert made["unpriced"] == []


def test_every_line_says_where_its_price_is_from() -> None:
    sources = {line["what"]: line["source"] for line in sweep_cost.priced(MILLION, "eu-west-1", 1)["lines"]}
    assert sources["CloudWatch GetMetricData"].startswith("$0.01 per 1000-metrics, eu-west-1: ")
    assert sources["Cost Explorer"].startswith("$0.01 per request, us-east-1 instead of eu-west-1: ")
    assert all("20" in source.rpartition(",")[2] for source in sources.values()), "each has a date"


@pytest.mark.parametrize("region", ["cn-north-1", "eusc-de-east-1", "us-gov-west-1"])
def test_in_another_partition_no_rate_of_ours_stands_in(region: str) -> None:
    made = sweep_cost.priced(MILLION, region, 100)
    assert all(f", {region}: " in line["source"] for line in made["lines"])
    assert len(made["lines"]) + len(made["unpriced"]) == 13
    assert "Cost Explorer" in {line["what"] for line in made["unpriced"]}


@pytest.mark.parametrize(
    ("cost", "known"),
    [(None, False), ({"usd": 0.0, "unpriced": [{}]}, False), ({"usd": 0.1, "unpriced": [{}]}, True), ({"usd": 0.0, "unpriced": 0}, True)],
)
def test_a_sum_of_nothing_that_has_a_price_is_not_known(cost: dict[str, Any] | None, known: bool) -> None:
    assert sweep_cost.known(cost) is known


def test_what_was_not_used_is_no_line() -> None:
    assert sweep_cost.priced(Quantities(metrics=1), "us-east-1", 1)["lines"] == [
        {
            "what": "CloudWatch GetMetricData",
            "quantity": 1,
            "unit": "metrics",
            "usd": 0.00001,
            "source": sweep_cost.priced(MILLION, "us-east-1", 1)["lines"][2]["source"],
        }
    ]


def test_the_answers_of_a_model_are_a_line_and_those_without_a_price_are_said() -> None:
    made = sweep_cost.priced(Quantities(tokens=3000, bedrock_usd=0.004, bedrock_unpriced=2), "us-east-1", 1)
    assert (made["usd"], made["lines"][0]["what"], made["lines"][0]["quantity"]) == (0.004, "Bedrock answers", 3000)
    assert made["unpriced"] == [{"what": "Bedrock answers of a model without a known price", "quantity": 2, "unit": "answers"}]


@pytest.mark.parametrize(("resources", "per_thousand"), [(0, None), (500, 0.02), (1000, 0.01)])
def test_the_price_of_a_thousand_resources(resources: int, per_thousand: float | None) -> None:
    assert sweep_cost.priced(Quantities(metrics=1000), "us-east-1", resources)["per_1000_resources_usd"] == per_thousand


def test_every_quantity_is_priced_and_every_line_has_a_lever() -> None:
    names = {field.name for field in dataclasses.fields(Quantities)}
    assert {item.quantity for item in sweep_cost.ITEMS} == names - {"tokens", "bedrock_usd", "bedrock_unpriced"}
    assert all(item.lever for item in sweep_cost.ITEMS)
    assert set(sweep_cost.LEVERS) == {item.what for item in sweep_cost.ITEMS} | {sweep_cost.BEDROCK}
