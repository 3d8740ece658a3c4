"""ElastiCache clusters that nobody uses, node by node, as the metrics of their engine tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, Savings, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.elasticache import billing, node_types
from functions.scanners.elasticache import extended_support as support
from functions.scanners.elasticache.cluster import changes
from functions.scanners.elasticache.cluster.collector import CacheCluster, cache_clusters
from functions.scanners.elasticache.cluster.measured import datapoints, metric, most

REFERENCE = "https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html"
WINDOW = Threshold(14, "two weeks, as Compute Optimizer looks back for idle caches", minimum=1, maximum=455)
OWN_CONNECTIONS_OF_OLD_REDIS = 4
"""New connections of ElastiCache's own that a minute may have up to Redis OSS 5; later versions leave them out.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html"""
OWN_CONNECTIONS = 6
"""Of the connections that are open at a time, so many may be ElastiCache's own. Same page."""

NEW_CONNECTIONS = metric("NewConnections", "Maximum")  # of the minutes: that tells AWS's own of each minute from others
ENGINE_CPU = metric("EngineCPUUtilization", "Maximum")
COMMANDS = tuple(metric(name, "Sum") for name in ("CacheHits", "CacheMisses", "GetTypeCmds", "SetTypeCmds"))
OPEN_CONNECTIONS = metric("CurrConnections", "Maximum")
MEMCACHED_COMMANDS = tuple(metric(name, "Sum") for name in ("CmdGet", "CmdSet"))


def _may_be_idle(cluster: CacheCluster, limits: Limits) -> bool | InsufficientData:
    """Old enough, and nothing that uses it without connecting."""
    if cluster.created is None or limits.days_since(cluster.created) < limits.window_days or not cluster.bills:
        return False
    if cluster.datastore:
        return InsufficientData("of a global datastore: to be ready for another region is a use without connections")
    return cluster.status == "available" or InsufficientData(f"its status is {cluster.status}")


def _redis_may_be_idle(cluster: CacheCluster, limits: Limits) -> bool | InsufficientData:
    return not cluster.memcached and _may_be_idle(cluster, limits)


def _no_new_connections(cluster: CacheCluster, limits: Limits) -> bool:
    own = OWN_CONNECTIONS_OF_OLD_REDIS if cluster.engine == billing.REDIS and cluster.major <= 5 else 0
    return most(cluster, NEW_CONNECTIONS) <= own


def _bill(cluster: CacheCluster, limits: Limits, prices: Prices) -> tuple[Amount, Amount]:
    """Of its nodes, and with the surcharge of Extended Support that ends with it."""
    nodes = billing.nodes_cost(cluster.engine, cluster.node_type, len(cluster.nodes), prices)
    lifecycle = support.lifecycle(cluster.engine, cluster.major)
    if lifecycle is None or not support.charged(lifecycle, limits.as_of):
        return nodes, nodes
    return nodes, nodes + support.surcharge(cluster.node_type, len(cluster.nodes), lifecycle, limits.as_of, prices)


def _deleting(cluster: CacheCluster, bill: Amount, prices: Prices) -> Savings:
    """Low leaves room for the final snapshot, which holds at most the memory of each shard."""
    node = node_types.known(cluster.node_type)
    snapshot = billing.snapshot_cost(node.memory_gib * cluster.shards, prices) if node else None
    return saves(bill, low=bill - snapshot if snapshot else None)


def _evidence(cluster: CacheCluster, limits: Limits, metrics: Sequence[Metric]) -> Evidence:
    return {
        "engine": cluster.engine,
        "version": cluster.version,
        "node_type": cluster.node_type,
        "nodes": len(cluster.nodes),
        **datapoints(cluster, *metrics),
        "window_days": limits.window_days,
    }


DELETE = "aws elasticache delete-replication-group --region {region} --replication-group-id {id} --final-snapshot-identifier {snapshot}"
DELETE_ALONE = "aws elasticache delete-cache-cluster --region {region} --cache-cluster-id {id} --final-snapshot-identifier {snapshot}"


