"""How many units are scanned at the same time: what Lambda has room for, in this account or in each scan function, and what the scanned
accounts' APIs bear.

Lambda's quota is 1,000 executions at once in most accounts, and 10 in a new one; the functions of everything else in the account share
it. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from typing import Any

from functions.core.aws.refusals import translated
from functions.core.aws.sessions import own_client
from functions.core.errors import Denied

SHARE = 0.5
"""Of what is free: the rest is for others, and for our own functions beside the scans."""
ONE_ACCOUNT, EACH_FURTHER = 40, 4
"""Scans at once of one account, and more for each further one: its APIs slow down who asks for more. EC2's describe calls have a bucket
of 100 and 20 a second. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html"""
MOST = 500
"""Twice as many bring nothing even with 500 accounts: STS answers 600 AssumeRole a second (`make bench ARGS="accounts"`)."""
UNKNOWN = 10
"""Where the quota cannot be read: the smallest one that there is."""


def scans_at_once(unreserved: int, accounts: int, reserved: int | None = None, of_one_service: int = MOST) -> int:
    """Scans at the same time, 1 to MOST. `unreserved`: executions that no function has reserved.

    `reserved`: those that each scan function has for itself, which is all that it gets. Lambda refuses the next one, so no more are started
    than one function takes, unless the plan has no more units `of_one_service` than that: although the plan mixes services, the units of
    the slowest stay while others end, until all that run are its own.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    borne = min(ONE_ACCOUNT + EACH_FURTHER * (accounts - 1), MOST)
    if reserved is None:
        return max(1, min(int(unreserved * SHARE), borne))
    return borne if of_one_service <= reserved else min(reserved, borne)


def unreserved() -> tuple[int, str]:
    """What Lambda has left for functions that reserve nothing; and, where it may not be read, why it is guessed."""
    try:
        with translated("lambda", "GetAccountSettings"):
            limit: dict[str, Any] = own_client("lambda").get_account_settings()["AccountLimit"]
    except Denied as denied:
        return UNKNOWN, f"Lambda's quota may not be read, {UNKNOWN} executions at once are assumed: {denied}"
    return int(limit["UnreservedConcurrentExecutions"]), ""
