"""Tags that say that a resource is kept on purpose, whatever type it is of.

Whoever wrote one has answered what a check that deletes, stops or reduces would ask: the resource is then counted as not judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

from functions.core.model import Action

KEPT_FROM = frozenset({Action.DELETE, Action.STOP, Action.SCALE_IN, Action.RIGHTSIZE, Action.SCHEDULE})
"""What such a tag speaks against; an upgrade or a question to the owner takes nothing away."""

KEPT_FOR_EVER = frozenset({"compliance", "legal-hold", "litigation-hold"})
"""Keys whose date, if they have one, is when it began."""
KEPT_UNTIL = frozenset({
    "delete-protection", "deletion-protection", "do-not-delete", "do-not-delete-before", "do-not-delete-until", "do-not-remove",
    "do-not-stop", "do-not-terminate", "no-delete", "keep", "keep-until", "preserve", "preserve-until", "protected",
    "retain", "retain-until", "retention", "retention-period", "retention-until",
})  # fmt: skip
"""Keys whose date, if they have one, is the last day that it is kept."""
NO = frozenset({"false", "no", "n", "off", "0", "none"})
"""Values by which such a tag says the opposite."""


def keeping_tag(tags: Mapping[str, str], as_of: datetime) -> str:
    """The first key that keeps a resource at a moment; empty when none does.

    Case and everything but letters and digits do not matter, nor what stands before the last ":" or "/" (`acme:Do_Not_Delete`). A date
    that is over keeps nothing any more; what is no date in ISO 8601 keeps it.
    """
    return next((key for key, value in tags.items() if (until := _kind(key)) is not None and _keeps(value.strip(), until, as_of)), "")


def _bare(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


_DATED = {**dict.fromkeys(map(_bare, KEPT_UNTIL), True), **dict.fromkeys(map(_bare, KEPT_FOR_EVER), False)}


@lru_cache(maxsize=4_096)  # an account uses few keys, on thousands of resources
def _kind(key: str) -> bool | None:
    """Whether a key's date is an end; None when the key keeps nothing. AWS's own keys are about other things."""
    return None if key.startswith("aws:") else _DATED.get(_bare(re.split(r"[:/]", key)[-1]))


def _keeps(value: str, until: bool, as_of: datetime) -> bool:
    if value.lower() in NO:
        return False
    last = _date(value) if until else None
    return last is None or last >= as_of.astimezone(UTC).date()


def _date(value: str) -> date | None:
    """The UTC day of an ISO date or moment ("2027-01-31", "2027/01/31", "2027-01-31T12:00:00Z"); None for anything else."""
    try:
        moment = datetime.fromisoformat(value.replace("/", "-"))
    except ValueError:
        return None
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
