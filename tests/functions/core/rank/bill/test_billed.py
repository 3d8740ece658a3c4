"""Savings against billed quantities: shared out where AWS bills one sum, bounded everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from functions.core.model import Coverable
from functions.core.money import NOTHING, Amount, Savings, saves, unknown
from functions.core.prices.book import Prices
from functions.core.prices.products import metered
from functions.core.rank.bill.billed import Billed
from functions.core.scan.judge import Judge
from functions.core.services import Together
from functions.core.store import unit_objects
from functions.scanners.ebs.snapshot.lineage import GIB, relate
from functions.scanners.ebs.snapshot.unused import old_snapshot, orphan_snapshot
from tests.functions import sweeps
from tests.functions.scanners.ebs.samples import NOW, PRICES, days_ago
from tests.functions.scanners.ebs.snapshot.test_unused import snapshot

SNAPSHOTS, GP2, GP3 = "EBS:SnapshotUsage", "EBS:VolumeUsage.gp2", "EBS:VolumeUsage.gp3"


def meter(usage_type: str, monthly: float, peak: float | None = None, account: str = sweeps.ACCOUNT, region: str = sweeps.REGION) -> Any:
    """Quantities, as bill.json has them."""
    return {account: {region: {usage_type: [monthly, peak]}}}


def billed(*meters: Any, **bill: Any) -> Billed:
    quantities: dict[str, dict[str, dict[str, Any]]] = {}
    for one in meters:
        for account, regions in one.items():
            for region, of in regions.items():
                quantities.setdefault(account, {}).setdefault(region, {}).update(of)
    return Billed(sweeps.bill(start="2026-10-25", quantities=quantities, **bill))


def as_json(savings: Savings, name: str = "vol-1", together: Together | None = None, **more: Any) -> dict[str, Any]:
    made = sweeps.finding(name, savings, **more)
    made.together = together
    read: dict[str, Any] = from_json(unit_objects.FINDING.dump_json(made))
    return read


def money(one: dict[str, Any]) -> tuple[float, float, float]:
    return one["savings"]["low"], one["savings"]["likely"], one["savings"]["high"]


def computed(terms: Sequence[dict[str, Any]]) -> float:
    return sum(float(term["quantity"] * term["hours"] * term["factor"] * term["rate"]) for term in terms)


# --- shared out -------------------------------------------------------------------------------------------------------------------------


def chain(days: Sequence[float], name: str = "vol-1", gib: float = 100, **more: Any) -> list[Any]:
    """Snapshots of a volume that is gone, of so many days ago."""
    known = {"full_bytes": int(gib * GIB), "volume_id": name, "account": sweeps.ACCOUNT, **more}
    return [snapshot(id=f"{name} {age}", arn=f"{name} {age}", created=days_ago(age), **known) for age in days]


def found(*chains: list[Any], check: Any = old_snapshot) -> list[dict[str, Any]]:
    """What a scan finds of all of a region's snapshots, as JSON."""
    everything = [one for chain in chains for one in chain]
    relate(everything, {})
    judge = Judge([(check, check.limits(NOW))], PRICES)
    return [from_json(unit_objects.FINDING.dump_json(finding)) for one in everything for finding in judge.findings(one)]


