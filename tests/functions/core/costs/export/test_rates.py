"""Own rates from the lines of an export: those that the lines themselves state, in both shapes alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from functions.core.costs import rates as rated
from functions.core.costs.export import manifest, rates, shapes
from functions.core.costs.rows import NoBill
from functions.core.prices.book import Prices
from functions.core.store.bucket import Bucket
from tests.functions.core.costs.export.bucket_of_exports import URI, as_csv, ask, bucket, deliver, recorded, window
from tests.recorded import EXPORTS

STATED = {
    ("Amazon Elastic Compute Cloud - Compute", "us-east-1", "BoxUsage:c5.large", "RunInstances"): 0.085,
    ("Amazon Elastic Compute Cloud - Compute", "us-east-1", "BoxUsage:t2.large", "RunInstances"): 0.0928,
    ("Amazon Relational Database Service", "us-east-2", "RDS:ChargedBackupUsage", ""): 0.095,
    ("EC2 - Other", "us-east-1", "EBS:VolumeUsage.gp2", ""): 0.1,
}
"""What the lines of 2018 state as their rate, of what has three days in this part of the bill."""
NOVEMBER = window("2026-11-01", "2026-11-15")


@pytest.fixture
def holds() -> Iterator[Bucket]:
    with mock_aws():
        yield bucket()


def found(holds: Bucket, folder: Path, asked: Any, *, net: bool = True) -> dict[str, Any]:
    periods = manifest.periods(lambda name: Bucket(holds.s3, name), URI, asked, shapes.KNOWN)
    rows = ask(rates.sql(periods, asked), periods, holds, folder)
    lines = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    return rated.rates(rates.answers(lines, asked, net=net), Prices)


@pytest.mark.parametrize("export", ["cur2", "focus12"])
def test_the_rates_are_those_that_the_real_lines_state(holds: Bucket, tmp_path: Path, export: str) -> None:
    recorded(holds, EXPORTS / export)
    made = found(holds, tmp_path, window("2018-10-01", "2018-12-31"))
    told = {(row["service"], row["region"], row["usage_type"], row["operation"]): row["own"] for row in made["rows"] if not row["refused"]}
    assert told == {key: pytest.approx(rate, rel=1e-9) for key, rate in STATED.items()}
    assert all(row["list"] == row["own"] for row in made["rows"] if not row["refused"]), "list prices of 2018 stand"
    assert made["cost"] == "net amortised"


def lines(**changed: str) -> list[dict[str, str]]:
    """gp3 at 0.0736, 8 % less than list, on each of five days."""
    return [
        {
            "SubAccountId": "111122223333",
            "ChargePeriodStart": f"{date(2026, 11, 3) + timedelta(number)} 00:00:00",
            "ResourceId": "vol-1",
            "ChargeCategory": "Usage",
            "PricingCategory": "Standard",
            "EffectiveCost": str(0.0736 * 4),
            "PricingQuantity": "4.0",
            "PricingUnit": "GB-Months",
            "SkuMeter": "EBS:VolumeUsage.gp3",
            "x_Operation": "CreateVolume-Gp3",
            "x_ServiceCode": "AmazonEC2",
            "BillingCurrency": "USD",
            **changed,
        }
        for number in range(5)
    ]


def of(holds: Bucket, folder: Path, *given: Mapping[str, str]) -> list[dict[str, Any]]:
    deliver(holds, "2026-11", {"a.csv.gz": as_csv([dict(line) for line in given])})
    rows: list[dict[str, Any]] = found(holds, folder, NOVEMBER)["rows"]
    return rows


def test_a_discount_is_told_in_the_units_of_focus(holds: Bucket, tmp_path: Path) -> None:
    (row,) = of(holds, tmp_path, *lines())
    assert (row["service"], row["own"], row["list"], row["discount"]) == ("EC2 - Other", pytest.approx(0.0736), 0.08, 0.08)


@pytest.mark.parametrize("other", [{"PricingCategory": "Committed"}, {"PricingCategory": "Dynamic"}, {"ChargeCategory": "Credit"}])
def test_what_is_not_on_demand_makes_no_rate(holds: Bucket, tmp_path: Path, other: dict[str, str]) -> None:
    (row,) = of(holds, tmp_path, *lines(), *lines(EffectiveCost="0.01", **other))
    assert row["own"] == pytest.approx(0.0736)


def test_what_no_price_of_the_book_is_for_is_left_out(holds: Bucket, tmp_path: Path) -> None:
    assert of(holds, tmp_path, *lines(x_ServiceCode="AWSGlue"), *lines(SkuMeter="EBS:SomethingNew")) == []


def test_focus_1_0_calls_the_usage_type_otherwise(holds: Bucket, tmp_path: Path) -> None:
    (row,) = of(holds, tmp_path, *({**line, "x_UsageType": line["SkuMeter"], "SkuMeter": ""} for line in lines()))
    assert row["usage_type"] == "EBS:VolumeUsage.gp3"


@pytest.mark.parametrize("missing", ["SkuMeter", "PricingQuantity", "PricingCategory", "x_ServiceCode"])
def test_a_column_that_rates_need_is_asked_for_by_name(holds: Bucket, tmp_path: Path, missing: str) -> None:
    with pytest.raises(NoBill, match=f"the export has no column {missing}.*choose it"):
        of(holds, tmp_path, *({name: value for name, value in line.items() if name != missing} for line in lines()))
