"""Amazon ElastiCache: clusters of nodes with Valkey, Redis OSS or Memcached."""

from __future__ import annotations

import re

from functions.core.prices.products import Attributes, ProductListing, Rate, bare, products
from functions.core.services import InstanceHours, service

BILLED_AS = "Amazon ElastiCache"

ELASTICACHE = service(
    "elasticache",
    name="Amazon ElastiCache",
    category="Databases",
    short="ElastiCache",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonElastiCache",),
    iam_prefixes={"resourcegroupstaggingapi": "tag"},
    gone=frozenset({"CacheClusterNotFound", "ReplicationGroupNotFoundFault"}),
    instances=InstanceHours(
        product="AmazonElastiCache",
        short="ElastiCache",
        billed_as=BILLED_AS,
        # The surcharge of Extended Support has usage types of its own, which no reservation discounts.
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/extended-support-charges.html
        usage=frozenset({"NodeUsage"}),
        prefix="cache.",
        # "the latest provisioned instance generations": https://docs.aws.amazon.com/savingsplans/latest/userguide/plan-types.html
        plans=frozenset({"database"}),
        reserved="nodes",
        by_family=True,  # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.Reserved.html
    ),
)

_ENGINES = {"Redis": "redis", "Valkey": "valkey", "Memcached": "memcached"}
_OPERATIONS = {"0001": "memcached", "0002": "redis", "Valkey": "valkey"}
"""What follows CreateCacheCluster: of each engine, in price lists and in bills."""
_SUPPORT_YEARS = {"Yr1_Yr2": "year-1", "Yr3": "year-3"}
_SURCHARGE = re.compile(r"ExtendedSupport(Yr1_Yr2|Yr3)-NodeUsage:(cache\.\S+)")


def _node(product: Attributes) -> Rate | None:
    """An hour of a node, or the surcharge on it; the three engines have the same usage types."""
    engine, usage = _ENGINES.get(product.get("cacheEngine", "")), bare(product.get("usagetype", ""))
    if engine is None:
        return None
    if surcharge := _SURCHARGE.fullmatch(usage):
        return Rate(f"extended-support.{engine}.{_SUPPORT_YEARS[surcharge[1]]}.{surcharge[2]}", "hour")
    kind, _, node_type = usage.partition(":")
    return Rate(f"ondemand.{engine}.{node_type}", "hour") if kind == "NodeUsage" and node_type else None


def _hours_of(key: str) -> str | None:
    """All engines of a node type have the same usage type."""
    charged, _, rest = key.partition(".")
    if charged == "ondemand":
        return f"NodeUsage:{rest.partition('.')[2]}"
    years = {year: usage for usage, year in _SUPPORT_YEARS.items()}
    engine, _, of_year = rest.partition(".")
    year, _, node_type = of_year.partition(".")
    return f"ExtendedSupport{years[year]}-NodeUsage:{node_type}" if charged == "extended-support" and engine and year in years else None


def _by_operation(usage_type: str, operation: str) -> Rate | None:
    """A node's hour, of which the operation tells the engine."""
    created, _, code = operation.partition(":")
    kind, _, node_type = usage_type.partition(":")
    engine = _OPERATIONS.get(code) if created == "CreateCacheCluster" else None
    return Rate(f"ondemand.{engine}.{node_type}", "hour") if engine and kind == "NodeUsage" and node_type else None


products(
    "AmazonElastiCache",
    ProductListing(
        "AmazonElastiCache",
        _node,
        {"productFamily": "Cache Instance"},
        billed_as=BILLED_AS,
        hours_of=_hours_of,
        by_operation=_by_operation,
    ),
)
