"""What a check compares with: its thresholds, each declared once with its default, the moment that ages are measured at, and what AWS
documents and no API tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

UPPER = "max_"
"""How the name of a threshold begins that a finding does not exceed."""


@dataclass(slots=True, frozen=True)
class Threshold:
    """A number that a check compares with; `why` is for the reader of docs/CHECKS.md. `minimum`/`maximum` bound what may override it.

    `seen`: under which name a finding's evidence has the number that was compared with it, rounded; "" where it has none. Of a threshold
    called max_… that is at most so much, of every other at least.
    """

    default: float
    why: str
    minimum: float = 0
    maximum: float = float("inf")
    seen: str = ""

    def relation(self, name: str) -> str:
        """How a finding's number stands to it, in words; "" where none is compared."""
        return "" if not self.seen else "at most" if name.startswith(UPPER) else "at least"

    def holds(self, name: str, seen: float, value: float) -> bool:
        """Whether what the evidence has of it agrees with a finding, as far as it was rounded."""
        exponent = Decimal(repr(seen)).as_tuple().exponent
        rounded = 0.0 if isinstance(seen, int) or not isinstance(exponent, int) else 0.5 * 10.0**exponent
        return seen <= value + rounded if name.startswith(UPPER) else seen >= value - rounded

    @property
    def allowed(self) -> str:
        """ "0 to 100", or "0 or more"."""
        return f"{self.minimum:g} to {self.maximum:g}" if self.maximum != float("inf") else f"{self.minimum:g} or more"


@dataclass(slots=True, frozen=True)
class InForce:
    """What a threshold is for a resource. `where` it was set; "" for the default."""

    value: float
    default: float
    where: str = ""

    @property
    def changed(self) -> bool:
        return self.value != self.default


def changes(thresholds: Mapping[str, InForce]) -> str:
    """What of them is not as declared, and where that was said; "" where nothing is."""
    others = ((name, one) for name, one in thresholds.items() if one.changed)
    return "; ".join(f"{name} {one.value:g} instead of {one.default:g} ({one.where})" for name, one in others)


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
    """A check's thresholds, by name as attributes, and the moment `as_of` that ages are measured at (aware, UTC).

    `changed`: which of them are not the defaults, in words; "" where all are.
    """

    __slots__ = ("_values", "as_of", "changed")

    def __init__(self, values: Mapping[str, float], as_of: datetime, changed: str = "") -> None:
        self._values = dict(values)
        self.as_of = as_of
        self.changed = changed

    def __getattr__(self, name: str) -> float:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no threshold {name!r} is declared by this check; it has {sorted(self._values)}") from None

    def days_since(self, moment: datetime) -> float:
        """Days from `moment` to `as_of`; negative when the moment is later."""
        return (self.as_of - moment) / timedelta(days=1)
