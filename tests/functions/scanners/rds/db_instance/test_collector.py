"""What DescribeDBInstances tells becomes DB instances: against moto, recorded replies, and pages that we inject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Outcome, Unit
from functions.core.scan.unit import scan
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.extended_support import CALENDAR, DISABLED
from tests.functions.scanners.rds.samples import ACCOUNT, NOW, PRICES, REGION, aws, lifecycle_answer, moto_answers_major_versions
from tests.recorded import reply

LOGIN = {"MasterUsername": "admin", "MasterUserPassword": "a-long-one"}
MAJORS = [lifecycle_answer("mysql", "8.0", datetime(2026, 8, 1, tzinfo=UTC))]


def _create(here: Aws, name: str, **changes: Any) -> None:
    wanted = {"DBInstanceClass": "db.m5.large", "Engine": "mysql", "EngineVersion": "8.0.35", "AllocatedStorage": 100, "StorageType": "gp2"}
    here.client("rds").create_db_instance(**{"DBInstanceIdentifier": name, **wanted, **LOGIN, **changes})


def _described(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
        "DBInstanceClass": "db.m5.large",
        "DBInstanceStatus": "available",
        "Engine": "oracle-se2",  # an engine without support dates: nothing more is asked
        "EngineVersion": "19.0.0.0",
        **changes,
    }


@pytest.fixture
def stubbed() -> Iterator[tuple[Aws, Stubber]]:
    here = aws()
    with Stubber(here.client("rds")) as stub:
        yield here, stub
        stub.assert_no_pending_responses()


def _one(stubbed: tuple[Aws, Stubber], **changes: Any) -> DbInstance:
    here, stub = stubbed
    stub.add_response("describe_db_instances", {"DBInstances": [_described("orders", **changes)]}, {})
    (found,) = db_instances(here)
    return found


@mock_aws
def test_an_instance_of_moto_and_the_calls_made_are_the_declared_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, MAJORS)
    here = aws()
    tags = [{"Key": "env", "Value": "dev"}, {"Key": "Name", "Value": "Orders"}]
    _create(here, "orders", MultiAZ=True, Tags=tags, DeletionProtection=True)
    here.meter.calls.clear()
    (found,) = db_instances(here)
    assert (found.id, found.name, found.account, found.region) == ("orders", "Orders", ACCOUNT, REGION)
    assert found.arn == f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
    assert (found.engine, found.version, found.instance_class, found.status) == ("mysql", "8.0.35", "db.m5.large", "available")
    assert found.disk == Disk("mysql", "gp2", 100)
    assert (found.multi_az, found.deletion_protection, found.alone, found.aurora, found.replicates) == (True, True, True, False, False)
    assert found.tags == {"env": "dev", "Name": "Orders"}
    assert found.created is not None
    assert found.support is not None
    assert found.support.charged_from == datetime(2026, 8, 1, tzinfo=UTC).date()
    assert set(here.meter.calls) == set(db_instances.iam)  # an operation of rds has the name of its action


@mock_aws
def test_nothing_there_asks_for_no_support_dates() -> None:
    here = aws()
    assert list(db_instances(here)) == []
    assert here.meter.calls == {"rds:DescribeDBInstances": 1}


@mock_aws
def test_what_a_read_replica_and_its_source_are(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, MAJORS)
    here = aws()
    _create(here, "source")
    _create(here, "lonely")
    here.client("rds").create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="source")
    assert {found.id: (found.source, found.feeds, found.replicates) for found in db_instances(here)} == {
        "source": ("", True, True),
        "replica": ("source", False, True),
        "lonely": ("", False, False),
    }


@mock_aws
def test_members_of_neptune_are_left_out_and_those_of_aurora_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, MAJORS)
    here = aws()
    for engine in ("neptune", "aurora-mysql"):  # moto has no docdb: see the pages below
        here.client("rds").create_db_cluster(DBClusterIdentifier=engine, Engine=engine, **LOGIN)
        here.client("rds").create_db_instance(
            DBInstanceIdentifier=f"{engine}-1", DBClusterIdentifier=engine, Engine=engine, DBInstanceClass="db.r5.large"
        )
    (found,) = db_instances(here)
    assert (found.id, found.cluster, found.aurora, found.alone) == ("aurora-mysql-1", "aurora-mysql", True, False)


def test_pages_are_read_to_the_end_without_neptune_and_documentdb(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    first = [_described("a"), _described("d", Engine="docdb"), _described("b")]
    stub.add_response("describe_db_instances", {"DBInstances": first, "Marker": "next"}, {})
    stub.add_response("describe_db_instances", {"DBInstances": [_described("n", Engine="neptune"), _described("c")]}, {"Marker": "next"})
    assert [found.id for found in db_instances(here)] == ["a", "b", "c"]
    assert here.meter.pages == 2


def test_the_provisioned_performance_of_storage(stubbed: tuple[Aws, Stubber]) -> None:
    found = _one(stubbed, StorageType="gp3", AllocatedStorage=400, Iops=15_000, StorageThroughput=750)
    assert found.disk == Disk("oracle-se2", "gp3", 400, 15_000, 750)


def test_where_it_replicates_from_and_what_is_about_to_change(stubbed: tuple[Aws, Stubber]) -> None:
    far = f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:main"
    changes = {"DBInstanceClass": "db.m5.large", "Iops": 1_000}
    more = {"ReplicaMode": "mounted", "PromotionTier": 2, "MaxAllocatedStorage": 1_000}
    found = _one(stubbed, ReadReplicaSourceDBInstanceIdentifier=far, PendingModifiedValues=changes, **more)
    assert (found.source, found.mounted, found.promotion_tier, found.grows_to_gib) == (far, True, 2, 1_000)
    assert found.pending == {"DBInstanceClass", "Iops"}


def test_one_that_replicates_from_a_cluster_names_the_cluster(stubbed: tuple[Aws, Stubber]) -> None:
    found = _one(stubbed, ReadReplicaSourceDBClusterIdentifier="three-zones", ReplicaMode="open-read-only")
    assert (found.source, found.mounted, found.pending, found.promotion_tier, found.grows_to_gib) == (
        "three-zones",
        False,
        frozenset(),
        None,
        0,
    )


def test_when_a_stopped_instance_starts_again(stubbed: tuple[Aws, Stubber]) -> None:
    restart = NOW + timedelta(days=3)
    found = _one(stubbed, DBInstanceStatus="stopped", AutomaticRestartTime=restart)
    assert found.restarts == restart
    assert not found.bills_compute


def test_an_instance_that_is_only_just_being_created_has_no_age(stubbed: tuple[Aws, Stubber]) -> None:
    assert _one(stubbed, DBInstanceStatus="creating").created is None


@mock_aws
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_where_aws_has_no_support_dates_the_calendar_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, code="InvalidAction")
    here = aws()
    _create(here, "orders")
    (found,) = db_instances(here)
    assert found.support == CALENDAR[("mysql", "8.0")]


def test_what_is_not_enrolled_in_extended_support_has_no_lifecycle(stubbed: tuple[Aws, Stubber]) -> None:
    assert _one(stubbed, Engine="mysql", EngineVersion="5.7.44", EngineLifecycleSupport=DISABLED).support is None


# --- refusals -----------------------------------------------------------------------------------------------------------------------


def test_a_refused_listing_is_denied(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_client_error("describe_db_instances", "AccessDenied")
    with pytest.raises(Denied, match="rds:DescribeDBInstances"):
        list(db_instances(here))


def test_refused_support_dates_are_noted_and_all_instances_listed(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    mysql = {"Engine": "mysql", "EngineVersion": "5.7.44"}
    stub.add_response("describe_db_instances", {"DBInstances": [_described("a", **mysql), _described("b", **mysql)]}, {})
    stub.add_client_error("describe_db_major_engine_versions", "AccessDenied")
    assert [(found.id, found.support) for found in db_instances(here)] == [("a", None), ("b", None)]
    assert "rds:DescribeDBMajorEngineVersions" in str(here.refused)


@mock_aws
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_a_unit_without_the_permission_for_dates_is_denied_and_keeps_its_other_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, code="AccessDenied")
    here = aws()
    _create(here, "old", DBInstanceClass="db.m4.large", EngineVersion="5.7.44")
    found: list[str] = []
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="rds:db-instance", function="f")
    outcome = scan(unit, here, PRICES, lambda finding: found.append(finding.check_id))
    assert (outcome.outcome, outcome.resources) == (Outcome.DENIED, 1)
    assert "rds:DescribeDBMajorEngineVersions" in outcome.reason
    assert found == ["rds-old-generation"]


# --- recorded replies ---------------------------------------------------------------------------------------------------------------


def _recorded(case: str) -> dict[str, DbInstance]:
    here = aws("us-west-2")
    with Stubber(here.client("rds")) as stub:
        stub.add_response("describe_db_instances", reply(case, "rds.DescribeDBInstances_1"), {})
        stub.add_client_error("describe_db_major_engine_versions", "InvalidAction")
        found = {instance.id: instance for instance in db_instances(here)}
        stub.assert_no_pending_responses()
    return found


def test_a_recorded_reply_with_mysql_and_oracle() -> None:
    found = _recorded("test_rds_db_option_groups")
    mysql, oracle = found["database-1"], found["database-2"]
    assert (mysql.engine, mysql.version, mysql.instance_class) == ("mysql", "8.0.28", "db.t3.micro")
    assert mysql.disk == Disk("mysql", "gp2", 200)
    assert (mysql.deletion_protection, mysql.replicates, mysql.support) == (True, False, CALENDAR[("mysql", "8.0")])
    assert mysql.created == datetime(2022, 11, 19, 3, 53, 18, 289000, tzinfo=UTC)
    assert (oracle.engine, oracle.instance_class, oracle.support) == ("oracle-ee", "db.m5.xlarge", None)


def test_a_recorded_reply_with_provisioned_iops() -> None:
    found = _recorded("test_rds_parameter_group")
    assert {name: (one.disk.kind, one.disk.iops, one.multi_az, one.status) for name, one in found.items()} == {
        "mysql-compliance": ("io1", 3_000, False, "available"),
        "mysql-non-compliance": ("gp2", 0, False, "available"),
        "mysql-non-compliance02": ("io1", 3_000, True, "modifying"),
    }


def test_an_old_recorded_reply_without_tags_and_with_replicas() -> None:
    found = _recorded("test_rds_retention")
    assert {name: one.replicates for name, one in found.items()} == {
        "oneness": False,
        "sbbdev": True,
        "qapipfitread": True,
        "sbbdevslave": True,
        "qpsoaread": True,
    }
    assert not found["sbbdev"].bills_compute  # it failed
    assert all(one.tags == {} and one.support is None for one in found.values())
