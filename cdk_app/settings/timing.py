"""When something starts: the expressions and time zones of EventBridge Scheduler, by its own rules, before AWS sees them.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
CRON = re.compile(r"cron\((.*)\)")
KINDS = '"rate(12 hours)" or "cron(0 2 * * ? *)"'
ORDER = "minutes hours day-of-month month day-of-week year"
ANY = "?"
LONGEST = dict.fromkeys((4, 6, 9, 11), 30) | {2: 29}
"""Days of the months that have fewer than 31."""
NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""In some systems' folders of zones, and no zones."""


@dataclass(slots=True, frozen=True)
class Field:
    """One of the six of a cron expression: its numbers, what they may be called instead, and which wildcards it takes."""

    name: str
    low: int
    high: int
    wildcards: str
    words: Sequence[str] = ()

    def numbers(self, text: str) -> set[int]:
        """Every number that is meant; none where a wildcard leaves it to the month ("L"). ValueError with what is wrong."""
        if text == ANY and ANY in self.wildcards:
            return set()
        parts = text.split(",")
        if "#" in text and len(parts) > 1:
            raise ValueError(f"{self.name}: with # there can be only one value (got {text!r})")
        return {number for part in parts for number in self._of(part)}

    def _of(self, part: str) -> set[int]:
        if part in ("L", "LW") and set(part) <= set(self.wildcards):
            return set()
        if found := re.fullmatch(r"(\w+?)([LW])", part):
            if found[2] not in self.wildcards:
                raise ValueError(f"{self.name}: no {found[2]} is possible there (got {part!r})")
            return {self.number(found[1])}
        if found := re.fullmatch(r"(\w+)#([1-5])", part):
            if "#" not in self.wildcards:
                raise ValueError(f"{self.name}: no # is possible there (got {part!r})")
            return {self.number(found[1])}
        span, slash, step = part.partition("/")
        if slash and ("/" not in self.wildcards or not re.fullmatch(r"[1-9]\d*", step)):
            raise ValueError(f"{self.name}: {part!r} is no increment that is possible there")
        first, dash, last = span.partition("-")
        low = self.low if span == "*" else self.number(first)
        high = self.number(last) if dash else self.high if slash or span == "*" else low
        if low > high and self is YEAR:
            raise ValueError(f"{self.name}: {span!r} ends before it begins")
        numbers = range(low, high + 1) if low <= high else [*range(low, self.high + 1), *range(self.low, high + 1)]  # FRI-MON
        return set(numbers[:: int(step or 1)])

    def number(self, text: str) -> int:
        """Of one value, which may be a word. ValueError with what it may be."""
        number = self.words.index(text.upper()) + self.low if text.upper() in self.words else int(text) if text.isdecimal() else -1
        if not self.low <= number <= self.high:
            names = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
            raise ValueError(f"{self.name}: must be {self.low} to {self.high}{names} (got {text!r})")
        return number


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MINUTE, HOUR = Field("minutes", 0, 59, ",-*/"), Field("hours", 0, 23, ",-*/")
DATE, MONTH = Field("day-of-month", 1, 31, ",-*?/LW"), Field("month", 1, 12, ",-*/", MONTHS)
WEEKDAY, YEAR = Field("day-of-week", 1, 7, ",-*?L#", DAYS), Field("year", 1970, 2199, ",-*/")
FIELDS = (MINUTE, HOUR, DATE, MONTH, WEEKDAY, YEAR)


def expression(text: str) -> str:
    """The text, if it is one that starts something again and again. ValueError with what is wrong, and what is possible."""
    if found := RATE.fullmatch(text):
        if found[1] != "1" and not found[3]:
            raise ValueError(f"must be {found[2]}s, for {found[1]} of them")
    elif found := CRON.fullmatch(text):
        _cron(found[1].split(), datetime.now(UTC).year)
    else:
        raise ValueError(f"must be a rate or a cron expression such as {KINDS}")
    return text


def _cron(texts: Sequence[str], this_year: int) -> None:
    if len(texts) != len(FIELDS):
        raise ValueError(f"a cron expression has six fields: {ORDER}; here are {len(texts)}")
    _, _, days, months, _, years = (field.numbers(text) for field, text in zip(FIELDS, texts, strict=True))
    if (texts[2] == ANY) == (texts[4] == ANY):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?")
    if days and not any(min(days) <= LONGEST.get(month, 31) for month in months):
        raise ValueError(f"there is no day {min(days)} in the months {texts[3]}")
    if max(years) < this_year:
        raise ValueError(f"the years {texts[5]} are over")


def zone(name: str) -> str:
    """The name, if it is one of the IANA's time zones. ValueError with what comes near."""
    zones = zoneinfo.available_timezones() - NO_ZONES
    if name not in zones:
        near = difflib.get_close_matches(name, zones, n=3, cutoff=0.7)
        raise ValueError("no time zone of the IANA" + (f"; did you mean {' or '.join(near)}?" if near else ', such as "Europe/Berlin"'))
    return name
