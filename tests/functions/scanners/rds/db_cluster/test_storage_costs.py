"""What a cluster bills with Aurora Standard beyond what it bills with I/O-Optimized, part by part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Coverable
from functions.core.prices.book import Prices
from functions.scanners.rds.db_cluster.collector import DbCluster
from functions.scanners.rds.db_cluster.storage_costs import READS, STORED, WRITES, Both, both, coverable, month
from tests.functions.scanners.rds.db_cluster.volumes import DAYS, doing, member
from tests.functions.scanners.rds.samples import PRICES, daily, lacking

R5_LARGE = 0.29 * 730


def _bills(cluster: DbCluster, prices: Prices = PRICES) -> Both:
    did = month(cluster)
    assert did is not None
    return both(cluster, did, prices)


def test_every_part_by_hand() -> None:
    """100 million operations a day are 3,041.667 million in 730 hours, at 0.20 USD each 608.33. 1,000 GiB cost 0.225 instead of 0.10 each,
    125 more; two instances at 0.29 USD an hour, 423.40, three tenths more: 127.02."""
    bills = _bills(doing(100))
    assert bills.io.usd == pytest.approx(608.333, abs=0.001)
    assert bills.storage.usd == pytest.approx(-125.0)
    assert bills.of_instances.usd == pytest.approx(-127.02)
    assert bills.standard.usd == pytest.approx(423.40 + 100 + 608.333, abs=0.001)
    assert bills.of_instances.formula.startswith(
        "730 h × $0.29 ondemand.aurora-postgresql.single-az.db.r5.large"
    )  # and what comes instead, under the key of its own rate
    assert "− 730 h × $0.377 ondemand.aurora-postgresql.io-optimized.db.r5.large" in bills.of_instances.formula
    worked_out = next(price for price in bills.of_instances.prices if price.usd == 0.377)
    assert worked_out.source.startswith("1.3 × Aurora Standard's: ")


def test_capacity_of_serverless_has_two_rates_in_the_book() -> None:
    """8 ACUs at 0.12 and 0.16 USD an hour: 8 × 730 × 0.04 = 233.60."""
    cluster = doing(100, acu=[6.0, 2.0], members=(member("a", "db.serverless"), member("b", "db.serverless")))
    assert _bills(cluster).of_instances.usd == pytest.approx(-233.6)
    assert set(_bills(cluster).instances) == {"db.serverless"}


def test_a_rate_of_io_optimized_that_is_known_counts_and_no_factor() -> None:
    row = (0.4, "hour", "the price list", "2026-11-20")
    key = "ondemand.aurora-postgresql.io-optimized.db.r5.large"
    known = Prices("us-east-1", lambda service, region: {key: row} if (service, region) == ("AmazonRDS", "us-east-1") else {})
    assert _bills(doing(100), known).of_instances.usd == pytest.approx(2 * (0.29 - 0.4) * 730)


def test_instances_that_do_not_bill_are_left_out() -> None:
    cluster = doing(100, members=(member("a"), member("b", status="stopped")))
    assert _bills(cluster).of_instances.usd == pytest.approx(-0.3 * R5_LARGE)
    alone = _bills(doing(100, members=()))
    assert (alone.of_instances.usd, coverable(doing(100, members=()), alone)) == (0, None)


@pytest.mark.parametrize(
    ("days", "least", "middle", "most"),
    [
        ([10.0] * 14, 10, 10, 10),
        ([10.0] * 7 + [30.0] * 7, 10, 20, 30),
        ([0.0] * 13 + [70.0], 0, 5, 10),
        ([14.0] * 13, 14, 14, 14),  # a week, and six days that are no week
    ],
)
def test_the_calmest_and_the_busiest_week(days: list[float], least: float, middle: float, most: float) -> None:
    did = month(doing(days))
    assert did is not None
    assert (did.least_io, did.io, did.most_io) == pytest.approx(tuple(each * 730 / 24 for each in (least, middle, most)))


def test_only_days_with_reads_and_writes_count() -> None:
    cluster = doing(10)
    cluster.usage = cluster.usage.updated({WRITES: daily([5e6] * 13, DAYS)}, {})
    did = month(cluster)
    assert did is not None
    assert did.io == pytest.approx(10 * 730 / 24)


@pytest.mark.parametrize("metric", [READS, WRITES, STORED])
def test_without_a_day_there_is_no_month(metric: object) -> None:
    cluster = doing(10)
    cluster.usage = cluster.usage.updated({metric: daily([], DAYS)}, {})  # type: ignore[dict-item]  # a Metric
    assert month(cluster) is None


def test_without_a_rate_nothing_is_known() -> None:
    assert _bills(doing(100), lacking("aurora.io")).io.usd is None
    assert _bills(doing(100), lacking("aurora.storage.io-optimized")).storage.usd is None
    assert _bills(doing(100), lacking("ondemand.aurora-postgresql.single-az.db.r5.large")).of_instances.usd is None


def test_what_a_commitment_may_cover_is_the_family_that_saves_the_most() -> None:
    members = (member("a", "db.r5.4xlarge"), member("b", "db.r6g.large"), member("c", "db.serverless"))
    cluster = doing(10, acu=[4.0], members=members)
    bills = _bills(cluster)
    assert set(bills.instances) == {"db.r5", "db.r6g", "db.serverless"}
    assert coverable(cluster, bills) == Coverable("AmazonRDS", "db.r5", round(0.3 * 8 * R5_LARGE, 4), "aurora-postgresql", "single-az")
    serverless = doing(10, acu=[4.0], members=(replace(members[2]),))
    found = coverable(serverless, _bills(serverless))
    assert found == Coverable("AmazonRDS", "aurora.serverless-v2.io-optimized", round(4 * 730 * 0.04, 4))


@given(st.floats(0, 1_000), st.floats(0, 10_000), st.integers(0, 5))
def test_only_io_speaks_against_aurora_standard(millions: float, gib: float, instances: int) -> None:
    bills = _bills(doing(millions, gib, members=tuple(member(f"m{number}") for number in range(instances))))
    assert (bills.io.usd or 0) >= 0
    assert (bills.storage.usd or 0) <= 0
    assert (bills.of_instances.usd or 0) <= 0
    assert (bills.least_io.usd or 0) <= (bills.io.usd or 0) + 1e-9 <= (bills.most_io.usd or 0) + 2e-9
