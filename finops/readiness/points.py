"""What has to be there before a sweep: one `Point` for each thing that was looked at, with what to do about it.

`finops doctor` looks at all of it in a deployed analyzer, `make deploy` at what it can see before there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.aws.refusals import translated
from functions.core.errors import Denied, Throttled


class Status(StrEnum):
    """OK; TO_KNOW: a sweep works, without something, or nobody could look; MISSING: it will not do what it is set up for."""

    OK = "ok"
    TO_KNOW = "to know"
    MISSING = "missing"


MARKS = {Status.OK: "✓", Status.TO_KNOW: "!", Status.MISSING: "✗"}


@dataclass(slots=True, frozen=True)
class Point:
    """`what` was looked at, what was `seen`, and what to do about it, "" where there is nothing to do."""

    status: Status
    what: str
    seen: str
    fix: str = ""

    @property
    def line(self) -> str:
        """✗ Mail: finops@example.com is not verified → aws sesv2 create-email-identity …"""
        return f"{MARKS[self.status]} {self.what}: {self.seen}" + (f" → {self.fix}" if self.fix else "")

    def as_json(self) -> dict[str, str]:
        """For machines."""
        return {"status": self.status, "what": self.what, "seen": self.seen, "fix": self.fix}


def ok(what: str, seen: str) -> Point:
    """As it should be."""
    return Point(Status.OK, what, seen)


def to_know(what: str, seen: str, fix: str = "") -> Point:
    """Nothing that stops a sweep."""
    return Point(Status.TO_KNOW, what, seen, fix)


def missing(what: str, seen: str, fix: str) -> Point:
    """Something to mend first."""
    return Point(Status.MISSING, what, seen, fix)


def looked(what: str, look: Callable[[], Point]) -> Point:
    """What `look` finds out; where AWS does not let us look, or does not answer, that: it says nothing of the thing itself."""
    try:
        return look()
    except Denied as denied:
        return to_know(what, f"you may not look ({denied.action} is denied to you)", "ask for that permission, or look in the console")
    except (Throttled, ClientError, BotoCoreError) as error:
        return to_know(what, f"could not be checked: {' '.join(str(error).split())}", "try again")


def asked(client: Any, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """One request by its Python name ("get_account"). Raises Denied and Throttled, and ClientError for what else AWS answers."""
    name = client.meta.method_to_api_mapping[operation]
    with translated(service, name):
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
    return answer


def worst(points: Iterable[Point]) -> Status:
    """MISSING when anything is; OK when there is nothing but that."""
    seen = {point.status for point in points}
    return next((status for status in (Status.MISSING, Status.TO_KNOW) if status in seen), Status.OK)


def summary(points: Iterable[Point]) -> str:
    """2 missing, 1 good to know, 7 as it should be."""
    counts = Counter(point.status for point in points)
    words = {Status.MISSING: "missing", Status.TO_KNOW: "good to know", Status.OK: "as it should be"}
    return ", ".join(f"{counts[status]} {said}" for status, said in words.items() if counts[status])