def _doubts(cluster: CacheCluster) -> Iterator[str]:
    """Why it may be in use although nothing was asked of it."""
    connections = most(cluster, OPEN_CONNECTIONS)
    if connections > OWN_CONNECTIONS:
        yield (
            f"Up to {connections:g} connections were open at a time, and only 4 to 6 of them are ElastiCache's own: something stays"
            " connected, and asks nothing."
        )


@check(
    id="elasticache-idle-cluster",
    title="ElastiCache cluster was asked nothing for two weeks",
    over=cache_clusters,
    thresholds={
        "window_days": WINDOW,
        "max_engine_cpu": Threshold(
            1, "percent of the engine's CPU, as Compute Optimizer says it; at most in a minute", maximum=100, seen="max_engine_cpu_percent"
        ),
    },
    metrics=[NEW_CONNECTIONS, ENGINE_CPU, *COMMANDS, OPEN_CONNECTIONS],
    candidate=_redis_may_be_idle,
    goes_on=_no_new_connections,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.HIGH,
    command=DELETE,
    undo="Restore the final snapshot: aws elasticache create-replication-group --snapshot-name. Its endpoint may have another name.",
)
def idle(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """No node of this cluster had a new connection, a read or a write, and all bill by the hour. Delete it with a final snapshot.

    The snapshot bills while it is kept. Not judged: groups of a global datastore. Where something stays connected, confidence is low: it
    may be what publishes and subscribes.
    """
    if not _no_new_connections(cluster, limits):
        return None
    asked = sum(series.total for one in COMMANDS for series in cluster.usage.each(one))
    engine_cpu = most(cluster, ENGINE_CPU)
    if asked > 0 or engine_cpu >= limits.max_engine_cpu:
        return None
    nodes, bill = _bill(cluster, limits, prices)
    doubts = list(_doubts(cluster))
    return Waste(
        savings=_deleting(cluster, bill, prices),
        coverable=billing.coverable(cluster.node_type, nodes),
        evidence={
            "max_new_connections_a_minute": most(cluster, NEW_CONNECTIONS),
            "max_open_connections": most(cluster, OPEN_CONNECTIONS),
            "hits_misses_reads_and_writes": 0,
            "max_engine_cpu_percent": round(engine_cpu, 2),
            **_evidence(cluster, limits, (NEW_CONNECTIONS, ENGINE_CPU, *COMMANDS, OPEN_CONNECTIONS)),
        },
        confidence=Confidence.LOW if doubts else None,
        note=" ".join(doubts),
        values=changes.values(cluster),
        command="" if cluster.group else DELETE_ALONE,
    )


@check(
    id="elasticache-idle-memcached-cluster",
    title="ElastiCache Memcached cluster was asked nothing for two weeks",
    over=cache_clusters,
    thresholds={"window_days": WINDOW},
    metrics=MEMCACHED_COMMANDS,
    candidate=lambda cluster, limits: cluster.memcached and _may_be_idle(cluster, limits),
    goes_on=lambda cluster, limits: not most(cluster, MEMCACHED_COMMANDS[0]),
    reference="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Memcached.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command="aws elasticache delete-cache-cluster --region {region} --cache-cluster-id {id}",
    undo="None for what it holds: Memcached keeps no copy. Create another cluster, which begins empty.",
)
def idle_memcached(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """No node of this Memcached cluster got a get or a set, and all bill by the hour. Ask whose it is, then delete it.

    Compute Optimizer does not judge Memcached: this rule is ours. Connections tell nothing, because the engine and AWS have their own.
    """
    if any(most(cluster, one) > 0 for one in MEMCACHED_COMMANDS):
        return None
    nodes, bill = _bill(cluster, limits, prices)
    return Waste(
        savings=saves(bill),
        coverable=billing.coverable(cluster.node_type, nodes),
        evidence={"gets_and_sets": 0, **_evidence(cluster, limits, MEMCACHED_COMMANDS)},
    )
