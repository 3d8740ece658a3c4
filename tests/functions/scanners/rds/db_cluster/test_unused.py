"""Aurora clusters that are idle, and those that pay for Extended Support: at the boundaries, and what each saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, Coverable, InsufficientData
from functions.core.registry import load
from functions.core.scan.asked_metrics import after_that
from functions.core.scan.judge import Judge
from functions.core.usage import Series, Usage
from functions.scanners.rds.db_cluster.capacity import CAPACITY
from functions.scanners.rds.db_cluster.collector import DbCluster, Member
from functions.scanners.rds.db_cluster.unused import CONNECTIONS, idle_cluster
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.samples import (
    ACCOUNT,
    NOW,
    PLAIN_CLUSTER,
    PRICES,
    REGION,
    daily,
    days_ago,
    db_cluster,
    is_candidate,
    judge,
    usage,
    waste,
)

R5_LARGE = 0.29 * 730


def _member(name: str, instance_class: str = "db.r5.large", status: str = "available") -> Member:
    return Member(name, f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}", instance_class, status)


# --- idle ---------------------------------------------------------------------------------------------------------------------------


def _seen(*connections: Series, acu: Sequence[float] = ()) -> Usage:
    """The connections of each instance; so much capacity of those that may pause, one value for each."""
    return Usage({CONNECTIONS: connections, CAPACITY: tuple(daily([one] * 7) for one in acu)})


def _idle(*values: list[float], **changes: Any) -> DbCluster:
    cluster = db_cluster(**changes)
    series = values or tuple([0.0] * 7 for _ in cluster.members)
    cluster.usage = _seen(*(daily(each) for each in series))
    return cluster


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"created": days_ago(7)}, True),
        ({"created": days_ago(6.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "backing-up"}, None),
        ({"mode": "serverless"}, None),
        ({"mode": "serverless", "created": days_ago(6.99)}, False),
        ({"replicates": True}, None),
        ({"members": ()}, None),
        ({"members": (Member("gone"),)}, True),
    ],
)
def test_which_clusters_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(idle_cluster, db_cluster(**changes)) is candidate


def test_every_instance_is_asked_about() -> None:
    wanted = CONNECTIONS.dimensions(PLAIN_CLUSTER)
    assert wanted == [{"DBInstanceIdentifier": "shop-1"}, {"DBInstanceIdentifier": "shop-2"}]


@pytest.mark.parametrize(("writer", "reader", "found"), [(0.0, 0.0, True), (1.0, 0.0, False), (0.0, 1.0, False)])
def test_one_connection_to_any_instance_is_use(writer: float, reader: float, found: bool) -> None:
    cluster = _idle([0.0] * 6 + [writer], [reader] + [0.0] * 6)
    assert (judge(idle_cluster, cluster) is not None) is found


@pytest.mark.parametrize(("datapoints", "judged"), [(12, False), (13, True)])
def test_too_few_datapoints_of_one_instance_are_no_verdict(datapoints: int, judged: bool) -> None:
    cluster = db_cluster()
    cluster.usage = _seen(daily([0.0] * 14), daily([0.0] * datapoints, expected=14))
    limits = idle_cluster.limits(NOW, {"aurora-idle-cluster.window_days": 14})
    scanned = Judge([(idle_cluster, limits)], PRICES)  # type: ignore[list-item]  # the engine holds checks of every resource class
    assert len(scanned.findings(cluster)) == judged
    assert scanned.insufficient == ({} if judged else {"aurora-idle-cluster": 1})


def test_an_instance_that_the_listing_lacks_is_no_verdict() -> None:
    verdict = judge(idle_cluster, _idle(members=(_member("shop-1"), Member("gone"))))
    assert verdict == InsufficientData("DescribeDBInstances does not list gone")


def test_it_saves_every_instance_and_says_that_the_storage_is_not_in_it() -> None:
    found = waste(idle_cluster, _idle())
    assert found.savings.likely == pytest.approx(2 * R5_LARGE)
    [said] = Judge([(idle_cluster, idle_cluster.limits(NOW))], PRICES).findings(_idle())  # type: ignore[list-item]  # one of its own class
    assert said.savings.lacks == ("the cluster's storage",)
    assert said.note == "At least this much; not included: the cluster's storage."
    assert found.covers == tuple(member.arn for member in PLAIN_CLUSTER.members)
    assert found.evidence["instances"] == 2
    assert found.confidence is Confidence.MEDIUM
    assert waste(idle_cluster, _idle(), window_days=14).confidence is Confidence.HIGH


def test_an_extended_support_charge_ends_with_the_cluster() -> None:
    found = waste(idle_cluster, _idle(version="13.9", support=CALENDAR["aurora-postgresql", "13"]))
    assert found.savings.likely == pytest.approx(2 * R5_LARGE + 4 * 73)
    to_come = waste(idle_cluster, _idle(version="14.9", support=CALENDAR["aurora-postgresql", "14"]))
    assert to_come.savings.likely == pytest.approx(2 * R5_LARGE)


@pytest.mark.parametrize(
    ("classes", "min_acu", "storage_type", "usd", "lacks"),
    [
        (("db.r5.large", "db.serverless"), 0.5, "aurora", R5_LARGE + 0.5 * 0.12 * 730, ""),
        (("db.serverless",), 2.0, "aurora-iopt1", 2 * 0.16 * 730, ""),
        (("db.r5.large", "db.serverless"), None, "aurora", R5_LARGE, "the minimum capacity of shop-1 is not known"),
        (("db.r5.large", "db.m99.large"), None, "aurora", R5_LARGE, "db.m99.large"),
        (("db.r5.large",), None, "aurora-iopt1", R5_LARGE, "what I/O-Optimized adds to the rates of its instances"),
        (("db.r5.large", "db.serverless"), 2.0, "aurora-iopt1", R5_LARGE + 2 * 0.16 * 730, "what I/O-Optimized adds"),
        (("db.m99.large",), None, "aurora-iopt1", None, ""),
        (("db.serverless",), None, "aurora", None, ""),
    ],
)
def test_serverless_counts_at_its_least_capacity_and_what_has_no_price_is_said(
    classes: tuple[str, ...], min_acu: float | None, storage_type: str, usd: float | None, lacks: str
) -> None:
    members = tuple(_member(f"shop-{number}", each) for number, each in enumerate(classes))
    found = waste(idle_cluster, _idle(members=members, min_acu=min_acu, storage_type=storage_type))
    if usd is None:
        assert found.savings.unpriced is not None
        return
    assert found.savings.unpriced is None
    assert found.savings.likely == pytest.approx(usd)
    assert lacks in found.savings.note


@pytest.mark.parametrize(
    ("classes", "coverable"),
    [
        (("db.r5.large", "db.r5.large"), Coverable("AmazonRDS", "db.r5", 2 * R5_LARGE, "aurora-postgresql", "single-az")),
        (("db.r5.large", "db.serverless"), Coverable("AmazonRDS", "db.r5", R5_LARGE, "aurora-postgresql", "single-az")),
        (("db.r5.large", "db.t3.medium"), Coverable("AmazonRDS", "db.r5", R5_LARGE, "aurora-postgresql", "single-az")),
        (("db.serverless", "db.serverless"), Coverable("AmazonRDS", "aurora.serverless-v2", 2 * 0.5 * 0.12 * 730)),
    ],
)
def test_what_a_reservation_may_have_paid_for(classes: tuple[str, ...], coverable: Coverable | None) -> None:
    members = tuple(_member(f"shop-{number}", each) for number, each in enumerate(classes))
    found = waste(idle_cluster, _idle(version="13.9", support=CALENDAR["aurora-postgresql", "13"], members=members, min_acu=0.5))
    assert found.coverable == coverable


@pytest.mark.parametrize("acu", [0.0, 0.5, 1.25])
def test_a_serverless_cluster_that_may_pause_saves_what_it_ran_at(acu: float) -> None:
    """Somebody keeps it awake, although nobody is connected: it bills as it ran, not its minimum of 0."""
    cluster = db_cluster(members=(_member("shop-1", "db.serverless"), _member("shop-2")), min_acu=0.0)
    cluster.usage = _seen(daily([0.0] * 7), daily([0.0] * 7), acu=[acu])
    found = waste(idle_cluster, cluster)
    assert found.savings.likely == pytest.approx(R5_LARGE + acu * 0.12 * 730)
    assert found.evidence["average_acu"] == acu


@pytest.mark.parametrize(("connections", "asked"), [(0.0, ["ServerlessDatabaseCapacity"]), (1.0, [])])
def test_capacity_is_asked_for_only_where_nobody_is_connected(connections: float, asked: list[str]) -> None:
    cluster = db_cluster(members=(_member("shop-1", "db.serverless"),), min_acu=0.0)
    cluster.usage = usage(CONNECTIONS, daily([connections] * 7))
    assert [metric.name for metric in after_that(cast(Any, idle_cluster), cluster, idle_cluster.limits(NOW))] == asked


def test_an_instance_that_does_not_bill_is_not_saved() -> None:
    found = waste(idle_cluster, _idle(members=(_member("shop-1"), _member("shop-2", status="creating"))))
    assert found.savings.likely == pytest.approx(R5_LARGE)


@given(count=st.integers(1, 15))
def test_the_saving_grows_with_every_instance(count: int) -> None:
    cluster = _idle(members=tuple(_member(f"shop-{number}") for number in range(count)))
    assert waste(idle_cluster, cluster).savings.likely == pytest.approx(count * R5_LARGE)


def test_every_command_can_be_written() -> None:
    checks = [(check, check.limits(NOW)) for check in load("rds:db-cluster")[1]]
    cluster = _idle(version="13.9", support=CALENDAR["aurora-postgresql", "13"])
    findings = Judge(checks, PRICES).findings(cluster)
    assert [finding.check_id for finding in findings] == ["aurora-idle-cluster", "aurora-extended-support"]
    assert all("--region us-east-1 --db-cluster-identifier shop" in finding.command for finding in findings)
    assert "shop-1 shop-2" in findings[0].command
    assert [finding.headline for finding in findings] == [True, False]
