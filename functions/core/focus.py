"""A finding as one row with FOCUS column names: what report.csv and the SQL dataset hold, so that both join with billing data.

Names are those of the FinOps Open Cost and Usage Specification 1.2 (https://focus.finops.org/focus-columns/), our own begin with `x_` as
its custom column rule asks. `ResourceId` is the ARN, because FOCUS wants an identifier that is unique within the provider;
key-value columns are JSON text. The payer is not known to a sweep, so there is no BillingAccountId: SubAccountId is the account,
SubAccountName what Organizations calls it. Savings
are in USD; where AWS bills in another currency, as in China, they have no price and their columns are null. They are counted at the rates
of the bill where it has them (x_RateFrom says so), and x_ListMonthlySavingsLikely is then what the same would be at list prices.
x_StatedMonthlySavings is what AWS itself states of the same resource, whether that counts or not.
x_ResourceMonthlyCost is what the resource itself costs on the bill, in the bill's currency, where a Data Export says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import to_json

from functions.core.services import services

TYPES: dict[str, Literal["string", "double", "boolean"]] = {
    "ProviderName": "string",
    "SubAccountId": "string",
    "SubAccountName": "string",
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
    "x_ListMonthlySavingsLikely": "double",
    "x_StatedMonthlySavings": "double",
    "x_RateFrom": "string",
    "x_ResourceMonthlyCost": "double",
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
    "x_OwnerSource": "string",
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
ENDS = ("", "low_", "high_")
"""What stands before the name of the terms of a saving: those of its likely value, and of both ends where they are others."""


def service(resource_type: str) -> tuple[str, str]:
    """ServiceCategory and ServiceName of "ebs:volume"; a service without a card keeps its short name."""
    short = resource_type.partition(":")[0]
    card = services().get(short)
    return (card.category, card.name) if card else ("Other", short)


def row(finding: Mapping[str, Any], as_of: str, account_names: Mapping[str, str] | None = None) -> dict[str, str | float | bool | None]:
    """One row, in the order of COLUMNS, from a ranked finding as JSON. An unpriced saving is null, never 0; so is a name that is not known.

    `account_names`: by id, those of the run.
    """
    savings = finding["savings"]
    priced = savings["unpriced"] is None
    category, name = service(finding["resource_type"])
    return {
        "ProviderName": "AWS",
        "SubAccountId": finding["account"],
        "SubAccountName": (account_names or {}).get(finding["account"]),
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
        "x_ListMonthlySavingsLikely": _at_list(finding),
        "x_StatedMonthlySavings": _stated(finding),
        "x_RateFrom": _rate_from(savings),
        "x_ResourceMonthlyCost": cost["monthly"] if (cost := finding.get("resource_cost")) else None,
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
        "x_OwnerSource": finding.get("owner_source") or None,
        "x_ShortResourceId": finding["resource_id"],
        "x_Evidence": to_json(finding["evidence"]).decode(),
        "x_SavingsFormula": savings["formula"],
        "x_SavingsTerms": to_json({end: savings.get(f"{end}terms", ()) for end in ENDS}).decode(),
        "x_NotIncluded": "; ".join(savings.get("lacks", ())) or None,
        "x_Prices": to_json(savings["prices"]).decode(),
        "x_Note": finding["note"] or None,
        "x_Command": finding["command"],
        "x_Undo": finding["undo"],
        "x_Reference": finding["reference"],
        "x_AsOf": as_of,
    }


def _at_list(finding: Mapping[str, Any]) -> float | None:
    """USD a month at list prices; None where no own rate changed anything, and where no list price is known."""
    listed = finding.get("list_savings")
    return listed["likely"] if listed and listed.get("unpriced") is None else None


def _stated(finding: Mapping[str, Any]) -> float | None:
    """USD a month; None where AWS states nothing, or no figure."""
    savings = finding["savings"]
    beside: float | None = (finding.get("stated_savings") or {}).get("monthly")
    if beside is None and savings.get("stated") and savings["unpriced"] is None:
        beside = savings["likely"]
    return beside


def _rate_from(savings: Mapping[str, Any]) -> str | None:
    """Whether an own rate is in any of a saving's terms: "bill" or "list"; None where it has no terms, or no price."""
    terms = [term for end in ENDS for term in savings.get(f"{end}terms") or ()]
    if not terms or savings["unpriced"] is not None:
        return None
    return "bill" if any(term.get("rate_from") == "bill" for term in terms) else "list"
