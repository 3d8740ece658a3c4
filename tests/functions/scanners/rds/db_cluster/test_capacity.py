"""Serverless v2 clusters that may pause: whether they ever did, and what being awake costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Action, Confidence
from functions.core.scan import cloudwatch
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.rds.db_cluster.capacity import CAPACITY, LOWEST, average_acu, never_pauses, that_may_pause
from functions.scanners.rds.db_cluster.collector import DbCluster, Member
from tests.functions.scanners.rds.samples import ACCOUNT, NOW, PRICES, REGION, daily, days_ago, db_cluster, is_candidate, judge, waste

DAYS = 14
ACU = 0.12 * 730


def _member(name: str, instance_class: str = "db.serverless", status: str = "available") -> Member:
    return Member(name, f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}", instance_class, status)


def _cluster(*lowest: Sequence[float], average: float = 0.75, **changes: Any) -> DbCluster:
    """One instance for each list of the days' least capacity."""
    members = tuple(_member(f"shop-{number}") for number in range(1, len(lowest) + 1))
    cluster = db_cluster(**{"members": members, "min_acu": 0.0, **changes})
    averages = tuple(daily([average] * len(one), DAYS) for one in lowest)
    cluster.usage = Usage({CAPACITY: averages, LOWEST: tuple(daily(one, DAYS) for one in lowest)})
    return cluster


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"min_acu": 0.5}, False),
        ({"min_acu": None}, False),
        ({"mode": "serverless"}, False),
        ({"status": "stopped"}, False),
        ({"created": days_ago(14)}, True),
        ({"created": days_ago(13.99)}, False),
        ({"created": None}, False),
        ({"members": (_member("shop-1", "db.r5.large"),)}, False),
        ({"members": (_member("shop-1", status="stopped"),)}, False),
        ({"replicates": True}, True),
    ],
)
def test_which_clusters_are_worth_asking_about(changes: dict[str, Any], candidate: bool) -> None:
    assert is_candidate(never_pauses, _cluster([0.5] * DAYS, **changes)) is candidate


@pytest.mark.parametrize(
    ("lowest", "found"),
    [([0.5] * DAYS, True), ([0.5] * 13 + [0.0], False), ([0.0] * DAYS, False), ([4.0] * DAYS, True)],
)
def test_one_pause_in_two_weeks_is_a_pause(lowest: list[float], found: bool) -> None:
    assert (judge(never_pauses, _cluster(lowest)) is not None) is found


def test_it_bills_what_it_ran_at_and_being_awake_is_the_least_of_it() -> None:
    found = waste(never_pauses, _cluster([1.0] * 13 + [0.5], [0.0] * DAYS, average=1.5))
    assert (found.savings.low, found.savings.likely, found.savings.high) == pytest.approx((0, 0.5 * ACU, 1.5 * ACU))
    assert found.evidence["instances_that_never_paused"] == "shop-1"
    assert (never_pauses.action, never_pauses.confidence) == (Action.REVIEW, Confidence.LOW)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "RDS Proxy"),
        ({"replicates": True}, "global database"),
        ({"members": (_member("shop-1"), _member("shop-2", "db.r5.large"))}, "provisioned instances"),
    ],
)
def test_what_is_known_to_keep_it_awake_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in waste(never_pauses, _cluster([0.5] * DAYS, **changes)).note


@pytest.mark.parametrize(("points", "found"), [(12, False), (13, True)])
def test_missing_capacity_is_no_pause_and_no_verdict(points: int, found: bool) -> None:
    scanned = Judge([(never_pauses, never_pauses.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    assert len(scanned.findings(_cluster([0.5] * points))) == found
    assert scanned.insufficient == ({} if found else {"aurora-serverless-never-pauses": 1})


def test_two_statistics_of_an_instance_are_billed_as_one_metric() -> None:
    cluster = _cluster([0.5], [0.5])
    queries = [(metric, {"DBInstanceIdentifier": member.id}) for metric in never_pauses.metrics for member in that_may_pause(cluster)]
    assert cloudwatch.billed(queries) == 2


@given(st.lists(st.floats(0, 256), min_size=1, max_size=3))
def test_each_instance_has_its_own_capacity(averages: list[float]) -> None:
    cluster = _cluster(*([one] for one in averages))
    cluster.usage = Usage({CAPACITY: tuple(daily([one] * 3) for one in averages)})
    assert [average_acu(cluster, member) for member in that_may_pause(cluster)] == pytest.approx(averages)
    assert average_acu(cluster, _member("another")) == 0
