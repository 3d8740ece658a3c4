"""Storage with more IOPS than it needs: what it may have instead, within what RDS allows, and what that saves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Action, Confidence, InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.scanners.rds.billing import Disk, log_volume
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.db_instance.rightsize_storage import overprovisioned_iops
from tests.functions.scanners.rds.db_instance.loads import flat, with_storage_load
from tests.functions.scanners.rds.samples import NOW, PRICES, aws, days_ago, db_instance, is_candidate, judge, lacking, waste
from tests.recorded import reply


def _disk(kind: str = "io1", size: int = 500, iops: int = 20_000, mibps: int = 0, engine: str = "postgres") -> Disk:
    return Disk(engine, kind, size, iops, mibps)


def _loaded(iops: float = 1_000, *last: float, mibps: float = 10.0, more: float = 0.0, **changes: Any) -> DbInstance:
    """So many IOPS in all, half of them reads; `last` in the last hours. `mibps` likewise, `more` in the last hour."""
    instance = db_instance(**{"disk": _disk(), **changes})
    half = flat(iops / 2, *(one / 2 for one in last))
    return with_storage_load(instance, half, half, mibps, more)


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"disk": _disk("io2")}, True),
        ({"disk": _disk("gp3", 500, 12_001)}, True),
        ({"disk": _disk("gp3", 500, 12_000)}, False),  # what it includes
        ({"disk": _disk("gp3", 100, 3_000)}, False),
        ({"disk": _disk("gp2", 500, 0)}, False),
        ({"disk": _disk("standard", 500, 0)}, False),
        ({"created": days_ago(14)}, True),
        ({"created": days_ago(13.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "storage-optimization"}, None),
        ({"cluster": "three-zones"}, None),
        ({"cluster": "shop", "engine": "aurora-mysql"}, False),
        ({"pending": frozenset({"Iops"})}, None),
        ({"pending": frozenset({"DBInstanceClass"})}, True),
        ({"more_disks": (log_volume(_disk()),)}, True),
        ({"engine": "oracle-ee", "more_disks": (_disk("gp3", 900, engine="oracle-ee"),)}, None),
        ({"multi_az": True}, True),
        ({"source": "main"}, True),
    ],
)
def test_which_instances_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(overprovisioned_iops, db_instance(**{"disk": _disk(), **changes})) is candidate


def test_gp3_by_hand() -> None:
    """500 GiB of io1 with 20,000 IOPS: 500 × 0.125 + 20,000 × 0.10 = 2,062.50 USD a month; as gp3, with 12,000 IOPS and 500 MiB/s included,
    500 × 0.115 = 57.50. It needed 4,000, so 8,000: with those io1 would save 12,000 × 0.10 = 1,200."""
    found = waste(overprovisioned_iops, _loaded(4_000))
    assert found.savings.likely == found.savings.high == pytest.approx(2_005.0)
    assert found.savings.low == pytest.approx(1_200.0)
    assert (found.evidence["p99_iops"], found.evidence["needed_iops"], found.evidence["least_iops_of_same_type"]) == (4_000, 8_000, 8_000)
    assert (found.evidence["target"], found.evidence["target_iops"]) == ("gp3", 12_000)
    assert "latency" in found.note
    assert found.coverable is None
    assert (overprovisioned_iops.action, overprovisioned_iops.confidence) == (Action.RIGHTSIZE, Confidence.MEDIUM)


def test_fewer_iops_by_hand() -> None:
    """It needed 7,000, and gp3 includes less than twice that: 14,000 IOPS of io1 are 6,000 less, at 0.10; with a standby at 0.20."""
    single, double = waste(overprovisioned_iops, _loaded(7_000)), waste(overprovisioned_iops, _loaded(7_000, multi_az=True))
    assert (single.evidence["target"], single.evidence["target_iops"], single.values) == ("io1", 14_000, {"iops": "14000"})
    assert (single.savings.low, single.savings.likely, single.savings.high) == pytest.approx((600, 600, 600))
    assert double.savings.likely == pytest.approx(1_200)
    assert (single.command, single.note) == ("", "")


@pytest.mark.parametrize(
    ("iops", "target"),
    [
        (6_000, ("gp3", 12_000)),
        (6_001, ("io1", 12_100)),  # rounded up to a hundred
        (9_950, ("io1", 19_900)),
        (9_951, None),
        (20_000, None),
    ],
)
def test_twice_what_it_needed_is_kept(iops: float, target: tuple[str, int] | None) -> None:
    verdict = judge(overprovisioned_iops, _loaded(iops))
    found = None if verdict is None else waste(overprovisioned_iops, _loaded(iops))
    assert (found and (found.evidence["target"], found.evidence["target_iops"])) == target


@pytest.mark.parametrize(
    ("last", "iops"),
    [((), 14_000), ((19_000, 19_000, 19_000), 19_000), ((9_000, 9_000, 9_000, 9_000), 18_000), ((20_000,), None)],
)
def test_the_busiest_minute_of_all_must_fit_and_the_ninety_ninth_percentile_twice(last: tuple[float, ...], iops: int | None) -> None:
    """Of 336 hours the busiest three are left out by the percentile."""
    instance = _loaded(7_000, *last)
    if iops is None:
        assert judge(overprovisioned_iops, instance) is None
    else:
        assert waste(overprovisioned_iops, instance).evidence["target_iops"] == iops


@pytest.mark.parametrize(
    ("mibps", "more", "target"),
    [(250, 0, "gp3"), (251, 0, "io1"), (10, 500, "gp3"), (10, 501, "io1")],
)
def test_gp3_must_move_as_much(mibps: float, more: float, target: str) -> None:
    """It includes 500 MiB/s from 400 GiB on."""
    assert waste(overprovisioned_iops, _loaded(100, mibps=mibps, more=more)).evidence["target"] == target


def test_iops_that_throughput_needs_are_kept() -> None:
    """600 MiB/s twice are 1,200, at a quarter of a MiB/s for each: 4,800 IOPS."""
    assert waste(overprovisioned_iops, _loaded(100, mibps=600)).evidence["target_iops"] == 4_800


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({"disk": _disk("io1", 500)}, 1_000),
        ({"disk": _disk("io1", 4_000)}, 2_000),  # half an IOPS for each GiB
        ({"disk": _disk("io1", 500), "grows_to_gib": 6_000}, 3_000),
        ({"disk": _disk("io1", 4_000, engine="sqlserver-se"), "engine": "sqlserver-se"}, 4_000),
    ],
)
def test_rds_asks_for_a_thousand_iops_and_some_for_each_gib(changes: dict[str, Any], least: int) -> None:
    assert waste(overprovisioned_iops, _loaded(10, **changes)).evidence["least_iops_of_same_type"] == least


@pytest.mark.parametrize(
    ("size", "engine", "iops", "target"),
    [
        (399, "postgres", 1_500, "gp3"),
        (399, "postgres", 1_501, "io1"),
        (400, "postgres", 1_501, "gp3"),
        (200, "oracle-ee", 6_000, "gp3"),
        (2_000, "sqlserver-se", 1_500, "gp3"),
        (2_000, "sqlserver-se", 1_501, "io1"),  # never striped
        (6_001, "sqlserver-se", 100, "io1"),  # gp3 of that size has to have more than it includes
    ],
)
def test_what_gp3_includes_depends_on_size_and_engine(size: int, engine: str, iops: float, target: str) -> None:
    found = waste(overprovisioned_iops, _loaded(iops, mibps=1, engine=engine, disk=_disk(size=size, engine=engine)))
    assert found.evidence["target"] == target


def test_a_dedicated_log_volume_needs_provisioned_iops() -> None:
    found = waste(overprovisioned_iops, _loaded(1_000, more_disks=(log_volume(_disk()),)))
    assert (found.evidence["target"], found.evidence["target_iops"]) == ("io1", 2_000)
    assert found.savings.likely == pytest.approx(1_800)


@pytest.mark.parametrize(
    ("iops", "target", "saved"),
    [(1_000, 12_000, 3_000 * 0.02), (6_250, 12_500, 2_500 * 0.02), (7_500, None, 0)],
)
def test_bought_iops_of_gp3_that_it_does_not_need(iops: float, target: int | None, saved: float) -> None:
    instance = _loaded(iops, disk=_disk("gp3", 500, 15_000, 500))
    if target is None:
        assert judge(overprovisioned_iops, instance) is None
        return
    found = waste(overprovisioned_iops, instance)
    assert (found.evidence["target"], found.evidence["target_iops"]) == ("gp3", target)
    assert found.savings.likely == pytest.approx(saved)


def test_gp3_with_bought_throughput_keeps_the_iops_that_it_takes() -> None:
    """4,000 MiB/s take 16,000 IOPS."""
    found = waste(overprovisioned_iops, _loaded(100, disk=_disk("gp3", 500, 20_000, 4_000)))
    assert found.evidence["target_iops"] == 16_000


# --- what has no price --------------------------------------------------------------------------------------------------------------


def test_iops_of_io2_have_a_price_up_to_the_first_tier() -> None:
    """40,000 of io2 are 32,000 at 0.10 and more at a rate that is not known: 20,000 save 12,000 × 0.10 at least."""
    found = waste(overprovisioned_iops, _loaded(10_000, disk=_disk("io2", 500, 40_000)))
    assert found.evidence["target_iops"] == 20_000
    assert found.savings.likely == pytest.approx(1_200)
    assert "beyond 32,000" in found.savings.note


def test_iops_of_io2_beyond_the_first_tier_alone_have_none() -> None:
    found = waste(overprovisioned_iops, _loaded(17_000, disk=_disk("io2", 500, 40_000)))
    assert found.evidence["target_iops"] == 34_000
    assert found.savings.unpriced is not None
    assert found.savings.likely == 0


def test_a_standby_of_io2_counts_at_least_as_much_as_the_instance() -> None:
    found = waste(overprovisioned_iops, _loaded(7_000, disk=_disk("io2"), multi_az=True))
    assert found.savings.likely == pytest.approx(600)
    assert "standby" in found.savings.note


def test_without_a_price_of_gp3_the_sure_part_is_offered() -> None:
    found = waste(overprovisioned_iops, _loaded(4_000), lacking("storage.single-az.gp3"))
    assert (found.evidence["target"], found.evidence["target_iops"]) == ("io1", 8_000)
    assert found.savings.likely == pytest.approx(1_200)


@pytest.mark.parametrize(("rate", "target"), [(2.0, None), (0.115, "gp3")])
def test_gp3_that_would_cost_more_is_not_offered(rate: float, target: str | None) -> None:
    """100 GiB of io1 with the least IOPS that there are cost 112.50."""
    row = (rate, "GB-month", "the price list", "2026-11-20")
    prices = Prices("us-east-1", lambda service, region: {"storage.single-az.gp3": row} if service == "AmazonRDS" else {})
    verdict = judge(overprovisioned_iops, _loaded(100, disk=_disk(size=100, iops=1_000)), prices)
    assert (verdict.evidence["target"] if isinstance(verdict, Waste) else None) == target


def test_where_nothing_has_a_price_it_is_said_and_not_zero() -> None:
    found = waste(overprovisioned_iops, _loaded(4_000), lacking("storage.single-az.gp3", "iops.io1.single-az"))
    assert found.savings.unpriced is not None


# --- the command --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "iops", "said"),
    [
        ({}, 1_000, "--storage-type gp3 --iops 12000 --storage-throughput 500"),
        ({"disk": _disk(size=100, iops=5_000)}, 1_000, "--storage-type gp3"),  # less than 400 GiB take no number
        ({}, 7_000, "--iops 14000"),
    ],
)
def test_the_command_says_what_rds_takes(changes: dict[str, Any], iops: float, said: str) -> None:
    scanned = Judge([(overprovisioned_iops, overprovisioned_iops.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every class
    (finding,) = scanned.findings(_loaded(iops, **changes))
    assert finding.command.endswith(said)
    assert "6 hours" in finding.note


def test_a_gap_in_the_metrics_is_no_verdict() -> None:
    half = flat(10.0, points=300)
    few = replace(half, expected=336)
    scanned = Judge([(overprovisioned_iops, overprovisioned_iops.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every class
    assert scanned.findings(with_storage_load(db_instance(disk=_disk()), few, few)) == []
    assert scanned.insufficient == {"rds-overprovisioned-iops-instance": 1}


@given(iops=st.floats(0, 30_000), more=st.floats(0, 10_000))
def test_a_busier_instance_saves_no_more(iops: float, more: float) -> None:
    calm, busy = (judge(overprovisioned_iops, _loaded(load)) for load in (iops, iops + more))
    assert not isinstance(calm, InsufficientData)
    assert not isinstance(busy, InsufficientData)
    assert (busy.savings.likely if busy else 0.0) <= (calm.savings.likely if calm else 0.0) + 1e-4


# --- a recorded reply ---------------------------------------------------------------------------------------------------------------


def test_a_recorded_instance_with_the_least_iops_that_there_are() -> None:
    """100 GiB of io1 with 1,000 IOPS and a standby: 100 × 0.25 + 1,000 × 0.20 = 225 USD a month, and as gp3 100 × 0.23 = 23."""
    here = aws("us-east-1")
    with Stubber(here.client("rds")) as stub:
        stub.add_response("describe_db_instances", reply("test_rds_tag_trim", "rds.DescribeDBInstances_1"), {})
        stub.add_client_error("describe_db_major_engine_versions", "InvalidAction")
        (found,) = db_instances(here)
    assert (found.disk.kind, found.disk.size_gib, found.disk.iops, found.multi_az) == ("io1", 100, 1_000, True)
    assert is_candidate(overprovisioned_iops, found, as_of=datetime(2030, 1, 1, tzinfo=UTC))
    savings = waste(overprovisioned_iops, with_storage_load(found, flat(100.0), flat(100.0))).savings
    assert (savings.low, savings.likely) == pytest.approx((0, 202.0))
    assert judge(overprovisioned_iops, with_storage_load(found, flat(1_000.0), flat(1_000.0))) is None
