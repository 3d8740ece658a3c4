"""Instances that would do with the next smaller class: what it has to take, what it saves, and what is not judged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.model import Action, Confidence, Coverable, InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.registry import load
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.rds.class_sizes import GIB
from functions.scanners.rds.db_instance.collector import DbInstance
from functions.scanners.rds.db_instance.load import HOUR, MIB, NETWORK, READ_IOPS, STORAGE
from functions.scanners.rds.db_instance.rightsize import CPU, CPU_BY_HOUR, FIRST, FREE_MEMORY, SWAP, oversized
from functions.scanners.rds.db_instance.unused import CONNECTIONS
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.db_instance.loads import DAYS, FIVE_MINUTES, HOURS, changed, flat, quiet, spread
from tests.functions.scanners.rds.samples import NOW, PRICES, daily, days_ago, db_instance, is_candidate, judge, lacking, waste

AURORA: dict[str, Any] = {"engine": "aurora-postgresql", "cluster": "shop", "instance_class": "db.r5.2xlarge", "promotion_tier": 15}


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"created": days_ago(14)}, True),
        ({"created": days_ago(13.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "storage-optimization"}, None),
        ({"instance_class": "db.m5.large"}, False),  # there is no smaller one
        ({"instance_class": "db.serverless"}, False),
        ({"instance_class": "db.t3.large"}, None),  # credits
        ({"instance_class": "db.r3.xlarge"}, None),  # what it can do all day is not known
        ({"engine": "oracle-se2"}, None),
        ({"engine": "sqlserver-se"}, None),
        ({"engine": "mariadb"}, True),
        ({"cluster": "three-zones"}, None),
        ({"source": "main"}, None),
        ({"feeds": True}, True),
        ({"multi_az": True}, True),
        ({"pending": frozenset({"DBInstanceClass"})}, None),
        ({"pending": frozenset({"MasterUserPassword"})}, True),
        (AURORA, True),
        ({**AURORA, "promotion_tier": 2}, True),
        ({**AURORA, "promotion_tier": 1}, None),
        ({**AURORA, "promotion_tier": 0}, None),
        ({**AURORA, "promotion_tier": None}, None),
    ],
)
def test_which_instances_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(oversized, quiet(**changes)) is candidate


def test_half_the_class_by_hand() -> None:
    """PostgreSQL on db.m5.xlarge costs 0.356 USD an hour, on db.m5.large 0.178: 0.178 × 730 = 129.94 a month. 4 vCPUs at 20 % are 2 at
    40 %; of 16 GiB 11.2 are free at the worst moment, so that 4.8 of the target's 8 are in use."""
    found = waste(oversized, quiet(cpu=20.0, free=0.7))
    assert found.savings.likely == found.savings.low == found.savings.high == pytest.approx(129.94)
    assert (found.evidence["cpu_on_target"], found.evidence["memory_on_target"]) == (40.0, 60.0)
    assert found.evidence["iops_p99_5"] == 200.0
    assert (found.evidence["storage_mibps_p99_5"], found.evidence["received_mibps_p99_5"]) == (2.0, 5.0)
    assert found.evidence["max_connections"] == 40.0
    assert found.values == {"target": "db.m5.large", "engine": "postgres", "version": "16.4"}
    assert found.coverable == Coverable("AmazonRDS", "db.m5", 129.94, "postgresql", "single-az")
    assert (oversized.action, oversized.confidence) == (Action.RIGHTSIZE, Confidence.MEDIUM)


def test_a_standby_is_smaller_too() -> None:
    assert waste(oversized, quiet(multi_az=True)).savings.likely == pytest.approx(2 * 129.94)


@pytest.mark.parametrize(("cpu", "found"), [(40.0, True), (40.1, False), (1.0, True)])
def test_the_busiest_cpu_leaves_a_fifth_of_the_target_free(cpu: float, found: bool) -> None:
    assert (judge(oversized, quiet(cpu=cpu)) is not None) is found


@pytest.mark.parametrize(("free", "found"), [(0.61, True), (0.59, False), (0.5, False), (1.0, True)])
def test_memory_decides_and_leaves_a_fifth_free(free: float, found: bool) -> None:
    assert (judge(oversized, quiet(free=free)) is not None) is found


