"""The name of a run: what its folder in the bucket, its findings and its mails are called by; and those of its units.

A run id becomes part of keys, of paths on somebody's machine and of commands to copy: only what `is_one` takes for one counts as one.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime

PATTERN = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"
"""Of a whole id. No $, by which Python lets a line break through, and no class of digits, which has those of other scripts in it."""


def is_one(text: object) -> bool:
    """Whether this is the id of a run, as `make` makes them."""
    return isinstance(text, str) and re.fullmatch(PATTERN, text) is not None


def make(started: datetime, execution_name: str) -> str:
    """Sorts by time, and is the same when Plan is retried: 20261124T160402Z-1f3c9a."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short(execution_name)}"


def short(execution_name: str) -> str:
    """An execution's name in six hex digits."""
    return hashlib.blake2b(execution_name.encode(), digest_size=3).hexdigest()


def of_execution(started: datetime, name: str, given: str | None) -> str:
    """The run that an execution is of: the one that its input resumes, else its own. `given`: the input as JSON, None when unknown.

    The input is of whoever may start an execution, and may never have come to Plan, which refuses what is no id.
    """
    try:
        asked = json.loads(given or "{}")
    except (ValueError, RecursionError):  # EventBridge leaves out or cuts what is long; and who wants to may nest a list as deep as it goes
        asked = {}
    resumed = asked.get("resume") if isinstance(asked, dict) else None
    return str(resumed) if is_one(resumed) else make(started, name)


def unit_id(account: str, region: str, resource_type: str) -> str:
    """Readable and safe as a file name: `111122223333.us-east-1.ebs-volume`."""
    return f"{account}.{region}.{resource_type.replace(':', '-')}"
