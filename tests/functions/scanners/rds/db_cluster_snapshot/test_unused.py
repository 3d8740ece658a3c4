"""Snapshots of Aurora clusters that are gone, or kept for long."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core import registry
from functions.core.model import Confidence, InsufficientData, Waste
from functions.core.registry import Check
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.rds.db_cluster_snapshot.collector import ClusterSnapshot
from functions.scanners.rds.db_cluster_snapshot.unused import (
    GIB,
    LAST_SIGN,
    LEAST,
    MEAN,
    MOST,
    UNKNOWN_SIZE,
    old_snapshot,
    orphan_snapshot,
)
from tests.functions.scanners.rds.samples import NOW, PRICES, is_candidate, judge, lacking, waste
from tests.functions.scanners.rds.snapshot_samples import cluster_snapshot, measured

BOTH: list[Check[Any]] = [orphan_snapshot, old_snapshot]


def sized(least: float, mean: float, most: float, sign: list[float] | None = None) -> Usage:
    """CloudWatch saw snapshots of so many GiB, yesterday; those of the day before were larger."""
    series = {"least": (LEAST, least), "mean": (MEAN, mean), "most": (MOST, most)}
    return measured(**{name: (metric, [999 * GIB, gib * GIB]) for name, (metric, gib) in series.items()}, sign=(LAST_SIGN, sign or []))


# --- which ones ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("check", "limit"), [(orphan_snapshot, 30), (old_snapshot, 90)])
def test_only_from_an_age_on(check: Any, limit: float) -> None:
    ages = (0, limit - 0.01, limit, limit + 0.01, 1_000)
    assert [judge(check, cluster_snapshot(age)) is not None for age in ages] == [False, False, True, True, True]
    assert judge(check, cluster_snapshot(created=None)) is None


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    "changes",
    [{"status": "creating"}, {"operator": "backup.amazonaws.com"}, {"tags": {"aws:backup:source-resource": "arn"}}],
)
def test_what_is_not_complete_or_a_service_deletes_is_left_alone(check: Any, changes: dict[str, Any]) -> None:
    assert judge(check, cluster_snapshot(400)) is not None
    assert judge(check, cluster_snapshot(400, **changes)) is None


@pytest.mark.parametrize(("copied", "age", "found"), [(False, 34.9, False), (False, 35, False), (False, 35.1, True), (True, 34.9, True)])
def test_what_its_clusters_retention_covers_is_free_but_for_copies(copied: bool, age: float, found: bool) -> None:
    one = cluster_snapshot(age, source_exists=True, retention_days=35, copied=copied)
    assert isinstance(judge(old_snapshot, one, min_age_days=10), Waste) is found
    assert is_candidate(old_snapshot, one, min_age_days=10) is found


def test_an_orphan_is_one_whose_cluster_is_gone_and_not_one_whose_cluster_is_unknown() -> None:
    assert isinstance(judge(orphan_snapshot, cluster_snapshot()), Waste)
    assert judge(orphan_snapshot, cluster_snapshot(source_exists=True)) is None
    why = "AWS does not say of which cluster, or that is in another Region or account"
    assert judge(orphan_snapshot, cluster_snapshot(source_exists=None)) == InsufficientData(why)


@pytest.mark.parametrize(
    ("sign", "namesake", "found"), [([], False, True), ([0.0], False, False), ([4.0], False, False), ([4.0], True, True)]
)
def test_a_cluster_that_ran_within_the_month_is_not_yet_missed(sign: list[float], namesake: bool, found: bool) -> None:
    """Unless another one has its name: the metrics are that one's."""
    one = cluster_snapshot(usage=sized(1, 1, 1, sign), namesake=namesake)
    assert isinstance(judge(orphan_snapshot, one), Waste) is found
    assert orphan_snapshot.goes_on is not None
    assert orphan_snapshot.goes_on(one, orphan_snapshot.limits(NOW)) is found


@pytest.mark.parametrize(
    ("check", "changes", "asked"),
    [
        (orphan_snapshot, {}, True),
        (orphan_snapshot, {"source_exists": True}, False),
        (orphan_snapshot, {"source_exists": None}, False),
        (orphan_snapshot, {"age": 29.9}, False),
        (orphan_snapshot, {"tags": {"retention": "7y"}}, False),
        (old_snapshot, {"age": 400, "source_exists": True}, True),
        (old_snapshot, {"age": 89.9}, False),
        (old_snapshot, {"age": 400, "tags": {"compliance": "sox"}}, False),
    ],
)
def test_only_what_would_be_reported_costs_metrics(check: Any, changes: dict[str, Any], asked: bool) -> None:
    assert is_candidate(check, cluster_snapshot(**changes)) is asked


