"""When a schedule expression of EventBridge Scheduler starts something, and how long it starts nothing at most.

    cron(minutes hours day-of-month month day-of-week year), rate(value unit), at(time)

A cron expression is evaluated in a time zone: when clocks go forward a time that does not exist is skipped, when they go back it comes
once. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdk_app.settings.timing import ANY, DATE, HOUR, MINUTE, MONTH, WEEKDAY

MEANING = (
    "when sweeps start; null: only on demand. The alarm NoSweep goes off after the longest time that it leaves between two; where that is "
    "over 7 days, or it names years, there is no such alarm, because CloudWatch looks no further back"
)
"""Of the setting `schedule`."""
FIRST, YEARS = 2026, 28
"""The years that are looked at: in 28 of them each month has begun on each weekday, leap years too. Not today's, so that a template stays
the same from day to day."""
EVERY_YEAR = frozenset({"*", "*/1", "1970/1", "1970-2199"})
DST = timedelta(hours=1)


def longest_gap(expression: str, timezone: str = "UTC") -> timedelta | None:
    """The longest time between two starts. None: there is a last one (`at`, a year), there are none, or it cannot be read."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    fields = re.fullmatch(r"cron\((.*)\)", expression)
    if not fields or len(fields[1].split()) != 6:
        return None
    *within, year = fields[1].upper().split()
    if year not in EVERY_YEAR:
        return None
    try:
        return _longest(within, timezone)
    except ValueError:
        return None


def _longest(fields: Sequence[str], timezone: str) -> timedelta | None:
    minutes, hours, dates, months, weekdays = fields
    times = [timedelta(hours=hour, minutes=minute) for hour in sorted(HOUR.numbers(hours)) for minute in sorted(MINUTE.numbers(minutes))]
    allowed = MONTH.numbers(months)
    days = [
        date(year, month, day)
        for year in range(FIRST, FIRST + YEARS)
        for month in sorted(allowed)
        for day in _days(dates, weekdays, year, month)
    ]
    if len(days) < 2:  # 30 February
        return None
    within_a_day = max((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    zone = _zone(timezone)
    if zone is None:  # no data of that zone on this machine: as if any start could fall into the hour that is skipped
        return max(within_a_day, *_between(days, times, UTC)) * 2 + DST
    return max(within_a_day, *_between(days, times, zone))


def _zone(name: str) -> tzinfo | None:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _between(days: Sequence[date], times: Sequence[timedelta], zone: tzinfo) -> Iterator[timedelta]:
    """From the last start of a day to the first of the next; and between those of a day on which the clocks change, which has its own."""
    before: datetime | None = None
    for day in days:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # local time, which may not exist
        offset = _offset(midnight, zone)
        if zone is UTC or offset == _offset(midnight + timedelta(days=1), zone):
            starts = [midnight + times[0] - offset, midnight + times[-1] - offset]
        else:
            starts = sorted(moment for time in times if (moment := _existing(midnight + time, zone)))
            yield from (later - earlier for earlier, later in pairwise(starts))
        if starts and before:
            yield starts[0] - before
        before = starts[-1] if starts else before


def _offset(local: datetime, zone: tzinfo) -> timedelta:
    return zone.utcoffset(local.replace(tzinfo=zone)) or timedelta(0)


def _existing(local: datetime, zone: tzinfo) -> datetime | None:
    """In UTC, without saying so; None of a time that the clocks skip."""
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment.replace(tzinfo=None) if moment.astimezone(zone).replace(tzinfo=None) == local else None


def _days(dates: str, weekdays: str, year: int, month: int) -> list[int]:
    """The days of a month; one of the two fields is ?."""
    last = monthrange(year, month)[1]
    found = set(range(1, last + 1))
    if dates != ANY:
        found &= {day for part in dates.split(",") for day in _dates(part, year, month, last)}
    if weekdays != ANY:
        found &= {day for part in weekdays.split(",") for day in _weekdays(part, year, month, last)}
    return sorted(found)


def _dates(part: str, year: int, month: int, last: int) -> set[int]:
    """Days of a month by date: 1, 1-5, 1/7, L (the last), 15W (the weekday next to the 15th), LW."""
    if part == "LW":
        return {_nearest_weekday(last, year, month, last)}
    if nearest := re.fullmatch(r"(\d+)W", part):
        wanted = DATE.number(nearest[1])
        return {_nearest_weekday(wanted, year, month, last)} if wanted <= last else set()
    if part == "L":
        return {last}
    return {day for day in DATE.numbers(part) if day <= last}


def _nearest_weekday(day: int, year: int, month: int, last: int) -> int:
    """It does not leave the month."""
    weekday = date(year, month, day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < last else day - 2
    return day


def _weekdays(part: str, year: int, month: int, last: int) -> set[int]:
    """Days of a month by weekday, of which Sunday is 1: MON-FRI, 2#1 (the first Monday), FRIL or 6L (the last Friday), L (Saturday)."""
    first = date(year, month, 1).isoweekday() % 7
    of_weekday = {number: range((number - 1 - first) % 7 + 1, last + 1, 7) for number in range(1, 8)}
    if part == "L":
        return set(of_weekday[7])
    if numbered := re.fullmatch(r"(\w+)#([1-5])", part):
        return set(of_weekday[WEEKDAY.number(numbered[1])][int(numbered[2]) - 1 : int(numbered[2])])
    if ending := re.fullmatch(r"(\w+)L", part):
        return {of_weekday[WEEKDAY.number(ending[1])][-1]}
    return {day for number in WEEKDAY.numbers(part) for day in of_weekday[number]}
