"""The tag `finops:ignore`: whoever owns a resource says on the resource itself that it is meant to stay.

    finops:ignore = cold standby until 2027-03-31     the reason, and the last day that it holds
    finops:ignore = 2027-03-31                        no reason, and a last day
    finops:ignore = cold standby                      the reason; it holds as long as the tag is there

An end is "until", at the end of the value, with one day as in ISO 8601. "until" with digits behind it that are no such day, and a value of
digits that is no day, were meant as one: such a tag does not hold, and the report warns of it. "until the migration is over" names no
digits and is a reason. The key is taken as it stands: AWS's tags tell capital letters from small ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from functions.core.outside.text import in_sentence
from functions.core.rank.suppressions import SOON

KEY = "finops:ignore"
NO_REASON = "no reason is given"
SHOWN = 3
"""Resources that are named in the warnings of one kind; the others are counted."""
REASON_LENGTH = 120
"""Characters of a tag's value in a warning; AWS allows 256."""
UNTIL = re.compile(r"(?P<reason>.*)\buntil\b(?P<day>.*\d.*)", re.IGNORECASE)
"""The last "until" that has digits behind it."""
ONLY_A_DAY = re.compile(r"\d+[-./]\d+[-./]\d+")


@dataclass(slots=True, frozen=True)
class IgnoreTag:
    """What one value says. `until`: the last day on which it holds, None where the tag names none; `broken`: it names one that is none."""

    reason: str
    until: date | None = None
    broken: bool = False

    @property
    def words(self) -> str:
        """As the report has it beside a finding."""
        end = f"until {self.until.isoformat()}" if self.until else "as long as it is there"
        return f"{self.reason or NO_REASON} (tag {KEY}, {end})"


@lru_cache(maxsize=4_096)  # one value is on many resources
def read(value: str) -> IgnoreTag:
    """What a value of the tag says."""
    text = " ".join(value.split())
    named = UNTIL.fullmatch(text)
    if named is None and not ONLY_A_DAY.fullmatch(text):
        return IgnoreTag(text)
    reason, day = (named["reason"].rstrip(" ,;:"), named["day"].strip(" :")) if named else ("", text)
    try:
        return IgnoreTag(reason, date.fromisoformat(day))
    except ValueError:
        return IgnoreTag(text, broken=True)


class IgnoreTags:
    """The tags of findings in the order in which a scan wrote them; `warnings` tell of those that end soon, have expired or are broken."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._kinds: dict[str, list[str]] = {"ends soon": [], "has expired": [], "does not hold": []}
        self._more = dict.fromkeys(self._kinds, 0)
        self._last = ""

    def why(self, finding: Mapping[str, Any]) -> str | None:
        """Why a finding, as JSON, is suppressed by its resource's tag; None when it is not."""
        value = finding["tags"].get(KEY)
        if value is None:
            return None
        tag = read(value)
        if tag.broken:
            self._note("does not hold", finding, f"{in_sentence(tag.reason, REASON_LENGTH)!r} names no day such as 2027-03-31")
            return None
        if tag.until is None or tag.until > self._today + SOON:
            return tag.words
        expired = tag.until < self._today
        reason = in_sentence(tag.reason or NO_REASON, REASON_LENGTH)
        self._note("has expired" if expired else "ends soon", finding, f"{reason} (until {tag.until})")
        return None if expired else tag.words

    def _note(self, kind: str, finding: Mapping[str, Any], words: str) -> None:
        """A scan writes the findings of one resource one after the other: it is named once."""
        if finding["resource_arn"] == self._last:
            return
        self._last = finding["resource_arn"]
        if len(self._kinds[kind]) < SHOWN:
            self._kinds[kind].append(f"The tag {KEY} of {self._last} {kind}: {words}")
        else:
            self._more[kind] += 1

    @property
    def warnings(self) -> list[str]:
        """A sentence for each of the first few of a kind, and one for the others."""
        made = []
        for kind, named in self._kinds.items():
            made += named
            if more := self._more[kind]:
                made.append(f"The tag {KEY} of {more:,} more resource{'' if more == 1 else 's'} {kind}")
        return made