@pytest.mark.parametrize(
    ("changes", "confidence", "said"),
    [
        ({}, None, ""),
        ({"newest": True}, Confidence.LOW, "may be the only copy"),
        ({"namesake": True}, Confidence.LOW, "of the same name exists again"),
        ({"usage": Usage()}, Confidence.LOW, ""),
    ],
)
def test_what_makes_an_orphan_less_sure(changes: dict[str, Any], confidence: Confidence | None, said: str) -> None:
    found = waste(orphan_snapshot, cluster_snapshot(**{"usage": sized(1, 1, 1), **changes}))
    assert (found.confidence, said in found.note) == (confidence, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"newest": True, "source_exists": True}, "take a new one before"),
        ({"newest": True}, "may be the only copy"),
        ({"elsewhere": True, "copied": True, "source_exists": None}, "a copy from another Region"),
        ({}, ""),
    ],
)
def test_what_is_to_be_known_before_an_old_one_is_deleted_is_said(changes: dict[str, Any], said: str) -> None:
    note = waste(old_snapshot, cluster_snapshot(400, **changes)).note
    assert (said in note, bool(note)) == (True, bool(said))


# --- what they save ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"usage": sized(200, 200, 200)}, (4.20, 4.20, 4.20)),  # 200 GiB at $0.021: one snapshot, exact
        ({"usage": sized(100, 250, 400)}, (2.10, 5.25, 8.40)),  # several: the mean is likely
        ({"allocated_gib": 300}, (0, 6.30, 6.30)),  # only the listing says a size
        ({"allocated_gib": 300, "usage": sized(100, 100, 100)}, (2.10, 2.10, 2.10)),  # what is billed comes first
    ],
)
def test_a_full_copy_bills_its_size(check: Any, changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    savings = waste(check, cluster_snapshot(**{"age": 400, **changes})).savings
    assert (savings.low, savings.likely, savings.high) == pytest.approx(expected)
    assert {price.key for price in savings.prices} == {"aurora.backup"}


@pytest.mark.parametrize("allocated", [0, 1])
def test_a_size_of_nothing_is_no_size_and_no_zero(allocated: int) -> None:
    found = waste(old_snapshot, cluster_snapshot(400, allocated_gib=allocated))
    assert found.savings.unpriced == UNKNOWN_SIZE
    assert found.evidence["mean_gib"] is None


def test_where_no_price_is_known_it_is_unpriced() -> None:
    found = waste(old_snapshot, cluster_snapshot(400, usage=sized(9, 9, 9)), lacking("aurora.backup"))
    assert "no price known" in str(found.savings.unpriced)


def test_several_of_one_cluster_together_save_what_cloudwatch_measured() -> None:
    """Three snapshots of 100, 250 and 400 GiB: the mean of them three times is their sum."""
    each = waste(old_snapshot, cluster_snapshot(400, usage=sized(100, 250, 400))).savings
    assert 3 * each.likely == pytest.approx((100 + 250 + 400) * 0.021)


# --- through the engine ------------------------------------------------------------------------------------------------------------------


def judged(one: ClusterSnapshot) -> Judge:
    _, checks = registry.load("rds:db-cluster-snapshot")
    engine = Judge([(check, check.limits(NOW)) for check in checks], PRICES)
    engine.findings(one)
    return engine


def test_what_a_tag_keeps_is_counted_as_not_judged() -> None:
    assert judged(cluster_snapshot(400, tags={"retention": "7y"}, usage=sized(9, 9, 9))).insufficient == {
        "aurora-orphan-snapshot": 1,
        "aurora-old-snapshot": 1,
    }


def test_one_headline_and_a_command_that_looks_first() -> None:
    engine = Judge([(check, check.limits(NOW)) for check in BOTH], PRICES)
    findings = engine.findings(cluster_snapshot(400, usage=sized(200, 200, 200)))
    assert [(one.check_id, one.headline) for one in findings] == [("aurora-orphan-snapshot", True), ("aurora-old-snapshot", False)]
    _, gone, shared, delete = findings[0].command.split(" &&\n")
    assert "--filters Name=db-cluster-resource-id,Values=cluster-GONE --query 'length(DBClusters)' --output text)\" = 0" in gone
    assert "describe-db-cluster-snapshot-attributes" in shared
    assert delete == "aws rds delete-db-cluster-snapshot --region us-east-1 --db-cluster-snapshot-identifier before-the-move"
