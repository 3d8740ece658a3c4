"""Log groups for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3
from moto.logs.models import logs_backends

from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.seeds import Listing

LISTED = (Listing("logs", "describe_log_groups", "logGroups"),)


def seed(session: boto3.Session) -> None:
    """One that stores 2 GB: moto counts what is put, and that would take long, so it is told."""
    client = session.client("logs")
    client.create_log_group(logGroupName="group", tags={"team": "web"})
    client.create_log_stream(logGroupName="group", logStreamName="stream")
    logs_backends[ACCOUNT][REGION].groups["group"].streams["stream"].stored_bytes = 2 * 1024**3


def group(number: int) -> dict[str, Any]:
    """As DescribeLogGroups says."""
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g{number}:*"
    return {"logGroupName": f"g{number}", "arn": arn, "creationTime": int(THEN.timestamp() * 1000), "storedBytes": 0}


def unanswered(url: str, body: str) -> str | None:
    """moto knows no policies of an account."""
    return '{"accountPolicies": []}' if '"policyType"' in body else None


PAGES = {
    "logs:DescribeLogGroups": pages("logGroups", lambda number: {**group(number), "storedBytes": 2 * 1024**3}),
    "logs:DescribeAccountPolicies": nothing(accountPolicies=[]),
    "logs:DescribeSubscriptionFilters": nothing(subscriptionFilters=[]),
    "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
}
