"""The state table for tests, with the keys that cdk_app/constructs/storage.py gives it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

import boto3

NAME = "state"
KEYS: Any = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
}


@cache
def client() -> Any:
    """One client for all tests of a process: a new one takes long. moto answers it in each `mock_aws`."""
    return boto3.Session("111111111111", "x", region_name="us-east-1").client("dynamodb")


def create(dynamodb: Any) -> str:
    """An empty table; its name."""
    dynamodb.create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST", **KEYS)
    return NAME


class OneByOne:
    """A client for threads. DynamoDB does a conditional write as one step; moto does not, so that its requests must not overlap."""

    def __init__(self, client: Any) -> None:
        self.exceptions, self._client, self._lock = client.exceptions, client, Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def request(**given: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**given)

        return request
