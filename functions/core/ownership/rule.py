"""What a rule of ownership is: a tag, whom it names, and how that one would have the resource removed or changed.

A step of a command may hold {id}, {arn} and {region} of the resource, and the parts of its rule, each as one word of a shell. Where a tag
does not tell a part, its name stands there in capitals, for the reader to fill in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, frozen=True)
class Part:
    """A piece of a tag's value: all of it, or the one at `index` between its slashes. `tag`: another one than the rule's own."""

    tag: str | None = None
    index: int | None = None

    def of(self, value: str) -> str:
        """The piece; empty when there is none."""
        if self.index is None:
            return value
        pieces = value.split("/")
        return pieces[self.index] if -len(pieces) <= self.index < len(pieces) else ""


WHOLE = Part()
INSTANCE, VOLUME, SNAPSHOT, LOAD_BALANCER, TARGET_GROUP = (
    ("instance/",),
    ("volume/",),
    ("snapshot/",),
    ("loadbalancer/",),
    ("targetgroup/",),
)


def _any(value: str) -> bool:
    return True


@dataclass(slots=True, frozen=True)
class Rule:
    """One manager. `key`: its tag, or the beginning of it before a "*"; `only`: the values that count. For the rest see `Manager`.

    `on`: how the resource's part of an ARN begins, for a tag that is copied to what the manager did not make (a claim's to snapshots, a
    node's to volumes): there its command would take away something else. `change` is None where the resource may be changed by hand.
    `named_by_key`: what the "*" stands for is the part {name}.
    """

    key: str
    who: str
    remove: tuple[str, ...] = ()
    change: tuple[str, ...] | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    only: Callable[[str], bool] = _any
    on: tuple[str, ...] = ("",)
    undo: str = "Change it back where it was changed."
    advice: str = "change it there; what is done to it by hand is undone, or breaks what it belongs to."
    expires: bool = False
    beside: bool = False
    named_by_key: bool = False
