"""Idle, stopped, and paying for Extended Support: at the boundaries, and what each saves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Action, Confidence, Coverable, InsufficientData
from functions.core.prices.book import Prices
from functions.core.registry import load
from functions.core.scan.judge import Judge
from functions.scanners.rds.billing import Disk, log_volume
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.db_instance.unused import CONNECTIONS, LAST_CONNECTIONS, extended_support, idle_instance, stopped_instance
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.db_instance.loads import flat, quiet, with_storage_load
from tests.functions.scanners.rds.samples import NOW, PRICES, aws, daily, days_ago, db_instance, is_candidate, judge, lacking, usage, waste

CASES = Path(__file__).parents[4] / "cases"
M5_LARGE = 0.178 * 730
GP2_100 = 11.5
SNAPSHOT_100 = 9.5


def _idle(values: list[float] | None = None, **changes: Any) -> Any:
    instance = db_instance(**changes)
    instance.usage = usage(CONNECTIONS, daily([0.0] * 7 if values is None else values))
    return instance


def test_all_checks_are_registered_with_the_scanner() -> None:
    assert {check.id for check in load("rds:db-instance")[1]} == {
        "rds-old-generation",
        "rds-graviton",
        "rds-multi-az-non-production",
        "rds-schedulable-instance",
        "rds-idle-instance",
        "rds-stopped-instance",
        "rds-extended-support",
        "rds-oversized-instance",
        "rds-overprovisioned-iops-instance",
        "rds-idle-replica",
    }


# --- idle ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"created": days_ago(7)}, True),
        ({"created": days_ago(6.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "backing-up"}, None),
        ({"cluster": "shop"}, None),
        ({"cluster": "shop", "engine": "aurora-mysql"}, False),
        ({"feeds": True}, None),
        ({"feeds": True, "created": days_ago(6.99)}, False),
        ({"feeds": True, "status": "stopped"}, False),
        ({"source": "orders"}, False),  # rds-idle-replica judges it
        ({"multi_az": True}, True),
        ({"engine": "oracle-ee"}, True),
    ],
)
def test_which_instances_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(idle_instance, db_instance(**changes)) is candidate


def test_an_instance_must_be_as_old_as_the_window_that_the_sweep_asks_for() -> None:
    assert not is_candidate(idle_instance, db_instance(created=days_ago(29)), window_days=30)
    assert is_candidate(idle_instance, db_instance(created=days_ago(30)), window_days=30)


@pytest.mark.parametrize(("connections", "found"), [(0.0, True), (1.0, False), (250.0, False)])
def test_one_connection_in_the_window_is_use(connections: float, found: bool) -> None:
    assert (judge(idle_instance, _idle([0.0] * 6 + [connections])) is not None) is found


@pytest.mark.parametrize(("datapoints", "judged"), [(12, False), (13, True), (14, True)])
def test_too_few_datapoints_are_no_verdict(datapoints: int, judged: bool) -> None:
    instance = db_instance()
    instance.usage = usage(CONNECTIONS, daily([0.0] * datapoints, expected=14))
    limits = idle_instance.limits(NOW, {"rds-idle-instance.window_days": 14})
    scanned = Judge([(idle_instance, limits)], PRICES)  # type: ignore[list-item]  # the engine holds checks of every resource class
    assert len(scanned.findings(instance)) == judged
    assert scanned.insufficient == ({} if judged else {"rds-idle-instance": 1})


@pytest.mark.parametrize(
    ("days", "confidence"), [(7, Confidence.MEDIUM), (13, Confidence.MEDIUM), (14, Confidence.HIGH), (30, Confidence.HIGH)]
)
def test_two_weeks_without_a_connection_are_sure(days: int, confidence: Confidence) -> None:
    assert waste(idle_instance, _idle(), window_days=days).confidence is confidence


def test_deleting_saves_the_instance_and_its_storage_less_the_final_snapshot() -> None:
    found = waste(idle_instance, _idle())
    assert found.savings.likely == pytest.approx(M5_LARGE + GP2_100)
    assert found.savings.high == found.savings.likely
    assert found.savings.low == pytest.approx(M5_LARGE + GP2_100 - SNAPSHOT_100)
    assert (found.note, found.savings.lacks) == ("", ())
    assert found.evidence["max_connections"] == 0
    assert (found.evidence["datapoints"], found.evidence["expected_datapoints"]) == (7, 7)
    assert idle_instance.action is Action.DELETE


@pytest.mark.parametrize(
    ("changes", "coverable"),
    [
        ({}, Coverable("AmazonRDS", "db.m5", M5_LARGE, "postgresql", "single-az")),
        ({"multi_az": True}, Coverable("AmazonRDS", "db.m5", 2 * M5_LARGE, "postgresql", "multi-az")),
        ({"disk": Disk("postgres", "gp2", 5_000)}, Coverable("AmazonRDS", "db.m5", M5_LARGE, "postgresql", "single-az")),
        (
            {"version": "13.9", "support": CALENDAR[("postgres", "13")]},
            Coverable("AmazonRDS", "db.m5", M5_LARGE, "postgresql", "single-az"),
        ),
        ({"engine": "oracle-ee"}, Coverable("AmazonRDS", "db.m5", 0.0, "oracle-ee", "single-az")),  # which only the bill may price
    ],
)
def test_a_reservation_covers_the_hours_and_never_storage_or_support(changes: dict[str, Any], coverable: Coverable) -> None:
    assert waste(idle_instance, _idle(**changes)).coverable == coverable


@pytest.mark.parametrize(("major", "charge"), [("13", 146.0), ("14", 0.0), ("17", 0.0)])
def test_an_extended_support_charge_ends_with_the_instance(major: str, charge: float) -> None:
    found = waste(idle_instance, _idle(version=f"{major}.9", support=CALENDAR[("postgres", major)]))
    assert found.savings.likely == pytest.approx(M5_LARGE + GP2_100 + charge)


def test_an_extended_support_charge_without_a_rate_of_its_region_counts_at_the_stand_in() -> None:
    old, key = _idle(region="eu-west-1", support=CALENDAR[("postgres", "13")]), "extended-support.postgresql.year-1"
    found = waste(idle_instance, old, lacking(key, region="eu-west-1"))
    assert found.savings.likely == pytest.approx(0.197 * 730 + 12.7 + 146)
    assert [price.key for price in found.savings.prices if price.fallback_for] == [key]


def test_an_extended_support_charge_has_the_rate_of_its_region() -> None:
    """tests/cases/rds-idle-and-old-outside-us-east-1.json: deleting saves both."""
    found = waste(idle_instance, _idle(region="eu-west-1", support=CALENDAR[("postgres", "13")]), Prices("eu-west-1"))
    assert found.savings.likely == pytest.approx(0.197 * 730 + 12.7 + 2 * 730 * 0.112)
    assert found.savings.note == ""


def test_the_case_of_a_dedicated_log_volume() -> None:
    """The file's instance, collected and judged: rds-dedicated-log-volume."""
    described = json.loads((CASES / "rds-dedicated-log-volume.json").read_text(encoding="utf-8"))
    described["InstanceCreateTime"] = datetime.fromisoformat(described["InstanceCreateTime"])
    as_of = described["InstanceCreateTime"] + timedelta(days=80)
    here = aws()
    with Stubber(here.client("rds")) as stub:
        stub.add_response("describe_db_instances", {"DBInstances": [described]})
        stub.add_response("describe_db_major_engine_versions", {"DBMajorEngineVersions": []})
        [instance] = db_instances(here)
    instance.usage = usage(CONNECTIONS, daily([0.0] * 7))
    found = waste(idle_instance, instance, as_of=as_of)
    assert found.savings.likely == pytest.approx(907.94)
    assert found.savings.lacks == instance.also_bills == ()


