"""What DescribeDBSnapshots tells becomes manual snapshots: against moto, a recorded reply, and answers that we inject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.scanners.rds.db_snapshot.backup_storage import Backup
from functions.scanners.rds.db_snapshot.collector import db_snapshots
from functions.scanners.rds.db_snapshot.unused import old_snapshot, orphan_snapshot
from tests.functions.paged import Answers, nothing
from tests.functions.scanners.rds import db_instance_seed, db_snapshot_seed
from tests.functions.scanners.rds.samples import ACCOUNT, REGION, aws, judge
from tests.recorded import reply

MADE = db_snapshot_seed.db_snapshot(1)


def listed(snapshots: list[Any], instances: list[Any], here: Aws | None = None) -> list[Backup]:
    with Answers(
        {"rds:DescribeDBSnapshots": nothing(DBSnapshots=snapshots), "rds:DescribeDBInstances": nothing(DBInstances=instances)}
    ).everywhere():
        return list(db_snapshots(here or Aws("123456789012", REGION, aws().session)))


@mock_aws
def test_against_moto_with_exactly_the_declared_calls() -> None:
    here = aws()
    assert list(db_snapshots(here)) == []
    assert here.meter.calls == {"rds:DescribeDBSnapshots": 1}
    db_instance_seed.seed(here.session)
    rds = here.session.client("rds", region_name=REGION)
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="lives", Tags=[{"Key": "team", "Value": "web"}])
    here.meter.calls.clear()
    (lives,) = db_snapshots(here)
    assert here.meter.calls == {"rds:DescribeDBSnapshots": 1, "rds:DescribeDBInstances": 1}
    assert (lives.id, lives.arn, dict(lives.tags)) == ("lives", f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:lives", {"team": "web"})
    assert (lives.source_exists, lives.namesake, lives.newest, lives.allocated_gib, lives.storage_gib) == (True, False, True, 100, 100.0)
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    (orphan,) = db_snapshots(here)
    assert (orphan.source_exists, orphan.namesake) == (False, False)


def test_a_recorded_reply_of_two_living_instances() -> None:
    """Their automated snapshots are none of ours to delete; the manual ones are old a quarter later, and no orphans."""
    here = Aws("644160558196", "us-east-1", aws("us-east-1").session)
    found = listed(
        reply("test_rds_snapshot_copy_related_tags", "rds.DescribeDBSnapshots_1")["DBSnapshots"],
        reply("test_rds_snapshot_copy_related_tags", "rds.DescribeDBInstances_1")["DBInstances"],
        here,
    )
    assert here.unreadable.reason == ""
    assert [(one.id, one.allocated_gib, one.source_exists, one.relatives) for one in found] == [
        ("snap-1", 100, True, 1),
        ("snap-2", 20, True, 1),
    ]
    assert {(one.held_gib, one.storage_gib, one.charged) for one in found} == {(120.0, 120.0, 0.0)}
    quarter = datetime(2023, 6, 7, 20, 56, tzinfo=UTC) + timedelta(days=90)
    assert [judge(old_snapshot, one, as_of=quarter - timedelta(hours=1)) for one in found] == [None, None]
    assert [judge(orphan_snapshot, one, as_of=quarter) for one in found] == [None, None]
    verdicts = [judge(old_snapshot, one, as_of=quarter) for one in found]
    savings = [one.savings for one in verdicts if isinstance(one, Waste)]
    assert [(one.low, one.likely) for one in savings] == [(0, 0), (0, 0)]
    assert [one.high for one in savings] == pytest.approx([9.50, 1.90])


@pytest.mark.parametrize(
    "changes",
    [
        {"SnapshotType": "automated"},
        {"SnapshotType": "awsbackup"},
        {"SnapshotType": "shared"},
        {"Engine": "docdb"},
        {"Engine": "neptune"},
        {"Engine": "aurora-mysql"},
        {"DBSnapshotArn": "arn:aws:rds:us-east-1:999999999999:snapshot:s1"},
    ],
)
def test_what_is_automated_shared_or_of_another_service_is_none_of_ours(changes: Mapping[str, str]) -> None:
    assert len(listed([MADE], [])) == 1
    assert listed([{**MADE, **changes}], []) == []


def test_a_copy_from_elsewhere_has_no_instance_here() -> None:
    origin = "arn:aws:rds:eu-west-1:123456789012:snapshot:s1"
    (one,) = listed([{**MADE, "SourceDBSnapshotIdentifier": origin}], [])
    assert (one.elsewhere, one.source_exists) == (True, None)


def test_an_instance_of_the_same_name_is_another_one() -> None:
    again = {**db_snapshot_seed.db_instance(1), "DbiResourceId": "db-another"}
    (one,) = listed([MADE], [again])
    assert (one.source_exists, one.namesake) == (False, True)


def test_the_age_of_a_copy_is_that_of_its_data() -> None:
    taken, copied = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    (one,) = listed([{**MADE, "OriginalSnapshotCreateTime": taken, "SnapshotCreateTime": copied}], [])
    assert (one.taken, one.created) == (taken, copied)
    old = {name: value for name, value in MADE.items() if name != "OriginalSnapshotCreateTime"}
    (one,) = listed([{**old, "SnapshotCreateTime": copied}], [])
    assert one.taken == copied


def test_an_instance_that_cannot_be_read_is_not_one_that_is_gone_and_nobody_knows_what_is_free() -> None:
    (one,) = listed([MADE], [{"DbiResourceId": 7}])
    assert (one.source_exists, one.storage_gib, one.charged) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("instances", "gib"),
    [
        ([], 0),
        ([{"AllocatedStorage": 50}], 50),
        ([{"AllocatedStorage": 50, "AdditionalStorageVolumes": [{"AllocatedStorage": 30}]}], 80),
        ([{"AllocatedStorage": 50, "DBClusterIdentifier": "c", "DbiResourceId": f"db-c{number}"} for number in range(3)], 50),
        ([{"AllocatedStorage": 50, "Engine": "aurora-mysql"}, {"AllocatedStorage": 9, "Engine": "docdb", "DbiResourceId": "db-x"}], 0),
    ],
)
def test_what_is_free_is_the_storage_of_the_databases_each_once(instances: list[dict[str, Any]], gib: int) -> None:
    (one,) = listed([MADE], [{**db_snapshot_seed.db_instance(2), **changes} for changes in instances])
    assert one.storage_gib == gib


def test_its_full_size_counts_where_aws_says_it_else_all_volumes_of_its_database() -> None:
    (one,) = listed([MADE], [])
    assert (one.full_bytes, one.most_gib, one.allocated_gib) == (2**30, 1.0, 110)
    (one,) = listed([{name: value for name, value in MADE.items() if name != "FullSnapshotSizeInBytes"}], [])
    assert (one.full_bytes, one.most_gib) == (None, 110)


def test_one_of_aws_backup_is_its_own_to_delete() -> None:
    (one,) = listed([{**MADE, "DBSnapshotIdentifier": "awsbackup:job-1"}], [])
    assert not one.deletable
