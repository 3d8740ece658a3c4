"""The state table for tests, with the keys that cdk_app/constructs/storage.py gives it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
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


class OneByOne:
    """A client for threads. DynamoDB does a conditional write as one step; moto does not, so that its requests must not overlap."""

    def __init__(self, client: Any) -> None:
        self.exceptions, self._client, self._lock = client.exceptions, client, Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def request(**given: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**given)

        return request
