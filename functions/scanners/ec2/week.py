"""The hours of a week in which something is not used, and the schedule that stops it then. All hours are UTC.

A week has 168 hours, the first after midnight of Monday. An hour that was not seen is unknown, never idle. A schedule has one time of the
day at which it stops and one at which it starts, each on some days of the week, so that two entries of a scheduler do it.
https://docs.aws.amazon.com/solutions/latest/instance-scheduler-on-aws/solution-overview.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from functions.core.amounts import HOURS_PER_MONTH, Amount
from functions.core.aws.partitions import partition
from functions.core.limits import Limits, Threshold
from functions.core.model import Evidence, Resource
from functions.core.usage import Series

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
HOURS_OF_DAY = 24
HOURS_OF_WEEK = 7 * HOURS_OF_DAY
WEEKS_OF_YEAR, MONTHS_OF_YEAR = 52, 12
LONGEST_NAME = 58
"""Of a schedule's 64 characters, after "start-". https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""

THRESHOLDS: Mapping[str, Threshold] = {
    "schedule_days": Threshold(28, "four weeks show which hours of a week are alike", minimum=14, maximum=63),
    "min_idle_share": Threshold(0.75, "of the weeks, in which an hour must be idle: one release night is no use", minimum=0.5, maximum=1),
    "min_idle_hours": Threshold(40, "a week: a weekend, or most nights; less is not worth a schedule", minimum=1, maximum=HOURS_OF_WEEK),
}
"""Of every check that offers a schedule."""

_BY_SCHEDULE = ("schedul", "offhours", "off-hours", "downtime", "uptime", "autostop", "auto-stop", "autostart", "auto-start")


def scheduler_tag(tags: Mapping[str, str]) -> str:
    """The first tag by whose key some scheduler stops and starts it already; empty without one.

    Instance Scheduler on AWS goes by "Schedule" unless it is set up otherwise; other tools have keys of the user's choice.
    """
    return next((key for key in tags if any(word in key.lower().replace("_", "-") for word in _BY_SCHEDULE)), "")


@dataclass(slots=True, frozen=True)
class OffTime:
    """It stops at `stops` o'clock on some days, and starts at `starts` o'clock on as many. `hours`: of a week, in which it is off."""

    hours: int
    stops: int
    starts: int
    stop_days: tuple[int, ...]
    start_days: tuple[int, ...]

    def values(self, resource: Resource) -> Mapping[str, str]:
        """For the steps of a command."""
        return {
            "partition": partition(resource.region),
            "schedule": resource.id[:LONGEST_NAME],
            "stop_at": _cron(self.stops, self.stop_days),
            "start_at": _cron(self.starts, self.start_days),
        }

    def evidence(self) -> Evidence:
        """In words of a report."""
        return {
            "off_hours_a_week": self.hours,
            "stops_utc": f"{self.stops:02}:00 {_named(self.stop_days)}",
            "starts_utc": f"{self.starts:02}:00 {_named(self.start_days)}",
        }

    def saves(self, all_month: Amount) -> Amount:
        """What the hours of a month cost in which it is off, of what it costs to run all month."""
        share = self.hours * WEEKS_OF_YEAR / MONTHS_OF_YEAR / HOURS_PER_MONTH
        return all_month.times(share, f"{self.hours} h a week × {WEEKS_OF_YEAR} ÷ {MONTHS_OF_YEAR} ÷ {HOURS_PER_MONTH} h")


def _named(days: Iterable[int]) -> str:
    return ",".join(DAYS[day] for day in days)


