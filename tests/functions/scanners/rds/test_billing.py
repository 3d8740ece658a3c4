"""What RDS bills: instances, storage, snapshots, and sums that say what they lack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Coverable
from functions.core.money import Amount, Price, Term, unknown
from functions.core.prices.book import Prices
from functions.scanners.rds import billing
from functions.scanners.rds.billing import Disk
from tests.functions.scanners.rds.samples import lacking

US = Prices("us-east-1")
IRELAND = Prices("eu-west-1")


@pytest.mark.parametrize(
    ("engine", "instance_class", "multi_az", "usd"),
    [
        ("postgres", "db.m5.large", False, 0.178 * 730),
        ("postgres", "db.m5.large", True, 0.356 * 730),
        ("mysql", "db.m5.large", False, 0.171 * 730),
        ("mariadb", "db.t3.medium", False, 0.068 * 730),
        ("aurora-mysql", "db.r5.large", False, 0.29 * 730),
        ("aurora", "db.r4.large", False, 0.29 * 730),
        ("aurora-postgresql", "db.r7g.large", False, 0.276 * 730),
        ("oracle-ee", "db.m5.large", False, None),
        ("sqlserver-se", "db.m5.large", False, None),
        ("postgres", "db.m99.large", False, None),
    ],
)
def test_instances_bill_by_engine_and_deployment(engine: str, instance_class: str, multi_az: bool, usd: float | None) -> None:
    cost = billing.instance_cost(engine, instance_class, multi_az, US)
    assert cost.usd == (None if usd is None else pytest.approx(usd))
    assert (cost.usd is None) == ("no price known" in cost.formula)


def test_aurora_io_optimized_has_rates_of_its_own_which_only_a_refresh_knows() -> None:
    assert billing.instance_cost("aurora-mysql", "db.r5.large", False, US, "aurora").usd is not None
    unknown = billing.instance_cost("aurora-mysql", "db.r5.large", False, US, "aurora-iopt1")
    assert unknown.usd is None
    assert "ondemand.aurora-mysql.io-optimized.db.r5.large" in unknown.formula
    row = (0.377, "hour", "the price list", "2026-11-20")
    key = "ondemand.aurora-mysql.io-optimized.db.r5.large"
    known = Prices("us-east-1", lambda service, region: {key: row} if (service, region) == ("AmazonRDS", "us-east-1") else {})
    assert billing.instance_cost("aurora-mysql", "db.r5.large", False, known, "aurora-iopt1").usd == pytest.approx(0.377 * 730)


@pytest.mark.parametrize(
    ("disk", "usd", "lacks"),
    [
        (Disk("postgres", "gp2", 100), 11.5, 0),
        (Disk("postgres", "standard", 100), 10.0, 0),
        (Disk("postgres", "gp3", 100, 3_000, 125), 11.5, 0),
        (Disk("postgres", "gp3", 399, 3_001, 125), 399 * 0.115 + 0.02, 0),
        (Disk("postgres", "gp3", 400, 12_000, 500), 46.0, 0),
        (Disk("postgres", "gp3", 400, 12_001, 500), 46.02, 0),
        (Disk("sqlserver-se", "gp3", 400, 12_000, 125), 46.0 + 180.0, 0),
        (Disk("oracle-se2", "gp3", 200, 12_000, 500), 23.0, 0),
        (Disk("postgres", "gp3", 100, 3_000, 126), 11.5 + 0.08, 0),
        (Disk("mysql", "io1", 100, 3_000), 12.5 + 300.0, 0),
        (Disk("mysql", "io2", 100, 3_000), 12.5 + 300.0, 0),
        (Disk("mysql", "tape", 100), None, 1),
        (Disk("aurora-mysql", "aurora", 1), 0.0, 0),
    ],
)
def test_storage_bills_capacity_and_what_is_provisioned_beyond_it(disk: Disk, usd: float | None, lacks: int) -> None:
    bill = billing.storage_cost([disk], False, US)
    assert bill.usd == (None if usd is None else pytest.approx(usd))
    assert len(bill.lacks) == lacks


@pytest.mark.parametrize(
    ("kind", "iops", "prices", "usd", "lacks"),
    [
        ("gp2", 0, US, 23.0, []),
        ("io1", 1_000, US, 25.0 + 200.0, []),
        ("gp3", 3_000, US, 23.0, []),
        ("gp2", 0, IRELAND, 25.3, []),
        ("io2", 1_000, US, 25.0 + 100.0, ["iops.io2.multi-az"]),
        ("io1", 1_000, lacking("iops.io1.multi-az"), 25.0 + 100.0, ["iops.io1.multi-az"]),
        ("gp3", 3_000, lacking("storage.multi-az.gp3"), 11.5, ["storage.multi-az.gp3"]),
        (
            "gp2",
            0,
            lacking("storage.multi-az.gp2", region="eu-west-1"),
            12.7,
            ["no price known in eu-west-1 for storage.multi-az.gp2"],
        ),
        ("tape", 0, US, None, ["storage.multi-az.tape"]),
    ],
)
def test_a_standby_whose_rate_is_not_known_counts_at_the_single_rate_and_says_so(
    kind: str, iops: int, prices: Prices, usd: float | None, lacks: list[str]
) -> None:
    bill = billing.storage_cost([Disk("postgres", kind, 100, iops, 125)], True, prices)
    assert bill.usd == (None if usd is None else pytest.approx(usd))
    assert len(bill.lacks) == len(lacks)
    assert all(words in lacking for words, lacking in zip(lacks, bill.lacks, strict=True))


def test_what_a_standby_adds_to_storage() -> None:
    (gp2,) = billing.standby_storage(Disk("postgres", "gp2", 100), US)
    assert gp2.usd == pytest.approx(11.5)
    (gp3,) = billing.standby_storage(Disk("postgres", "gp3", 100, 3_000, 125), US)
    assert gp3.usd == pytest.approx(11.5)
    (unknown,) = billing.standby_storage(Disk("postgres", "gp3", 100, 3_000, 125), lacking("storage.multi-az.gp3"))
    assert unknown.usd is None
    (mixed,) = billing.standby_storage(Disk("postgres", "gp2", 100), lacking("storage.multi-az.gp2", region="eu-west-1"))
    assert mixed.usd is None
    assert billing.standby_storage(Disk("aurora-mysql", "aurora", 1), US) == []


@given(
    size=st.integers(1, 65_536),
    iops=st.integers(0, 64_000),
    more=st.integers(0, 1_000),
    kind=st.sampled_from(["gp2", "gp3", "io1", "standard"]),
    multi_az=st.booleans(),
)
def test_more_storage_never_bills_less_and_a_standby_neither(size: int, iops: int, more: int, kind: str, multi_az: bool) -> None:
    small = billing.storage_cost([Disk("sqlserver-se", kind, size, iops)], multi_az, US).usd
    large = billing.storage_cost([Disk("sqlserver-se", kind, size + more, iops + more)], multi_az, US).usd
    alone = billing.storage_cost([Disk("sqlserver-se", kind, size, iops)], False, US).usd
    assert small is not None
    assert large is not None
    assert alone is not None
    assert alone <= small <= large + 1e-9


def _amount(usd: float | None) -> Amount:
    return unknown("some words") if usd is None else Amount((Term(usd, "", 1, Price("S", "k", 1.0, "h", "r", "s", "2026")),))


@pytest.mark.parametrize(
    ("kind", "multi_az", "missing", "usd", "lacks"),
    [
        ("io1", False, (), 100.0, 0),
        ("io1", True, (), 200.0, 0),
        ("gp3", True, (), 40.0, 0),
        ("io1", True, ("iops.io1.multi-az",), 100.0, 1),  # at least
        ("io1", False, ("iops.io1.single-az",), None, 1),
    ],
)
def test_a_thousand_iops(kind: str, multi_az: bool, missing: tuple[str, ...], usd: float | None, lacks: int) -> None:
    amount = billing.iops_cost(kind, 1_000, multi_az, lacking(*missing))
    assert amount.usd == (usd if usd is None else pytest.approx(usd))
    assert len(amount.lacks) == lacks


def test_a_final_snapshot_bills_at_most_what_is_allocated() -> None:
    assert billing.snapshot_cost(100, US).usd == pytest.approx(9.5)


@pytest.mark.parametrize(
    ("usd", "coverable"),
    [
        (12.34567, Coverable("AmazonRDS", "db.r6g", 12.3457, "postgresql", "multi-az")),
        (0.0, None),
        (-1.0, None),
        (None, None),
    ],
)
def test_a_reservation_may_have_paid_for_hours_that_cost_something(usd: float | None, coverable: Coverable | None) -> None:
    assert billing.coverable("postgres", "db.r6g.2xlarge", True, _amount(usd)) == coverable
