"""What an instance bills, and the part of it that goes on while it is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.rds.billing import Disk, log_volume
from functions.scanners.rds.db_instance import bill, unused
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.samples import NOW, PRICES, db_instance

LIMITS = unused.extended_support.limits(NOW)
M5_LARGE, GP2_100, ADDRESS, SECRET = 0.178 * 730, 11.5, 0.005 * 730, 0.4
OLD = {"version": "13.9", "support": CALENDAR[("postgres", "13")]}


@pytest.mark.parametrize(
    ("changes", "running", "stopped"),
    [
        ({}, M5_LARGE + GP2_100, GP2_100),
        ({"multi_az": True}, 2 * M5_LARGE + 2 * GP2_100, 2 * GP2_100),
        ({"public": True, "own_secret": True}, M5_LARGE + GP2_100 + ADDRESS + SECRET, GP2_100 + ADDRESS + SECRET),
        ({"public": True, "status": "stopped"}, M5_LARGE + GP2_100, GP2_100),
        (OLD, M5_LARGE + GP2_100 + 2 * 0.1 * 730, GP2_100),
        ({**OLD, "multi_az": True}, 2 * M5_LARGE + 2 * GP2_100 + 4 * 0.1 * 730, 2 * GP2_100),
        (
            {"disk": Disk("postgres", "io1", 100, 1_000), "more_disks": (log_volume(Disk("postgres", "io1", 100, 1_000)),)},
            M5_LARGE + 12.5 + 100 + 128 + 300,
            12.5 + 100 + 128 + 300,
        ),
    ],
)
def test_all_that_it_bills_and_what_it_bills_while_stopped(changes: dict[str, Any], running: float, stopped: float) -> None:
    instance = db_instance(**changes)
    compute, whole = bill.of_running(instance, LIMITS, PRICES)
    assert compute.usd == pytest.approx(M5_LARGE * (2 if instance.multi_az else 1))
    assert whole.usd == pytest.approx(running)
    assert bill.kept_while_stopped(instance, PRICES).usd == pytest.approx(stopped)


@pytest.mark.parametrize(("major", "charged"), [("13", True), ("14", False)])
def test_support_that_is_not_charged_yet_is_no_part_of_it(major: str, charged: bool) -> None:
    instance = db_instance(version=f"{major}.9", support=CALENDAR[("postgres", major)])
    assert (bill.charged_support(instance, LIMITS) is not None) is charged
    assert bill.of_running(instance, LIMITS, PRICES)[1].usd == pytest.approx(M5_LARGE + GP2_100 + (146 if charged else 0))


def test_support_of_a_class_whose_vcpus_are_not_known_is_said_and_not_zero() -> None:
    instance = db_instance(instance_class="db.m1.large", **OLD)
    lifecycle = bill.charged_support(instance, LIMITS)
    assert lifecycle is not None
    charge = bill.support(instance, lifecycle, LIMITS, PRICES)
    assert charge.usd is None
    assert "db.m1.large" in charge.formula
