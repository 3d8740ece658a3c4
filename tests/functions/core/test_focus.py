"""The row with FOCUS names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from functions.core import focus
from functions.core.money import Savings
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

FOCUS_1_2 = frozenset(
    """AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
    BillingPeriodStart CapacityReservationId CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription ChargeFrequency
    ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName CommitmentDiscountQuantity
    CommitmentDiscountStatus CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost
    ContractedUnitPrice EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingCurrency
    PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PricingQuantity PricingUnit ProviderName
    PublisherName RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName ServiceSubcategory SkuId SkuMeter
    SkuPriceDetails SkuPriceId SubAccountId SubAccountName SubAccountType Tags""".split()  # noqa: SIM905  # 57 names read better so
)
"""The columns of FOCUS 1.2: https://focus.finops.org/focus-specification/v1-2/"""
CATEGORIES = frozenset({"Compute", "Storage", "Databases", "Networking", "Other"})
"""Those of FOCUS's ServiceCategory values that we use."""


def test_every_column_is_one_of_focus_or_marked_as_ours() -> None:
    ours = [name for name in focus.COLUMNS if name.startswith("x_")]
    assert {name for name in focus.COLUMNS if name not in ours} <= FOCUS_1_2
    assert all(re.fullmatch(r"x_[A-Z][A-Za-z]+", name) and len(name) <= 50 for name in ours)
    assert len(set(focus.COLUMNS)) == len({name.lower() for name in focus.COLUMNS}) == len(focus.COLUMNS), "SQL ignores case"


def test_a_row_has_the_columns_in_order_and_their_values() -> None:
    finding = sweeps.finding("vol-1", sweeps.saving(5, 4, 6), tags={"a": "1"}, of=sweeps.unit("rds:db-instance"))
    row = focus.row(FINDING.dump_python(finding, mode="json"), "2026-11-24T00:00:00+00:00")
    assert tuple(row) == focus.COLUMNS
    assert row["SubAccountId"] == sweeps.ACCOUNT
    assert row["ResourceId"] == finding.resource_arn
    assert (row["ServiceCategory"], row["ServiceName"]) == ("Databases", "Amazon Relational Database Service")
    assert [row[f"x_MonthlySavings{end}"] for end in ("Low", "Likely", "High")] == [4, 5, 6]
    assert row["x_OwnerName"] is None
    assert json.loads(str(row["Tags"])) == {"a": "1"}
    assert json.loads(str(row["x_Prices"]))[0]["source"] == sweeps.PRICE.source
    assert row["x_IsHeadline"] is True


def test_an_unpriced_saving_is_null_and_not_zero() -> None:
    row = focus.row(FINDING.dump_python(sweeps.finding(savings=sweeps.UNPRICED), mode="json"), "")
    assert {row[f"x_MonthlySavings{end}"] for end in ("Low", "Likely", "High")} == {None}
    assert row["x_UnpricedReason"] == sweeps.UNPRICED.unpriced


AT_LIST = {"low": 4.0, "likely": 10.0, "high": 12.0, "unpriced": None}


@pytest.mark.parametrize(
    ("listed", "likely"),
    [(None, None), (AT_LIST, 10.0), (AT_LIST | {"likely": 0.0}, 0.0), (AT_LIST | {"likely": 0.0, "unpriced": "why"}, None)],
)
def test_what_it_would_be_at_list_prices_stands_beside_it_where_the_bill_changed_it(
    listed: dict[str, Any] | None, likely: float | None
) -> None:
    finding = FINDING.dump_python(sweeps.finding("vol-1", sweeps.saving(9.2)), mode="json")
    row = focus.row(finding | {"list_savings": listed}, "")
    assert (row["x_MonthlySavingsLikely"], row["x_ListMonthlySavingsLikely"]) == (9.2, likely)
    without = {name: value for name, value in finding.items() if name != "list_savings"}
    assert focus.row(without, "")["x_ListMonthlySavingsLikely"] is None, "a run of long ago"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, None),
        ({"terms": [{"rate_from": "list"}]}, "list"),
        ({"terms": [{}]}, "list"),
        ({"terms": [{"rate_from": "list"}, {"rate_from": "bill"}]}, "bill"),
        ({"terms": [{"rate_from": "list"}], "high_terms": [{"rate_from": "bill"}]}, "bill"),
        ({"terms": [{"rate_from": "list"}], "unpriced": "no source"}, None),
    ],
)
def test_a_row_says_whether_any_rate_of_the_bill_counted(terms: dict[str, Any], said: str | None) -> None:
    finding = FINDING.dump_python(sweeps.finding("vol-1", sweeps.saving(9.2)), mode="json")
    finding["savings"] = {**finding["savings"], "terms": [], "low_terms": [], "high_terms": []} | terms
    assert focus.row(finding, "")["x_RateFrom"] == said


@pytest.mark.parametrize(("resource_type", "name"), [("ebs:volume", "Amazon Elastic Block Store"), ("sqs:queue", "sqs")])
def test_a_service_without_a_name_keeps_its_short_one(resource_type: str, name: str) -> None:
    category, service = focus.service(resource_type)
    assert service == name
    assert category in CATEGORIES


PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "double": (int, float), "boolean": bool}


@pytest.mark.parametrize("savings", [sweeps.saving(5, 4, 6), sweeps.UNPRICED], ids=["priced", "unpriced"])
def test_each_value_has_its_columns_type(savings: Savings) -> None:
    finding = sweeps.finding("vol-1", savings, tags={"a": "1"}, counted_by="0123")
    row = focus.row(FINDING.dump_python(finding, mode="json"), "2026-11-24T00:00:00+00:00")
    wrong = {name: value for name, value in row.items() if value is not None and not isinstance(value, PYTHON_TYPES[focus.TYPES[name]])}
    assert wrong == {}
    assert set(focus.TYPES.values()) == set(PYTHON_TYPES)
