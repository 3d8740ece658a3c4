"""Which tables would cost less in the class Standard-IA, against sums made by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.core.model import InsufficientData, Waste
from functions.scanners.dynamodb.table.collector import STANDARD_IA, Table
from functions.scanners.dynamodb.table.table_class import standard_to_ia
from tests.functions.scanners.dynamodb.samples import NOW, candidate, judged, part, table, waste


def test_storage_that_is_hardly_read_costs_less_in_standard_ia() -> None:
    """1,000 GB, and 7.3 million reads and 0.73 million writes a month, on demand.

    Standard: 250 + 7.3 × 0.125 + 0.73 × 0.625 = 250 + 0.9125 + 0.45625 = 251.36875. IA: 100 + 7.3 × 0.155 + 0.73 × 0.78 = 101.7009.
    149.66785. Low: 25 GB are free, 6.25 less.
    """
    found = waste(standard_to_ia, table(part(gib=1_000), hours=[(10_000, 1_000)], on_demand=True))
    assert found.savings.likely == pytest.approx(149.6679, abs=1e-4)
    assert found.savings.low == pytest.approx(143.4179, abs=1e-4)


def test_reserved_capacity_pays_for_none_of_standard_ia() -> None:
    """1,000 GB and 100 units of each: 250 + 56.94 = 306.94; IA: 100 + 100 × (0.00016 + 0.00081) × 730 = 170.81. 136.13.

    Low: the 975 GB that are surely paid for, 243.75 − 170.81 = 72.94.
    """
    found = waste(standard_to_ia, table(part(100, 100, gib=1_000)))
    assert (found.savings.low, found.savings.likely) == (72.94, 136.13)


def test_the_break_even_is_that_of_the_prices() -> None:
    """0.15 a GB against a quarter more for throughput: storage of 0.248 × 0.25 / 0.15 = 41.3 % of the throughput, of writes on demand."""
    gib = 100.0
    at_even = gib * 0.15 / (0.78 - 0.625) * 1_000_000 / 730

    def found(share: float) -> bool:
        made = table(part(gib=gib), hours=[(0, at_even * share)], on_demand=True)
        return isinstance(judged(standard_to_ia, made, min_saving_percent=0), Waste)

    assert found(0.999)
    assert not found(1.001)


@pytest.mark.parametrize(("percent", "found"), [(0, True), (10, True), (59, True), (61, False)])
def test_it_has_to_be_worth_it(percent: float, found: bool) -> None:
    made = table(part(gib=100), on_demand=True)
    assert isinstance(judged(standard_to_ia, made, min_saving_percent=percent), Waste) is found


def test_indexes_are_of_the_same_class() -> None:
    made = table(part(gib=100), part(gib=100, index="by-day"), hours=[(0, 0), (0, 0)], on_demand=True)
    assert waste(standard_to_ia, made).savings.likely == 30


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (table(part(gib=1), on_demand=True), True),
        (table(part(gib=0.9), on_demand=True), False),
        (table(part(gib=0.6), part(gib=0.6, index="by-day"), on_demand=True), True),
        (table(part(gib=9), on_demand=True, table_class=STANDARD_IA), False),
        (table(part(gib=9), on_demand=True, table_class="NEVER_HEARD_OF"), False),
        (table(part(gib=9), on_demand=True, age=29), False),
        (table(part(gib=9), on_demand=True, class_changed=NOW - timedelta(days=30)), True),
    ],
)
def test_which_tables_are_asked_about(made: Table, asked: bool) -> None:
    assert candidate(standard_to_ia, made) is asked


@pytest.mark.parametrize(
    "made",
    [
        table(part(gib=9), on_demand=True, class_changed=NOW - timedelta(days=29)),
        table(part(gib=9), on_demand=True, replicas=("eu-west-1",)),
        table(part(5, 5, gib=9), scaling_known=False),
        table(part(5, 5, gib=9, scaled_from=(None, 1))),
    ],
)
def test_what_cannot_be_judged_is_said(made: Table) -> None:
    assert isinstance(candidate(standard_to_ia, made), InsufficientData)


def test_without_a_price_nothing_is_compared() -> None:
    assert isinstance(judged(standard_to_ia, table(part(gib=9), on_demand=True), region="cn-north-1"), InsufficientData)
