"""ElastiCache clusters as the recipes make them, what is measured of them, and the bill of all nodes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.register import bills
from finops.fleet.rules import TWO_WEEKS, always, charged_within
from finops.fleet.scope import Scope, tags

CLUSTER = "elasticache:cluster"
ONE = {CLUSTER: 1}
IDLE, IDLE_MEMCACHED = "elasticache-idle-cluster", "elasticache-idle-memcached-cluster"
OLD, VALKEY_INSTEAD = "elasticache-old-generation-cluster", "elasticache-valkey-cluster"
SUPPORT, OVERSIZED = "elasticache-extended-support-cluster", "elasticache-oversized-cluster"
EVERY = (IDLE, IDLE_MEMCACHED, OLD, VALKEY_INSTEAD, SUPPORT, OVERSIZED)
WINDOW, FORECAST_DAYS = 14, 180
HOURS = range(1, WINDOW * 24 + 1)

VALKEY, REDIS, REDIS_5, REDIS_6, MEMCACHED = (
    ("valkey", "8.0"), ("redis", "7.1.0"), ("redis", "5.0.6"), ("redis", "6.2.6"), ("memcached", "1.6.22"),
)  # fmt: skip
CHARGED_FROM = {REDIS_5: date(2026, 2, 1), REDIS_6: date(2027, 2, 1)}
"""The first day of Extended Support charges.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/extended-support-versions.html"""
ELASTICACHE = "Amazon ElastiCache"
OPERATIONS = {"memcached": ("Memcached", "0001"), "redis": ("Redis", "0002"), "valkey": ("Valkey", "Valkey")}
"""Engine → AWS's name for it on bills, and what ends the operation of its nodes there."""
SMALL, MEDIUM = "cache.m6g.large", "cache.m6g.xlarge"


def _planted(scope: Scope, arn: str, engine: tuple[str, str]) -> None:
    """What is found of every Redis OSS, whatever else it is."""
    if engine[0] == "redis":
        scope.book.plant(arn, VALKEY_INSTEAD, always)
    if engine in CHARGED_FROM:
        scope.book.plant(arn, SUPPORT, charged_within(FORECAST_DAYS, CHARGED_FROM[engine]))


def group(scope: Scope, name: str, dice: Random, kind: str, engine: tuple[str, str] = VALKEY, nodes: int = 2) -> tuple[str, list[str]]:
    """A replication group of one shard; its ARN, and the ids of its nodes. Counts it."""
    scope.client("elasticache").create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription=name,
        Engine=engine[0],
        EngineVersion=engine[1],
        CacheNodeType=kind,
        NumCacheClusters=nodes,
        Tags=tags(name, dice),
    )
    arn = scope.arn("elasticache", f"replicationgroup:{name}")
    scope.book.count(CLUSTER)
    _planted(scope, arn, engine)
    return arn, [f"{name}-0001-{number:03d}" for number in range(1, nodes + 1)]


def alone(scope: Scope, name: str, dice: Random, kind: str, engine: tuple[str, str], nodes: int = 1) -> str:
    """A cluster of no group; its ARN. Counts it."""
    scope.client("elasticache").create_cache_cluster(
        CacheClusterId=name,
        Engine=engine[0],
        EngineVersion=engine[1],
        CacheNodeType=kind,
        NumCacheNodes=nodes,
        Tags=tags(name, dice),
    )
    arn = scope.arn("elasticache", f"cluster:{name}")
    scope.book.count(CLUSTER)
    _planted(scope, arn, engine)
    return arn


def daily(scope: Scope, cluster: str, values: dict[str, float], days: Iterable[int] = TWO_WEEKS, node: str = "0001") -> None:
    """The same values on each of these days, by the metric's name."""
    points = tuple(days)
    for name, value in values.items():
        scope.daily("AWS/ElastiCache", name, {"CacheClusterId": cluster, "CacheNodeId": node}, value, points)


def asked(
    scope: Scope, clusters: Iterable[str], commands: float, connections: float = 0, open_ones: float = 5, days: Iterable[int] = TWO_WEEKS
) -> None:
    """What nodes with Redis OSS or Valkey were asked each day; at most so many new connections a minute, and open at a time."""
    points = tuple(days)
    for cluster in clusters:
        values = dict.fromkeys(("CacheHits", "CacheMisses", "GetTypeCmds", "SetTypeCmds"), commands)
        values |= {"NewConnections": connections, "CurrConnections": open_ones, "EngineCPUUtilization": 30.0 if commands else 0.4}
        daily(scope, cluster, values, points)


def sized(scope: Scope, clusters: Iterable[str], memory: float, engine_cpu: float, host_cpu: float) -> None:
    """The most memory of each day, and the most work of each hour; nothing was scarce."""
    for cluster in clusters:
        daily(scope, cluster, {"DatabaseMemoryUsagePercentage": memory, "Evictions": 0})
        daily(scope, cluster, dict.fromkeys(("NetworkBandwidthInAllowanceExceeded", "NetworkBandwidthOutAllowanceExceeded"), 0))
        hourly = {"EngineCPUUtilization": engine_cpu, "CPUUtilization": host_cpu, "NetworkBytesIn": 2e7, "NetworkBytesOut": 2e7}
        for name, value in hourly.items():
            scope.hourly("AWS/ElastiCache", name, {"CacheClusterId": cluster, "CacheNodeId": "0001"}, value, HOURS)


def near(scope: Scope, arn: str, *checks: str) -> None:
    """What these checks must leave alone."""
    for check in checks:
        scope.book.near_miss(arn, check)


@bills
def nodes(adding: Adding) -> None:
    """The hours of every node, and the surcharge on those with Redis OSS 5."""
    for cluster in adding.listed("elasticache", "describe_cache_clusters", "CacheClusters"):
        engine, kind = cluster["Engine"], cluster["CacheNodeType"]
        platform, code = OPERATIONS[engine]
        for _ in range(cluster["NumCacheNodes"]):
            operation = f"CreateCacheCluster:{code}"
            adding.hours(ELASTICACHE, f"NodeUsage:{kind}", "AmazonElastiCache", f"ondemand.{engine}.{kind}", kind, platform, operation)
            if (engine, cluster["EngineVersion"]) == REDIS_5:
                usage, key = f"ExtendedSupportYr1_Yr2-NodeUsage:{kind}", f"extended-support.redis.year-1.{kind}"
                adding.hours(ELASTICACHE, usage, "AmazonElastiCache", key)
