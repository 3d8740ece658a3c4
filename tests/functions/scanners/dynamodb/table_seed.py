"""DynamoDB tables for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import ACCOUNT, REGION, THEN, Given, nothing, pages
from tests.functions.seeds import Listing

LISTED = (Listing("dynamodb", "list_tables", "TableNames"),)
KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}


def create(client: Any, name: str, read: int = 5, write: int = 5, **more: Any) -> None:
    """A table with an index, "by-day"; both of provisioned capacity, so many units each."""
    units = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    index = {
        "IndexName": "by-day",
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": units,
    }
    client.create_table(TableName=name, ProvisionedThroughput=units, GlobalSecondaryIndexes=[index], **KEYS, **more)


def seed(session: boto3.Session) -> None:
    """One with an index and a tag; auto scaling sets what may be read from it."""
    create(session.client("dynamodb"), "table", Tags=[{"Key": "team", "Value": "web"}])
    session.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/table",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=2,
        MaxCapacity=100,
    )


def described(name: str, **changes: Any) -> dict[str, Any]:
    """As DescribeTable says, of a table that was never on demand."""
    return {
        "TableName": name,
        "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}",
        "TableStatus": "ACTIVE",
        "TableSizeBytes": 0,
        "CreationDateTime": THEN,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        **changes,
    }


PAGES: dict[str, Given] = {
    "dynamodb:ListTables": pages("TableNames", lambda number: f"t{number}"),
    "dynamodb:DescribeTable": lambda parameters: {"Table": described(parameters.get("TableName", "t0"))},
    "application-autoscaling:DescribeScalableTargets": nothing(ScalableTargets=[]),
    "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
}
