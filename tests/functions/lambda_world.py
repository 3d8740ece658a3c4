"""What a function finds in Lambda, for the tests of the handlers: its environment, its context, and an AWS that is moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest
from moto import mock_aws

from functions.core import settings
from functions.core.aws import roles, sessions
from functions.core.prices import refreshed

ACCOUNT, REGION, BUCKET, TABLE = "123456789012", "us-east-1", "the-bucket", "the-table"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCOUNT_ID": ACCOUNT,
    "S3_BUCKET_NAME": BUCKET,
    "STATE_TABLE_NAME": TABLE,
}


@dataclass(slots=True)
class Context:
    """The context that Lambda hands to a handler."""

    seconds: float = 250.0
    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the function's time."""
        return int(self.seconds * 1000)


def forget() -> None:
    """What a new process would not know: its environment may be another one now."""
    settings.settings.cache_clear()
    roles._assumed.clear()
    refreshed.shared.cache_clear()


@cache
def own_clients() -> None:
    """Once, make clients anew: those that others left may have no credentials. Ours are kept, making them takes long."""
    sessions.own_client.cache_clear()
    sessions.account_client.cache_clear()
    sessions._own_session.cache_clear()


@contextmanager
def world(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[None]:
    """A process in an account with our bucket and no resources."""
    for name, value in {**ENVIRONMENT, **environment}.items():
        monkeypatch.setenv(name, value)
    forget()
    own_clients()
    with mock_aws():
        sessions.own_client("s3", REGION).create_bucket(Bucket=BUCKET)
        yield
    forget()
