"""The longest time without a start, of every kind of expression."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest

from cdk_app.settings import schedule_times
from cdk_app.settings.schedule_times import longest_gap
from cdk_app.settings.settings import DeploymentSettings

MINUTE, HOUR, DAY = 1 / 60, 1, 24


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("rate(1 minute)", MINUTE),
        ("rate(90 minutes)", 1.5),
        ("rate(1 hour)", HOUR),
        ("rate(7 days)", 7 * DAY),
        ("cron(* * * * ? *)", MINUTE),
        ("cron(0/15 * * * ? *)", 0.25),
        ("cron(0 2 * * ? *)", DAY),
        ("cron(0 2 ? * * *)", DAY),
        ("cron(0 2,14 * * ? *)", 12),
        ("cron(0 0/6 * * ? *)", 6),
        ("cron(0 8-18 * * ? *)", 14),
        ("cron(30 8-18/5 * * ? *)", 14),
        ("cron(0 8-18 ? * MON-FRI *)", 14 + 2 * DAY),
        ("cron(0/30 9-17 ? * mon-fri *)", 15.5 + 2 * DAY),
        ("cron(0 6 ? * MON-FRI *)", 3 * DAY),
        ("cron(0 6 ? * 2-6 *)", 3 * DAY),
        ("cron(0 6 ? * FRI-MON *)", 4 * DAY),
        ("cron(0 6 ? * MON,WED,FRI *)", 3 * DAY),
        ("cron(0 6 ? * TUE,WED *)", 6 * DAY),
        ("cron(0 6 ? * SUN *)", 7 * DAY),
        ("cron(0 6 ? * 1 *)", 7 * DAY),
        ("cron(0 6 ? * L *)", 7 * DAY),
        ("cron(0 6 */2 * ? *)", 2 * DAY),
        ("cron(0 6 1/7 * ? *)", 7 * DAY),
        ("cron(0 6 1,15 * ? *)", 17 * DAY),
        ("cron(0 6 1 * ? *)", 31 * DAY),
        ("cron(0 6 L * ? *)", 31 * DAY),
        ("cron(0 6 31 * ? *)", 61 * DAY),
        ("cron(0 6 1W * ? *)", 33 * DAY),
        ("cron(0 6 LW * ? *)", 33 * DAY),
        ("cron(0 6 ? * 2#1 *)", 35 * DAY),
        ("cron(0 6 ? * MON#1 *)", 35 * DAY),
        ("cron(0 6 ? * 6L *)", 35 * DAY),
        ("cron(0 6 ? * FRIL *)", 35 * DAY),
        ("cron(0 6 ? * FRI#5 *)", 119 * DAY),
        ("cron(0 6 1 JAN ? *)", 366 * DAY),
        ("cron(0 6 1 1,7 ? *)", 184 * DAY),
        ("cron(0 6 29 2 ? *)", 1461 * DAY),
        ("cron(0 6 ? * MON-FRI 1970-2199)", 3 * DAY),
    ],
)
def test_in_utc(expression: str, hours: float) -> None:
    assert longest_gap(expression) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("expression", "zone", "hours"),
    [
        ("cron(0 6 ? * MON-FRI *)", "Europe/Berlin", 3 * DAY + 1),
        ("cron(0 6 ? * MON-FRI *)", "Asia/Kolkata", 3 * DAY),
        ("cron(0 6 * * ? *)", "America/New_York", DAY + 1),
        ("cron(30 2 * * ? *)", "Europe/Berlin", 2 * DAY - 1),
        ("cron(30 2,14 * * ? *)", "Europe/Berlin", DAY - 1),
        ("cron(0 0/6 * * ? *)", "Europe/Berlin", 7),
        ("cron(0 * * * ? *)", "Europe/Berlin", 2),
        ("cron(0 12 * * ? *)", "Australia/Lord_Howe", DAY + 0.5),
        ("cron(0 0 * * ? *)", "Africa/Cairo", 2 * DAY - 1),
        ("rate(1 day)", "Europe/Berlin", DAY),
    ],
)
def test_where_clocks_change(expression: str, zone: str, hours: float) -> None:
    """A time that is skipped in spring is a start less; one that comes twice in autumn starts once."""
    assert longest_gap(expression, zone) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "expression",
    [
        "at(2026-12-01T06:00:00)",
        "cron(0 6 ? * MON-FRI 2026-2030)",
        "cron(0 6 1 1 ? 2027)",
        "cron(0 6 30 2 ? *)",
        "cron(0 25 * * ? *)",
        "cron(0 6 ? * MOO *)",
        "cron(0 6 ? * 8 *)",
        "cron(0 6 32 * ? *)",
        "cron(*/0 * * * ? *)",
        "cron(0 6 * * ?)",
        "every day",
    ],
)
def test_where_there_is_a_last_start_or_none_no_gap_is_known(expression: str) -> None:
    assert longest_gap(expression) is None


@pytest.mark.parametrize(("expression", "hours"), [("cron(0 6 * * ? *)", 2 * DAY + 1), ("cron(0 * * * ? *)", 3), ("rate(1 day)", DAY)])
def test_without_data_of_the_zone_any_start_may_be_skipped(expression: str, hours: float) -> None:
    assert longest_gap(expression, "Nowhere/At_All") == timedelta(hours=hours)


def test_the_default_is_daily() -> None:
    default = DeploymentSettings()
    assert default.schedule is not None
    assert longest_gap(default.schedule, default.schedule_timezone) == timedelta(days=1)


def test_the_years_that_are_looked_at_have_every_calendar() -> None:
    """14: beginning on each weekday, leap or not."""
    years = range(schedule_times.FIRST, schedule_times.FIRST + schedule_times.YEARS)
    assert len({(date(year, 1, 1).weekday(), monthrange(year, 2)[1]) for year in years}) == 14
