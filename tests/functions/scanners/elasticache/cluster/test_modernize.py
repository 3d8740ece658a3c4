"""Clusters that would cost less with Valkey, or on newer nodes."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.model import InsufficientData
from functions.core.prices.book import Prices
from functions.scanners.elasticache.cluster.measured import MEMORY
from functions.scanners.elasticache.cluster.modernize import old_generation, valkey
from tests.functions.lacking import lacking
from tests.functions.paged import nothing
from tests.functions.scanners.elasticache.cluster.test_collector import CLUSTERS, GROUPS, group, listed
from tests.functions.scanners.elasticache.samples import ALONE, candidate, cluster, judge, used, waste
from tests.recorded import reply


@pytest.mark.parametrize(("engine", "found"), [("redis", True), ("valkey", False), ("memcached", False)])
def test_only_redis_becomes_valkey(engine: str, found: bool) -> None:
    assert (judge(valkey, cluster(engine=engine)) is not None) is found


def test_valkey_costs_a_fifth_less() -> None:
    """Two cache.r6g.xlarge: 2 × 730 × (0.411 − 0.3288) = $120.012."""
    found = waste(valkey, cluster())
    assert (found.savings.low, found.savings.likely, found.savings.high) == (120.012, 120.012, 120.012)
    assert found.coverable is not None
    assert (found.coverable.family, found.coverable.usd) == ("cache.r6g", 120.012)
    assert (found.note, found.values["engine"], found.values["version"]) == ("", "valkey", "7.2")
    assert found.command.splitlines()[-1].endswith("--engine {engine} --engine-version {version}")


def test_of_another_regions_price_nothing_is_said() -> None:
    verdict = judge(valkey, cluster(), lacking("ondemand.valkey.cache.r6g.xlarge", region="eu-west-1"))
    assert isinstance(verdict, InsufficientData)
    assert verdict.reason.endswith("and another region's does not compare")


def test_the_charge_that_ends_too_is_named_and_not_counted() -> None:
    """80 % of 730 × 0.216 = $126.14."""
    found = waste(valkey, cluster(version="5.0.5", node_type="cache.r5.large", **ALONE))
    assert found.savings.likely == 31.536
    assert "also ends the Extended Support charge, $126.14 a month at least, which is not in this saving." in found.note
    assert "failover may take 30 to 60 seconds" in found.note
    assert "put into a replication group first" in found.note
    steps = found.command.split(" &&\n")
    assert [step.split()[2] for step in steps] == [
        "create-snapshot",
        "wait",
        "create-replication-group",
        "wait",
        "modify-replication-group",
    ]
    assert "--replication-group-id {group}" in steps[-1]


@pytest.mark.parametrize("version", ["5.0.6", "6.2.6"])
def test_from_5_0_6_on_the_upgrade_is_smooth(version: str) -> None:
    assert "30 to 60 seconds" not in waste(valkey, cluster(version=version)).note


def test_recorded_nodes_of_a_type_that_aws_makes_no_more_are_offered_newer_ones_and_valkey() -> None:
    """Three cache.r3.large at $0.228: with Valkey 3 × 730 × (0.228 − 0.1824) = $99.864 less. Their oldest version is 3.2.4, and r4 to r7g
    run none of it."""
    answer = reply("test_elasticache_upgrade_available", "elasticache.DescribeCacheClusters_1")
    nodes = ("myec-001", "myec-002", "myec-003")
    (one,) = listed({CLUSTERS: nothing(**answer), GROUPS: nothing(ReplicationGroups=[group("myec", *nodes)])})
    assert waste(valkey, one).savings.likely == 99.864
    assert judge(old_generation, one) is None
    one.version = "7.0"
    one = used(one, [MEMORY], {MEMORY: (60.0, 70.0, 77.5)})  # of 13.48 GiB; 77.5 % are 79.9 % of the 13.07 of an r6g
    found = waste(old_generation, one)
    assert found.values["target"] == "cache.r6g.large"
    assert found.savings.likely == pytest.approx(3 * 730 * (0.228 - 0.206))
    assert found.evidence["max_memory_percent_then"] == 79.9


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"node_type": "cache.r5.large"}, "cache.r6g.large"),  # r7g costs more than r5
        ({"node_type": "cache.m5.large"}, "cache.m6g.large"),
        ({"node_type": "cache.r4.large"}, "cache.r6g.large"),
        ({"node_type": "cache.t3.micro"}, "cache.t4g.micro"),
        ({"node_type": "cache.r5.large", "version": "5.0.6"}, "cache.r6g.large"),
        ({"node_type": "cache.r5.large", "version": "4.0.10"}, None),
        ({"node_type": "cache.r4.large", "version": "4.0.10"}, "cache.r5.large"),
        ({"node_type": "cache.r5.large", "engine": "valkey", "version": "8.0"}, "cache.r6g.large"),
        ({"node_type": "cache.r5.24xlarge"}, None),  # only r5 has that size
        ({"node_type": "cache.r6g.large"}, None),  # r7g costs more
        ({"node_type": "cache.r7g.large"}, None),
        ({"node_type": "cache.r6gd.xlarge", "tiered": True}, None),
        ({"node_type": "cache.r5.large", "engine": "memcached", "version": "1.6.22"}, None),
        ({"node_type": "cache.r5.large", "status": "deleting"}, None),
        ({"node_type": "cache.m1.small"}, None),
    ],
)
def test_the_cheaper_newer_type_that_runs_its_version(changes: dict[str, Any], target: str | None) -> None:
    verdict = judge(old_generation, cluster(**changes))
    assert (verdict.values["target"] if verdict is not None and not isinstance(verdict, InsufficientData) else None) == target


def test_what_an_r6g_saves() -> None:
    """Two cache.r5.large: 2 × 730 × (0.216 − 0.206) = $14.60."""
    found = waste(old_generation, cluster(node_type="cache.r5.large"))
    assert found.savings.likely == 14.6
    assert found.coverable is not None
    assert (found.coverable.family, found.coverable.usd) == ("cache.r5", 14.6)
    assert found.command.splitlines()[0].startswith("aws elasticache list-allowed-node-type-modifications ")
    assert "no processor" in old_generation.advice


@pytest.mark.parametrize(
    ("memory", "found"),
    [(72.4, True), (72.5, False)],  # of 14.28 GiB: 72.4 % are 79.96 % of 12.93, 72.5 % are 80.07 %
)
def test_a_type_with_less_memory_is_offered_where_the_data_fit(memory: float, found: bool) -> None:
    one = used(cluster(node_type="cache.m4.xlarge"), [MEMORY], {MEMORY: (10.0, memory)})
    assert (judge(old_generation, one) is not None) is found


def test_where_nobody_knows_whether_they_fit_that_is_said() -> None:
    verdict = judge(old_generation, cluster(node_type="cache.m4.xlarge"))
    assert isinstance(verdict, InsufficientData)
    assert "less memory" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"node_type": "cache.m4.xlarge"}, True),
        ({"node_type": "cache.r4.large"}, False),  # all newer ones have more
        ({"node_type": "cache.r5.large"}, False),
        ({"node_type": "cache.m4.xlarge", "status": "modifying"}, False),
        ({"node_type": "cache.t2.micro"}, True),
    ],
)
def test_memory_is_asked_for_only_where_a_newer_type_has_less(changes: dict[str, Any], expected: bool) -> None:
    assert candidate(old_generation, cluster(**changes)) == expected


def test_a_price_that_only_another_region_has_is_not_compared() -> None:
    prices = lacking("ondemand.redis.cache.r6g.large", region="eu-west-1")
    assert judge(old_generation, cluster(node_type="cache.r5.large"), prices) is None


def test_a_type_without_a_price_cannot_be_judged() -> None:
    verdict = judge(old_generation, cluster(node_type="cache.r5.large"), Prices("us-east-1").at("us-east-1-bos-1a"))
    assert isinstance(verdict, InsufficientData)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "modify-replication-group"),
        (ALONE, "modify-cache-cluster"),
        ({"datastore": "sgaui-carts"}, "modify-global-replication-group"),
    ],
)
def test_it_is_changed_as_what_it_is(changes: dict[str, Any], words: str) -> None:
    assert words in waste(old_generation, cluster(node_type="cache.r5.large", **changes)).command.splitlines()[-1]
