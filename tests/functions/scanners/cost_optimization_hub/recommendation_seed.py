"""What AWS recommends, for the tests of all scanners: tests/functions/seeds.py says what belongs here."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
from moto.backends import get_backend

from tests.functions.paged import ACCOUNT, REGION, THEN, Given, nothing, pages
from tests.functions.seeds import Listing

SAMPLE_REGIONS = ["us-east-1", "us-west-2"]
LISTED = (
    Listing(
        "cost-optimization-hub",
        "list_recommendations",
        "items[?!starts_with(actionType, 'Purchase')]",
        {"filter": {"regions": SAMPLE_REGIONS}},
    ),
)
HUB = re.compile(r"https://(?:cost-optimization-hub|compute-optimizer)\.")


def seed(session: boto3.Session) -> None:
    """A volume: moto has no recommendations, so that every volume that it has counts as one that AWS would delete."""
    session.client("ec2").create_volume(AvailabilityZone=f"{session.region_name}a", Size=500)


def item(number: int, refreshed: Any = THEN, arn: str = "") -> dict[str, Any]:
    """The nth, as ListRecommendations shows it."""
    arn = arn or f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-{number}"
    return {
        "recommendationId": f"rec-{number}",
        "accountId": ACCOUNT,
        "region": REGION,
        "resourceId": arn,
        "resourceArn": arn,
        "currentResourceType": "EbsVolume",
        "recommendedResourceType": "EbsVolume",
        "estimatedMonthlySavings": 40.0,
        "currencyCode": "USD",
        "implementationEffort": "Low",
        "restartNeeded": False,
        "actionType": "Delete",
        "rollbackPossible": True,
        "lastRefreshTimestamp": refreshed,
        "recommendationLookbackPeriodInDays": 32,
        "source": "ComputeOptimizer",
        "tags": [{"key": "team", "value": "data"}],
    }


def costs(before: float, after: float) -> dict[str, Any]:
    """The details of a volume, with its costs."""
    return {"ebsVolume": {"costCalculation": {"pricing": {"estimatedCostBeforeDiscounts": before, "estimatedCostAfterDiscounts": after}}}}


PAGES: dict[str, Given] = {
    "cost-optimization-hub:ListEnrollmentStatuses": nothing(items=[{"accountId": ACCOUNT, "status": "Active"}]),
    "compute-optimizer:GetEnrollmentStatus": nothing(status="Active"),
    "cost-optimization-hub:GetPreferences": nothing(savingsEstimationMode="AfterDiscounts"),
    "cost-optimization-hub:ListRecommendations": pages("items", item),
    "cost-optimization-hub:GetRecommendation": nothing(currentResourceDetails=costs(50.0, 40.0), costCalculationLookbackPeriodInDays=14),
}


def unanswered(url: str, body: str) -> str | None:
    """moto has neither service. They are told apart by what is asked: all is enrolled, and each volume is recommended to be deleted."""
    if not HUB.match(url):
        return None
    if url.startswith("https://compute-optimizer."):
        return json.dumps({"status": "Active"})
    asked = json.loads(body)
    if "recommendationId" in asked:
        return json.dumps({"currentResourceDetails": costs(50.0, 40.0)})
    if "filter" in asked:
        volumes = get_backend("ec2")[ACCOUNT][REGION].volumes
        arns = [f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{name}" for name in volumes]
        return json.dumps({"items": [item(number, THEN.timestamp(), arn) for number, arn in enumerate(arns)]})
    return json.dumps({"items": [{"accountId": ACCOUNT, "status": "Active"}], "savingsEstimationMode": "AfterDiscounts"})