def test_half_of_the_memory_must_be_free_even_where_the_target_is_more_than_half_as_large() -> None:
    """db.m5.12xlarge has 192 GiB, 8xlarge 128: with 90 in use the target is at 70 %, with 100 at 78 %, and less than half is free."""
    small, large = (quiet(instance_class="db.m5.12xlarge", free=1 - used / 192) for used in (90, 100))
    assert waste(oversized, small).evidence["memory_on_target"] == pytest.approx(70.3)
    assert judge(oversized, large) is None


@pytest.mark.parametrize(("mib", "found"), [(50.0, True), (51.0, False)])
def test_an_instance_that_swaps_has_too_little_memory(mib: float, found: bool) -> None:
    assert (judge(oversized, changed(quiet(), SwapUsage=daily([0.0] * 13 + [mib * MIB]))) is not None) is found


@pytest.mark.parametrize(
    ("metric", "fits", "too_much"),
    [  # db.m5.large: 3,600 IOPS and 77.49 MiB/s over EBS, 89.41 over the network, 901 connections; four fifths of each
        ("ReadIOPS", 2_780, 2_781),
        ("WriteIOPS", 2_780, 2_781),
        ("ReadThroughput", 60.9 * MIB, 61.1 * MIB),
        ("WriteThroughput", 60.9 * MIB, 61.1 * MIB),
        ("NetworkReceiveThroughput", 71.5 * MIB, 71.6 * MIB),
        ("NetworkTransmitThroughput", 71.5 * MIB, 71.6 * MIB),
    ],
)
def test_the_target_must_move_as_much_all_day(metric: str, fits: float, too_much: float) -> None:
    assert judge(oversized, changed(quiet(), **{metric: flat(fits)})) is not None
    assert judge(oversized, changed(quiet(), **{metric: flat(too_much)})) is None


@pytest.mark.parametrize(("connections", "found"), [(720, True), (721, False)])
def test_max_connections_derives_from_memory(connections: float, found: bool) -> None:
    assert (judge(oversized, changed(quiet(), DatabaseConnections=daily([connections] * DAYS))) is not None) is found


def test_one_size_at_a_time() -> None:
    assert waste(oversized, quiet(instance_class="db.m5.4xlarge", cpu=1.0, free=0.99)).evidence["target"] == "db.m5.2xlarge"


def test_the_next_size_with_a_price_that_is_lower() -> None:
    """Where 8xlarge has no price, 4xlarge is next: a third of the vCPUs and of the memory, which is then what has to do."""
    without = lacking("ondemand.postgresql.single-az.db.m5.8xlarge")
    found = waste(oversized, quiet(instance_class="db.m5.12xlarge", cpu=20.0, free=0.8), without)
    assert (found.evidence["target"], found.evidence["cpu_on_target"], found.evidence["memory_on_target"]) == ("db.m5.4xlarge", 60.0, 60.0)
    assert judge(oversized, quiet(instance_class="db.m5.12xlarge", cpu=20.0, free=0.7), without) is None


def test_without_a_price_of_its_own_it_is_not_judged() -> None:
    verdict = judge(oversized, quiet(), lacking("ondemand.postgresql.single-az.db.m5.xlarge"))
    assert isinstance(verdict, InsufficientData)
    assert "no price known" in verdict.reason


def test_a_charge_for_extended_support_is_less_with_fewer_vcpus_and_not_counted() -> None:
    found = waste(oversized, quiet(version="13.9", support=CALENDAR[("postgres", "13")]))
    assert CALENDAR[("postgres", "13")].charged_from < date(2026, 6, 1)
    assert found.savings.likely == pytest.approx(129.94)
    assert "Extended Support" in found.savings.note


@pytest.mark.parametrize(("instance_class", "said"), [("db.m5.xlarge", False), ("db.m5d.xlarge", True), ("db.m6i.xlarge", False)])
def test_that_local_disks_are_smaller_too_is_said(instance_class: str, said: bool) -> None:
    assert ("local disks" in waste(oversized, quiet(instance_class=instance_class)).note) is said


def test_a_reader_of_aurora_is_measured_where_its_storage_is() -> None:
    """0.29 USD an hour for db.r5.large, 1.16 for 2xlarge and 0.58 for xlarge: 0.58 × 730 = 423.40."""
    found = waste(oversized, quiet(**AURORA))
    assert found.savings.likely == pytest.approx(423.40)
    assert "iops_p99_5" not in found.evidence
    assert found.evidence["received_mibps_p99_5"] == 6.0  # of clients, and of the cluster's storage
    assert judge(oversized, changed(quiet(**AURORA), StorageNetworkReceiveThroughput=flat(120 * MIB))) is None