def test_a_log_volume_is_there_twice_with_a_standby_and_goes_with_the_standby() -> None:
    disk = Disk("postgres", "io1", 400, 3_000)
    one, two = (_idle(disk=disk, more_disks=(log_volume(disk),), multi_az=multi) for multi in (False, True))
    alone, both = waste(idle_instance, one), waste(idle_instance, two)
    assert alone.savings.likely == pytest.approx(M5_LARGE + (400 + 1024) * 0.125 + 6_000 * 0.1)
    assert both.savings.likely == pytest.approx(2 * M5_LARGE + (400 + 1024) * 0.25 + 6_000 * 0.2)
    assert waste(stopped_instance, _stopped(disk=disk, more_disks=(log_volume(disk),))).savings.likely == pytest.approx(
        (400 + 1024) * 0.125 + 6_000 * 0.1
    )


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, 0.0),
        ({"public": True}, 3.65),
        ({"own_secret": True}, 0.4),
        ({"public": True, "own_secret": True}, 4.05),
        ({"more_disks": (Disk("postgres", "gp2", 200),)}, 2 * GP2_100),
    ],
)
def test_what_goes_with_an_instance_beside_compute_and_its_first_volume(changes: dict[str, Any], more: float) -> None:
    assert waste(idle_instance, _idle(**changes)).savings.likely == pytest.approx(M5_LARGE + GP2_100 + more)
    stopped = waste(stopped_instance, _stopped(**changes)).savings.likely
    assert stopped == pytest.approx(GP2_100 + more - (3.65 if changes.get("public") else 0))


