"""What DescribeDBClusters tells becomes Aurora clusters with their instances: against moto, a recorded reply, and pages that we inject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Outcome, Unit
from functions.core.scan.unit import scan
from functions.scanners.rds.db_cluster.collector import DbCluster, Member, db_clusters
from functions.scanners.rds.db_cluster.surcharges import extended_support
from functions.scanners.rds.db_cluster.unused import idle_cluster
from functions.scanners.rds.extended_support import CALENDAR, DISABLED
from tests.functions.scanners.rds.samples import (
    ACCOUNT,
    NOW,
    PRICES,
    REGION,
    aws,
    is_candidate,
    judge,
    lifecycle_answer,
    moto_answers_major_versions,
)
from tests.recorded import reply

LOGIN = {"MasterUsername": "admin", "MasterUserPassword": "a-long-one"}
MAJORS = [lifecycle_answer("aurora-mysql", "8.0", datetime(2028, 5, 1, tzinfo=UTC), datetime(2029, 7, 31, tzinfo=UTC))]


def _create(here: Aws, name: str, *classes: str, **changes: Any) -> None:
    wanted = {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0", **changes}
    here.client("rds").create_db_cluster(DBClusterIdentifier=name, **wanted, **LOGIN)
    for number, instance_class in enumerate(classes):
        here.client("rds").create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}", DBClusterIdentifier=name, Engine=wanted["Engine"], DBInstanceClass=instance_class
        )


@mock_aws
def test_a_cluster_of_moto_and_the_calls_made_are_the_declared_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, MAJORS)
    here = aws()
    scaling = {"MinCapacity": 0.5, "MaxCapacity": 4.0}
    tags = [{"Key": "team", "Value": "shop"}]
    _create(here, "shop", "db.r5.large", "db.serverless", ServerlessV2ScalingConfiguration=scaling, Tags=tags, DeletionProtection=True)
    here.meter.calls.clear()
    (found,) = db_clusters(here)
    assert (found.id, found.arn) == ("shop", f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:shop")
    assert (found.engine, found.version, found.mode, found.status) == (
        "aurora-mysql",
        "8.0.mysql_aurora.3.04.0",
        "provisioned",
        "available",
    )
    assert [(member.id, member.instance_class, member.status) for member in found.members] == [
        ("shop-0", "db.r5.large", "available"),
        ("shop-1", "db.serverless", "available"),
    ]
    assert found.members[0].arn == f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-0"
    assert (found.min_acu, found.deletion_protection, found.replicates, found.tags) == (0.5, True, False, {"team": "shop"})
    assert found.created is not None
    assert found.support is not None
    assert found.support.charged_from == datetime(2028, 5, 1, tzinfo=UTC).date()
    assert set(here.meter.calls) == set(db_clusters.iam)  # an operation of rds has the name of its action


@mock_aws
def test_clusters_of_other_engines_are_left_out() -> None:
    here = aws()
    _create(here, "graph", Engine="neptune", EngineVersion="1.2.0.0")
    three_zones = {"DBClusterInstanceClass": "db.m5d.large", "AllocatedStorage": 100, "StorageType": "io1", "Iops": 1000}
    _create(here, "three-zones", Engine="postgres", EngineVersion="16.4", **three_zones)
    assert list(db_clusters(here)) == []


@pytest.fixture
def stubbed() -> Iterator[tuple[Aws, Stubber]]:
    here = aws()
    with Stubber(here.client("rds")) as stub:
        yield here, stub
        stub.assert_no_pending_responses()


def _described(name: str, *members: str, **changes: Any) -> dict[str, Any]:
    return {
        "DBClusterIdentifier": name,
        "DBClusterArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}",
        "Engine": "aurora",  # of MySQL 5.6, which has no support dates: nothing more is asked
        "EngineVersion": "5.6.mysql_aurora.1.22.2",
        "Status": "available",
        "DBClusterMembers": [{"DBInstanceIdentifier": member} for member in members],
        **changes,
    }


def _instance(name: str, engine: str = "aurora") -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
        "DBInstanceClass": "db.r5.large",
        "DBInstanceStatus": "available",
        "Engine": engine,
    }


def test_pages_of_both_listings_are_read_to_the_end(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_response("describe_db_instances", {"DBInstances": [_instance("a-1")], "Marker": "i"}, {})
    stub.add_response("describe_db_instances", {"DBInstances": [_instance("d-1", "docdb"), _instance("b-1")]}, {"Marker": "i"})
    stub.add_response("describe_db_clusters", {"DBClusters": [_described("a", "a-1")], "Marker": "c"}, {})
    more = [_described("d", "d-1", Engine="docdb"), _described("b", "b-1", "gone")]
    stub.add_response("describe_db_clusters", {"DBClusters": more}, {"Marker": "c"})
    found = {cluster.id: cluster for cluster in db_clusters(here)}
    assert {name: [member.id for member in cluster.members] for name, cluster in found.items()} == {"a": ["a-1"], "b": ["b-1", "gone"]}
    assert found["b"].members[1] == Member("gone")
    assert here.meter.pages == 4


@pytest.mark.parametrize("changes", [{"GlobalClusterIdentifier": "world"}, {"ReplicationSourceIdentifier": "arn:aws:rds:::cluster:x"}])
def test_what_is_part_of_something_larger(stubbed: tuple[Aws, Stubber], changes: dict[str, str]) -> None:
    here, stub = stubbed
    stub.add_response("describe_db_instances", {"DBInstances": []}, {})
    stub.add_response("describe_db_clusters", {"DBClusters": [_described("a", **changes), _described("b")]}, {})
    assert [cluster.replicates for cluster in db_clusters(here)] == [True, False]


@pytest.mark.parametrize(
    ("changes", "cloned", "limitless", "again"),
    [
        ({}, False, False, None),
        ({"CloneGroupId": "group"}, True, False, None),
        ({"LimitlessDatabase": {"Status": "enabled"}}, False, True, None),
        ({"LimitlessDatabase": {"Status": "not-in-use"}}, False, False, None),
        ({"IOOptimizedNextAllowedModificationTime": NOW}, False, False, NOW),
    ],
)
def test_what_decides_about_the_storage_configuration(
    stubbed: tuple[Aws, Stubber], changes: dict[str, Any], cloned: bool, limitless: bool, again: datetime | None
) -> None:
    here, stub = stubbed
    stub.add_response("describe_db_instances", {"DBInstances": []}, {})
    stub.add_response("describe_db_clusters", {"DBClusters": [_described("a", **changes)]}, {})
    (found,) = db_clusters(here)
    assert (found.cloned, found.limitless, found.optimized_again_from) == (cloned, limitless, again)


def test_what_is_not_enrolled_in_extended_support_has_no_lifecycle(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    mysql = {"Engine": "aurora-mysql", "EngineVersion": "5.7.mysql_aurora.2.11.2", "EngineLifecycleSupport": DISABLED}
    stub.add_response("describe_db_instances", {"DBInstances": []}, {})
    stub.add_response("describe_db_clusters", {"DBClusters": [_described("a", **mysql)]}, {})
    assert [cluster.support for cluster in db_clusters(here)] == [None]


@pytest.mark.parametrize("refused", ["describe_db_instances", "describe_db_clusters"])
def test_a_refused_listing_is_denied(stubbed: tuple[Aws, Stubber], refused: str) -> None:
    here, stub = stubbed
    if refused == "describe_db_clusters":
        stub.add_response("describe_db_instances", {"DBInstances": []}, {})
    stub.add_client_error(refused, "AccessDenied")
    with pytest.raises(Denied, match=f"rds:{'DescribeDBClusters' if 'clusters' in refused else 'DescribeDBInstances'}"):
        list(db_clusters(here))


@mock_aws
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_a_unit_without_the_permission_for_dates_is_denied_after_it_saw_every_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, code="AccessDenied")
    here = aws()
    _create(here, "shop", "db.r5.large")
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="rds:db-cluster", function="f")
    outcome = scan(unit, here, PRICES, lambda finding: None)
    assert (outcome.outcome, outcome.resources) == (Outcome.DENIED, 1)
    assert "rds:DescribeDBMajorEngineVersions" in outcome.reason


def _recorded(case: str) -> list[DbCluster]:
    here = aws()
    with Stubber(here.client("rds")) as stub:
        stub.add_response("describe_db_instances", {"DBInstances": []}, {})
        stub.add_response("describe_db_clusters", reply(case, "rds.DescribeDBClusters_1"), {})
        stub.add_client_error("describe_db_major_engine_versions", "InvalidAction")
        return list(db_clusters(here))


def test_a_recorded_reply_with_a_provisioned_and_a_serverless_cluster() -> None:
    mysql, postgres = _recorded("test_modify_rds_cluster_serverless_v2")
    assert (mysql.id, mysql.engine, mysql.mode, mysql.support) == (
        "database-1",
        "aurora-mysql",
        "provisioned",
        CALENDAR["aurora-mysql", "8.0"],
    )
    assert [member.id for member in mysql.members] == ["database-1-instance-1", "database-1-instance-1-us-east-1a"]
    assert mysql.created == datetime(2023, 8, 7, 14, 49, 8, 87000, tzinfo=UTC)
    assert (postgres.version, postgres.mode, postgres.members) == ("11.16", "serverless", [])
    assert judge(extended_support, postgres) is None
    assert is_candidate(idle_cluster, postgres) is None