def shared(gb_months: float, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by = billed(meter(SNAPSHOTS, gb_months, gb_months))
    for one in findings:
        assert by.share(one)
    return findings


def test_a_daily_chain_of_four_years_saves_what_it_is_billed() -> None:
    """By its structure, one full copy: $12.89. The bill has 32,000 GB-months for it, of which 90 of 1,461 days are too young."""
    findings = found(chain(range(1461), gib=257.8))
    assert sum(one["savings"]["likely"] for one in findings) == pytest.approx(12.89 * 1371 / 1461, abs=0.1)
    shared(32_000, findings)
    likely, high = (sum(one["savings"][end] for one in findings) for end in ("likely", "high"))
    assert likely == pytest.approx(1_600 * 1371 / 1461, rel=0.01)
    assert likely <= high <= 1_600 * 1371 / 1461 + 1
    assert {one["savings"]["low"] for one in findings} == {0.0}


def test_copies_that_turn_out_to_be_full_cost_what_is_billed_and_incremental_ones_little_more_than_one() -> None:
    copies: dict[str, Any] = {"source_exists": None, "data_key": "11111111-2222-3333-4444-555555555555"}
    ages = range(95, 95 + 30 * 30, 30)
    assert sum(one["savings"]["likely"] for one in found(chain(ages, gib=1000, **copies))) == pytest.approx(50, abs=0.01)
    assert sum(one["savings"]["likely"] for one in shared(1_290, found(chain(ages, gib=1000, **copies)))) == pytest.approx(64.5, abs=0.01)
    full = shared(30_000, found(chain(ages, gib=1000, **copies)))
    assert sum(one["savings"]["likely"] for one in full) == pytest.approx(1_500, rel=0.04)
    assert max(one["savings"]["high"] for one in full) <= 50


def test_both_numbers_and_their_reason_are_told() -> None:
    one, _ = shared(150, found(chain([200, 100])))
    assert one["savings"]["formula"] == (
        "50 GB-months × $0.05 snapshot.standard (share of 150 GB-months billed for EBS:SnapshotUsage, 2026-10-25 to 2026-11-23)"
    )
    assert money(one) == (0, 2.5, 2.5)
    assert {name: one["evidence"][name] for name in ("saving_from", "saving_by_structure", "billed_together", "billed_for")} == {
        "saving_from": "bill",
        "saving_by_structure": 2.5,
        "billed_together": 150,
        "billed_for": 2,
    }
    assert one["note"] == (
        "Its share, by size and age, of the 150 GB-months billed for 2 of these in us-east-1: which of them holds which part AWS does not "
        "say. Its structure alone would make it $2.50."
    )
    assert one["savings"]["lacks"] == []


@pytest.mark.parametrize(
    "by",
    [
        Billed(sweeps.NO_BILL),
        billed(),
        billed(meter(SNAPSHOTS, 150, account="999999999999")),
        billed(meter(SNAPSHOTS, 150, region="eu-west-1")),
        billed(meter("EBS:SnapshotArchiveStorage", 150)),
    ],
)
def test_what_the_bill_does_not_know_stays_what_structure_tells_and_that_is_said(by: Billed) -> None:
    one, _ = found(chain([200, 100]))
    before = money(one)
    assert not by.share(one)
    assert (money(one), one["evidence"]["saving_from"]) == (before, "structure")
    assert one["savings"]["lacks"] == ["blocks that changed between snapshots of one lineage"]
    assert one["note"].endswith("this is estimated from their sizes and lineages alone.")


def test_what_has_no_price_or_is_billed_by_itself_is_left_alone() -> None:
    by = billed(meter(SNAPSHOTS, 150))
    together = Together("AmazonEBS", "snapshot.standard", 100, 50, 0, 2, 100, 100, 100, 100)
    for one in (as_json(sweeps.UNPRICED, together=together), as_json(sweeps.saving(5))):
        before = dict(one)
        assert (by.share(one), one) == (False, before)


def test_an_image_that_needs_a_snapshot_raises_what_the_others_may_hold_at_most() -> None:
    """Two of three can be deleted: at most they hold all that is billed, but never more than each's full size."""
    links = chain([300, 200, 100])
    links[1] = snapshot(
        **{name: getattr(links[1], name) for name in ("id", "arn", "created", "full_bytes", "volume_id", "account")}, image="ami-1"
    )
    first, last = shared(120, found(links))
    assert [one["savings"]["likely"] for one in (first, last)] == pytest.approx([100 / 3 * 0.05, (100 / 3 + 10) * 0.05], abs=1e-4)
    assert sum(one["savings"]["high"] for one in (first, last)) == pytest.approx(120 * 0.05, abs=1e-3)


sizes = st.integers(0, 2_000)
lineages = st.lists(st.tuples(sizes, st.lists(st.integers(0, 1_500), min_size=1, max_size=6, unique=True)), min_size=1, max_size=5)


@given(lineages, st.floats(0.01, 30_000), st.floats(1, 5))
def test_no_sum_is_above_the_bill_and_more_billed_never_lowers_a_saving(of: list[tuple[int, list[int]]], total: float, more: float) -> None:
    def all_of() -> list[dict[str, Any]]:
        return found(*(chain(ages, f"vol-{number}", gib) for number, (gib, ages) in enumerate(of)))

    first, second = shared(total, all_of()), shared(total * more, all_of())
    for findings, quantity in ((first, total), (second, total * more)):
        for end in ("likely", "high"):
            assert sum(one["savings"][end] for one in findings) <= quantity * 0.05 + 1e-4 * len(findings)
        for one in findings:
            low, likely, high = money(one)
            assert 0 <= low <= likely <= high
            assert computed(one["savings"]["terms"]) == pytest.approx(likely, abs=1e-4)
            assert computed(one["savings"]["high_terms"]) == pytest.approx(high, abs=1e-4)
    for one, other in zip(first, second, strict=True):
        assert other["savings"]["likely"] >= one["savings"]["likely"] - 1e-9


# --- bounded ----------------------------------------------------------------------------------------------------------------------------


def gp2(gib: float) -> Amount:
    return PRICES.monthly("AmazonEBS", "volume.gp2", gib, "GiB")


def to_gp3(gib: float) -> Savings:
    return saves(gp2(gib) - PRICES.monthly("AmazonEBS", "volume.gp3", gib, "GiB"))


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(None, 10.0), (1_000.0, 10.0), (100.0, 10.0), (99.99999, 10.0), (99.0, 9.9), (50.0, 5.0), (0.01, 0.001)],
)
def test_a_finding_saves_no_more_than_was_billed_on_the_fullest_day(peak: float | None, expected: float) -> None:
    one = as_json(saves(gp2(100)))
    assert billed(meter(GP2, 30, peak)).bound(one, counts=True) is (expected < 10)
    assert money(one) == pytest.approx((expected, expected, expected))
    assert computed(one["savings"]["terms"]) == pytest.approx(expected)


