"""When an instance was stopped, from StateTransitionReason; EBS needs it too, for the instances that its volumes are attached to."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from functions.core.model import Evidence
from functions.core.usage import Series


def stop_date(reason: str) -> datetime | None:
    """The moment in "User initiated (2024-01-02 03:04:05 GMT)"; None without one: AWS may leave the whole reason empty."""
    found = re.search(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)", reason)
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if found else None


def stopped_since(stopped_at: datetime | None, cpu: Series | None) -> tuple[datetime, Evidence] | None:
    """When an instance was stopped (at the latest), and how we know: AWS's date, else the last datapoint of `cpu`.

    A running instance always reports CPUUtilization and a stopped one never does. A datapoint begins at its day, so it ran for up to a day
    after it.
    """
    if stopped_at:
        return stopped_at, {"stopped_since_source": "StateTransitionReason"}
    if cpu is None or cpu.silent_since is None:
        return None
    evidence: Evidence = {"stopped_since_source": "last CPUUtilization datapoint", "cpu_datapoints": cpu.count}
    return cpu.silent_since, evidence
