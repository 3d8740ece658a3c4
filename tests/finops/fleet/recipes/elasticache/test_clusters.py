"""How ElastiCache clusters are made, and what they bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from finops.fleet.bill.billable import Adding, Billable
from finops.fleet.recipes.elasticache import clusters, idle
from functions.core.prices.book import Prices
from tests.finops.fleet.making import ACCOUNT, REGION, Made, StandIn, recipes_of


def test_a_group_has_its_nodes_and_a_cluster_of_none_has_its_own() -> None:
    made = {recipe.id: Made(recipe) for recipe in recipes_of(idle)}
    (group,) = made["idle-cache"].asked("create_replication_group")
    assert (group["Engine"], group["NumCacheClusters"], group["CacheNodeType"]) == ("valkey", 2, "cache.m6g.large")
    (alone,) = made["idle-memcached"].asked("create_cache_cluster")
    assert (alone["Engine"], alone["NumCacheNodes"]) == ("memcached", 2)


class Three(StandIn):
    """A node with Redis OSS 5, one with Valkey, and a Memcached cluster of two."""

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        assert (service, account, region) == ("elasticache", ACCOUNT, REGION)
        return self

    def can_paginate(self, operation: str) -> bool:
        return operation == "describe_cache_clusters"

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self) -> Iterator[Mapping[str, Any]]:
        kinds = (("redis", "5.0.6", 1), ("valkey", "8.0", 1), ("memcached", "1.6.22", 2))
        for engine, version, nodes in kinds:
            one = {"Engine": engine, "EngineVersion": version, "CacheNodeType": "cache.m6g.large", "NumCacheNodes": nodes}
            yield {"CacheClusters": [one]}


def test_every_node_is_billed_and_the_surcharge_beside_it() -> None:
    made = Billable(ACCOUNT, REGION)
    clusters.nodes(Adding(made, Prices(REGION), Three()))
    assert {(use.usage_type, use.operation): use.quantity for use in made.lines()} == {
        ("NodeUsage:cache.m6g.large", "CreateCacheCluster:0002"): 24,
        ("ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large", ""): 24,
        ("NodeUsage:cache.m6g.large", "CreateCacheCluster:Valkey"): 24,
        ("NodeUsage:cache.m6g.large", "CreateCacheCluster:0001"): 48,
    }
    assert sum(use.usd for use in made.lines()) == pytest.approx(24 * (0.149 + 0.119 + 0.1192 + 2 * 0.149))
