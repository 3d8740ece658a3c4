"""The state table for tests, with the keys that cdk_app/storage.py gives it."""

from __future__ import annotations

from typing import Any

NAME = "state"
KEYS: Any = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
}


def create(dynamodb: Any) -> str:
    """An empty table; its name."""
    dynamodb.create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST", **KEYS)
    return NAME
