"""Who came first: claims in the state table, for what is to be done once although it may be asked for more than once.

EventBridge, its Scheduler and Lambda's queue for asynchronous calls deliver at least once, a state is retried whose function had finished,
and two people resume one run. Each claim is one conditional write, so of several that come at the same moment one gets it:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """Who has a claim, "" when nobody has; and all who had it in their turn, it among them."""

    holder: str
    all: frozenset[str]


@dataclass(slots=True, frozen=True)
class Claims:
    """The claims in `table`. One whose `ttl` is over counts no more: DynamoDB itself removes it days later."""

    dynamodb: Any
    table: str
    clock: Callable[[], float] = time.time

    def take(self, pk: str, sk: str, me: str, seconds: float, instead_of: str = "") -> bool:
        """Whether `me` has the claim now, for so many seconds: nobody had it, or `me` already, or `instead_of`."""
        now = int(self.clock())
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(pk, sk),
                UpdateExpression="SET held_by = :me, #ttl = :ttl ADD holders :us",
                ConditionExpression="attribute_not_exists(held_by) OR held_by IN (:me, :before) OR #ttl <= :now",
                ExpressionAttributeNames={"#ttl": "ttl"},  # "ttl" is a reserved word
                ExpressionAttributeValues={
                    ":me": {"S": me},
                    ":us": {"SS": [me]},
                    ":before": {"S": instead_of},
                    ":ttl": {"N": str(now + int(seconds))},
                    ":now": {"N": str(now)},
                },
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def look(self, pk: str, sk: str) -> Seen:
        """Who has it, and who had it before."""
        item = self.dynamodb.get_item(TableName=self.table, Key=_key(pk, sk), ConsistentRead=True).get("Item")
        if item is None or int(item["ttl"]["N"]) <= self.clock():
            return Seen("", frozenset())
        return Seen(item["held_by"]["S"], frozenset(item["holders"]["SS"]))

    def give_back(self, pk: str, sk: str, me: str) -> None:
        """What was claimed did not come about: whoever comes next may do it. Nothing happens when it is somebody else's."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=_key(pk, sk),
                ConditionExpression="held_by = :me",
                ExpressionAttributeValues={":me": {"S": me}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