# --- hours first, five minutes where they do not decide -----------------------------------------------------------------------------


def _peaks(hours: int, value: float = 90.0) -> DbInstance:
    """So many hours with one busy five minutes each."""
    instance = quiet()
    return changed(instance, CPUUtilization=flat(20.0, *[value] * hours))


def _asked(instance: DbInstance, usage: Usage, first: bool) -> set[str]:
    instance.usage = usage
    limits = oversized.limits(NOW)
    asks = at_first if first else after_that
    return {f"{metric.name}/{metric.period}" for metric in asks(oversized, instance, limits)}  # type: ignore[arg-type]


def test_five_minutes_are_asked_only_where_memory_and_hours_leave_it_open() -> None:
    whole = quiet().usage
    coarse = Usage({metric: whole.each(metric) for metric in FIRST})
    first = {"FreeableMemory/86400", "SwapUsage/86400", "CPUUtilization/3600"}
    assert _asked(quiet(), Usage(), first=True) == first
    beside = _asked(quiet(), coarse, first=False)
    assert beside == {f"{metric.name}/{metric.period}" for metric in (*STORAGE, *NETWORK, CONNECTIONS)}
    open_ = coarse.updated({CPU_BY_HOUR: flat(20.0, *[90.0] * 20)}, {})
    assert _asked(quiet(), open_, first=False) == beside | {"CPUUtilization/300"}
    for nothing in (
        coarse.updated({FREE_MEMORY: daily([4.0 * GIB] * DAYS)}, {}),
        coarse.updated({SWAP: daily([float(GIB)] * DAYS)}, {}),
        coarse.updated({CPU_BY_HOUR: flat(20.0, *[90.0] * 21)}, {}),
    ):
        assert _asked(quiet(), nothing, first=False) == set()
        instance = quiet()
        instance.usage = nothing
        assert judge(oversized, instance) is None


@pytest.mark.parametrize("metric", [*FIRST, CONNECTIONS, READ_IOPS])
def test_what_cloudwatch_did_not_give_is_no_verdict(metric: Metric) -> None:
    instance = quiet()
    instance.usage = instance.usage.updated({}, {metric: "InternalError"})
    verdict = judge(oversized, instance)
    assert isinstance(verdict, InsufficientData)
    assert verdict.reason == f"{metric.name}: InternalError"


def test_without_metrics_nothing_is_said() -> None:
    """As where CloudWatch is denied, which the scan says."""
    assert judge(oversized, db_instance(instance_class="db.m5.xlarge")) is None


@pytest.mark.parametrize(("busy", "found"), [(20, True), (21, False)])
def test_twenty_busy_five_minutes_of_two_weeks_are_left_out(busy: int, found: bool) -> None:
    instance = changed(_peaks(busy), FiveMinutes=flat(20.0, *[90.0] * busy, points=FIVE_MINUTES, seconds=300))
    verdict = judge(oversized, instance)
    assert (verdict is not None) is found
    if isinstance(verdict, Waste):
        assert (verdict.evidence["cpu_period_seconds"], verdict.evidence["expected_datapoints"]) == (300, FIVE_MINUTES)


def test_one_busy_hour_is_left_out_by_the_hours() -> None:
    """So nobody has to ask for its five minutes."""
    instance = _peaks(1)
    instance.usage = Usage({metric: instance.usage.each(metric) for metric in oversized.metrics if metric is not CPU})
    found = waste(oversized, instance)
    assert (found.evidence["cpu_period_seconds"], found.evidence["datapoints"]) == (HOUR, HOURS)


