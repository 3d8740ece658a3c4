"""The card: what ElastiCache's products and lines of the bill are in the book."""

from __future__ import annotations

import pytest

from functions.core.costs.usage_types import parse
from functions.core.prices.products import offers, rates_of, usage_type
from functions.core.services import instance_hours

(LISTING,) = offers()["AmazonElastiCache"]


@pytest.mark.parametrize(
    ("usage", "engine", "key"),
    [
        ("NodeUsage:cache.r5.large", "Redis", "ondemand.redis.cache.r5.large"),
        ("USW2-NodeUsage:cache.t3.medium", "Valkey", "ondemand.valkey.cache.t3.medium"),
        ("EU-NodeUsage:cache.m4.10xlarge", "Memcached", "ondemand.memcached.cache.m4.10xlarge"),
        ("USE1-ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large", "Redis", "extended-support.redis.year-1.cache.m6g.large"),
        ("ExtendedSupportYr3-NodeUsage:cache.t3.micro", "Redis", "extended-support.redis.year-3.cache.t3.micro"),
        ("Outpost-NodeUsage:cache.r5.large", "Redis", None),
        ("HeavyUsage:cache.r5.large", "Redis", None),
        ("NodeUsage:cache.r5.large", "Unheard", None),
    ],
)
def test_what_a_product_is_in_the_book(usage: str, engine: str, key: str | None) -> None:
    found = LISTING.rate({"usagetype": usage, "cacheEngine": engine})
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("usage", "operation", "key"),
    [
        ("NodeUsage:cache.r5.large", "CreateCacheCluster:0001", "ondemand.memcached.cache.r5.large"),
        ("NodeUsage:cache.r5.large", "CreateCacheCluster:0002", "ondemand.redis.cache.r5.large"),
        ("NodeUsage:cache.r5.large", "CreateCacheCluster:Valkey", "ondemand.valkey.cache.r5.large"),
        ("NodeUsage:cache.r5.large", "CreateCacheCluster:0009", None),
        ("BackupUsage", "CreateSnapshot:0002", None),
    ],
)
def test_what_a_line_of_the_bill_is_in_the_book(usage: str, operation: str, key: str | None) -> None:
    assert {rate.key for _, rate in rates_of("Amazon ElastiCache", usage, operation)} == ({key} if key else set())


@pytest.mark.parametrize(
    ("key", "usage"),
    [
        ("ondemand.redis.cache.r5.large", "NodeUsage:cache.r5.large"),
        ("ondemand.valkey.cache.m6g.xlarge", "NodeUsage:cache.m6g.xlarge"),
        ("extended-support.redis.year-1.cache.m6g.large", "ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large"),
        ("extended-support.redis.year-3.cache.m6g.large", "ExtendedSupportYr3-NodeUsage:cache.m6g.large"),
        ("serverless.data.redis", None),
    ],
)
def test_what_the_bill_calls_a_key(key: str, usage: str | None) -> None:
    assert usage_type("AmazonElastiCache", key) == usage


def test_hours_of_nodes_can_be_committed_to_and_the_surcharge_cannot() -> None:
    node, surcharge = parse("USW2-NodeUsage:cache.r5.large"), parse("USW2-ExtendedSupportYr1_Yr2-NodeUsage:cache.r5.large")
    assert node is not None
    assert (node.service, node.region, node.family, node.hours) == ("AmazonElastiCache", "us-west-2", "cache.r5", True)
    assert surcharge is None or not surcharge.hours
    assert instance_hours()["AmazonElastiCache"].by_family
