"""The main listing of a unit: which of its pages is being read. From there a later scan can go on, and needs to list nothing before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

ASKS = ("NextToken", "nextToken", "Marker", "PaginationToken", "ContinuationToken", "ExclusiveStartTableName")
"""How the requests of the services that we list name the token of the page that is asked for."""
ANSWERS = ("NextToken", "nextToken", "Marker", "NextMarker", "PaginationToken", "ContinuationToken", "LastEvaluatedTableName")
"""Where their answers put the token of the page that follows."""


class ListedPage(NamedTuple):
    """The `number` of a page in one scan, from 1; 0 before the first is asked for. `token` asks for it; the first needs none.

    `unreadable`: how many items of the pages before it could not be read.
    """

    number: int
    token: str | None
    unreadable: int = 0


@dataclass(slots=True)
class Listing:
    """The listing whose items become resources; `operation` as in "ec2:DescribeVolumes". `start`: the token that it begins with.

    `at`: the page that is being read, or that comes next when all of the one before was taken. A page that began is one object: `is`
    tells whether it is still the same.
    """

    operation: str
    start: str | None = None
    at: ListedPage = field(default_factory=lambda: ListedPage(0, None))

    def begins(self, token: str | None, unreadable: int = 0) -> None:
        """The page of `token` is asked for next; so many items before it could not be read."""
        self.at = ListedPage(self.at.number + 1, token, unreadable)


def following(answer: dict[str, Any]) -> str | None:
    """The token of the page that follows an answer; None after the last."""
    return next((str(answer[name]) for name in ANSWERS if answer.get(name)), None)


def asks_for(client: Any, operation: str, token: str) -> dict[str, str]:
    """The parameter that makes a request one for the page of `token`.

    Not botocore's StartingToken: that is botocore's own encoding, and it takes many of AWS's tokens for one of its own. EC2's are base64
    of a JSON object too. https://boto3.amazonaws.com/v1/documentation/api/latest/guide/paginators.html
    """
    members = client.meta.service_model.operation_model(operation).input_shape.members
    return {next(name for name in ASKS if name in members): token}
