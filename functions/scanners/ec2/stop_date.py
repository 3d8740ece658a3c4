"""When an instance was stopped, from StateTransitionReason; EBS needs it too, for the instances that its volumes are attached to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.core import tags
from functions.core.model import Evidence
from functions.core.usage import Series


@dataclass(slots=True, frozen=True)
class StoppedInstance:
    """`started`: when it was last started. `stopped_at`: when it was stopped, if AWS tells. `group`: its Auto Scaling group."""

    id: str
    started: datetime
    stopped_at: datetime | None = None
    group: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)


def stop_date(reason: str) -> datetime | None:
    """The moment in "User initiated (2024-01-02 03:04:05 GMT)"; None without one: AWS may leave the whole reason empty."""
    found = re.search(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)", reason)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:  # no such day
        return None


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


def stopped_instance(instance: Mapping[str, Any]) -> tuple[str, StoppedInstance]:
    """A stopped instance of DescribeInstances, by its id."""
    name, named = instance["InstanceId"], tags.from_list(instance.get("Tags"))
    group = named.get("aws:autoscaling:groupName", "")
    return name, StoppedInstance(name, instance["LaunchTime"], stop_date(instance.get("StateTransitionReason", "")), group, named)
