"""Clusters whose data and work would fit on smaller nodes."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.elasticache import billing, node_types
from functions.scanners.elasticache.cluster import changes
from functions.scanners.elasticache.cluster.collector import CacheCluster, cache_clusters
from functions.scanners.elasticache.cluster.measured import HOUR_SECONDS, MAX_MEMORY, MEMORY, datapoints, metric, most, projected

SHARE = 0.995
"""Of hourly maxima, of which there are 336 in two weeks: one hour may be busier. Memory may not, at any time."""
BITS_A_MINUTE = 8 / 60 / 1e9
"""Gbps of bytes that came within a minute."""

ENGINE_CPU = metric("EngineCPUUtilization", "Maximum", HOUR_SECONDS)
HOST_CPU = metric("CPUUtilization", "Maximum", HOUR_SECONDS)
BYTES = tuple(metric(name, "Maximum", HOUR_SECONDS) for name in ("NetworkBytesIn", "NetworkBytesOut"))
SCARCE = tuple(metric(name, "Sum") for name in ("Evictions", "NetworkBandwidthInAllowanceExceeded", "NetworkBandwidthOutAllowanceExceeded"))
"""What says that the nodes are too small already."""


def _may_be_oversized(cluster: CacheCluster, limits: Limits) -> bool | InsufficientData:
    old_enough = cluster.created is not None and limits.days_since(cluster.created) >= limits.window_days
    if cluster.memcached or cluster.tiered or not cluster.bills or not old_enough or node_types.smaller(cluster.node_type) is None:
        return False
    if cluster.datastore:
        return InsufficientData("of a global datastore, whose groups in other regions change with it")
    return cluster.status == "available" or InsufficientData(f"its status is {cluster.status}")


def _data_fit(cluster: CacheCluster, limits: Limits) -> bool:
    target = node_types.smaller(cluster.node_type)
    return target is not None and projected(cluster, target.name, most(cluster, MEMORY)) <= limits.max_memory_percent


def _busiest(cluster: CacheCluster, one: Metric) -> float:
    return max(series.percentile(SHARE) for series in cluster.usage.each(one))


@check(
    id="elasticache-oversized-cluster",
    title="ElastiCache cluster would fit on nodes of the next smaller size",
    over=cache_clusters,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1, maximum=63),
        "max_memory_percent": MAX_MEMORY,
        "max_engine_cpu": Threshold(
            40,
            "percent of the thread that runs commands, which a smaller node has not more of",
            maximum=100,
            seen="engine_cpu_p99_5_percent",
        ),
        "max_host_percent": Threshold(
            80, "percent of the smaller node's CPU and of its baseline bandwidth", maximum=100, seen="host_cpu_p99_5_percent_then"
        ),
    },
    metrics=[MEMORY, ENGINE_CPU, HOST_CPU, *BYTES, *SCARCE],
    candidate=_may_be_oversized,
    goes_on=_data_fit,
    reference="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html",
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=changes.NODE_TYPE,
    undo=changes.NODE_TYPE_BACK,
)
def oversized(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """On nodes of the next smaller size the fullest node would still have memory to spare, and the busiest CPU and network. Scale down.

    The rule is ours: Compute Optimizer sizes no caches. One size at a time, with room for a snapshot's needs. A burstable node has to do
    without its credits. Not judged: Memcached, data tiering and global datastores.
    """
    now, target = node_types.known(cluster.node_type), node_types.smaller(cluster.node_type)
    if now is None or target is None or not _data_fit(cluster, limits) or any(most(cluster, one) > 0 for one in SCARCE):
        return None
    engine, host = _busiest(cluster, ENGINE_CPU), _busiest(cluster, HOST_CPU) * now.vcpus / target.vcpus
    bandwidth = max(_busiest(cluster, one) for one in BYTES) * BITS_A_MINUTE  # each direction has it
    if target.gbps is None:
        return InsufficientData(f"the baseline bandwidth of {target.name} is not known")
    used = 100 * bandwidth / target.gbps
    if engine > limits.max_engine_cpu or host > min(limits.max_host_percent, target.baseline) or used > limits.max_host_percent:
        return None
    saved = _cost(cluster, now.name, prices) - _cost(cluster, target.name, prices)
    if saved.usd is None:
        return InsufficientData(saved.formula)
    if saved.usd <= 0:
        return None
    memory = most(cluster, MEMORY)
    return Waste(
        savings=saves(saved),
        coverable=billing.coverable(cluster.node_type, saved),
        evidence={
            "engine": cluster.engine,
            "node_type": cluster.node_type,
            "target": target.name,
            "nodes": len(cluster.nodes),
            "max_memory_percent": round(memory, 1),
            "max_memory_percent_then": round(projected(cluster, target.name, memory), 1),
            "engine_cpu_p99_5_percent": round(engine, 1),
            "host_cpu_p99_5_percent_then": round(host, 1),
            "network_p99_5_percent_then": round(used, 1),
            "evictions": 0,
            **datapoints(cluster, ENGINE_CPU, HOST_CPU, *BYTES),
            "window_days": limits.window_days,
        },
        values=changes.values(cluster, target=target.name),
        command=changes.node_type(cluster),
    )


def _cost(cluster: CacheCluster, node_type: str, prices: Prices) -> Amount:
    return billing.nodes_cost(cluster.engine, node_type, len(cluster.nodes), prices)
