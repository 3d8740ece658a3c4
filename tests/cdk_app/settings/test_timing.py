"""When something starts, by the rules of EventBridge Scheduler."""

from __future__ import annotations

import re

import pytest

from cdk_app.settings import timing
from cdk_app.settings.settings import InvalidContext, parse


@pytest.mark.parametrize(
    "text",
    [
        "rate(1 minute)", "rate(1 minutes)", "rate(1 day)", "rate(12 hours)", "rate(365 days)",
        "cron(0 2 * * ? *)", "cron(0 6 ? * MON-FRI *)", "cron(15 10 ? * 6L 2022-2199)", "cron(0 8 ? * 2#1 *)", "cron(0/15 * * * ? *)",
        "cron(*/5 8-17 ? * MON,WED,FRI *)", "cron(59 23 L * ? *)", "cron(0 0 3W JAN-DEC ? *)", "cron(0 0 LW * ? *)", "cron(0 0 29 2 ? *)",
        "cron(0 0 30,31 4,5 ? *)", "cron(10-50/10 * ? * SUN 2199)", "cron(0 0 1/2 * ? *)", "cron(0 0 ? * L *)", "cron(0  2 * * ?  *)",
    ],
)  # fmt: skip
def test_what_the_scheduler_takes(text: str) -> None:
    assert timing.expression(text) == text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rate(0 days)", "must be a rate or a cron expression"),
        ("rate(5 minute)", "must be minutes, for 5 of them"),
        ("rate(1 week)", "must be a rate or a cron expression"),
        ("rate(1.5 days)", "must be a rate or a cron expression"),
        ("0 2 * * ? *", "must be a rate or a cron expression"),
        ("at(2026-11-24T00:00:00)", "must be a rate or a cron expression"),
        ("cron(0 2 * * *)", "six fields"),
        ("cron(0 2 * * ? * *)", "six fields"),
        ("cron()", "six fields"),
        ("cron(60 2 * * ? *)", "minutes: must be 0 to 59 (got '60')"),
        ("cron(0 24 * * ? *)", "hours: must be 0 to 23"),
        ("cron(0 2 0 * ? *)", "day-of-month: must be 1 to 31"),
        ("cron(0 2 32 * ? *)", "day-of-month: must be 1 to 31"),
        ("cron(0 2 * 13 ? *)", "month: must be 1 to 12 or JAN to DEC"),
        ("cron(0 2 * FEBRUARY ? *)", "month: must be 1 to 12"),
        ("cron(0 2 ? * 0 *)", "day-of-week: must be 1 to 7 or SUN to SAT"),
        ("cron(0 2 ? * 8 *)", "day-of-week: must be 1 to 7"),
        ("cron(0 2 * * ? 1969)", "year: must be 1970 to 2199"),
        ("cron(0 2 * * ? 2020)", "the years 2020 are over"),
        ("cron(0 2 * * ? 2020-2024)", "the years 2020-2024 are over"),
        ("cron(0 2 * * * *)", "exactly one of day-of-month and day-of-week must be ?"),
        ("cron(0 2 ? * ? *)", "exactly one of day-of-month and day-of-week must be ?"),
        ("cron(0 2 1 * MON *)", "exactly one of day-of-month and day-of-week must be ?"),
        ("cron(? 2 * * ? *)", "minutes: must be 0 to 59"),
        ("cron(0 2 ? * MON 2031-2029)", "year: '2031-2029' ends before it begins"),
        ("cron(0 2 ? * 2/2 *)", "day-of-week: '2/2' is no increment that is possible there"),
        ("cron(0/0 2 * * ? *)", "minutes: '0/0' is no increment"),
        ("cron(0 2 ? * 2#6 *)", "day-of-week: must be 1 to 7"),
        ("cron(0 2 ? * 3#1,6#3 *)", "day-of-week: with # there can be only one value"),
        ("cron(0 2 2#1 * ? *)", "day-of-month: no # is possible there"),
        ("cron(0 2 ? * 3W *)", "day-of-week: no W is possible there"),
        ("cron(L 2 * * ? *)", "minutes: must be 0 to 59"),
        ("cron(0 2 30 2 ? *)", "there is no day 30 in the months 2"),
        ("cron(0 2 31 FEB,APR,JUN ? *)", "there is no day 31 in the months FEB,APR,JUN"),
        ("cron(0, 2 * * ? *)", "minutes: must be 0 to 59"),
        ("cron(1-2-3 2 * * ? *)", "minutes: must be 0 to 59"),
        ("", "must be a rate or a cron expression"),
    ],
)
def test_what_it_would_refuse_is_refused_with_the_field(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        timing.expression(text)


@pytest.mark.parametrize("key", ["schedule", "prices_schedule"])
def test_the_refusal_names_the_key_and_the_value(key: str) -> None:
    with pytest.raises(InvalidContext, match=rf'context "finops": {key}: hours: must be 0 to 23 \(got .25.\) \(got .cron'):
        parse({key: "cron(0 25 * * ? *)"})


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+5"])
def test_a_zone_is_one_of_the_ianas(name: str) -> None:
    assert timing.zone(name) == name


@pytest.mark.parametrize(
    ("name", "near"), [("Europe/Berln", "did you mean Europe/Berlin"), ("CEST", "no time zone of the IANA"), ("", "Europe/Berlin")]
)
def test_what_is_none_is_refused_with_what_comes_near(name: str, near: str) -> None:
    with pytest.raises(InvalidContext, match=f"schedule_timezone: .*{near}"):
        parse({"schedule_timezone": name})


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "../UTC", "europe/berlin"])
def test_what_only_lies_beside_the_zones_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        timing.zone(name)
