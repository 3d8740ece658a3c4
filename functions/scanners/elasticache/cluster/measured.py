"""What CloudWatch measures of a cluster, node by node; and how much of its memory, or of another node type's, it uses."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.limits import Threshold
from functions.core.model import Evidence
from functions.core.usage import DAY_SECONDS, Dimensions, Metric
from functions.scanners.elasticache import node_types
from functions.scanners.elasticache.cluster.collector import CacheCluster

HOUR_SECONDS = 3_600


def of_each_node(cluster: CacheCluster) -> Sequence[Dimensions]:
    """Every metric is of a node, and named by both ids.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html
    """
    return [{"CacheClusterId": node.cluster, "CacheNodeId": node.id} for node in cluster.nodes]


def metric(name: str, stat: str, period: int = DAY_SECONDS) -> Metric:
    """One of ElastiCache's. Engine and host are asked every minute, and what they say is reported, zeros too: none of them is sparse.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.HostLevel.html
    """
    return Metric("AWS/ElastiCache", name, stat, of_each_node, period=period)


def most(cluster: CacheCluster, one: Metric) -> float:
    """The largest value of any node."""
    return max(series.maximum for series in cluster.usage.each(one))


def datapoints(cluster: CacheCluster, *metrics: Metric) -> Evidence:
    """For the evidence: of the node and metric with the fewest, and how many there could be."""
    series = [one for each in metrics for one in cluster.usage.each(each)]
    return {"fewest_datapoints": min(one.count for one in series), "expected_datapoints": series[0].expected}


MEMORY = metric("DatabaseMemoryUsagePercentage", "Maximum")
"""used_memory ÷ maxmemory, in percent. What is reserved is taken off any node type's memory alike.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html"""
MAX_MEMORY = Threshold(80, "percent of the new type's memory that may be used at most: what is above is for growth", maximum=100)


def fullest(cluster: CacheCluster) -> float | None:
    """The most that any node used at any time, percent of its memory; None where nobody asked."""
    return most(cluster, MEMORY) if MEMORY in cluster.usage else None


def projected(cluster: CacheCluster, target: str, used: float) -> float:
    """`used` percent of its memory as percent of another type's; infinite where one of them is not known."""
    now, then = node_types.known(cluster.node_type), node_types.known(target)
    return used * now.memory_gib / then.memory_gib if now and then else float("inf")
