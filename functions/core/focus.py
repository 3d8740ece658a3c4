"""A finding as one row with FOCUS column names: what report.csv and the SQL dataset hold, so that both join with billing data.

Names are those of the FinOps Open Cost and Usage Specification 1.2 (https://focus.finops.org/focus-columns/), our own begin with `x_` as
its custom column rule asks. `ResourceId` is the ARN, because FOCUS wants an identifier that is unique within the provider;
key-value columns are JSON text. The payer is not known to a sweep, so there is no BillingAccountId: SubAccountId is the account. Savings
are in USD; where AWS bills in another currency, as in China, they have no price and their columns are null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import to_json

from functions.core.services import services

TYPES: dict[str, Literal["string", "double", "boolean"]] = {
    "ProviderName": "string",
    "SubAccountId": "string",
    "RegionId": "string",
    "ServiceCategory": "string",
    "ServiceName": "string",
    "ResourceId": "string",
    "ResourceName": "string",
    "ResourceType": "string",
    "Tags": "string",
    "BillingCurrency": "string",
    "x_FindingId": "string",
    "x_CheckId": "string",
    "x_Title": "string",
    "x_Action": "string",
    "x_MonthlySavingsLikely": "double",
    "x_MonthlySavingsLow": "double",
    "x_MonthlySavingsHigh": "double",
    "x_UnpricedReason": "string",
    "x_IsHeadline": "boolean",
    "x_CountedById": "string",
    "x_Lifecycle": "string",
    "x_FirstSeen": "string",
    "x_SuppressionReason": "string",
    "x_Confidence": "string",
    "x_Effort": "string",
    "x_Risk": "string",
    "x_OwnerName": "string",
    "x_ShortResourceId": "string",
    "x_Evidence": "string",
    "x_SavingsFormula": "string",
    "x_SavingsTerms": "string",
    "x_NotIncluded": "string",
    "x_Prices": "string",
    "x_Note": "string",
    "x_Command": "string",
    "x_Undo": "string",
    "x_Reference": "string",
    "x_AsOf": "string",
}
"""The columns in their order, each with its type in words that Athena and DuckDB share; times are ISO 8601 text."""

COLUMNS = tuple(TYPES)


def service(resource_type: str) -> tuple[str, str]:
    """ServiceCategory and ServiceName of "ebs:volume"; a service without a card keeps its short name."""
    short = resource_type.partition(":")[0]
    card = services().get(short)
    return (card.category, card.name) if card else ("Other", short)


def row(finding: Mapping[str, Any], as_of: str) -> dict[str, str | float | bool | None]:
    """One row, in the order of COLUMNS, from a ranked finding as JSON. An unpriced saving is null, never 0."""
    savings = finding["savings"]
    priced = savings["unpriced"] is None
    category, name = service(finding["resource_type"])
    return {
        "ProviderName": "AWS",
        "SubAccountId": finding["account"],
        "RegionId": finding["region"],
        "ServiceCategory": category,
        "ServiceName": name,
        "ResourceId": finding["resource_arn"],
        "ResourceName": finding["resource_name"] or None,
        "ResourceType": finding["resource_type"],
        "Tags": to_json(finding["tags"]).decode(),
        "BillingCurrency": "USD",
        "x_FindingId": finding["finding_id"],
        "x_CheckId": finding["check_id"],
        "x_Title": finding["title"],
        "x_Action": finding["action"],
        "x_MonthlySavingsLikely": savings["likely"] if priced else None,
        "x_MonthlySavingsLow": savings["low"] if priced else None,
        "x_MonthlySavingsHigh": savings["high"] if priced else None,
        "x_UnpricedReason": savings["unpriced"],
        "x_IsHeadline": finding["headline"],
        "x_CountedById": finding["counted_by"],
        "x_Lifecycle": finding["lifecycle"],
        "x_FirstSeen": finding["first_seen"],
        "x_SuppressionReason": finding["suppression"],
        "x_Confidence": finding["confidence"],
        "x_Effort": finding["effort"],
        "x_Risk": finding["risk"],
        "x_OwnerName": finding["owner"] or None,
        "x_ShortResourceId": finding["resource_id"],
        "x_Evidence": to_json(finding["evidence"]).decode(),
        "x_SavingsFormula": savings["formula"],
        "x_SavingsTerms": to_json({end: savings.get(f"{end}terms", ()) for end in ("", "low_", "high_")}).decode(),
        "x_NotIncluded": "; ".join(savings.get("lacks", ())) or None,
        "x_Prices": to_json(savings["prices"]).decode(),
        "x_Note": finding["note"] or None,
        "x_Command": finding["command"],
        "x_Undo": finding["undo"],
        "x_Reference": finding["reference"],
        "x_AsOf": as_of,
    }
