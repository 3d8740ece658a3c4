"""With whose credentials an account is read: the function's own in its own account, else the member role, assumed once per warm worker.

STS gives credentials for an account only where that account has switched STS on; in a region that it has to opt in to, only if it did.
So an endpoint that does not serve the account is not the last one that is asked: credentials of any regional one are taken everywhere.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from functions.core.aws import attempts, lent
from functions.core.aws.partitions import home as home_of
from functions.core.aws.refusals import UNREACHABLE, passing, translated
from functions.core.aws.sessions import Session, _own_session, account_client, account_session
from functions.core.errors import Denied, TokenRefused

_assumed: dict[tuple[str, str], tuple[datetime, Session]] = {}
"""Account and role → when the credentials expire, and the session that has them; the one used last stands last."""
SESSIONS = 100
"""Held at most: each takes 0.16 MiB (measured) when its clients are gone, and to assume a role anew is one free request."""
RENEW_BEFORE_SECONDS = 20 * 60
ASSUME = "sts:AssumeRole"
FINAL = frozenset({"AccessDenied", "AccessDeniedException", "ExplicitDeny"})
"""STS looked at the role, and it does not exist or does not trust us: no other endpoint says otherwise."""
NO_ENDPOINT = "no endpoint of STS gives credentials for this account"
"""In the reason of an account that cannot be entered although nobody said that the role is at fault."""
_served: dict[str, str] = {}
"""Account → the region of the STS endpoint that served it last."""
_making = Lock()
"""Plan assumes roles in threads, and making a session or a client is not safe for them."""


def reader_session(account: str, own_account: str, role_name: str, external_id: str | None, run_id: str, *, anew: bool = False) -> Session:
    """A session that reads `account`: the function's own in its own account, else the member role, assumed once per warm worker.

    With `anew` it is assumed again. Raises Denied when the role does not exist or does not trust us.
    """
    if account == own_account:
        if anew:
            _own_session.cache_clear()
        return _own_session()
    if anew:
        _assumed.pop((account, role_name), None)
    return _member_session(account, role_name, external_id, run_id)


def assume(account: str, role_name: str, external_id: str | None, run_id: str) -> dict[str, Any]:
    """Fresh credentials of the member role, as STS words them, from the first endpoint that serves the account.

    Raises Denied when there is no role, it does not trust us, or no endpoint serves the account, with what to do; Throttled; what botocore
    raises when no endpoint was reached.
    """
    with _making:
        home = _own_session().region_name or ""
    refused: dict[str, Exception] = {}
    for region in dict.fromkeys((_served.get(account, home), home, home_of(home))):
        try:
            credentials = _credentials(region, home, account, role_name, external_id, run_id)
        except Denied as denied:
            if lent.lent() and isinstance(denied, TokenRefused):
                raise lent.gone(str(denied)) from denied
            cause = denied.__cause__
            if denied.action == lent.ACTION:
                raise
            if isinstance(denied, TokenRefused) or (isinstance(cause, ClientError) and cause.response["Error"].get("Code") in FINAL):
                raise
            refused[region] = denied
        except (ClientError, UNREACHABLE) as error:
            refused[region] = error
        else:
            _served[account] = region
            return credentials
    first = refused[home]
    if any(isinstance(error, Denied) for error in refused.values()) or not _passing(first):
        raise Denied(ASSUME, no_endpoint(account, refused)) from first
    raise first


def _credentials(region: str, home: str, account: str, role_name: str, external_id: str | None, run_id: str) -> dict[str, Any]:
    """From the STS of one region."""
    attempts.heed("", region, "sts")
    if region == home:
        sts = account_client("sts")
    else:
        with _making:
            sts = account_client("sts", region)
    extra = {"ExternalId": external_id} if external_id else {}
    role = f"arn:{sts.meta.partition}:iam::{account}:role/{role_name}"
    with translated("sts", "AssumeRole"):
        answer: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName=f"finops-{run_id}"[:64], **extra)
    credentials: dict[str, Any] = answer["Credentials"]
    return credentials


def _passing(error: Exception) -> bool:
    """Whether it may be gone another time: a failure on AWS's side, or no answer."""
    return isinstance(error, UNREACHABLE) or (isinstance(error, ClientError) and passing(error.response, None))


def no_endpoint(account: str, refused: Mapping[str, Exception]) -> str:
    """What each region's STS said, in AWS's words, and what to do."""
    said = [f"{str(error).removeprefix(f'{ASSUME}: ').rstrip('.')} (in {region})" for region, error in refused.items()]
    return (
        f"{'; '.join(said)}: {NO_ENDPOINT}: in account {account} switch STS on for {next(iter(refused))} (IAM, Account settings), or "
        "enable the region there if it is one to opt in to; where STS was not reached, give the functions' network a route to it"
    )


def _member_session(account: str, role_name: str, external_id: str | None, run_id: str) -> Session:
    held = _assumed.pop((account, role_name), None)
    if held is None or (held[0] - datetime.now(UTC)).total_seconds() < RENEW_BEFORE_SECONDS:
        try:
            credentials = assume(account, role_name, external_id, run_id)
        except UNREACHABLE as error:
            raise Denied(ASSUME, no_endpoint(account, {_own_session().region_name or "": error})) from error
        session = account_session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        held = (credentials["Expiration"], session)
    _assumed[(account, role_name)] = held
    if len(_assumed) > SESSIONS:
        del _assumed[next(iter(_assumed))]
    return held[1]