def test_the_bound_and_its_reason_are_told() -> None:
    one = as_json(saves(gp2(100)))
    billed(meter(GP2, 30, 50)).bound(one, counts=True)
    assert one["savings"]["formula"] == "(100 GiB × $0.1 volume.gp2) × 0.5 as far as it is billed"
    assert one["note"] == (
        "No more can be saved than is billed: on its fullest day from 2026-10-25 to 2026-11-23 this account and region had, made a month "
        "of 31, 50 of EBS:VolumeUsage.gp2. What is newer than that is not in it."
    )


def test_together_they_save_no_more_and_what_does_not_count_leaves_the_others_theirs() -> None:
    by = billed(meter(GP2, 250, 250))
    counted = [True, False, True, True, True]
    made = [as_json(saves(gp2(100)), f"vol-{number}") for number in range(len(counted))]
    for one, counts in zip(made, counted, strict=True):
        by.bound(one, counts)
    assert [one["savings"]["likely"] for one in made] == [10, 10, 10, 5, 0]
    assert "of which other findings count some" in made[3]["note"]


def test_what_comes_instead_shrinks_with_what_it_comes_instead_of() -> None:
    one = as_json(to_gp3(100))
    billed(meter(GP2, 50, 50), meter(GP3, 1, 1)).bound(one, counts=True)
    assert money(one) == pytest.approx((1.0, 1.0, 1.0))
    assert computed(one["savings"]["terms"]) == pytest.approx(1.0)


def test_what_is_advised_to_buy_rests_on_the_hours_that_are_billed() -> None:
    one = as_json(saves(PRICES.hourly("AmazonEC2", "ondemand.linux.shared.m5.large")), coverable=Coverable("AmazonEC2", "m5", 70.08))
    billed(meter("BoxUsage:m5.large", 365, 365)).bound(one, counts=True)
    assert (one["savings"]["likely"], one["coverable"]["usd"]) == pytest.approx((35.04, 35.04))


def test_a_range_keeps_its_order_and_its_low_of_nothing() -> None:
    one = as_json(saves(gp2(100), low=NOTHING, high=gp2(300)))
    billed(meter(GP2, 200, 200)).bound(one, counts=True)
    assert money(one) == pytest.approx((0, 10, 20))
    assert one["savings"]["formula"] == "100 GiB × $0.1 volume.gp2"
    billed(meter(GP2, 50, 50)).bound(one, counts=True)
    assert money(one) == pytest.approx((0, 5, 5))


