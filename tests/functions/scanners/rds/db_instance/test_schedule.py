"""DB instances of non-production that run when nobody is connected."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.core.model import Coverable, InsufficientData
from functions.core.scan.judge import Judge
from functions.core.usage import Series, Usage
from functions.scanners.rds.db_instance import schedule
from functions.scanners.rds.db_instance.collector import DbInstance
from functions.scanners.rds.db_instance.schedule import CONNECTIONS, schedulable_instance
from tests.functions.scanners.rds.samples import NOW, PRICES, days_ago, db_instance, is_candidate, judge, waste

HOURS = [NOW - timedelta(hours=hour) for hour in range(28 * 24, 0, -1)]
DEV = {"environment": "test"}


def _at_work(moment: datetime) -> bool:
    return moment.weekday() < 5 and 8 <= moment.hour < 18


def _seen(works: Callable[[datetime], bool] = _at_work, hours: list[datetime] = HOURS, **changes: Any) -> DbInstance:
    series = Series([3.0 if works(moment) else 0.0 for moment in hours], hours, len(HOURS), 3600)
    return db_instance(**{"tags": DEV, "usage": Usage({CONNECTIONS: series}), **changes})


def test_nights_and_weekends_by_hand() -> None:
    """Ten hours on five days are used: off for 118 hours a week, 118 × 52 ÷ 12 = 511.33 a month, at 0.178 for PostgreSQL."""
    found = waste(schedulable_instance, _seen())
    assert found.savings.likely == pytest.approx(118 * 52 / 12 * 0.178, abs=0.0001)
    assert found.coverable == Coverable("AmazonRDS", "db.m5", found.savings.likely, "postgresql", "single-az")
    assert found.evidence["off_hours_a_week"] == 118
    assert found.values["stop_at"] == "cron(0 18 ? * MON,TUE,WED,THU,FRI *)"


def test_its_command_makes_both_schedules_and_the_one_that_starts_it_first() -> None:
    judging = Judge([(schedulable_instance, schedulable_instance.limits(NOW))], PRICES)  # type: ignore[list-item]  # of a kind of resource
    [finding] = judging.findings(_seen())
    account, starts, stops = finding.command.split(" &&\n")
    assert account.startswith("test ")
    for step, name, at, operation in ((starts, "start", 8, "startDBInstance"), (stops, "stop", 18, "stopDBInstance")):
        words = shlex.split(step)
        assert words[:3] == ["aws", "scheduler", "create-schedule"]
        assert words[words.index("--name") + 1] == f"{name}-orders"
        assert words[words.index("--schedule-expression") + 1] == f"cron(0 {at} ? * MON,TUE,WED,THU,FRI *)"
        target = json.loads(words[words.index("--target") + 1])
        assert target["Arn"] == f"arn:aws:scheduler:::aws-sdk:rds:{operation}"
        assert json.loads(target["Input"]) == {"DbInstanceIdentifier": "orders"}


def test_a_standby_stops_too() -> None:
    assert waste(schedulable_instance, _seen(multi_az=True)).savings.likely == pytest.approx(118 * 52 / 12 * 0.356, abs=0.0001)


@pytest.mark.parametrize(("idle", "found"), [(5, False), (6, True)])
def test_less_than_forty_hours_a_week_are_not_worth_it(idle: int, found: bool) -> None:
    assert (judge(schedulable_instance, _seen(lambda moment: moment.hour >= idle)) is not None) is found


def test_without_any_connection_it_is_idle_and_needs_no_schedule() -> None:
    assert judge(schedulable_instance, _seen(lambda moment: False)) is None


def test_hours_without_a_datapoint_are_not_idle() -> None:
    assert judge(schedulable_instance, _seen(hours=[moment for moment in HOURS if _at_work(moment)])) is None


def test_an_engine_without_a_price_is_unpriced() -> None:
    assert waste(schedulable_instance, _seen(engine="sqlserver-se")).savings.unpriced is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cluster": "c"}, "of a cluster"),
        ({"engine": "aurora-mysql"}, "of a cluster"),
        ({"source": "main"}, "cannot be stopped"),
        ({"engine": "sqlserver-se", "multi_az": True}, "SQL Server with a standby"),
        ({"engine": "custom-oracle-ee"}, "RDS Custom"),
        ({"status": "modifying"}, "its status is modifying"),
    ],
)
def test_what_aws_does_not_stop_says_why(changes: dict[str, Any], why: str) -> None:
    answer = schedule._may_be_scheduled(db_instance(tags=DEV, **changes), schedulable_instance.limits(NOW))
    assert isinstance(answer, InsufficientData)
    assert why in answer.reason


@pytest.mark.parametrize(
    "changes",
    [{"tags": {}}, {"tags": {"env": "prod"}}, {"tags": {**DEV, "Schedule": "office"}}, {"status": "stopped"}, {"created": days_ago(27)}],
)
def test_production_what_a_scheduler_has_and_what_is_new_is_not_asked_about(changes: dict[str, Any]) -> None:
    assert is_candidate(schedulable_instance, db_instance(**{"tags": DEV, **changes})) is False
