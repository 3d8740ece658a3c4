"""What can go wrong, each with its own name: the state machine's Retry and Catch, the ledger and the report go by these names."""

from __future__ import annotations


class FinOpsError(Exception):
    """The root of our own errors."""


class InvalidInput(FinOpsError):
    """The sweep was asked for something that is not possible: refused before anything is scanned, with the key and what is allowed."""


class Denied(FinOpsError):
    """AWS refused the call: a permission, an SCP, or a region that is not enabled. Trying again does not help."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action}: {message}")
        self.action = action


class Throttled(FinOpsError):
    """AWS asked us to slow down and botocore's own retries are spent; the state machine retries."""


class OutOfTime(FinOpsError):
    """The scan's time budget is spent. `token` is where the listing stopped, None when it cannot be continued."""

    def __init__(self, token: str | None) -> None:
        super().__init__("the scan's time budget is spent")
        self.token = token