def _cron(hour: int, days: Iterable[int]) -> str:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based"""
    return f"cron(0 {hour} ? * {_named(days)} *)"


def hours_with(*used: tuple[Series, float]) -> Mapping[datetime, bool]:
    """For each hour of which every series has a datapoint, whether none of them is above its limit there."""
    seen = set.intersection(*(set(series.times) for series, _ in used))
    busy = {moment for series, most in used for moment, value in zip(series.times, series.values, strict=True) if value > most}
    return {moment: moment not in busy for moment in seen}


def _cell(moment: datetime) -> int:
    """Which hour of the week it is in, in UTC."""
    there = moment.astimezone(UTC)
    return there.weekday() * HOURS_OF_DAY + there.hour


def together(one: Series, other: Series) -> Series:
    """The sums of two series, of the periods that both have."""
    others = dict(zip(other.times, other.values, strict=True))
    pairs = [(moment, value + others[moment]) for moment, value in zip(one.times, one.values, strict=True) if moment in others]
    return Series([value for _, value in pairs], [moment for moment, _ in pairs], one.expected, one.period)


def idle_cells(hours: Mapping[datetime, bool], limits: Limits) -> list[bool]:
    """For each hour of the week, whether it was idle in enough weeks of those that were looked at."""
    weeks = limits.schedule_days / 7
    idle = Counter(_cell(moment) for moment, unused in hours.items() if unused)
    return [idle[cell] >= limits.min_idle_share * weeks for cell in range(HOURS_OF_WEEK)]


def busy_in(off: OffTime, hours: Mapping[datetime, bool]) -> int:
    """How many of the hours that were looked at lie where it would be off, and saw use all the same."""
    cells = set(_off_cells(off))
    return sum(not unused and _cell(moment) in cells for moment, unused in hours.items())


def off_time(idle: Sequence[bool]) -> OffTime | None:
    """The schedule that is off for the most hours, all of them idle; of several, the one that stops and starts least often.

    None without one, and where the whole week is idle: what nobody uses needs no schedule.
    """
    if all(idle):
        return None
    runs = _runs(idle)
    # the best one stops where the idle hours of some day begin, and starts where those of some day end: else it could be off longer
    begin = {cell % HOURS_OF_DAY for cell in range(HOURS_OF_WEEK) if idle[cell] and not idle[cell - 1]}
    end = {cell % HOURS_OF_DAY for cell in range(HOURS_OF_WEEK) if idle[cell - 1] and not idle[cell]}
    found = [made for stops, starts in product(sorted(begin), sorted(end)) if (made := _off(runs, stops, starts))]
    return max(found, key=lambda made: (made.hours, -len(made.stop_days)), default=None)


def _runs(idle: Sequence[bool]) -> list[int]:
    """For each hour of the week, how many idle ones follow each other from it on, into the next week too."""
    runs = [0] * HOURS_OF_WEEK
    following = 0
    for cell in reversed(range(2 * HOURS_OF_WEEK)):
        following = following + 1 if idle[cell % HOURS_OF_WEEK] else 0
        runs[cell % HOURS_OF_WEEK] = following
    return runs


def _off(runs: Sequence[int], stops: int, starts: int) -> OffTime | None:
    """At these hours: off in every night that is idle from one to the other, and through every day between two such nights that is idle."""
    night = (starts - stops) % HOURS_OF_DAY or HOURS_OF_DAY
    day = HOURS_OF_DAY - night
    nights = [runs[which * HOURS_OF_DAY + stops] >= night for which in range(7)]
    if not any(nights):
        return None
    # the day that follows a night is on unless all of it is idle and the next night is off too
    mornings = [(which * HOURS_OF_DAY + stops + night) % HOURS_OF_WEEK for which in range(7)]
    through = [nights[which] and nights[(which + 1) % 7] and runs[mornings[which]] >= day for which in range(7)]
    hours = night * sum(nights) + day * sum(through)
    stop_days = tuple(which for which in range(7) if nights[which] and not through[which - 1])
    ends = sorted(mornings[which] // HOURS_OF_DAY for which in range(7) if nights[which] and not through[which])
    return OffTime(hours, stops, starts, stop_days, tuple(ends))


def _off_cells(off: OffTime) -> Iterator[int]:
    """The hours of the week from each stop to the next start."""
    begins = {day * HOURS_OF_DAY + off.starts for day in off.start_days}
    for day in off.stop_days:
        cell = day * HOURS_OF_DAY + off.stops
        while cell % HOURS_OF_WEEK not in begins:
            yield cell % HOURS_OF_WEEK
            cell += 1


def _entry(name: str, at: str, target: str, parameters: str) -> str:
    """A schedule that calls an operation of AWS. Its times are UTC; AWS refuses the word ROLE."""
    body = f'{{{{"Arn":"arn:{{partition}}:scheduler:::aws-sdk:{target}","RoleArn":"ROLE","Input":"{{{{{parameters}}}}}"}}}}'
    return (
        f"aws scheduler create-schedule --region {{region}} --name {name}-{{schedule}} --schedule-expression {at}"
        f" --schedule-expression-timezone UTC --flexible-time-window Mode=OFF --target '{body}'"
    )


def commands(stop: str, start: str, parameters: str) -> tuple[str, str]:
    """Two schedules of Amazon EventBridge Scheduler, the one that starts it first. `stop`, `start`: "ec2:stopInstances" and the like;
    `parameters`: the inside of their JSON, its quotes with a backslash.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    return _entry("start", "{start_at}", start, parameters), _entry("stop", "{stop_at}", stop, parameters)


UNDO = "Delete both schedules (aws scheduler delete-schedule --name), and start it where it is stopped."
AFTERWARDS = (
    "ROLE is the ARN of a role that EventBridge Scheduler may assume and that may stop and start it. The times are UTC: with"
    " --schedule-expression-timezone they follow another clock. Where Instance Scheduler on AWS runs, its tag does the same."
)
