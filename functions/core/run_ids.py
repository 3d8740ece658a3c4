"""The name of a run: what its folder in the bucket, its findings and its mails are called by."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime


def make(started: datetime, execution_name: str) -> str:
    """Sorts by time, and is the same when Plan is retried: 20261124T160402Z-1f3c9a."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short(execution_name)}"


def short(execution_name: str) -> str:
    """An execution's name in six hex digits."""
    return hashlib.blake2b(execution_name.encode(), digest_size=3).hexdigest()


def of_execution(started: datetime, name: str, given: str | None) -> str:
    """The run that an execution is of: the one that its input resumes, else its own. `given`: the input as JSON, None when unknown."""
    try:
        asked = json.loads(given or "{}")
    except ValueError:  # EventBridge leaves out or cuts what is long
        asked = {}
    resumed = asked.get("resume") if isinstance(asked, dict) else None
    return resumed if isinstance(resumed, str) else make(started, name)
