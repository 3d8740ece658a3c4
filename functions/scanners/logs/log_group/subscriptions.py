"""Who has the events of log groups sent on: subscription filters of a group, and policies of the account for all of its groups."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core.aws.clients import Aws, unless_gone
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.scanners.logs.service import OF_ALL


@dataclass(slots=True)
class Subscriptions:
    """Asks once for the account's policies, and once for each group that is asked about.

    Where that is refused it goes on without: it notes that in `aws.refused`, and asks no more.
    """

    aws: Aws
    of_all: bool | None = None
    refused: bool = False

    def to(self, group: str) -> bool | None:
        """Whether somebody subscribes to a group; None where AWS does not let us know.

        A policy of the account counts for every group: which ones it names as exceptions is not read.
        """
        if self.refused:
            return None
        try:
            return self._to_all() or self._to_one(group)
        except Denied as denied:
            self.aws.refused, self.refused = denied, True
            return None

    def _to_all(self) -> bool:
        if self.of_all is None:
            try:
                self.of_all = bool(self.aws.call("logs", "DescribeAccountPolicies", policyType=OF_ALL).get("accountPolicies"))
            except NotOffered:  # where there are no such policies
                self.of_all = False
        return self.of_all

    def _to_one(self, group: str) -> bool:
        with unless_gone():
            return bool(self.aws.call("logs", "DescribeSubscriptionFilters", logGroupName=group).get("subscriptionFilters"))
        return False
