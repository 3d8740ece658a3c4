"""What a sweep may still ask CloudWatch for: one number in the state table, which all units of the sweep take from.

Units run side by side and know nothing of each other, so that the number is counted where all of them can see it. Each share is one
conditional write: of several that come at the same moment none takes what another has taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

SORT_KEY = "metrics"
KEPT_SECONDS = 30 * 86_400
"""A sweep that is resumed goes on with what it had left; nobody resumes one after that."""


@dataclass(slots=True, frozen=True)
class MetricBudget:
    """`most`: how many metrics all units of a run may ask for together."""

    dynamodb: Any
    table: str
    run_id: str
    most: int

    def take(self, wanted: int) -> int:
        """How many of these metrics may be asked for: all of them, the rest of the budget, or 0."""
        wanted = min(wanted, self.most)
        while wanted > 0:
            left = self._taken(wanted)
            if left is None:
                return wanted
            wanted = min(wanted, left)
        return 0

    def _taken(self, wanted: int) -> int | None:
        """Take so many. None when they were there, else how many are."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": f"run#{self.run_id}"}, "sk": {"S": SORT_KEY}},
                UpdateExpression="ADD asked :wanted SET #ttl = :ttl",
                ConditionExpression="attribute_not_exists(asked) OR asked <= :room",
                ExpressionAttributeNames={"#ttl": "ttl"},  # "ttl" is a reserved word
                ExpressionAttributeValues={
                    ":wanted": {"N": str(wanted)},
                    ":room": {"N": str(self.most - wanted)},
                    ":ttl": {"N": str(int(time.time()) + KEPT_SECONDS)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return max(0, self.most - int(error.response["Item"]["asked"]["N"]))
        return None
