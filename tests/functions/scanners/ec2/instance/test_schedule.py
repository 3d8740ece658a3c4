"""Instances of non-production that run when nobody uses them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.core.model import Coverable, InsufficientData
from functions.core.registry import Verdict
from functions.core.usage import Series, Usage
from functions.scanners.ec2.instance import schedule
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.schedule import schedulable_instance
from tests.functions.core.check_samples import asks
from tests.functions.scanners.ec2.instance.hourly import M5
from tests.functions.scanners.ec2.instance.samples import NOW, RUNNING, US, ago, as_waste, limits

LIMITS = limits(schedulable_instance)
DEV = replace(RUNNING, tags={"env": "dev"}, size=M5["large"])
HOURS = [NOW - timedelta(hours=hour) for hour in range(28 * 24, 0, -1)]


def at_work(moment: datetime) -> bool:
    """From 7 to 19 o'clock on working days."""
    return moment.weekday() < 5 and 7 <= moment.hour < 19


def seen(works: Callable[[datetime], bool] = at_work, cpu: float = 40.0, traffic: float = 0.0, hours: list[datetime] = HOURS) -> Instance:
    """Four weeks by the hour: quiet (1 %, and 900 bytes a second) but where it works. `traffic`: bytes in an hour of work."""
    values = {
        schedule.CPU: [cpu if works(moment) else 1.0 for moment in hours],
        schedule.NETWORK_IN: [traffic if works(moment) else 450.0 * 3600 for moment in hours],
        schedule.NETWORK_OUT: [450.0 * 3600 for _ in hours],
    }
    return replace(DEV, usage=Usage({metric: Series(points, hours, len(HOURS), 3600) for metric, points in values.items()}))


def _judged(instance: Instance) -> Verdict:
    return schedulable_instance(instance, LIMITS, US)


def test_nights_and_weekends_by_hand() -> None:
    """Off for 108 hours a week: × 52 ÷ 12 are 468 hours a month, at 0.096."""
    waste = as_waste(_judged(seen()))
    assert waste.savings.likely == pytest.approx(468 * 0.096)
    assert waste.coverable == Coverable("AmazonEC2", "m5", waste.savings.likely)
    assert waste.evidence == {
        "type": "m5.large", "non_production": True, "off_hours_a_week": 108, "stops_utc": "19:00 MON,TUE,WED,THU,FRI",
        "starts_utc": "07:00 MON,TUE,WED,THU,FRI", "idle_hours_seen": 432, "hours_seen": 672, "busy_hours_while_off": 0, "window_days": 28,
    }  # fmt: skip
    assert waste.values["start_at"] == "cron(0 7 ? * MON,TUE,WED,THU,FRI *)"


@pytest.mark.parametrize(
    ("cpu", "traffic", "found"),
    [(5.0, 0.0, False), (5.1, 0.0, True), (1.0, 550.0 * 3600, False), (1.0, 551.0 * 3600, True)],
)
def test_cpu_or_traffic_is_use(cpu: float, traffic: float, found: bool) -> None:
    """At 5 % and 1,000 bytes a second together nothing is used in any hour: that is an idle instance and needs no schedule."""
    assert (_judged(seen(cpu=cpu, traffic=traffic)) is not None) is found


@pytest.mark.parametrize(("idle", "found"), [(5, False), (6, True)])
def test_less_than_forty_hours_a_week_are_not_worth_it(idle: int, found: bool) -> None:
    """Seven nights of 5 and of 6 hours are 35 and 42."""
    assert (_judged(seen(lambda moment: moment.hour >= idle)) is not None) is found


def test_one_night_of_work_in_four_weeks_is_said() -> None:
    release = HOURS[-40].replace(hour=23)
    waste = as_waste(_judged(seen(lambda moment: at_work(moment) or moment == release)))
    assert (waste.evidence["off_hours_a_week"], waste.evidence["busy_hours_while_off"]) == (108, 1)


def test_hours_without_a_datapoint_are_not_idle() -> None:
    """It is stopped every night already."""
    assert _judged(seen(hours=[moment for moment in HOURS if at_work(moment)])) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"group": "web"}, "schedule the group's size"),
        ({"tags": {"env": "dev", "eks:nodegroup-name": "n", "eks:cluster-name": "c"}}, "Amazon EKS"),
        ({"tags": {"env": "dev", "aws:ecs:clusterName": "c"}}, "Amazon ECS"),
        ({"operator": "eks.amazonaws.com"}, "Amazon EKS"),
        ({"lifecycle": "spot"}, "does not bill on demand"),
        ({"tenancy": "host"}, "on a Dedicated Host"),
        ({"root_is_lost": True}, "cannot be stopped"),
        ({"size": None}, "has an instance store"),
        ({"size": replace(M5["large"], disks_gb=75)}, "would be lost with every stop"),
    ],
)
def test_what_is_not_judged_says_why(changes: dict[str, object], why: str) -> None:
    answer = schedule._may_be_scheduled(replace(DEV, **changes), LIMITS)  # type: ignore[arg-type]  # fields of an instance
    assert isinstance(answer, InsufficientData)
    assert why in answer.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {}}, {"tags": {"env": "prod"}}, {"tags": {"env": "dev", "Schedule": "office-hours"}}, {"state": "stopped"},
        {"created": ago(27)},
    ],
)  # fmt: skip
def test_production_what_a_scheduler_has_and_what_is_new_is_not_asked_about(changes: dict[str, object]) -> None:
    assert asks(schedulable_instance, replace(DEV, **changes), LIMITS) is False  # type: ignore[arg-type]  # fields of an instance


def test_traffic_is_asked_for_only_where_the_cpu_leaves_enough_hours() -> None:
    assert schedulable_instance.goes_on is not None
    assert schedulable_instance.goes_on(seen(), LIMITS)
    assert not schedulable_instance.goes_on(seen(lambda moment: moment.hour >= 5), LIMITS)


def test_what_bills_beside_its_hours_is_not_in_it() -> None:
    waste = as_waste(_judged(replace(seen(), licence="Windows", public_addresses=1)))
    assert waste.savings.lacks == ("what it bills by the hour for Windows",)
    assert waste.note == "Its public IPv4 address is no Elastic IP: it changes with every stop."
