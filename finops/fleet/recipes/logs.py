"""Log groups: kept for ever, without a byte for a month, with many bytes a day, and those whose retention, size or class says otherwise.

The embedded AWS stores what came in according to the metric; AWS stores less than that, because it compresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.register import bills, ends, recipe
from finops.fleet.rules import Rule, not_seen
from finops.fleet.scope import Scope, tags

GROUP = "logs:log-group"
ONE = {GROUP: 1}
CLOUDWATCH = "AmazonCloudWatch"
NO_RETENTION, STALE, INFREQUENT = "logs-no-retention", "logs-stale-group", "logs-infrequent-access-group"
GIB = 1024**3
MONTH, QUARTER, TEN_YEARS = 30, 90, 3653
LONG_AGO, UP_TO_NOW = range(31, 41), range(1, 41)
"""Days on which something came in: until the day before the last 30, or every day."""
MUCH = 10
"""GiB a day, of a month, from which on its class matters."""
TWICE_AS_MUCH = 2 * MUCH * len(UP_TO_NOW)
GB_MONTH, SHOWN = 0.03, 0.005
"""Dollars: what a GB-month bills in the fleet's regions, and more than which a finding has to save."""


@ends
def log_groups_of_the_analyzer(scope: Scope) -> None:
    """They are swept like any other: they have a retention, or store next to nothing. By their names: no recipe's begins with a slash."""
    for page in scope.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/"):
        scope.book.count(GROUP, len(page["logGroups"]))


def create(
    scope: Scope, name: str, dice: Random, gib: float, days: Iterable[int], retention: int | None = None, log_class: str = "STANDARD"
) -> str:
    """A log group that so much came into, evenly on these days; its ARN. Counts it."""
    logs, points = scope.client("logs"), tuple(days)
    logs.create_log_group(logGroupName=name, logGroupClass=log_class, tags={pair["Key"]: pair["Value"] for pair in tags(name, dice)})
    if retention:
        logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
    scope.daily("AWS/Logs", "IncomingBytes", {"LogGroupName": name}, gib * GIB / len(points), points)
    scope.book.count(GROUP)
    return scope.arn("logs", f"log-group:{name}")


def takes_in_much(gib: float, days: Iterable[int]) -> Rule:
    """Worth another class once it is as old as the month in which enough of so much came in, evenly on these days."""
    points = tuple(days)
    return lambda moment: moment.age >= MONTH and gib * moment.daily(points, MONTH) / len(points) / MONTH >= MUCH


def kept_too_long(gib: float) -> Rule:
    """Waste once what is older than a quarter, as if it had come in evenly, saves enough to be shown."""
    return lambda moment: moment.age > QUARTER and gib * (1 - QUARTER / moment.age) * GB_MONTH > SHOWN


@recipe(ONE, weight=3)
def stale_log_group(scope: Scope, name: str, dice: Random) -> None:
    """Nothing for 30 days; one day most of it is older than a quarter, too."""
    gib = dice.choice((2, 40, 240))
    made = create(scope, name, dice, gib, LONG_AGO)
    scope.book.plant(made, STALE, not_seen(MONTH, LONG_AGO))
    scope.book.plant(made, NO_RETENTION, kept_too_long(gib))