def test_provisioned_iops_are_in_the_saving() -> None:
    found = waste(idle_instance, _idle(engine="mysql", disk=Disk("mysql", "io1", 100, 3_000)))
    assert found.savings.likely == pytest.approx(0.171 * 730 + 12.5 + 300)


def test_a_standby_is_in_the_saving_and_what_has_no_price_is_said() -> None:
    gp2 = waste(idle_instance, _idle(multi_az=True))
    assert gp2.savings.likely == pytest.approx(2 * M5_LARGE + 2 * GP2_100)
    assert gp2.savings.lacks == ()
    gp3 = waste(idle_instance, _idle(multi_az=True, disk=Disk("postgres", "gp3", 100, 3_000, 125)))
    assert gp3.savings.likely == pytest.approx(2 * M5_LARGE + 2 * GP2_100)
    assert gp3.savings.note == ""
    lacks = waste(idle_instance, _idle(multi_az=True, disk=Disk("postgres", "gp3", 100, 3_000, 125)), lacking("storage.multi-az.gp3"))
    assert lacks.savings.likely == pytest.approx(2 * M5_LARGE + GP2_100)
    assert "storage.multi-az.gp3" in lacks.savings.note


def test_in_a_region_whose_multi_az_storage_rate_is_not_known_the_rest_is_priced() -> None:
    found = waste(idle_instance, _idle(multi_az=True, region="eu-west-1"), lacking("storage.multi-az.gp2", region="eu-west-1"))
    assert found.savings.unpriced is None
    assert found.savings.likely == pytest.approx(0.394 * 730 + 12.7)
    assert "storage.multi-az.gp2" in found.savings.note


def test_of_an_engine_with_a_licence_the_storage_is_the_least_that_it_can_be() -> None:
    found = waste(idle_instance, _idle(engine="oracle-ee"))
    assert found.savings.likely == pytest.approx(GP2_100)
    assert "oracle-ee" in found.savings.note


def test_deletion_protection_is_said() -> None:
    assert "Deletion protection is on" in waste(idle_instance, _idle(deletion_protection=True)).note


@given(size=st.integers(5, 65_536), more=st.integers(0, 1_000))
def test_a_larger_idle_instance_saves_no_less(size: int, more: int) -> None:
    small, large = (waste(idle_instance, _idle(disk=Disk("postgres", "gp2", gib))).savings for gib in (size, size + more))
    assert small.likely <= large.likely
    assert small.low <= large.low
    assert small.low <= small.likely


# --- stopped ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"status": "stopping"}, False),
        ({"status": "available"}, False),
        ({"created": days_ago(30)}, True),
        ({"created": days_ago(29.9)}, False),
        ({"restarts": NOW + timedelta(days=6)}, True),  # stopped yesterday
        ({"restarts": NOW + timedelta(days=6, hours=1)}, False),
        ({"created": None}, False),
        ({"source": "orders"}, True),
    ],
)
def test_which_stopped_instances_are_found(changes: dict[str, Any], found: bool) -> None:
    one = db_instance(**{"status": "stopped", **changes})
    one.usage = usage(LAST_CONNECTIONS, daily([], 30))
    assert (judge(stopped_instance, one) is not None) is is_candidate(stopped_instance, one) is found


