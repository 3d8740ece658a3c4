"""When an instance was stopped, from StateTransitionReason; EBS needs it too, for the instances that its volumes are attached to."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def stop_date(reason: str) -> datetime | None:
    """The moment in "User initiated (2024-01-02 03:04:05 GMT)"; None without one: AWS may leave the whole reason empty."""
    found = re.search(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)", reason)
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if found else None
