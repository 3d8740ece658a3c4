"""What the backups of a region hold together, and which part of it is a manual snapshot's: by structure, and by a bill."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from functions.core.prices.products import metered
from functions.core.rank.bill.billed import Billed
from functions.core.registry import Check
from functions.core.scan.judge import Judge
from functions.core.store import unit_objects
from functions.scanners.rds.db_snapshot.backup_storage import Backup, share_out
from functions.scanners.rds.db_snapshot.unused import old_snapshot
from tests.functions import sweeps
from tests.functions.scanners.rds.samples import NOW, PRICES
from tests.functions.scanners.rds.snapshot_samples import backup


def automated(name: str, age: float, source: str = "db-LIVES", **changes: Any) -> Backup:
    return backup(name, age, manual=False, source=source, source_exists=True, **changes)


def example() -> tuple[list[Backup], list[Backup]]:
    """Two automated ones of a database of 40 GiB, and two manual ones of a database of 90 GiB that is gone: manual ones, and all."""
    manual = [backup("a", 400, 90), backup("b", 390, 90)]
    return manual, [*manual, automated("rds:1", 2, full_gib=40), automated("rds:2", 1, full_gib=40)]


def test_what_is_beyond_the_storage_of_the_databases_is_split_over_the_manual_ones() -> None:
    """All hold 90 + 40 = 130 GiB at least; 100 are free, so 30 of the 90 that the manual ones hold bill."""
    manual, everything = example()
    share_out(everything, 100.0)
    assert [one.charged for one in manual] == [pytest.approx(30 / 90)] * 2
    assert [(one.relatives, one.held_gib, one.storage_gib) for one in manual] == [(1, 130.0, 100.0)] * 2
    assert [one.charged for one in everything[2:]] == [0.0, 0.0]


@pytest.mark.parametrize(("storage", "charged"), [(0.0, 1.0), (40.0, 1.0), (85.0, 0.5), (130.0, 0.0), (500.0, 0.0), (None, 0.0)])
def test_the_share_that_bills_is_between_none_and_all(storage: float | None, charged: float) -> None:
    """Of what nobody knows how much is free, nothing is said to bill."""
    manual, everything = example()
    share_out(everything, storage)
    assert manual[0].charged == pytest.approx(charged)


@given(st.integers(1, 6), st.integers(0, 6), st.floats(0, 500), st.floats(0, 500))
def test_more_free_storage_never_makes_more_bill(by_hand: int, by_itself: int, less: float, more: float) -> None:
    def charged(storage: float) -> float:
        manual = [backup(f"m{number}", number + 1, 50) for number in range(by_hand)]
        share_out([*manual, *(automated(f"a{number}", number + 1, "db-GONE", full_gib=50) for number in range(by_itself))], storage)
        return sum(one.charged * one.most_gib / (one.relatives + 1) for one in manual)

    small, large = sorted((less, more))
    assert 0 <= charged(large) <= charged(small) <= 50 * by_hand / (by_hand + by_itself) + 1e-9


@pytest.mark.parametrize(
    ("changes", "relatives"),
    [
        ({}, 1),
        ({"source": "db-2"}, 0),
        ({"key": "another"}, 0),  # encrypted anew it shares no block
        ({"elsewhere": True}, 0),  # copied here as a whole
        ({"status": "creating"}, 0),
        ({"place": "outposts"}, 0),
        ({"engine": "custom-sqlserver-se"}, 0),
    ],
)
def test_those_of_one_database_and_key_share_blocks(changes: dict[str, Any], relatives: int) -> None:
    first, second = backup("a", 90), backup("b", 60, **changes)
    share_out([first, second], 0.0)
    assert first.relatives == relatives


def test_what_is_not_of_the_regions_backup_storage_is_not_billed_with_it() -> None:
    custom, outpost, plain = backup("a", engine="custom-oracle-ee"), backup("b", place="outposts"), backup("c")
    share_out([custom, outpost, plain], 0.0)
    assert [one.together is None for one in (custom, outpost, plain)] == [True, True, False]
    assert plain.held_gib == 100


def test_the_price_is_the_one_whose_usage_type_the_bill_has() -> None:
    manual, everything = example()
    share_out(everything, 100.0)
    together = manual[0].together
    assert together is not None
    known = metered(together.service, together.key)
    assert known is not None
    assert (known.usage_type, known.per_unit) == ("RDS:ChargedBackupUsage", 1.0)
    assert (together.most, together.once, together.count, together.all_once) == (90, 45, 4, 90)
    assert (manual[1].together.changes if manual[1].together else 0) == 90 * 10  # GiB × days since the first


@pytest.mark.parametrize(
    ("total", "likely"),
    [
        (45.0, (22.5, 22.5)),  # less than the manual ones hold: half of it each
        (90.0, (45.0, 45.0)),
        (110.0, (45.0, 45.0 + 20 * 900 / 940)),  # 20 more: by what changed, of which the automated ones have 40 GiB × 1 day
    ],
)
def test_where_the_bill_is_known_each_has_its_share_of_it(total: float, likely: tuple[float, float]) -> None:
    manual, everything = example()
    share_out(everything, 100.0)
    quantities = {one.account: {one.region: {"RDS:ChargedBackupUsage": [total, total]}} for one in manual}
    bill = Billed(sweeps.bill(start="2026-05-01", quantities=quantities))
    check: Check[Any] = old_snapshot
    judge = Judge([(check, check.limits(NOW))], PRICES)
    found = [from_json(unit_objects.FINDING.dump_json(finding)) for one in manual for finding in judge.findings(one)]
    assert [bill.share(finding) for finding in found] == [True, True]
    assert [finding["savings"]["likely"] for finding in found] == [pytest.approx(gib * 0.095, abs=1e-3) for gib in likely]
    assert sum(finding["savings"]["likely"] for finding in found) <= total * 0.095 + 1e-3
    assert [finding["savings"]["low"] for finding in found] == [0, 0]
