"""Clusters that would cost less with the other storage configuration, in both directions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Action, Confidence, Coverable, InsufficientData, Waste
from functions.core.registry import load
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Usage
from functions.scanners.rds.db_cluster.collector import Member
from functions.scanners.rds.db_cluster.storage_configuration import dearer_storage
from functions.scanners.rds.db_cluster.storage_costs import CAPACITY, READS, STORED, WRITES
from functions.scanners.rds.db_cluster.unused import CONNECTIONS
from tests.functions.scanners.rds.db_cluster.volumes import DAYS, doing, member
from tests.functions.scanners.rds.samples import NOW, PRICES, daily, days_ago, db_cluster, is_candidate, judge, lacking, waste

OPTIMIZED: dict[str, Any] = {"storage_type": "aurora-iopt1"}


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"storage_type": ""}, True),  # as AWS says it of Aurora Standard
        (OPTIMIZED, True),
        ({"created": days_ago(14)}, True),
        ({"created": days_ago(13.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "modifying"}, None),
        ({"mode": "serverless"}, False),
        ({"limitless": True}, False),
        ({"replicates": True}, None),
        ({"cloned": True}, None),
        ({"optimized_again_from": NOW + timedelta(seconds=1)}, None),
        ({"optimized_again_from": NOW}, True),
        ({**OPTIMIZED, "optimized_again_from": NOW + timedelta(days=20)}, True),  # back at any time
        ({"version": "16.1"}, True),
        ({"version": "16.0"}, False),
        ({"version": "15.1"}, False),
        ({"version": "13.10"}, True),
        ({"version": "13.9"}, False),
        ({"version": "12.16"}, False),
        ({"version": "17.3"}, False),
        ({"version": "18.1"}, True),
        ({"version": "13.9", **OPTIMIZED}, True),
        ({"engine": "aurora-mysql", "version": "8.0.mysql_aurora.3.03.1"}, True),
        ({"engine": "aurora-mysql", "version": "8.0.mysql_aurora.3.03.0"}, False),
        ({"engine": "aurora-mysql", "version": "5.7.mysql_aurora.2.11.2"}, False),
        ({"engine": "aurora", "version": "5.6.mysql_aurora.1.22.2"}, False),
    ],
)
def test_which_clusters_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(dearer_storage, db_cluster(**changes)) is candidate


def test_to_io_optimized_by_hand() -> None:
    """100 million operations a day cost 608.33 USD a month. With I/O-Optimized they cost nothing, 1,000 GiB cost 125 more, and two
    instances of 0.29 USD an hour 127.02 more: 356.31 are saved. I/O is 53.8 % of the 423.40 + 100 + 608.33 = 1,131.73 that it bills."""
    found = waste(dearer_storage, doing(100))
    assert found.savings.low == found.savings.likely == found.savings.high == pytest.approx(356.313, abs=0.001)
    assert found.evidence["io_percent_of_standard"] == 53.8
    parts = [found.evidence[f"saves_on_{part}"] for part in ("io", "storage", "instances")]
    assert parts == [608.33, -125.0, -127.02]
    assert (found.evidence["configuration"], found.evidence["target"]) == ("Aurora Standard", "Aurora I/O-Optimized")
    assert found.values == {"target": "aurora-iopt1"}
    assert (found.covers, found.coverable) == ((), None)
    assert (found.confidence, dearer_storage.action) == (Confidence.MEDIUM, Action.RIGHTSIZE)
    assert "$127.02" in found.note


def test_to_aurora_standard_by_hand() -> None:
    """10 million operations a day cost 60.83 USD a month with Aurora Standard; storage 125 less and instances 127.02: 191.19 are saved."""
    found = waste(dearer_storage, doing(10, **OPTIMIZED))
    assert found.savings.likely == pytest.approx(191.187, abs=0.001)
    assert [found.evidence[f"saves_on_{part}"] for part in ("io", "storage", "instances")] == [-60.83, 125.0, 127.02]
    assert (found.evidence["configuration"], found.evidence["target"]) == ("Aurora I/O-Optimized", "Aurora Standard")
    assert found.values == {"target": "aurora"}
    assert found.coverable == Coverable("AmazonRDS", "db.r5", 127.02, "aurora-postgresql", "single-az")
    assert found.covers == tuple(each.arn for each in db_cluster().members)
    assert "$127.02" in found.note


@pytest.mark.parametrize(
    ("millions", "storage_type", "target"),
    [
        (40, "aurora", None),  # 243.33 for I/O against 252.02
        (43, "aurora", None),  # 9.57 are less than a twentieth of 784.98
        (60, "aurora", "aurora-iopt1"),
        (40, "aurora-iopt1", None),  # 8.69 are less than a twentieth
        (35, "aurora-iopt1", "aurora"),
    ],
)
def test_where_both_cost_about_the_same_nobody_has_to_switch(millions: float, storage_type: str, target: str | None) -> None:
    verdict = judge(dearer_storage, doing(millions, storage_type=storage_type))
    assert (None if verdict is None else waste(dearer_storage, doing(millions, storage_type=storage_type)).values["target"]) == target


def test_the_share_is_of_what_it_bills_now() -> None:
    """I/O-Optimized bills 423.40 × 1.3 + 225 = 775.42: at 35.15 million a day it would bill 737.22 with Standard, 38.20 less, 4.93 %."""
    assert judge(dearer_storage, doing(35.15, **OPTIMIZED), min_share=4.9) is not None
    assert judge(dearer_storage, doing(35.15, **OPTIMIZED), min_share=4.95) is None


@pytest.mark.parametrize(
    ("days", "low", "likely", "high", "confidence"),
    [
        # weeks of 80 and 120 million a day: 486.67 and 730.00 for I/O, less 252.02
        ([80.0] * 7 + [120.0] * 7, 234.647, 356.313, 477.98, Confidence.MEDIUM),
        # 20 and 100: the calm week would cost more with I/O-Optimized
        ([20.0] * 7 + [100.0] * 7, 0, 112.98, 356.313, Confidence.LOW),
    ],
)
def test_low_and_high_are_the_calmest_and_the_busiest_week(
    days: list[float], low: float, likely: float, high: float, confidence: Confidence
) -> None:
    found = waste(dearer_storage, doing(days))
    assert (found.savings.low, found.savings.likely, found.savings.high) == pytest.approx((low, likely, high), abs=0.001)
    assert found.confidence is confidence


def test_back_to_standard_the_busiest_week_is_low() -> None:
    savings = waste(dearer_storage, doing([5.0] * 7 + [15.0] * 7, **OPTIMIZED)).savings
    assert (savings.low, savings.likely, savings.high) == pytest.approx((160.77, 191.187, 221.603), abs=0.001)


def test_an_instance_that_is_not_listed_is_no_verdict() -> None:
    verdict = judge(dearer_storage, doing(100, members=(member("a"), Member("b"))))
    assert isinstance(verdict, InsufficientData)
    assert "does not list b" in verdict.reason


@pytest.mark.parametrize(
    "key", ["aurora.io", "aurora.storage.standard", "aurora.storage.io-optimized", "ondemand.aurora-postgresql.single-az.db.r5.large"]
)
@pytest.mark.parametrize("storage_type", ["aurora", "aurora-iopt1"])
def test_without_one_of_the_rates_there_is_no_comparison(key: str, storage_type: str) -> None:
    millions = 100 if storage_type == "aurora" else 1
    assert not isinstance(judge(dearer_storage, doing(millions, storage_type=storage_type)), InsufficientData)
    verdict = judge(dearer_storage, doing(millions, storage_type=storage_type), lacking(key))
    assert isinstance(verdict, InsufficientData)
    assert "no price known" in verdict.reason


@pytest.mark.parametrize("metric", [READS, WRITES, STORED, CAPACITY])
def test_io_that_is_not_known_is_not_zero(metric: Metric) -> None:
    """As of an I/O-Optimized cluster that reports none."""
    members = (member("a", "db.serverless"),)
    cluster = doing(1, acu=[4.0], members=members, **OPTIMIZED)
    assert judge(dearer_storage, cluster) is not None
    empty = daily([], DAYS)
    cluster.usage = cluster.usage.updated({metric: (empty,) if metric is CAPACITY else empty}, {})
    scanned = Judge([(dearer_storage, dearer_storage.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    assert scanned.findings(cluster) == []
    assert scanned.insufficient == {"aurora-dearer-storage-cluster": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "aurora-mysql", "version": "8.0.mysql_aurora.3.04.0"}, "Parallel query"),
        ({"members": (member("a", "db.r6id.24xlarge"),)}, "restart"),
        ({"members": (member("a", "db.r6id.24xlarge"),), **OPTIMIZED}, "restart"),
    ],
)
def test_what_it_interrupts_is_said(changes: dict[str, Any], words: str) -> None:
    optimized = changes.get("storage_type") == "aurora-iopt1"
    assert words in waste(dearer_storage, doing(1 if optimized else 2_000, **changes)).note


def test_of_an_idle_cluster_the_deletion_counts() -> None:
    """With its connections and with its I/O, all of the cluster's own; its instances' hours are in one of the two savings only."""
    _, checks = load("rds:db-cluster")
    cluster = doing(0, **OPTIMIZED)
    silent = tuple(daily([0.0] * DAYS) for _ in cluster.members)
    cluster.usage = Usage({**cluster.usage.series, CONNECTIONS: silent, **_none_of_serverless(checks)})
    findings = Judge([(one, one.limits(NOW)) for one in checks], PRICES).findings(cluster)
    assert [(one.check_id, one.headline) for one in findings] == [("aurora-idle-cluster", True), ("aurora-dearer-storage-cluster", False)]


def _none_of_serverless(checks: Any) -> dict[Metric, tuple[()]]:
    """A cluster without Serverless v2 has no capacity, which is asked by several checks."""
    return {metric: () for check in checks for metric in check.metrics if metric.name == "ServerlessDatabaseCapacity"}


@given(st.floats(0, 500), st.floats(0, 20_000), st.integers(0, 4))
def test_never_both_ways_and_never_less_than_nothing(millions: float, gib: float, instances: int) -> None:
    members = tuple(member(f"m{number}") for number in range(instances))
    there = judge(dearer_storage, doing(millions, gib, members=members), min_share=0)
    back = judge(dearer_storage, doing(millions, gib, members=members, **OPTIMIZED), min_share=0)
    assert there is None or back is None


@given(st.floats(0, 500), st.floats(0, 500))
def test_the_more_io_the_more_io_optimized_saves(few: float, more: float) -> None:
    verdicts = [judge(dearer_storage, doing(millions)) for millions in (few, few + more)]
    saved = [verdict.savings.likely if isinstance(verdict, Waste) else 0.0 for verdict in verdicts]
    assert saved[0] <= saved[1] + 1e-4
