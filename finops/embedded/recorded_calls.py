"""The embedded AWS's own record of what was asked of it, as CloudTrail keeps one: a line of JSON for each request, in a file.

    {"key": "AKIA…", "action": "ec2:DescribeVolumes", "allowed": true}

While the file is there that RECORDED_CALLS names, both servers write to it: ministack what its IAM decides about, moto what it is asked. A
test compares it with what is declared. And `expire` ends a session before its time, because nothing in STS can.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core.iam_evaluator import CredentialResolutionError

FILE = "RECORDED_CALLS"
EXPIRED = ".expired"
"""Beside the record: access keys whose session has ended, one a line."""


def kept() -> bool:
    """Whether a record is kept."""
    return bool(os.environ.get(FILE))


def note(key: str, action: str, *, allowed: bool) -> None:
    """Add a line; nothing where no record is kept. Lines are short enough to be written as one, whoever else writes."""
    path = os.environ.get(FILE)
    if path and os.path.exists(path):  # noqa: PTH110  # asked for each request
        line = json.dumps({"key": key, "action": action, "allowed": allowed})
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def expire(record: Path, key: str) -> None:
    """From now on, the session with this access key has expired. `record`: the file of the record."""
    with record.with_suffix(EXPIRED).open("a", encoding="utf-8") as file:
        file.write(f"{key}\n")


def _ended() -> list[str]:
    """The access keys of sessions that have ended."""
    path = os.environ[FILE]
    if not os.path.exists(path):  # noqa: PTH110
        return []
    with contextlib.suppress(FileNotFoundError):
        return Path(path).with_suffix(EXPIRED).read_text(encoding="utf-8").split()
    return []


def expiring(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Whose an access key is, in ministack's words; of a session that has expired, that."""

    def resolved(access_key_id: str, *given: Any, **named: Any) -> Any:
        if access_key_id and access_key_id in _ended():
            return CredentialResolutionError("ExpiredTokenException", "The security token included in the request is expired")
        return resolve(access_key_id, *given, **named)

    return resolved


def recorded(enforce: Callable[..., Any]) -> Callable[..., Any]:
    """ministack's decision about a request: None where it is allowed."""

    def decide(access_key_id: str, iam_action: str, *given: Any, **named: Any) -> Any:
        refused = enforce(access_key_id, iam_action, *given, **named)
        note(access_key_id, iam_action, allowed=refused is None)
        return refused

    return decide
