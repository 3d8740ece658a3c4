"""Lambda as `finops doctor` sees it: functions that answer, fail, or are not there; a double of the boto3 client."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

REGION = "eu-west-1"


class Functions:
    """`answers`: by function name, what it returns for an event; it may raise. `limits`: of the account. `asked`: (name, event)."""

    def __init__(self, answers: Mapping[str, Callable[[Any], Any]], free: int = 1000, quota: int = 1000) -> None:
        self.meta = boto3.client("lambda", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta
        self.answers, self.free, self.quota = answers, free, quota
        self.asked: list[tuple[str, Any]] = []

    def invoke(self, **parameters: Any) -> dict[str, Any]:
        name, event = parameters["FunctionName"], json.loads(parameters["Payload"])
        self.asked.append((name, event))
        if name not in self.answers:
            raise refusal("ResourceNotFoundException", "Invoke")
        try:
            return {"Payload": io.BytesIO(json.dumps(self.answers[name](event)).encode())}
        except Raised as raised:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(raised.document).encode())}

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": self.quota, "UnreservedConcurrentExecutions": self.free}}


class Raised(Exception):
    """What a function raises, as Lambda tells it."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.document = {"errorType": kind, "errorMessage": said}


def raising(error: Exception) -> Callable[[Any], Any]:
    """A function that raises."""

    def answer(event: Any) -> Any:
        raise error

    return answer


def refusal(code: str, operation: str) -> ClientError:
    """What boto3 raises."""
    return ClientError({"Error": {"Code": code, "Message": "because"}}, operation)