def test_every_term_names_its_usage_type_with_and_without_a_bill() -> None:
    one = as_json(saves(gp2(100) + PRICES.hourly("AmazonEC2", "ondemand.linux.shared.m5.large"), high=gp2(3_000)))
    Billed(sweeps.NO_BILL).bound(one, counts=True)
    assert [term["usage_type"] for term in one["savings"]["terms"]] == [GP2, "BoxUsage:m5.large"]
    assert [term["usage_type"] for term in one["savings"]["high_terms"]] == [GP2]


@pytest.mark.parametrize("savings", [saves(unknown("no price known")), sweeps.saving(5.0), saves(NOTHING)])
def test_without_a_price_or_terms_there_is_nothing_to_bound(savings: Savings) -> None:
    one = as_json(savings)
    assert not billed(meter(GP2, 0.1, 0.1)).bound(one, counts=True)


def test_what_is_shared_out_is_not_bounded_again() -> None:
    by = billed(meter(SNAPSHOTS, 150, 10))
    one, _ = found(chain([200, 100]))
    by.share(one)
    before = money(one)
    assert (by.bound(one, counts=True), money(one)) == (False, before)
    assert one["savings"]["terms"][0]["usage_type"] == SNAPSHOTS


@pytest.mark.parametrize(
    ("service", "key", "bills_in"),
    [
        ("AmazonVPC", "nat-gateway", "NatGateway-Hours"),
        ("AmazonVPC", "public-ipv4.idle", "PublicIPv4:IdleAddress"),
        ("AWSELB", "load-balancer.application", "LoadBalancerUsage"),
        ("AmazonRDS", "storage.single-az.gp2", "RDS:GP2-Storage"),
        ("AmazonRDS", "backup", "RDS:ChargedBackupUsage"),
        ("AmazonRDS", "ondemand.mysql.multi-az.db.m5.large", "Multi-AZUsage:db.m5.large"),
        ("AmazonCloudWatch", "logs.storage", "TimedStorage-ByteHrs"),
        ("AWSLambda", "duration.x86.tier1", "Lambda-GB-Second"),
        ("AWSLambda", "request", "Request"),
        ("AmazonEBS", "iops.io2", "EBS:VolumeP-IOPS.io2"),
    ],
)
def test_half_of_what_is_billed_is_half_of_what_is_saved_in_every_unit(service: str, key: str, bills_in: str) -> None:
    known = metered(service, key)
    assert known is not None
    amount = Prices("us-east-1").monthly(service, key, 1000, "of it")
    one = as_json(saves(amount))
    assert amount.usd is not None
    half = 500 * known.per_unit
    assert billed(meter(bills_in, half, half)).bound(one, counts=True)
    assert one["savings"]["likely"] == pytest.approx(amount.usd / 2, abs=1e-4)


@given(st.lists(st.floats(0.1, 5_000), min_size=1, max_size=8), st.floats(0.01, 20_000), st.floats(1, 3))
def test_more_billed_never_lowers_a_bounded_saving_and_no_sum_is_above_it(gib: list[float], peak: float, more: float) -> None:
    def made(quantity: float) -> list[float]:
        by = billed(meter(GP2, quantity, quantity))
        findings = [as_json(saves(gp2(each)), f"vol-{number}") for number, each in enumerate(gib)]
        for one in findings:
            by.bound(one, counts=True)
        return [float(one["savings"]["likely"]) for one in findings]

    first, second = made(peak), made(peak * more)
    assert sum(first) <= peak * 0.1 * (1 + 1e-5) + 1e-4 * len(gib)
    assert all(other >= one - 1e-9 for one, other in zip(first, second, strict=True))


def test_an_orphan_is_scaled_as_an_old_one_is() -> None:
    both = [shared(150, found(chain([200, 100]), check=check)) for check in (orphan_snapshot, old_snapshot)]
    assert [money(one) for one in both[0]] == [money(one) for one in both[1]]


@pytest.mark.parametrize(("account", "likely"), [(sweeps.ACCOUNT, 5.0), ("999999999999", 10.0)])
def test_no_bound_where_the_bill_has_no_rows(account: str, likely: float) -> None:
    """Its account's rows bound the one; of the other the bill knows nothing."""
    one = as_json(saves(gp2(100)), of=sweeps.unit(account=account))
    billed(meter(GP2, 50, 50), accounts=[sweeps.ACCOUNT, "999999999999"], without_rows=["999999999999"]).bound(one, counts=True)
    assert one["savings"]["likely"] == likely
