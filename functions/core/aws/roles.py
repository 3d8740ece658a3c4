"""With whose credentials an account is read: the function's own in its own account, else the member role, assumed once per warm worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.core.aws.clients import Session, _own_session, _session, own_client, translated

_assumed: dict[tuple[str, str], tuple[datetime, Session]] = {}
"""Account and role → when the credentials expire, and the session that has them; the one used last stands last."""
SESSIONS = 100
"""Held at most: each takes 0.16 MiB (measured) when its clients are gone, and to assume a role anew is one free request."""
RENEW_BEFORE_SECONDS = 20 * 60


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
    """Fresh credentials of the member role, as STS words them. Raises Denied when there is no role or it does not trust us; Throttled."""
    sts = own_client("sts")
    role = f"arn:{sts.meta.partition}:iam::{account}:role/{role_name}"
    extra = {"ExternalId": external_id} if external_id else {}
    with translated("sts", "AssumeRole"):
        answer: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName=f"finops-{run_id}"[:64], **extra)
    credentials: dict[str, Any] = answer["Credentials"]
    return credentials


def _member_session(account: str, role_name: str, external_id: str | None, run_id: str) -> Session:
    held = _assumed.pop((account, role_name), None)
    if held is None or (held[0] - datetime.now(UTC)).total_seconds() < RENEW_BEFORE_SECONDS:
        credentials = assume(account, role_name, external_id, run_id)
        session = _session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        held = (credentials["Expiration"], session)
    _assumed[(account, role_name)] = held
    if len(_assumed) > SESSIONS:
        del _assumed[next(iter(_assumed))]
    return held[1]
