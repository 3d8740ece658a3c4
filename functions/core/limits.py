"""What a check compares with: its thresholds, each declared once with its default, the moment that ages are measured at, and what AWS
documents and no API tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True, frozen=True)
class Threshold:
    """A number that a check compares with; `why` is for the reader of docs/CHECKS.md. `minimum`/`maximum` bound what may override it."""

    default: float
    why: str
    minimum: float = 0
    maximum: float = float("inf")


@dataclass(slots=True, frozen=True)
class Fact:
    """A limit, an offer or a lifecycle that stands in the code because AWS says it in its documentation only: `what`, where, and when that
    was read (an ISO date). It grows old: docs/CHECKS.md lists all of them.
    """

    what: str
    source: str
    as_of: str


FACTS: list[Fact] = []
"""Every fact of the modules that are loaded."""


def fact(what: str, source: str, as_of: str) -> Fact:
    """Declare one, beside the constants that it is about."""
    made = Fact(what, source, as_of)
    FACTS.append(made)
    return made


class Limits:
    """A check's thresholds, by name as attributes, and the moment `as_of` that ages are measured at (aware, UTC)."""

    __slots__ = ("_values", "as_of")

    def __init__(self, values: Mapping[str, float], as_of: datetime) -> None:
        self._values = dict(values)
        self.as_of = as_of

    def __getattr__(self, name: str) -> float:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no threshold {name!r} is declared by this check; it has {sorted(self._values)}") from None

    def days_since(self, moment: datetime) -> float:
        """Days from `moment` to `as_of`; negative when the moment is later."""
        return (self.as_of - moment) / timedelta(days=1)