def _stopped(*connections: float, **changes: Any) -> DbInstance:
    """With the most connections of the last days on which it ran, the newest of them yesterday."""
    one = db_instance(status="stopped", **changes)
    one.usage = usage(LAST_CONNECTIONS, daily(connections, 30))
    return one


@pytest.mark.parametrize(
    ("days", "changes", "found"),
    [
        ([], {}, True),
        ([0.0] * 30, {"restarts": NOW + timedelta(days=5)}, True),  # it ran for a month, and nobody came
        ([0.0, 0.0, 0.0, 0.0], {"restarts": NOW + timedelta(days=5)}, True),  # stopped again each week
        ([20.0] * 30, {"restarts": NOW + timedelta(days=5)}, False),  # stopped for the night
        ([0.0] * 29 + [1.0], {"restarts": NOW + timedelta(days=5)}, False),
        ([1.0] + [0.0] * 29, {}, False),
        ([0.0] * 30, {}, False),  # it ran yesterday, and AWS does not say since when it is stopped
    ],
)
def test_nobody_came_in_a_month(days: list[float], changes: dict[str, Any], found: bool) -> None:
    assert (judge(stopped_instance, _stopped(*days, **changes)) is not None) is found


@pytest.mark.parametrize("case", ["rds-stopped-8-hours-ago"])
def test_case(case: str) -> None:
    """AWS will start it in 6 days and 16 hours: it was stopped 8 hours ago."""
    given = json.loads((CASES / f"{case}.json").read_text())
    as_of = datetime(2026, 11, 28, 20, tzinfo=UTC)
    one = _stopped(
        created=datetime.fromisoformat(given["InstanceCreateTime"]), restarts=datetime.fromisoformat(given["AutomaticRestartTime"])
    )
    assert judge(stopped_instance, one, as_of=as_of) is None
    assert not is_candidate(stopped_instance, one, as_of=as_of)


def test_since_when_it_is_stopped_follows_from_when_it_will_be_started() -> None:
    found = waste(stopped_instance, _stopped(restarts=NOW + timedelta(days=2)))
    assert found.evidence["stopped_since"] == (NOW - timedelta(days=5)).isoformat()


@pytest.mark.parametrize(("status", "counted"), [("stopped", True), ("available", False)])
def test_an_instance_of_a_stopped_cluster_is_counted_as_not_judged(status: str, counted: bool) -> None:
    verdict = judge(stopped_instance, db_instance(status=status, cluster="shop", engine="aurora-mysql"))
    assert isinstance(verdict, InsufficientData) if counted else verdict is None


def test_a_stopped_instance_saves_its_storage_and_never_its_compute() -> None:
    small, large = (waste(stopped_instance, _stopped(instance_class=f"db.m5.{size}")) for size in ("large", "24xlarge"))
    assert small.savings == large.savings
    assert small.savings.likely == pytest.approx(GP2_100)
    assert small.savings.low == pytest.approx(GP2_100 - SNAPSHOT_100)
    assert all("ondemand" not in price.key for price in small.savings.prices)


def test_when_it_starts_again_is_said_where_aws_says_it() -> None:
    restart = NOW + timedelta(days=2)
    told = waste(stopped_instance, _stopped(restarts=restart))
    assert told.evidence["restarts_at"] == restart.isoformat()
    assert restart.isoformat() in told.note
    untold = waste(stopped_instance, _stopped())
    assert untold.evidence["restarts_at"] is None
    assert "within 7 days" in untold.note


def test_a_stopped_instance_has_no_other_finding_about_its_compute() -> None:
    checks = [(check, check.limits(NOW)) for check in load("rds:db-instance")[1]]
    old = _stopped(instance_class="db.m4.large", multi_az=True, tags={"env": "dev"}, support=CALENDAR[("postgres", "13")])
    assert [finding.check_id for finding in Judge(checks, PRICES).findings(old)] == ["rds-stopped-instance"]


# --- Extended Support ---------------------------------------------------------------------------------------------------------------


