"""The recipes for instances: what is found of each, when, and at which numbers."""

from __future__ import annotations

import pytest

from finops.fleet.bill.billable import EC2, PREFIXES
from finops.fleet.bill.contracts import AGREED
from finops.fleet.recipes.ec2 import instance
from functions.core.prices.book import Prices
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

STOPPED = {"ec2-stopped-instance", "ebs-volume-on-stopped-instance"}
OLD = {"ec2-old-generation", "ec2-graviton"}
FOUND = {
    "idle-instance": {60: {"ec2-idle-instance"}},
    "idle-but-one-day-unseen": {60: {"ec2-idle-instance"}},
    "without-any-price": {60: {"ec2-idle-instance"}},
    "too-few-datapoints": {},
    "cpu-just-above-idle": {},
    "network-just-above-idle": {},
    "idle-in-a-group": {},
    "old-generation": {6: OLD, 60: OLD, 100: OLD},
    "old-generation-with-disks": on((6, 60, 100), "ec2-old-generation"),
    "without-a-successor-here": {},
    "not-on-graviton": on((6, 60, 100), "ec2-graviton"),
    "busy-instance": {},
    "group-of-instances": {},
    "stopped-for-long": {60: STOPPED, 100: STOPPED},
    "stopped-29-days": {100: STOPPED},
    "stopped-since-unknown": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(instance)} == FOUND


def test_the_type_without_any_price_has_none_in_the_book_and_one_by_contract() -> None:
    key = f"ondemand.linux.shared.{instance.UNLISTED}"
    assert [Prices(region).price("AmazonEC2", key) for region in PREFIXES] == [None] * len(PREFIXES)
    assert (EC2, f"BoxUsage:{instance.UNLISTED}") in AGREED


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(instance)


@pytest.mark.parametrize(
    ("recipe", "cpu", "megabytes_a_day", "days"),
    [
        ("idle-instance", 5.0, 5.0, 14),
        ("cpu-just-above-idle", 5.1, 1.0, 14),
        ("network-just-above-idle", 1.0, 5.2, 14),
        ("too-few-datapoints", 1.0, 1.0, 12),
        ("idle-but-one-day-unseen", 1.0, 1.0, 13),
    ],
)
def test_the_metrics_are_at_the_limits(recipe: str, cpu: float, megabytes_a_day: float, days: int) -> None:
    made = Made(next(one for one in recipes_of(instance) if one.id == recipe))
    points = made.scope.metrics["AWS/EC2"]
    assert [point["Value"] for point in points if point["MetricName"] == "CPUUtilization"] == [cpu] * days
    network = sum(point["Value"] for point in points if point["MetricName"].startswith("Network")) / days / 1e6
    assert network == pytest.approx(megabytes_a_day)