@recipe(ONE, weight=8)
def log_group_kept_for_ever(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: it receives logs every day, and is younger than a quarter."""
    gib = dice.choice((5, 80, 300))
    made = create(scope, name, dice, gib, UP_TO_NOW)
    for check, rule in ((NO_RETENTION, kept_too_long(gib)), (STALE, not_seen(MONTH, UP_TO_NOW))):
        scope.book.near_miss(made, check)
        scope.book.plant(made, check, rule)
    scope.book.near_miss(made, INFREQUENT)


def takes_in(scope: Scope, name: str, dice: Random) -> str:
    """A group into which 20 GiB come on every day, and stay for two months; its ARN."""
    return create(scope, name, dice, TWICE_AS_MUCH, UP_TO_NOW, retention=60)


@recipe(ONE, weight=1)
def log_group_that_takes_in_much(scope: Scope, name: str, dice: Random) -> None:
    """Nothing is seen that needs the Standard class. Two months of it are kept."""
    made = takes_in(scope, name, dice)
    scope.book.plant(made, INFREQUENT, takes_in_much(TWICE_AS_MUCH, UP_TO_NOW))
    scope.book.near_miss(made, NO_RETENTION)


@recipe(ONE)
def log_group_that_is_sent_on(scope: Scope, name: str, dice: Random) -> None:
    """As much, and a stream gets all of it by a subscription filter, which the other class lacks."""
    made = takes_in(scope, name, dice)
    stream = {"destinationArn": scope.arn("kinesis", f"stream/{name}"), "roleArn": f"arn:aws:iam::{scope.account}:role/sends-logs-on"}
    scope.client("logs").put_subscription_filter(logGroupName=name, filterName="all", filterPattern="", **stream)
    scope.book.near_miss(made, INFREQUENT)


@recipe(ONE)
def log_group_with_an_alarm(scope: Scope, name: str, dice: Random) -> None:
    """As much, and a metric filter counts its errors, which the other class lacks."""
    made = takes_in(scope, name, dice)
    counted = {"metricName": "errors", "metricNamespace": "web", "metricValue": "1"}
    scope.client("logs").put_metric_filter(logGroupName=name, filterName="errors", filterPattern="ERROR", metricTransformations=[counted])
    scope.book.near_miss(made, INFREQUENT)


@recipe(ONE)
def one_byte_30_days_ago(scope: Scope, name: str, dice: Random) -> None:
    """On the first day of the window, and on none since."""
    made = create(scope, name, dice, 50, LONG_AGO)
    scope.daily("AWS/Logs", "IncomingBytes", {"LogGroupName": name}, 1, [MONTH])
    scope.book.near_miss(made, STALE)
    scope.book.plant(made, STALE, not_seen(MONTH, [MONTH]))
    scope.book.plant(made, NO_RETENTION, kept_too_long(50))


@recipe(ONE)
def silent_for_a_year_at_most(scope: Scope, name: str, dice: Random) -> None:
    """Its retention empties it by itself."""
    made = create(scope, name, dice, 200, LONG_AGO, retention=365)
    for check in (NO_RETENTION, STALE):
        scope.book.near_miss(made, check)


@recipe(ONE)
def silent_for_ten_years(scope: Scope, name: str, dice: Random) -> None:
    """It has a retention, but one that deletes nothing for long."""
    made = create(scope, name, dice, 200, LONG_AGO, retention=TEN_YEARS)
    scope.book.plant(made, STALE, not_seen(MONTH, LONG_AGO))
    scope.book.near_miss(made, NO_RETENTION)


@recipe(ONE)
def log_group_of_one_gigabyte(scope: Scope, name: str, dice: Random) -> None:
    """Not more than one: it may be kept for ever, unless nothing comes in."""
    made = create(scope, name, dice, 1, UP_TO_NOW[:32])
    scope.book.near_miss(made, NO_RETENTION)
    scope.book.near_miss(made, STALE)
    scope.book.plant(made, STALE, not_seen(MONTH, UP_TO_NOW[:32]))


@recipe(ONE)
def stale_log_group_of_a_few_cents(scope: Scope, name: str, dice: Random) -> None:
    """What it stores bills less than half a cent a month."""
    made = create(scope, name, dice, 0.05, LONG_AGO)
    for check in (NO_RETENTION, STALE):
        scope.book.near_miss(made, check)


@recipe(ONE)
def log_group_for_delivery(scope: Scope, name: str, dice: Random) -> None:
    """AWS empties it after a day or two."""
    made = create(scope, name, dice, 20, LONG_AGO, log_class="DELIVERY")
    for check in (NO_RETENTION, STALE):
        scope.book.near_miss(made, check)


@bills
def stored_logs(adding: Adding) -> None:
    """What they store; what comes in is left out."""
    for group in adding.listed("logs", "describe_log_groups", "logGroups"):
        adding.monthly(CLOUDWATCH, "TimedStorage-ByteHrs", "AmazonCloudWatch", "logs.storage", group["storedBytes"] / GIB)
