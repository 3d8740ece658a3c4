"""The regions that each account has enabled, asked of all accounts at the same time.

DescribeRegions names those that an account can use: the ones that need no opt-in, and the ones that it opted in to. AWS Account
Management knows them too, but answers 5 requests a second for all accounts together, EC2 each account by itself.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
https://docs.aws.amazon.com/accounts/latest/reference/quotas.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from botocore.credentials import CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import ClientError

from functions.core.aws import lent, roles, sessions
from functions.core.aws.refusals import UNREACHABLE, translated
from functions.core.errors import Denied, Throttled, TokenRefused
from functions.core.settings import Settings

IAM = ("ec2:DescribeRegions",)
BUDGET_SECONDS, BUDGET_AN_ACCOUNT, BUDGET_AT_MOST = 30.0, 0.024, 160.0
"""For all accounts together: 500 take 6 s, and each has twice its share. Plan has 300 s, of which an organization's list may take 75."""
UNANSWERED = (Denied, Throttled, ClientError, UNREACHABLE, TimeoutError)
"""What keeps an account from reporting its regions: the role is missing or may not do it, AWS is busy, out of reach, or too slow."""


def budget(accounts: int) -> float:
    """Seconds that so many accounts may take together."""
    return min(BUDGET_AT_MOST, BUDGET_SECONDS + BUDGET_AN_ACCOUNT * accounts)


def of_accounts(
    accounts: Iterable[str], config: Settings, run_id: str, *, budget_seconds: float | None = None
) -> dict[str, list[str] | Exception]:
    """The enabled regions of each account, sorted, or the error (one of UNANSWERED) that kept it from that; the own account's too.

    The own account is asked with the function's credentials, the others through their member role, in the analyzer's region.
    """
    own = config.aws_account_id
    asking = _Asking(config, run_id)
    reported: dict[str, list[str] | Exception] = {own: asking.own()}
    others = [account for account in dict.fromkeys(accounts) if account != own]
    if not others:
        return reported
    seconds = budget(len(others)) if budget_seconds is None else budget_seconds
    pool = ThreadPoolExecutor(max_workers=min(len(others), sessions.CONNECTIONS), thread_name_prefix="regions")
    try:
        asked = {account: pool.submit(asking.member, account) for account in others}
        wait(asked.values(), timeout=seconds)
        reported |= {account: _answer(future, seconds) for account, future in asked.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return reported


def _answer(future: Future[list[str] | Exception], seconds: float) -> list[str] | Exception:
    return future.result() if future.done() else TimeoutError(f"its regions could not be asked within {seconds:g} s")


class _Asking:
    """One client for all member accounts, which the threads share, each as the account that it asks now."""

    def __init__(self, config: Settings, run_id: str) -> None:
        self._config = config
        self._run_id = run_id
        self._credentials = _ThreadCredentials()
        self._client = sessions.client_of_many("ec2", config.aws_region, _Resolver(self._credentials))
        sessions.account_client("sts")  # made here, because making a client is not safe for threads
        self._known: dict[tuple[str, ...], list[str]] = {}

    def own(self) -> list[str] | Exception:
        return self._regions(sessions.account_client("ec2", self._config.aws_region))

    def member(self, account: str) -> list[str] | Exception:
        config = self._config
        try:
            self._credentials.become(roles.assume(account, config.member_role_name, config.member_external_id, self._run_id))
        except UNANSWERED as error:
            return error
        return self._regions(self._client)

    def _regions(self, client: Any) -> list[str] | Exception:
        try:
            with translated("ec2", "DescribeRegions"):
                answer = client.describe_regions()
        except UNANSWERED as error:
            return lent.gone(str(error)) if lent.lent() and isinstance(error, TokenRefused) else error
        regions = tuple(sorted(region["RegionName"] for region in answer["Regions"]))
        return self._known.setdefault(regions, list(regions))  # most accounts have the same: one list for all of them


class _ThreadCredentials(Credentials):
    """Credentials that are other ones in each thread."""

    def __init__(self) -> None:
        super().__init__("", "", method="assume-role")
        self._now = threading.local()

    def become(self, credentials: dict[str, Any]) -> None:
        self._now.frozen = ReadOnlyCredentials(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], account_id=None
        )

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        frozen: ReadOnlyCredentials = self._now.frozen
        return frozen


class _Resolver(CredentialResolver):
    """botocore's place for where credentials come from."""

    def __init__(self, credentials: _ThreadCredentials) -> None:
        super().__init__([])
        self._credentials = credentials

    def load_credentials(self) -> _ThreadCredentials:
        return self._credentials
