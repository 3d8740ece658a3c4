"""Clusters that would fit on the next smaller size."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.core.model import Confidence, InsufficientData
from functions.core.usage import Metric, Usage
from functions.scanners.elasticache.cluster.collector import CacheCluster
from functions.scanners.elasticache.cluster.measured import MEMORY
from functions.scanners.elasticache.cluster.rightsize import BYTES, ENGINE_CPU, HOST_CPU, SCARCE, oversized
from tests.functions.lacking import lacking
from tests.functions.scanners.elasticache.samples import NOW, candidate, cluster, judge, series, used, waste

SMALL: dict[Metric, Any] = {MEMORY: 10.0, ENGINE_CPU: 5.0, HOST_CPU: 8.0, **dict.fromkeys(BYTES, 1e6)}
A_GBPS = 60e9 / 8
"""Bytes of a minute."""


def busy(values: dict[Metric, Any] | None = None, **changes: Any) -> CacheCluster:
    return used(cluster(**changes), oversized.metrics, {**SMALL, **(values or {})})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, True),
        ({MEMORY: (10.0, 39.7)}, True),  # of 26.32 GiB; 39.95 … % × 2.0138 = 79.9 %
        ({MEMORY: (10.0, 39.8)}, False),  # 80.1 %
        ({ENGINE_CPU: (5.0, 40.0)}, True),
        ({ENGINE_CPU: (5.0, 40.1)}, False),
        ({HOST_CPU: (8.0, 40.0)}, True),  # of 4 vCPUs; 80 % of 2
        ({HOST_CPU: (8.0, 40.1)}, False),
        ({BYTES[0]: (0.0, 0.6 * A_GBPS)}, True),  # 80 % of 0.75 Gbps
        ({BYTES[0]: (0.0, 0.61 * A_GBPS)}, False),
        ({BYTES[1]: (0.61 * A_GBPS, 0.0)}, False),
        ({BYTES[0]: 0.5 * A_GBPS, BYTES[1]: 0.5 * A_GBPS}, True),  # each direction has its own
        ({SCARCE[0]: (0.0, 1.0)}, False),
        ({SCARCE[1]: (1.0, 0.0)}, False),
        ({SCARCE[2]: (1.0, 0.0)}, False),
    ],
)
def test_the_fullest_and_the_busiest_node_have_to_fit(values: dict[Metric, Any], found: bool) -> None:
    assert (judge(oversized, busy(values)) is not None) is found


def test_what_the_next_smaller_size_saves() -> None:
    """Two cache.r6g.xlarge become cache.r6g.large: 2 × 730 × (0.411 − 0.206) = $299.30. 30 % of 26.32 GiB are 60.4 % of 13.07 GiB."""
    found = waste(oversized, busy({MEMORY: (12.0, 30.0), HOST_CPU: (5.0, 20.0), ENGINE_CPU: (3.0, 25.0), BYTES[0]: 0.075 * A_GBPS}))
    assert (found.savings.low, found.savings.likely, found.savings.high) == (299.3, 299.3, 299.3)
    assert found.coverable is not None
    assert (found.coverable.family, found.coverable.usd) == ("cache.r6g", 299.3)
    assert oversized.confidence is Confidence.MEDIUM
    evidence = {name: found.evidence[name] for name in ("target", "max_memory_percent", "max_memory_percent_then", "nodes")}
    assert evidence == {"target": "cache.r6g.large", "max_memory_percent": 30.0, "max_memory_percent_then": 60.4, "nodes": 2}
    assert found.evidence["engine_cpu_p99_5_percent"] == 25.0
    assert found.evidence["host_cpu_p99_5_percent_then"] == 40.0
    assert found.evidence["network_p99_5_percent_then"] == 10.0
    assert (found.evidence["fewest_datapoints"], found.evidence["expected_datapoints"]) == (336, 336)


@pytest.mark.parametrize(("busy_hours", "found"), [(1, True), (2, False)])
def test_one_hour_of_two_weeks_may_be_busier(busy_hours: int, found: bool) -> None:
    one = busy()
    hours = series(ENGINE_CPU, 0, values=[5.0] * (336 - busy_hours) + [95.0] * busy_hours)
    one.usage = Usage({**one.usage.series, ENGINE_CPU: (series(ENGINE_CPU, 5.0), hours)})
    assert (judge(oversized, one) is not None) is found


@pytest.mark.parametrize(("host", "found"), [(20.0, True), (20.1, False)])
def test_a_burstable_node_must_do_without_credits(host: float, found: bool) -> None:
    """cache.t3.medium to small: both have 2 vCPUs, of which they may use 20 % all the time."""
    one = busy({HOST_CPU: host}, node_type="cache.t3.medium")
    assert (judge(oversized, one) is not None) is found


def test_of_the_smallest_burstable_nodes_half_of_that() -> None:
    assert judge(oversized, busy({HOST_CPU: 10.1, BYTES[0]: 0.0, BYTES[1]: 0.0}, node_type="cache.t3.small")) is None
    assert waste(oversized, busy({HOST_CPU: 10.0}, node_type="cache.t3.small")).values["target"] == "cache.t3.micro"


@pytest.mark.parametrize(("memory", "more"), [(39.7, True), (39.8, False)])
def test_the_other_metrics_are_asked_for_where_the_data_fit(memory: float, more: bool) -> None:
    assert oversized.goes_on is not None
    assert oversized.goes_on(busy({MEMORY: memory}), oversized.limits(NOW)) is more
    assert oversized.metrics[: oversized.asked_first] == (MEMORY,)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"created": NOW - timedelta(days=13)}, False),
        ({"node_type": "cache.r6g.large"}, False),
        ({"node_type": "cache.r6gd.2xlarge", "tiered": True}, False),
        ({"tiered": True}, False),
        ({"engine": "memcached"}, False),
        ({"status": "deleting"}, False),
        ({"status": "snapshotting"}, "its status is snapshotting"),
        ({"datastore": "sgaui-carts"}, "of a global datastore, whose groups in other regions change with it"),
    ],
)
def test_which_are_asked_about(changes: dict[str, Any], expected: bool | str) -> None:
    assert candidate(oversized, cluster(**changes)) == expected


def test_a_price_that_only_another_region_has_is_not_compared() -> None:
    verdict = judge(oversized, busy(), lacking("ondemand.redis.cache.r6g.large", region="eu-west-1"))
    assert isinstance(verdict, InsufficientData)


def test_more_nodes_of_the_same_use_save_as_much_more() -> None:
    """Metamorphic: nothing but the saving changes when every node is there twice."""
    once, twice = busy(), busy(nodes=(*cluster().nodes, *cluster().nodes))
    first, second = waste(oversized, once), waste(oversized, twice)
    assert second.savings.likely == pytest.approx(2 * first.savings.likely)
    assert second.evidence["max_memory_percent_then"] == first.evidence["max_memory_percent_then"]
