"""Which series an instance has, and what several of them make together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.usage import Metric, Usage
from functions.scanners.rds.db_instance.load import HOUR, NETWORK, READ_IOPS, STORAGE, WRITE_IOPS, together
from tests.functions.scanners.rds.db_instance.loads import spread
from tests.functions.scanners.rds.samples import db_instance


def _asked(metric: Metric, engine: str) -> int:
    dimensions = metric.dimensions(db_instance(engine=engine, id="orders"))
    parts = [dimensions] if isinstance(dimensions, dict) else list(dimensions)
    assert all(part == {"DBInstanceIdentifier": "orders"} for part in parts)
    return len(parts)


@pytest.mark.parametrize(("engine", "storage", "network"), [("postgres", 4, 2), ("aurora-postgresql", 0, 4)])
def test_the_storage_of_aurora_is_behind_the_network(engine: str, storage: int, network: int) -> None:
    assert sum(_asked(metric, engine) for metric in STORAGE) == storage
    assert sum(_asked(metric, engine) for metric in NETWORK) == network


def test_two_series_are_added_hour_by_hour_where_both_have_a_value() -> None:
    usage = Usage({READ_IOPS: (spread([1.0, 2.0, 3.0], HOUR),), WRITE_IOPS: (spread([10.0, 20.0], HOUR, expected=3),)})
    both = together(usage, READ_IOPS, WRITE_IOPS)
    assert (both.values, both.expected, both.period) == ([12.0, 23.0], 3, HOUR)


def test_a_metric_that_it_does_not_have_adds_nothing() -> None:
    usage = Usage({READ_IOPS: (spread([1.0, 2.0], HOUR),), WRITE_IOPS: ()})
    assert together(usage, READ_IOPS, WRITE_IOPS).values == [1.0, 2.0]
    assert together(usage, WRITE_IOPS).values == []


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=50))
def test_together_they_are_no_less_than_the_larger_one(pairs: list[tuple[float, float]]) -> None:
    usage = Usage({READ_IOPS: (spread([a for a, _ in pairs], HOUR),), WRITE_IOPS: (spread([b for _, b in pairs], HOUR),)})
    assert all(total >= max(pair) for total, pair in zip(together(usage, READ_IOPS, WRITE_IOPS).values, pairs, strict=True))
