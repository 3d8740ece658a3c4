"""What is measured of every node, and what it would be on another type."""

from __future__ import annotations

from math import inf

import pytest

from functions.scanners.elasticache.cluster.measured import MEMORY, datapoints, fullest, metric, most, projected
from tests.functions.scanners.elasticache.samples import cluster, used


def test_the_largest_of_any_node_counts() -> None:
    one = used(cluster(), [MEMORY], {MEMORY: (12.0, 31.5)})
    assert (most(one, MEMORY), fullest(one)) == (31.5, 31.5)
    assert datapoints(one, MEMORY) == {"fewest_datapoints": 14, "expected_datapoints": 14}


def test_what_nobody_asked_for_is_not_known() -> None:
    assert fullest(cluster()) is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [("cache.r6g.large", 100.69), ("cache.r6g.xlarge", 50.0), ("cache.r6g.2xlarge", 24.91), ("cache.x9.large", inf)],
)
def test_the_same_data_on_another_type(target: str, expected: float) -> None:
    """50 % of the 26.32 GiB of a cache.r6g.xlarge are 13.16 GiB."""
    assert projected(cluster(), target, 50.0) == pytest.approx(expected, abs=0.01)


def test_the_same_metric_of_two_checks_is_one_question() -> None:
    assert metric("Evictions", "Sum") == metric("Evictions", "Sum")
    assert metric("Evictions", "Sum") != metric("Evictions", "Sum", 3_600)
