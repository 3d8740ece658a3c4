"""Which tables and indexes auto scaling sets the capacity of, and between which bounds: https://docs.aws.amazon.com/autoscaling/application/"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.errors import Denied

READ, WRITE = "ReadCapacityUnits", "WriteCapacityUnits"


@dataclass(slots=True)
class Scaling:
    """The scalable targets of one region, listed when the first table with provisioned capacity is met: once in a scan.

    AWS's refusal is noted in `aws.refused`, so that tables that are billed by the request are judged all the same.
    """

    aws: Aws
    least: Mapping[tuple[str, str], int] | None = None
    known: bool = True
    lost: list[Any] = field(default_factory=list)

    def of(self, table: str, index: str, units: str) -> int | None:
        """The least units that auto scaling leaves to a table, or to an index of it ("" for its own); None where nothing scales them."""
        if self.least is None:
            self.least = self._listed()
        resource = f"table/{table}" + (f"/index/{index}" if index else "")
        return self.least.get((resource, units))

    def _listed(self) -> Mapping[tuple[str, str], int]:
        listed = self.aws.pages("application-autoscaling", "DescribeScalableTargets", "ScalableTargets", ServiceNamespace="dynamodb")
        try:
            found = dict(self.aws.readable(listed, _least, self.lost))
        except Denied as denied:
            self.aws.refused, self.known = denied, False
            return {}
        self.known = not self.lost
        return found


def _least(target: Mapping[str, Any]) -> tuple[tuple[str, str], int]:
    """Of "dynamodb:table:ReadCapacityUnits" and "dynamodb:index:WriteCapacityUnits" the end counts: the resource tells table and index."""
    return (target["ResourceId"], target["ScalableDimension"].rpartition(":")[2]), target["MinCapacity"]
