"""Clusters that were asked nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.core.model import Confidence, InsufficientData
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.core.usage import Metric
from functions.scanners.elasticache.cluster.collector import CacheCluster, Node
from functions.scanners.elasticache.cluster.unused import COMMANDS, ENGINE_CPU, MEMCACHED_COMMANDS, NEW_CONNECTIONS, OPEN_CONNECTIONS, idle
from functions.scanners.elasticache.cluster.unused import idle_memcached as memcached
from tests.functions.scanners.elasticache.samples import ALONE, DAYS, NOW, PRICES, candidate, cluster, judge, series, used, waste

QUIET = {ENGINE_CPU: 0.3, OPEN_CONNECTIONS: 5.0}
"""What an idle node has: some CPU, and the connections of ElastiCache itself."""
TWO_OF_MEMCACHED = {"engine": "memcached", "version": "1.6.22", "node_type": "cache.t2.small", "group": False,
                    "nodes": (Node("cold", "0001"), Node("cold", "0002"))}  # fmt: skip


def quiet(values: dict[Metric, Any] | None = None, **changes: Any) -> CacheCluster:
    return used(cluster(**changes), idle.metrics, {**QUIET, **(values or {})})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, True),
        ({NEW_CONNECTIONS: (0.0, 1.0)}, False),  # of one node is enough
        ({COMMANDS[0]: (0.0, 1.0)}, False),
        ({COMMANDS[1]: (1.0, 0.0)}, False),
        ({COMMANDS[2]: 1.0}, False),
        ({COMMANDS[3]: 1.0}, False),
        ({ENGINE_CPU: (0.3, 0.99)}, True),
        ({ENGINE_CPU: (0.3, 1.0)}, False),
    ],
)
def test_every_node_has_to_be_silent(values: dict[Metric, Any], found: bool) -> None:
    assert (judge(idle, quiet(values)) is not None) is found


@pytest.mark.parametrize(
    ("engine", "version", "connections", "found"),
    [
        ("redis", "5.0.6", 4, True),
        ("redis", "5.0.6", 5, False),
        ("redis", "4.0.10", 4, True),
        ("redis", "6.2.6", 1, False),
        ("redis", "7.1.0", 0, True),
        ("valkey", "7.2.6", 1, False),
        ("valkey", "8.0.1", 0, True),
    ],
)
def test_up_to_redis_5_aws_counts_its_own_connections(engine: str, version: str, connections: float, found: bool) -> None:
    one = quiet({NEW_CONNECTIONS: connections}, engine=engine, version=version)
    assert (judge(idle, one) is not None) is found
    assert idle.goes_on is not None
    assert idle.goes_on(one, idle.limits(NOW)) is found  # what does not matter is not asked


@pytest.mark.parametrize(("connections", "confidence"), [(6, None), (7, Confidence.LOW)])
def test_what_stays_connected_makes_it_doubtful(connections: float, confidence: Confidence | None) -> None:
    found = waste(idle, quiet({OPEN_CONNECTIONS: connections}))
    assert found.confidence == confidence
    assert ("something stays connected" in found.note) is (confidence is not None)


def test_all_nodes_of_a_group_are_one_saving() -> None:
    """Two cache.r6g.xlarge with Redis OSS at $0.411 an hour: 2 × 730 × 0.411 = $600.06. The snapshot of one shard holds at most 26.32 GiB,
    at $0.085 that is $2.2372 a month."""
    found = waste(idle, quiet())
    assert (found.savings.likely, found.savings.high) == (600.06, 600.06)
    assert found.savings.low == pytest.approx(600.06 - 2.2372)
    assert found.coverable is not None
    assert (found.coverable.service, found.coverable.family, found.coverable.usd) == ("AmazonElastiCache", "cache.r6g", 600.06)
    assert found.evidence["nodes"] == 2
    assert (found.evidence["fewest_datapoints"], found.evidence["expected_datapoints"]) == (DAYS, DAYS)
    assert found.covers == ()


def test_the_surcharge_of_extended_support_ends_with_it_and_no_reservation_pays_for_it() -> None:
    """730 × 0.216 = 157.68 for the node, and 80 % of it, 126.144, for Redis OSS 5."""
    found = waste(idle, quiet(version="5.0.6", node_type="cache.r5.large", **ALONE))
    assert found.savings.likely == pytest.approx(157.68 + 126.144)
    assert found.coverable is not None
    assert found.coverable.usd == 157.68


def test_where_the_rate_of_a_snapshot_is_not_known_low_is_the_bill() -> None:
    found = waste(idle, quiet(), Prices("eu-central-1"))
    assert found.savings.low == found.savings.likely > 0


def test_without_a_price_it_says_why() -> None:
    found = waste(idle, quiet(node_type="cache.x9.large"))
    assert found.savings.unpriced == "no price known for AmazonElastiCache ondemand.redis.cache.x9.large in us-east-1"
    assert found.coverable is not None  # the bill may have its rate


def test_a_cluster_of_no_group_is_deleted_as_one() -> None:
    assert waste(idle, quiet(**ALONE)).command.startswith("aws elasticache delete-cache-cluster ")
    assert waste(idle, quiet()).command == ""


def test_the_snapshots_name_has_40_letters_at_most() -> None:
    found = waste(idle, quiet(id="a" * 33 + "-" + "b" * 6))
    assert found.values["snapshot"] == "a" * 33 + "-kept"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"created": NOW - timedelta(days=14)}, True),
        ({"created": NOW - timedelta(days=13)}, False),
        ({"created": None}, False),
        ({"status": "creating"}, False),
        ({"status": "modifying"}, "its status is modifying"),
        ({"datastore": "sgaui-carts"}, "of a global datastore: to be ready for another region is a use without connections"),
        ({"engine": "memcached"}, False),
    ],
)
def test_which_are_asked_about(changes: dict[str, Any], expected: bool | str) -> None:
    assert candidate(idle, cluster(**changes)) == expected


def _findings(one: CacheCluster) -> tuple[list[str], int]:
    judging = Judge([(idle, idle.limits(NOW))], PRICES)  # type: ignore[list-item]
    return [finding.check_id for finding in judging.findings(one)], judging.insufficient["elasticache-idle-cluster"]


def test_a_node_without_datapoints_is_no_idle_node() -> None:
    one = quiet()
    known = dict(one.usage.series)
    known[NEW_CONNECTIONS] = (series(NEW_CONNECTIONS, 0), series(NEW_CONNECTIONS, 0, points=0))
    assert _findings(quiet()) == (["elasticache-idle-cluster"], 0)
    one.usage = type(one.usage)(known)
    assert _findings(one) == ([], 1)


@pytest.mark.parametrize(("points", "found"), [(13, True), (12, False)])
def test_13_of_14_days_are_enough(points: int, found: bool) -> None:
    one = quiet()
    known = {metric: tuple(series(metric, QUIET.get(metric, 0), points) for _ in one.nodes) for metric in idle.metrics}
    one.usage = type(one.usage)(known)
    assert _findings(one) == ((["elasticache-idle-cluster"], 0) if found else ([], 1))


@pytest.mark.parametrize(
    ("values", "found"),
    [({}, True), ({MEMCACHED_COMMANDS[0]: (0.0, 1.0)}, False), ({MEMCACHED_COMMANDS[1]: (1.0, 0.0)}, False)],
)
def test_memcached_is_idle_without_gets_and_sets(values: dict[Metric, Any], found: bool) -> None:
    assert (judge(memcached, used(cluster(**TWO_OF_MEMCACHED), MEMCACHED_COMMANDS, values)) is not None) is found


def test_the_recorded_memcached_cluster_would_cost_so_much() -> None:
    """Two cache.t2.small in eu-west-1 at $0.036 an hour: 2 × 730 × 0.036 = $52.56."""
    found = waste(memcached, used(cluster(**TWO_OF_MEMCACHED), MEMCACHED_COMMANDS, {}), Prices("eu-west-1"))
    assert (found.savings.low, found.savings.likely, found.savings.high) == (52.56, 52.56, 52.56)
    assert memcached.confidence is Confidence.LOW
    assert memcached.undo.startswith("None")


def test_memcached_and_the_others_are_asked_for_metrics_of_their_own() -> None:
    assert (candidate(memcached, cluster()), candidate(memcached, cluster(**TWO_OF_MEMCACHED))) == (False, True)
    assert candidate(idle, cluster(**TWO_OF_MEMCACHED)) is False
    assert isinstance(memcached.candidate(cluster(**{**TWO_OF_MEMCACHED, "status": "modifying"}), memcached.limits(NOW)), InsufficientData)  # type: ignore[misc]


def test_every_metric_is_of_a_node_by_both_ids() -> None:
    for metric in (*idle.metrics, *memcached.metrics):
        assert metric.dimensions(cluster(**TWO_OF_MEMCACHED)) == [
            {"CacheClusterId": "cold", "CacheNodeId": "0001"},
            {"CacheClusterId": "cold", "CacheNodeId": "0002"},
        ]
        assert not metric.sparse
