"""Which instance types AWS offers in which Availability Zone. Those of one region differ: us-east-1e has few that are new.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied

OPERATION = "DescribeInstanceTypeOfferings"
IAM = f"ec2:{OPERATION}"
PAGE = 1_000
FILTER_VALUES = 200
"""The most filter values in one request."""


@dataclass(slots=True)
class Offerings:
    """What the zones of one region offer. Each type is asked for once in a scan, with others, when the first that needs it shows up.

    AWS's refusal is noted in `aws.refused`, so that what needs no offerings is judged all the same.
    """

    aws: Aws
    asked: set[str] = field(default_factory=set)
    by_zone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    silent: bool = False

    def ask(self, types: Iterable[str]) -> None:
        """Ask for those of some types that were not asked for yet."""
        missing = sorted(set(types) - self.asked)
        for first in range(0, len(missing), FILTER_VALUES):
            if not self.silent:
                self._ask(missing[first : first + FILTER_VALUES])

    def _ask(self, types: list[str]) -> None:
        only = [{"Name": "instance-type", "Values": types}]
        listed = self.aws.pages("ec2", OPERATION, "InstanceTypeOfferings", LocationType="availability-zone", Filters=only, MaxResults=PAGE)
        try:
            for zone, kind in self.aws.readable(listed, lambda one: (one["Location"], one["InstanceType"]), []):
                self.by_zone[zone].add(kind)
        except Denied as denied:
            self.aws.refused, self.silent = denied, True
        except NotOffered:
            self.silent = True
        self.asked.update(types)

    def of(self, zone: str, types: Iterable[str]) -> frozenset[str] | None:
        """Those of some types that a zone offers; None where AWS did not say, also when it knows of nothing in that zone."""
        if self.silent or zone not in self.by_zone:
            return None
        return frozenset(self.by_zone[zone].intersection(types))
