"""When a planted resource is waste: rules over the moment of a sweep, written from the checks' declared thresholds.

Everything in the embedded AWS is created "now", so a sweep looks from a moment in the future (`as_of`), and the metrics are put up to
one such moment, the fleet's own. A rule says for any moment whether the check has to find the resource; none of them asks a scanner.

Daily datapoints are named by how many times 24 hours before the fleet's `as_of` they are: day 1 ends with the last full hour before it, as
the sweeps' windows do. They lie in the middle of it, so that it makes no difference whether an AWS counts days from there or from midnight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

DAY = timedelta(days=1)
SWEEP_AFTER = 60 * DAY
"""The fleet's own `as_of` is so long after its creation."""
WEEK, TWO_WEEKS = range(1, 8), range(1, 15)
"""Daily datapoints."""
ENOUGH = 0.9
"""The share of the datapoints that the checks ask for."""


@dataclass(slots=True, frozen=True)
class Moment:
    """A sweep's `as_of`, with the moments of the fleet that it is compared with: when it was created, and its own `as_of`."""

    as_of: datetime
    created: datetime
    measured_until: datetime

    @property
    def age(self) -> float:
        """Days since the fleet was created."""
        return (self.as_of - self.created) / DAY

    def daily(self, days: Iterable[int], window: int) -> int:
        """How many of the daily datapoints lie in the last `window` times 24 hours before the full hour."""
        end = full_hour(self.as_of)
        return sum(end - window * DAY <= noon(self.measured_until, day) < end for day in days)

    def hourly(self, hours: Iterable[int], window_days: int) -> int:
        """How many of the hourly datapoints lie in the last `window_days` × 24 whole hours."""
        shift = (full_hour(self.as_of) - full_hour(self.measured_until)) // timedelta(hours=1)
        return sum(1 <= hour + shift <= window_days * 24 for hour in hours)


Rule = Callable[[Moment], bool]


def noon(as_of: datetime, day: int) -> datetime:
    """Where the datapoint of such a day lies: in the middle of it."""
    return full_hour(as_of) - day * DAY + DAY / 2


def full_hour(moment: datetime) -> datetime:
    """The beginning of the hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def always(moment: Moment) -> bool:
    """Waste from the first second on."""
    return True


def never(moment: Moment) -> bool:
    """A near miss: whatever the moment, this check does not find it."""
    return False


def older_than(days: float) -> Rule:
    """Waste once it has that age."""
    return lambda moment: moment.age >= days


def measured(window: int, days: Iterable[int] | None = None) -> Rule:
    """Waste once it is as old as the window, while enough of the window's daily datapoints are there. Default: all of them."""
    points = tuple(days or range(1, window + 1))
    return lambda moment: moment.age >= window and moment.daily(points, window) >= ENOUGH * window


def measured_hourly(window_days: int, hours: Iterable[int]) -> Rule:
    """The same with hourly datapoints."""
    points = tuple(hours)
    return lambda moment: moment.age >= window_days and moment.hourly(points, window_days) >= ENOUGH * window_days * 24


def seen(window: int, days: Iterable[int]) -> Rule:
    """Waste while one of these datapoints is in the window: nothing is asked of age or of the number of points."""
    points = tuple(days)
    return lambda moment: moment.daily(points, window) > 0


def silent(min_days: float, last_day: int, lookback: int, min_age: float = 0) -> Rule:
    """Waste when the day of the last datapoint ended so long ago, while that datapoint can still be seen.

    Take a day more than it needs: an AWS that counts days from midnight ends that day up to 12 hours later.
    """

    def rule(moment: Moment) -> bool:
        return moment.age >= min_age and moment.daily([last_day], lookback) == 1 and days_silent(moment, last_day) >= min_days

    return rule


def silent_or_unseen(min_days: float, last_day: int, lookback: int) -> Rule:
    """Waste of that age, unless the day of the last datapoint is in sight and did not end so long ago."""

    def rule(moment: Moment) -> bool:
        lately = moment.daily([last_day], lookback) == 1 and days_silent(moment, last_day) < min_days
        return moment.age >= min_days and not lately

    return rule


def days_silent(moment: Moment, last_day: int) -> float:
    """How long ago the 24 hours with the last datapoint ended, counted back from the sweep's full hour."""
    end = full_hour(moment.as_of)
    return (moment.as_of - end) / DAY - (noon(moment.measured_until, last_day) - end) // DAY - 1


def not_seen(window: int, days: Iterable[int] = (), min_age: float | None = None) -> Rule:
    """Waste once it has that age (default: the window's length) and none of these datapoints is in the window."""
    points = tuple(days)
    age = window if min_age is None else min_age
    return lambda moment: moment.age >= age and moment.daily(points, window) == 0


def charged_within(days: int, first_day: date) -> Rule:
    """Waste when a charge has begun or begins within so many days."""
    return lambda moment: (first_day - moment.as_of.astimezone(UTC).date()).days <= days
