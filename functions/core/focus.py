"""A finding as one row with FOCUS column names: what report.csv and the SQL dataset hold, so that both join with billing data.

Names are those of the FinOps Open Cost and Usage Specification 1.2 (https://focus.finops.org/focus-columns/), our own begin with `x_` as
its custom column rule asks. `ResourceId` is the ARN, because FOCUS wants an identifier that is unique within the provider;
key-value columns are JSON text. The payer is not known to a sweep, so there is no BillingAccountId: SubAccountId is the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

SERVICES = {
    "ec2": ("Compute", "Amazon Elastic Compute Cloud"),
    "ebs": ("Storage", "Amazon Elastic Block Store"),
    "rds": ("Databases", "Amazon Relational Database Service"),
    "elb": ("Networking", "Elastic Load Balancing"),
    "lambda": ("Compute", "AWS Lambda"),
}
"""ServiceCategory and ServiceName by the part of a resource type before the colon; a service that is not here keeps its short name."""

COLUMNS = (
    "ProviderName",
    "SubAccountId",
    "RegionId",
    "ServiceCategory",
    "ServiceName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "Tags",
    "BillingCurrency",
    "x_FindingId",
    "x_CheckId",
    "x_Title",
    "x_Action",
    "x_MonthlySavingsLikely",
    "x_MonthlySavingsLow",
    "x_MonthlySavingsHigh",
    "x_UnpricedReason",
    "x_IsHeadline",
    "x_CountedById",
    "x_Lifecycle",
    "x_FirstSeen",
    "x_SuppressionReason",
    "x_Confidence",
    "x_Effort",
    "x_Risk",
    "x_OwnerName",
    "x_ShortResourceId",
    "x_Evidence",
    "x_SavingsFormula",
    "x_Prices",
    "x_Note",
    "x_Command",
    "x_Undo",
    "x_Reference",
    "x_AsOf",
)


def service(resource_type: str) -> tuple[str, str]:
    """ServiceCategory and ServiceName of "ebs:volume"."""
    short = resource_type.partition(":")[0]
    return SERVICES.get(short, ("Other", short))


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
        "x_Prices": to_json(savings["prices"]).decode(),
        "x_Note": finding["note"] or None,
        "x_Command": finding["command"],
        "x_Undo": finding["undo"],
        "x_Reference": finding["reference"],
        "x_AsOf": as_of,
    }