@pytest.mark.parametrize(("points", "found"), [(round(0.9 * FIVE_MINUTES) - 1, 0), (round(0.9 * FIVE_MINUTES), 1)])
def test_where_five_minutes_decide_there_must_be_enough_of_them(points: int, found: int) -> None:
    instance = changed(_peaks(2), FiveMinutes=spread([20.0] * points, 300, FIVE_MINUTES))
    scanned = Judge([(oversized, oversized.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    assert len(scanned.findings(instance)) == found
    assert scanned.insufficient == ({} if found else {"rds-oversized-instance": 1})


@settings(max_examples=25)
@given(st.lists(st.floats(0, 100), min_size=HOURS, max_size=HOURS), st.integers(0, 11))
def test_where_the_hours_rule_it_out_the_five_minutes_do(hourly: list[float], at: int) -> None:
    """Whatever the other eleven were: none is busier than its hour."""
    quiet_ones = [value if minute == at else 0.0 for value in hourly for minute in range(12)]
    instance = changed(quiet(), CPUUtilization=spread(hourly, HOUR), FiveMinutes=spread(quiet_ones, 300))
    assert oversized.goes_on is not None
    if not oversized.goes_on(instance, oversized.limits(NOW)):
        assert judge(oversized, instance) is None


@pytest.mark.parametrize("metric", [FREE_MEMORY, SWAP, CPU_BY_HOUR])
def test_a_gap_in_what_decides_is_no_verdict(metric: Any) -> None:
    instance = quiet()
    (series,) = instance.usage.each(metric)
    few = Series(
        series.values[: round(0.85 * series.expected)], series.times[: round(0.85 * series.expected)], series.expected, series.period
    )
    instance.usage = instance.usage.updated({metric: few}, {})
    scanned = Judge([(oversized, oversized.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    assert scanned.findings(instance) == []
    assert scanned.insufficient == {"rds-oversized-instance": 1}


def test_what_an_instance_asks_at_most() -> None:
    """Memory, swap and the hours of its CPU; then four of its storage, two of the network, its connections, and five minutes of its CPU."""
    instance = quiet()
    dimensions = [metric.dimensions(instance) for metric in oversized.metrics]
    assert sum(1 if isinstance(one, dict) else len(one) for one in dimensions) == 11
    assert oversized.asked_first == 3


# --- beside other findings on the same instance -------------------------------------------------------------------------------------


def _lead(instance: DbInstance, prices: Prices = PRICES) -> tuple[str, set[str]]:
    """Which finding of all checks counts, and which do not."""
    _, checks = load("rds:db-instance")
    findings = Judge([(one, one.limits(NOW)) for one in checks], prices).findings(instance)
    assert [finding.headline for finding in findings] == [True] + [False] * (len(findings) - 1)
    assert {finding.counted_by for finding in findings[1:]} <= {findings[0].finding_id}
    assert findings[0].savings.likely == max(finding.savings.likely for finding in findings)
    return findings[0].check_id, {finding.check_id for finding in findings[1:]}


def test_of_an_idle_instance_only_the_deletion_counts() -> None:
    idle = changed(quiet(cpu=1.0), DatabaseConnections=daily([0.0] * DAYS))
    assert CONNECTIONS in idle.usage
    assert _lead(idle) == ("rds-idle-instance", {"rds-oversized-instance", "rds-graviton"})


def test_of_two_changes_of_the_class_the_larger_counts() -> None:
    """The half costs half; Graviton a tenth less; a newer generation a hundredth."""
    assert _lead(quiet()) == ("rds-oversized-instance", {"rds-graviton"})
    assert _lead(quiet(instance_class="db.m4.xlarge")) == ("rds-oversized-instance", {"rds-old-generation"})


def test_a_standby_for_tests_saves_as_much_as_the_half_and_its_storage() -> None:
    lead, others = _lead(quiet(multi_az=True, tags={"env": "dev"}))
    assert (lead, others) == ("rds-multi-az-non-production", {"rds-oversized-instance", "rds-graviton"})


def test_a_stopped_instance_saves_nothing_by_a_smaller_class() -> None:
    assert judge(oversized, db_instance(status="available", instance_class="db.m5.large")) is None
    assert is_candidate(oversized, quiet(status="stopped")) is False


@settings(max_examples=25)
@given(cpu=st.floats(0, 100), more=st.floats(0, 50), free=st.floats(0, 1), less=st.floats(0, 0.5))
def test_a_busier_instance_is_never_found_where_a_quieter_one_is_not(cpu: float, more: float, free: float, less: float) -> None:
    calm, busy = judge(oversized, quiet(cpu, free)), judge(oversized, quiet(cpu + more, free - less))
    assert calm is not None or busy is None


def test_every_step_of_the_command_names_what_it_needs() -> None:
    _, checks = load("rds:db-instance")
    (finding,) = (
        one
        for one in Judge([(check, check.limits(NOW)) for check in checks], PRICES).findings(quiet())
        if one.check_id == "rds-oversized-instance"
    )
    assert "--db-instance-class db.m5.large" in finding.command
    assert "describe-orderable-db-instance-options" in finding.command
    assert "--engine postgres --engine-version 16.4" in finding.command
