"""Counting API requests: each attempt, by "service:Operation", for the unit that makes it and for the whole process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass(slots=True)
class Meter:
    """API requests made, by "service:Operation", each attempt; listing pages read; and CloudWatch metrics asked for, as AWS bills them."""

    calls: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    metrics: int = 0


SPENT = Meter()
"""Every request of this process, own and in scanned accounts. Workers are warm: meter/invocations.py takes the difference."""
_counting = Lock()


def spent_calls() -> Counter[str]:
    """SPENT's requests until now, as they do not change any more."""
    with _counting:
        return Counter(SPENT.calls)


def counted(client: Any, service: str, *meters: Meter) -> Any:
    """The client, with its requests counted in `meters` and in SPENT."""

    def count(event_name: str, **_: Any) -> None:
        with _counting:  # readers in threads share a client
            for meter in (SPENT, *meters):
                meter.calls[f"{service}:{event_name.rsplit('.', 1)[-1]}"] += 1

    client.meta.events.register("before-send", count)
    return client
