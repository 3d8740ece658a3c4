"""Instances that are too large, that pay for surplus CPU credits, or that nobody uses at night, and what looks like it and is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from finops.fleet.recipes.ec2.instance import MB, ONE, arn, launch, load
from finops.fleet.register import recipe
from finops.fleet.rules import TWO_WEEKS, Moment, Rule, full_hour, measured, measured_hourly
from finops.fleet.scope import Scope

OVERSIZED, BURST, SCHEDULABLE = "ec2-oversized-instance", "ec2-burst-credits-instance", "ec2-schedulable-instance"
HOURS, FOUR_WEEKS = range(1, 14 * 24 + 1), range(1, 28 * 24 + 1)
"""The last ones before the fleet's `as_of`, the newest first."""
LARGE = "m7g.xlarge"
"""Graviton of today, in a zone that has half of its size."""
A_DAY_OF_CREDITS = 24 * 60.0
"""vCPU-minutes: one vCPU above the baseline, all day."""


def at_work(moment: datetime) -> bool:
    """From 7 to 19 o'clock UTC on working days."""
    return moment.weekday() < 5 and 7 <= moment.hour < 19


def by_use(scope: Scope, hours: range, used: Callable[[datetime], bool] = at_work) -> tuple[list[int], list[int]]:
    """The hours in which it is used, and the others."""
    end = full_hour(scope.as_of)
    busy = [hour for hour in hours if used(end - timedelta(hours=hour))]
    return busy, [hour for hour in hours if hour not in set(busy)]


def _all(*rules: Rule) -> Rule:
    return lambda moment: all(rule(moment) for rule in rules)


def _sized(scope: Scope, name: str, dice: Random, cpu: float, peaks: int = 0) -> str:
    """Two weeks of hourly CPU maxima, `peaks` of them at 95 %, and some traffic; its ARN."""
    ((instance, _),) = launch(scope, LARGE, name, dice)
    dimensions = {"InstanceId": instance}
    scope.hourly("AWS/EC2", "CPUUtilization", dimensions, 95.0, HOURS[:peaks])
    scope.hourly("AWS/EC2", "CPUUtilization", dimensions, cpu, HOURS[peaks:])
    for direction in ("NetworkIn", "NetworkOut"):
        scope.daily("AWS/EC2", direction, dimensions, 200 * MB, TWO_WEEKS)
    return arn(scope, instance)


@recipe(ONE)
def twice_as_large(scope: Scope, name: str, dice: Random) -> None:
    """40 % of four vCPUs are 80 % of two: exactly at the limit. One hour above it does not count."""
    made = _sized(scope, name, dice, 40.0, peaks=1)
    scope.book.plant(made, OVERSIZED, _all(measured_hourly(14, HOURS), measured(14)))


@recipe(ONE)
def just_not_twice_as_large(scope: Scope, name: str, dice: Random) -> None:
    """40.5 %."""
    scope.book.near_miss(_sized(scope, name, dice, 40.5), OVERSIZED)


@recipe(ONE)
def large_for_a_job_each_day(scope: Scope, name: str, dice: Random) -> None:
    """Quiet but for 21 hours: more than may be above the limit of all five-minute maxima."""
    scope.book.near_miss(_sized(scope, name, dice, 10.0, peaks=21), OVERSIZED)


def _bursting(scope: Scope, name: str, dice: Random, days: range) -> str:
    ((instance, _),) = launch(scope, "t4g.large", name, dice)
    load(scope, instance, 90.0, 900 * MB)
    scope.daily("AWS/EC2", "CPUSurplusCreditsCharged", {"InstanceId": instance}, A_DAY_OF_CREDITS, days)
    return arn(scope, instance)


@recipe(ONE)
def surplus_each_day(scope: Scope, name: str, dice: Random) -> None:
    """A vCPU of surplus all day long: 0.04 an hour, and the same without credits costs 0.01 more."""

    def often(moment: Moment) -> bool:
        return moment.age >= 14 and moment.daily(TWO_WEEKS, 14) >= 0.7 * 14

    scope.book.plant(_bursting(scope, name, dice, TWO_WEEKS), BURST, often)


@recipe(ONE)
def surplus_on_a_few_days(scope: Scope, name: str, dice: Random) -> None:
    """On five of fourteen."""
    scope.book.near_miss(_bursting(scope, name, dice, range(1, 6)), BURST)


def _used_by_day(scope: Scope, name: str, dice: Random, **more: str) -> str:
    """Four weeks of working hours, and quiet else; its ARN."""
    ((instance, _),) = launch(scope, "m7g.large", name, dice, 1, scope.zone, **more)
    dimensions = {"InstanceId": instance}
    for hours, cpu, traffic in zip(by_use(scope, FOUR_WEEKS), (60.0, 1.0), (20.0 * MB, 0.1 * MB), strict=True):
        scope.hourly("AWS/EC2", "CPUUtilization", dimensions, cpu, hours)
        for direction in ("NetworkIn", "NetworkOut"):
            scope.hourly("AWS/EC2", direction, dimensions, traffic, hours)
    return arn(scope, instance)


@recipe(ONE)
def quiet_at_night(scope: Scope, name: str, dice: Random) -> None:
    """For development, and used on working days only."""
    scope.book.plant(_used_by_day(scope, name, dice, env="dev"), SCHEDULABLE, measured_hourly(28, FOUR_WEEKS))


@recipe(ONE)
def production_quiet_at_night(scope: Scope, name: str, dice: Random) -> None:
    """The same for production."""
    scope.book.near_miss(_used_by_day(scope, name, dice), SCHEDULABLE)


@recipe(ONE)
def night_off_already(scope: Scope, name: str, dice: Random) -> None:
    """The same with the tag of a scheduler."""
    scope.book.near_miss(_used_by_day(scope, name, dice, env="dev", Schedule="office-hours"), SCHEDULABLE)