def _old(engine: str = "postgres", major: str = "13", **changes: Any) -> Any:
    return db_instance(engine=engine, version=f"{major}.9", support=CALENDAR[(engine, major)], **changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"support": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "backing-up"}, True),
        ({"source": "orders"}, True),
        ({"major": "14"}, False),  # from 2027-03-01 on
    ],
)
def test_who_pays_for_extended_support(changes: dict[str, Any], found: bool) -> None:
    instance = _old(major=changes.pop("major", "13"))
    for name, value in changes.items():
        setattr(instance, name, value)
    assert (judge(extended_support, instance) is not None) is found


def test_instances_of_aurora_are_told_by_their_cluster() -> None:
    member = db_instance(engine="aurora-postgresql", version="13.9", cluster="shop", support=CALENDAR[("aurora-postgresql", "13")])
    assert judge(extended_support, member) is None


@pytest.mark.parametrize(
    ("instance_class", "multi_az", "cluster", "vcpus"),
    [
        ("db.m5.large", False, "", 2),
        ("db.m5.large", True, "", 4),
        ("db.m5.large", True, "three-zones", 2),  # each instance of a Multi-AZ DB cluster is listed on its own
        ("db.t3.micro", False, "", 2),
        ("db.r5.24xlarge", False, "", 96),
    ],
)
def test_it_is_charged_by_the_vcpu_and_for_a_standby_too(instance_class: str, multi_az: bool, cluster: str, vcpus: int) -> None:
    found = waste(extended_support, _old(instance_class=instance_class, multi_az=multi_az, cluster=cluster))
    assert found.savings.likely == pytest.approx(vcpus * 730 * 0.1)
    assert found.savings.low == found.savings.high == found.savings.likely
    assert found.confidence is Confidence.HIGH


def test_the_third_year_costs_twice() -> None:
    found = waste(extended_support, _old("mysql", "5.7"))
    assert found.savings.likely == pytest.approx(2 * 730 * 0.2)
    assert found.evidence["year_3_from"] == "2026-03-01"


@pytest.mark.parametrize(
    ("as_of", "found", "likely"),
    [
        (datetime(2026, 9, 1, tzinfo=UTC), False, 0.0),  # 181 days before
        (datetime(2026, 9, 2, tzinfo=UTC), True, 0.0),
        (datetime(2027, 2, 28, 23, tzinfo=UTC), True, 0.0),
        (datetime(2027, 3, 1, tzinfo=UTC), True, 146.0),
    ],
)
def test_what_will_be_charged_is_told_half_a_year_before(as_of: datetime, found: bool, likely: float) -> None:
    instance = _old(major="14")
    if not found:
        assert judge(extended_support, instance, as_of=as_of) is None
        return
    told = waste(extended_support, instance, as_of=as_of)
    assert (told.savings.likely, told.savings.high) == (likely, 146.0)
    assert told.confidence is (Confidence.HIGH if likely else Confidence.LOW)
    assert ("begins on 2027-03-01" in told.note) is (likely == 0)


def test_a_class_of_unknown_vcpus_is_unpriced() -> None:
    found = waste(extended_support, _old(instance_class="db.m2.xlarge"))
    assert found.savings.unpriced is not None
    assert "db.m2.xlarge" in found.savings.unpriced


def test_the_evidence_says_who_gave_the_dates() -> None:
    assert str(waste(extended_support, _old()).evidence["dates_from"]).endswith("postgresql-release-calendar.html")


def test_every_command_can_be_written() -> None:
    checks = [(check, check.limits(NOW)) for check in load("rds:db-instance")[1]]
    running = _old(instance_class="db.m4.large", multi_az=True, tags={"env": "dev"})
    running.usage = usage(CONNECTIONS, daily([0.0] * 7))
    newer = _old(instance_class="db.m5.large")
    replica = _idle([0.0] * 14, source="main")
    fast = with_storage_load(db_instance(disk=Disk("postgres", "io1", 500, 20_000)), flat(10.0), flat(10.0))
    all_of_them = (running, newer, _stopped(), replica, fast, quiet())
    findings = [finding for one in all_of_them for finding in Judge(checks, PRICES).findings(one)]
    seen_elsewhere = {"rds-schedulable-instance"}  # it has a test of its own
    assert {finding.check_id for finding in findings} == {check.id for check, _ in checks} - seen_elsewhere
    assert findings[0].check_id == "rds-idle-instance"  # deleting saves more than any change
    assert all("--region us-east-1 --db-instance-identifier orders" in finding.command for finding in findings)
