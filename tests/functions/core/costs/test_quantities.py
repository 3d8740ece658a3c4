"""How much the bill counts of each usage type: in an average month, and on the day with the most."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

import pytest

from functions.core.costs.quantities import quantities
from functions.core.costs.rows import Answers, Window
from functions.core.money import saves
from functions.core.rank.bill.billed import Billed
from tests.functions import sweeps
from tests.functions.core.costs.made_rows import ACCOUNT, END, OTHER_ACCOUNT, START, WINDOW, row
from tests.functions.core.rank.bill.test_billed import as_json
from tests.functions.scanners.ebs.samples import PRICES

SECOND = date(2026, 11, 23)
SNAPSHOTS, M5, DB = "EBS:SnapshotUsage", "BoxUsage:m5.large", "InstanceUsage:db.r5.2xl"
A_MONTH, LONGEST = 30, 31
"""Days of November, in which the window lies, and of the longest months."""


def counted(window: Window = WINDOW, **rows: Any) -> dict[tuple[str, str, str], Any]:
    found = quantities(Answers(window=window, **rows))
    return {
        (account, region, name): tuple(pair)
        for account, regions in found.items()
        for region, of in regions.items()
        for name, pair in of.items()
    }


def of(usage_type: str, quantity: float, day: date = START, account: str = ACCOUNT, days: int = 1) -> Any:
    return row(account, usage_type, unblended=1.0, quantity=quantity, day=day, days=days)


def test_by_account_and_region_with_the_average_and_the_fullest_day() -> None:
    found = counted(
        usage=(of(SNAPSHOTS, 1), of(SNAPSHOTS, 3, SECOND), of("EUW1-EBS:SnapshotUsage", 5), of(SNAPSHOTS, 7, account=OTHER_ACCOUNT))
    )
    assert found == {
        (ACCOUNT, "us-east-1", SNAPSHOTS): pytest.approx((2 * A_MONTH, 3 * LONGEST)),
        (ACCOUNT, "eu-west-1", SNAPSHOTS): pytest.approx((2.5 * A_MONTH, 5 * LONGEST)),
        (OTHER_ACCOUNT, "us-east-1", SNAPSHOTS): pytest.approx((3.5 * A_MONTH, 7 * LONGEST)),
    }


def test_where_only_months_are_known_there_is_no_fullest_day() -> None:
    october = Window(date(2026, 10, 25), END, before=None, history=date(2026, 9, 1))
    found = counted(october, usage=(of(SNAPSHOTS, 7, october.start, days=7), of(SNAPSHOTS, 23, date(2026, 11, 1), days=23)))
    assert found == {(ACCOUNT, "us-east-1", SNAPSHOTS): (pytest.approx((7 * 31 + 23 * 30) / 30, abs=1e-5), None)}


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)])
def test_what_is_there_all_month_is_what_is_counted_in_short_and_in_long_months(month: date) -> None:
    """AWS bills a GB-month as so many days of that very month."""
    length = monthrange(month.year, month.month)[1]
    ten = Window(month, month + timedelta(10), before=None, history=month)
    found = counted(ten, usage=tuple(of(SNAPSHOTS, 100 / length, month + timedelta(day)) for day in range(10)))
    monthly, peak = found[ACCOUNT, "us-east-1", SNAPSHOTS]
    assert monthly == pytest.approx(100, abs=1e-4)
    assert 100 - 1e-4 <= peak <= 111


@pytest.mark.parametrize("usage_type", ["Nothing-Known", "USE1-BOS1-EBS:SnapshotUsage", "XX9-EBS:SnapshotUsage", "DataTransfer-Out-Bytes"])
def test_what_no_price_is_for_or_lies_in_no_region_is_not_counted(usage_type: str) -> None:
    assert counted(usage=(of(usage_type, 1),)) == {}


def test_what_the_usage_type_alone_does_not_price_is_counted_all_the_same() -> None:
    """Load balancers of all kinds in one sum."""
    found = counted(
        usage=(of("LoadBalancerUsage", 24), of("USW2-TimedStorage-ByteHrs", 2), of("Lambda-GB-Second", 9), of("EBS:VolumeUsage", 0))
    )
    assert set(found) == {
        (ACCOUNT, "us-east-1", "LoadBalancerUsage"),
        (ACCOUNT, "us-west-2", "TimedStorage-ByteHrs"),
        (ACCOUNT, "us-east-1", "Lambda-GB-Second"),
    }


def test_hours_of_instances_are_all_that_anything_paid_for() -> None:
    found = counted(usage=(of(M5, 10), of(DB, 24)), plan_covered=(of(M5, 20), of(SNAPSHOTS, 9)), reserved=(of(M5, 30, SECOND),))
    assert found == {
        (ACCOUNT, "us-east-1", "BoxUsage:m5.large"): pytest.approx((30 * A_MONTH, 30 * LONGEST)),
        (ACCOUNT, "us-east-1", "InstanceUsage:db.r5.2xlarge"): pytest.approx((12 * A_MONTH, 24 * LONGEST)),
    }


@pytest.mark.parametrize("part", ["usage", "kinds", "plan_covered", "reserved"])
def test_without_one_of_the_ways_to_pay_hours_are_not_known(part: str) -> None:
    assert set(counted(usage=(of(M5, 10), of(SNAPSHOTS, 1)), refused={part: "no"})) == {(ACCOUNT, "us-east-1", SNAPSHOTS)}


def test_a_finding_is_shared_and_bounded_by_what_the_rows_count() -> None:
    rows = tuple(of(name, quantity, day) for day in (START, SECOND) for name, quantity in ((SNAPSHOTS, 5.0), ("EBS:VolumeUsage.gp2", 1.0)))
    by = Billed(sweeps.bill(start="2026-11-22", quantities=quantities(Answers(window=WINDOW, usage=rows))))
    one = as_json(saves(PRICES.monthly("AmazonEBS", "snapshot.standard", 50, "GiB")))
    one["together"] = {"service": "AmazonEBS", "key": "snapshot.standard", "most": 100.0, "once": 50.0, "changes": 1.0, "count": 2,
                       "all_once": 100.0, "all_changes": 2.0, "free_once": 100.0, "free_changes": 2.0}  # fmt: skip
    assert by.share(one)
    assert one["savings"]["likely"] == pytest.approx(150 / 2 * 0.05)
    volume = as_json(saves(PRICES.monthly("AmazonEBS", "volume.gp2", 100, "GiB")))
    assert by.bound(volume, counts=True)
    assert volume["savings"]["likely"] == pytest.approx(31 * 0.1)
