"""One account in one region, while the fleet is made there: its clients, and the book of what was made and what has to be found."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Protocol

from finops.fleet.rules import Rule, full_hour, noon

TEAMS = ("payments", "search", "data", "web", "platform")
HALF_HOUR = timedelta(minutes=30)

Key = tuple[str, str]
"""A finding: the ARN of its resource, and the id of the check."""
Place = tuple[str, str]
"""Account and region."""


class Aws(Protocol):
    """What of the embedded AWS is needed here."""

    @property
    def accounts(self) -> tuple[str, ...]: ...

    @property
    def regions(self) -> tuple[str, ...]: ...

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any: ...


class Recommends(Protocol):
    """Tells what AWS itself recommends for a resource of an account; `costs`: what it says of that one alone."""

    def recommend(self, account: str, item: Mapping[str, Any], costs: Mapping[str, Any]) -> None: ...


class Puts(Protocol):
    """Puts points of metrics, at most 1,000 at a time."""

    def put(self, account: str, region: str, namespace: str, points: Sequence[Mapping[str, Any]]) -> None: ...


class Advising(Aws, Protocol):
    """An AWS that can be told what it recommends, and takes many points of metrics."""

    @property
    def metrics(self) -> Puts: ...

    @property
    def optimization_hub(self) -> Recommends: ...


@dataclass(slots=True)
class Book:
    """What was made (`resources`, by type), what has to be found (`planted`) and what must not (`near`). Safe for threads.

    `places`: account and region of what has an ARN that does not say them.
    """

    resources: Counter[str] = field(default_factory=Counter)
    planted: list[tuple[Key, Rule]] = field(default_factory=list)
    near: set[Key] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, resource_type: str, number: int = 1) -> None:
        with self.lock:
            self.resources[resource_type] += number

    def lies(self, arn: str, account: str, region: str) -> None:
        with self.lock:
            self.places[arn] = (account, region)

    def plant(self, arn: str, check: str, rule: Rule) -> None:
        with self.lock:
            self.planted.append(((arn, check), rule))

    def near_miss(self, arn: str, check: str) -> None:
        with self.lock:
            self.near.add((arn, check))


@dataclass(slots=True)
class Scope:
    """`seed`: the fleet's. `begun`: what the scope began with, by the id of its `register.Beginning`. `recommended`: what AWS itself is to
    recommend there, each with its costs.
    """

    aws: Aws
    account: str
    region: str
    book: Book
    as_of: datetime
    seed: int = 0
    begun: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    recommended: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    devices: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    beginning: threading.RLock = field(default_factory=threading.RLock)

    def client(self, service: str) -> Any:
        return self.aws.client(service, self.account, self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    @property
    def zone(self) -> str:
        return f"{self.region}a"

    def device(self, instance: str) -> str:
        """The next free device name of an instance: /dev/sdaa, /dev/sdab, …"""
        with self.lock:
            number = self.devices[instance]
            self.devices[instance] += 1
        letters = ""
        for _ in range(4):
            number, letter = divmod(number, 26)
            letters = chr(ord("a") + letter) + letters
        return f"/dev/sd{letters}"

    def daily(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, days: Iterable[int]) -> None:
        """One datapoint on each of these days before `as_of`, in its middle: Sum, Maximum and Average of the day are all `value`."""
        self._points(namespace, name, dimensions, value, (noon(self.as_of, day) for day in days))

    def hourly(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, hours: Iterable[int]) -> None:
        """One datapoint in each of these hours before `as_of`."""
        end = full_hour(self.as_of)
        self._points(namespace, name, dimensions, value, (half_past(end, hour) for hour in hours))

    def every(self, minutes: int, namespace: str, name: str, dimensions: Mapping[str, str], value: float, days: int) -> None:
        """One datapoint in each so many minutes of the last days before `as_of`, at their beginning."""
        end, step = full_hour(self.as_of), timedelta(minutes=minutes)
        self._points(namespace, name, dimensions, value, (end - number * step for number in range(1, days * 24 * 60 // minutes + 1)))

    def _points(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, times: Iterable[datetime]) -> None:
        named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        points = [{"MetricName": name, "Dimensions": named, "Timestamp": moment, "Value": value} for moment in times]
        with self.lock:
            self.metrics.setdefault(namespace, []).extend(points)


@lru_cache(maxsize=4096)
def half_past(end: datetime, hour: int) -> datetime:
    """The middle of the hour that ends so many hours before `end`, less one. Remembered: all series of a fleet have the same hours."""
    return end - timedelta(hours=hour) + HALF_HOUR


def tags(name: str, dice: Random, **more: str) -> list[dict[str, str]]:
    """AWS's list of tags: a name, an owner, and others."""
    return [{"Key": key, "Value": value} for key, value in {"Name": name, "team": dice.choice(TEAMS), **more}.items()]
