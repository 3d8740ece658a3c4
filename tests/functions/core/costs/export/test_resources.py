"""What each resource cost, from lines of CUR 2.0 and of FOCUS: the query, run by DuckDB over what Athena would read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from functions.core.costs.export import manifest, resources, shapes
from functions.core.costs.rows import NoBill, Window
from functions.core.store.bucket import Bucket
from tests.functions.core.costs.export.bucket_of_exports import URI, as_csv, ask, bucket, deliver, recorded, window
from tests.recorded import EXPORTS

CUR = {
    "line_item_usage_account_id": "111122223333",
    "line_item_usage_start_date": "2026-11-03T05:00:00.000Z",
    "line_item_product_code": "AmazonEC2",
    "product_region_code": "eu-west-1",
    "line_item_resource_id": "vol-1",
    "line_item_currency_code": "USD",
    "line_item_line_item_type": "Usage",
    "line_item_unblended_cost": "10.0",
    "line_item_net_unblended_cost": "",
    "pricing_public_on_demand_cost": "12.0",
    "reservation_effective_cost": "",
    "savings_plan_savings_plan_effective_cost": "",
}
FOCUS = {
    "SubAccountId": "111122223333",
    "ChargePeriodStart": "2026-11-03 05:00:00",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "RegionId": "eu-west-1",
    "ResourceId": "vol-1",
    "BillingCurrency": "EUR",
    "ChargeCategory": "Usage",
    "EffectiveCost": "10.0",
    "ListCost": "12.0",
}
NOVEMBER = window("2026-11-01", "2026-11-15")


@pytest.fixture
def holds() -> Iterator[Bucket]:
    with mock_aws():
        yield bucket()


def costs(holds: Bucket, asked: Window, folder: Path) -> list[dict[str, Any]]:
    periods = manifest.periods(lambda name: Bucket(holds.s3, name), URI, asked, shapes.KNOWN)
    return ask(resources.sql(periods, asked), periods, holds, folder)


def of_lines(holds: Bucket, folder: Path, *lines: dict[str, str]) -> list[dict[str, Any]]:
    deliver(holds, "2026-11", {"the-bill-00001.csv.gz": as_csv(lines)})
    return costs(holds, NOVEMBER, folder)


def cur(**changed: str) -> dict[str, str]:
    return {**CUR, **{f"line_item_{name}" if f"line_item_{name}" in CUR else name: value for name, value in changed.items()}}


def test_two_shapes_of_one_bill_say_the_same(holds: Bucket, tmp_path: Path) -> None:
    asked = window("2018-11-05", "2018-12-20")
    found = []
    for export in ("cur2", "focus12"):
        recorded(holds, EXPORTS / export)
        (folder := tmp_path / export).mkdir()
        found.append({(row["account"], row["resource"]): row for row in costs(holds, asked, folder)})
    of_cur, of_focus = found
    assert of_cur.keys() == of_focus.keys()
    assert len(of_cur) == 10
    for key, row in of_cur.items():
        assert row["cost"] == pytest.approx(of_focus[key]["cost"], abs=1e-9)
        assert (row["first_day"], row["last_day"]) == (of_focus[key]["first_day"], of_focus[key]["last_day"])
        assert "2018-11-05" <= row["first_day"] <= row["last_day"] < "2018-12-20"
    (reserved,) = (row for (_, resource), row in of_cur.items() if resource == "i-ce65f60908c255b49")
    assert reserved["cost"] > 0.1, "with what the reservation costs for it, which is more than the $0.0232 that was charged"


@pytest.mark.parametrize(
    ("line", "cost"),
    [
        (cur(), 10.0),
        (cur(net_unblended_cost="9.0"), 9.0),
        (cur(line_item_type="DiscountedUsage", unblended_cost="0", reservation_effective_cost="4.0"), 4.0),
        (cur(line_item_type="SavingsPlanCoveredUsage", savings_plan_savings_plan_effective_cost="7.0"), 7.0),
    ],
)
def test_a_line_of_cur_costs_what_was_paid_for_it(holds: Bucket, tmp_path: Path, line: dict[str, str], cost: float) -> None:
    (row,) = of_lines(holds, tmp_path, line)
    assert row == {
        "account": "111122223333",
        "region": "eu-west-1",
        "service": "AmazonEC2",
        "resource": "vol-1",
        "currency": "USD",
        "cost": cost,
        "list_cost": 12.0,
        "first_day": "2026-11-03",
        "last_day": "2026-11-03",
    }


@pytest.mark.parametrize("kind", ["SavingsPlanNegation", "Tax", "Credit", "Refund", "RIFee", "SavingsPlanRecurringFee", "Fee"])
def test_what_is_no_usage_is_no_resource_s(holds: Bucket, tmp_path: Path, kind: str) -> None:
    (row,) = of_lines(holds, tmp_path, cur(), cur(line_item_type=kind, unblended_cost="-100"))
    assert row["cost"] == 10.0


def test_a_discount_s_line_counts_where_there_are_no_net_costs_and_only_there(holds: Bucket, tmp_path: Path) -> None:
    given = cur(line_item_type="EdpDiscount", unblended_cost="-1.0", pricing_public_on_demand_cost="")
    (with_net,) = of_lines(holds, tmp_path, cur(net_unblended_cost="9.0"), given)
    assert with_net["cost"] == 9.0
    lines = [{name: value for name, value in line.items() if "net" not in name} for line in (cur(), given)]
    (without,) = of_lines(holds, tmp_path, *lines)
    assert without["cost"] == 9.0


def test_lines_outside_of_the_window_without_a_resource_or_of_next_to_nothing_are_left_out(holds: Bucket, tmp_path: Path) -> None:
    rows = of_lines(
        holds,
        tmp_path,
        cur(resource_id="last", usage_start_date="2026-11-14T23:00:00.000Z"),
        cur(resource_id="after", usage_start_date="2026-11-15T00:00:00.000Z"),
        cur(resource_id=""),
        cur(resource_id="NULL"),
        cur(resource_id="small", unblended_cost="0.0049", pricing_public_on_demand_cost="0.0049"),
        cur(resource_id="cent", unblended_cost="0.005"),
        cur(resource_id="free", unblended_cost="0"),
    )
    assert sorted(row["resource"] for row in rows) == ["cent", "free", "last"], "what a free tier paid has a list cost"


def test_focus_has_it_in_a_column_in_the_bill_s_currency(holds: Bucket, tmp_path: Path) -> None:
    (row,) = of_lines(holds, tmp_path, FOCUS, {**FOCUS, "ChargePeriodStart": "2026-11-04 00:00:00"}, {**FOCUS, "ChargeCategory": "Tax"})
    assert (row["cost"], row["list_cost"], row["currency"], row["service"]) == (20.0, 24.0, "EUR", "Amazon Elastic Compute Cloud")
    assert (row["first_day"], row["last_day"]) == ("2026-11-03", "2026-11-04")


def test_a_month_with_other_columns_is_read_too(holds: Bucket, tmp_path: Path) -> None:
    deliver(holds, "2026-10", {"a.csv.gz": as_csv([{name: CUR[name] for name in reversed(CUR) if "savings_plan" not in name}])})
    deliver(holds, "2026-11", {"a.csv.gz": as_csv([CUR])})
    (row,) = costs(holds, window("2026-10-20", "2026-11-15"), tmp_path)
    assert row["cost"] == 20.0


def test_the_foundation_s_real_lines_are_survived(holds: Bucket, tmp_path: Path) -> None:
    """NULL as a text, ARNs that are scrambled, no columns of AWS's own. Its costs are rounded to whole dollars, its list costs are not."""
    deliver(holds, "2024-09", {"a.csv.gz": (EXPORTS / "focus_sample_1_0.csv.gz").read_bytes()})
    rows = costs(holds, window("2024-09-01", "2024-10-01"), tmp_path)
    assert len(rows) > 50
    assert all(row["resource"] and row["account"] and row["currency"] == "USD" for row in rows)
    assert gzip.decompress((EXPORTS / "focus_sample_1_0.csv.gz").read_bytes()).count(b"NULL") > 1000


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("line_item_resource_id", "the export has no column line_item_resource_id: create the export with resource ids"),
        ("line_item_unblended_cost", "the export has no column line_item_unblended_cost: choose it in the export's query"),
        ("line_item_line_item_type", "it is neither CUR 2.0 nor FOCUS"),
    ],
)
def test_a_column_that_is_needed_is_asked_for_by_name(holds: Bucket, tmp_path: Path, missing: str, said: str) -> None:
    with pytest.raises(NoBill, match=said):
        of_lines(holds, tmp_path, {name: value for name, value in CUR.items() if name != missing})
