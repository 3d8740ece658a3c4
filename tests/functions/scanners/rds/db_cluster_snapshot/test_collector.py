"""What DescribeDBClusterSnapshots tells becomes manual snapshots of Aurora: against moto, a recorded reply, and answers that we inject."""

from __future__ import annotations

from typing import Any

import pytest
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.scanners.rds.db_cluster_snapshot.collector import ClusterSnapshot, cluster_snapshots
from tests.functions.paged import Answers, nothing
from tests.functions.scanners.rds import db_cluster_seed, db_cluster_snapshot_seed
from tests.functions.scanners.rds.samples import ACCOUNT, REGION, aws
from tests.functions.scanners.rds.snapshot_samples import cluster_snapshot
from tests.recorded import reply

MADE = db_cluster_snapshot_seed.cluster_snapshot(1)
LIVING = db_cluster_snapshot_seed.db_cluster(1)


def listed(snapshots: list[Any], clusters: list[Any], here: Aws | None = None) -> list[ClusterSnapshot]:
    answers = {
        "rds:DescribeDBClusterSnapshots": nothing(DBClusterSnapshots=snapshots),
        "rds:DescribeDBClusters": nothing(DBClusters=clusters),
    }
    with Answers(answers).everywhere():
        return list(cluster_snapshots(here or aws()))


@mock_aws
def test_against_moto_with_exactly_the_declared_calls() -> None:
    here = aws()
    assert list(cluster_snapshots(here)) == []
    assert here.meter.calls == {"rds:DescribeDBClusterSnapshots": 1}
    db_cluster_seed.seed(here.session)
    rds = here.session.client("rds", region_name=REGION)
    made = {"DBClusterIdentifier": "cluster", "DBClusterSnapshotIdentifier": "by-hand", "Tags": [{"Key": "team", "Value": "web"}]}
    rds.create_db_cluster_snapshot(**made)
    here.meter.calls.clear()
    (lives,) = cluster_snapshots(here)
    assert here.meter.calls == {"rds:DescribeDBClusterSnapshots": 1, "rds:DescribeDBClusters": 1}
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:by-hand"
    assert (lives.id, lives.arn, dict(lives.tags), lives.newest) == ("by-hand", arn, {"team": "web"}, True)


def test_a_recorded_reply_of_an_automated_one_and_of_one_of_documentdb() -> None:
    """Neither is ours to judge: AWS deletes the first, and DocumentDB bills the other."""
    here, there = (Aws("644160558196", REGION, aws().session) for _ in range(2))
    answer = reply("test_rds_cluster_snapshot_get_resources", "rds.DescribeDBClusterSnapshots_1")["DBClusterSnapshots"]
    assert listed(answer, [], here) == []
    assert here.unreadable.reason == ""
    (of_aurora,) = listed([{**answer[0], "SnapshotType": "manual"}], [], there)  # it has no DbClusterResourceId yet
    assert (of_aurora.source, of_aurora.source_exists, of_aurora.allocated_gib) == ("", None, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"SnapshotType": "automated"},
        {"SnapshotType": "awsbackup"},
        {"Engine": "neptune"},
        {"Engine": "postgres"},  # of a Multi-AZ DB cluster, which is no Aurora
        {"DBClusterSnapshotArn": "arn:aws:rds:us-east-1:999999999999:cluster-snapshot:s1"},
    ],
)
def test_what_is_automated_shared_or_no_aurora_is_none_of_ours(changes: dict[str, str]) -> None:
    assert len(listed([MADE], [])) == 1
    assert listed([{**MADE, **changes}], []) == []


@pytest.mark.parametrize(
    ("clusters", "exists", "namesake", "days"),
    [
        ([LIVING], True, False, 7),
        ([], False, False, 0),
        ([{**LIVING, "DbClusterResourceId": "cluster-another"}], False, True, 0),
        ([{"DbClusterResourceId": 7}], None, False, 0),  # it may be the one that cannot be read
    ],
)
def test_its_cluster_is_known_by_its_resource_id(clusters: list[Any], exists: bool | None, namesake: bool, days: int) -> None:
    (one,) = listed([MADE], clusters)
    assert (one.source_exists, one.namesake, one.retention_days) == (exists, namesake, days)


@pytest.mark.parametrize(
    ("origin", "copied", "elsewhere"),
    [
        ("", False, False),
        (f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:rds:s0", True, False),
        (f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster-snapshot:s0", True, True),
        (f"arn:aws:rds:{REGION}:999999999999:cluster-snapshot:s0", True, True),
    ],
)
def test_a_copy_says_where_it_came_from(origin: str, copied: bool, elsewhere: bool) -> None:
    (one,) = listed([{**MADE, "SourceDBClusterSnapshotArn": origin}], [LIVING])
    assert (one.copied, one.elsewhere, one.source_exists) == (copied, elsewhere, None if elsewhere else True)


@pytest.mark.parametrize(("copied", "age", "free"), [(False, 6.9, True), (False, 7, True), (False, 7.1, False), (True, 1, False)])
def test_within_the_retention_of_its_cluster_only_a_copy_bills(copied: bool, age: float, free: bool) -> None:
    assert cluster_snapshot(copied=copied, retention_days=7).free(age) is free
