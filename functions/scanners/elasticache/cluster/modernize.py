"""Clusters that would cost less with Valkey, or on nodes of a newer generation."""

from __future__ import annotations

from dataclasses import replace

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves, usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.ec2.instance_types import NEWEST_SHARE, choose
from functions.scanners.elasticache import billing, node_types
from functions.scanners.elasticache import extended_support as support
from functions.scanners.elasticache.cluster import changes
from functions.scanners.elasticache.cluster.collector import CacheCluster, cache_clusters
from functions.scanners.elasticache.cluster.measured import MAX_MEMORY, MEMORY, fullest, projected

VALKEY_WITH_A_WAY_BACK = "7.2"
"""Only from this version of Valkey AWS takes a cluster back, to Redis OSS 7.1."""
SMOOTH_FROM = (5, 0, 6)
"""From this version of Redis OSS on, an upgrade to Valkey interrupts writes for a few seconds; before, for 30 to 60.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html"""


USED = replace(MEMORY, window="memory_days")
"""Asked for only where it matters, so that most clusters need no age."""


def _nodes(cluster: CacheCluster, engine: str, node_type: str, prices: Prices) -> Amount:
    return billing.nodes_cost(engine, node_type, len(cluster.nodes), prices)


def valkey_saves(cluster: CacheCluster, prices: Prices) -> Amount:
    """What the same nodes cost less with Valkey than with Redis OSS, USD a month."""
    return _nodes(cluster, billing.REDIS, cluster.node_type, prices) - _nodes(cluster, billing.VALKEY, cluster.node_type, prices)


def _valkey_notes(cluster: CacheCluster, limits: Limits, prices: Prices) -> list[str]:
    notes = []
    lifecycle = support.lifecycle(cluster.engine, cluster.major)
    if lifecycle is not None and support.charged(lifecycle, limits.as_of):
        charge = support.surcharge(cluster.node_type, len(cluster.nodes), lifecycle, limits.as_of, prices)
        ends = f", {usd(charge.usd)} a month at least" if charge.usd else ""
        notes.append(f"The upgrade also ends the Extended Support charge{ends}, which is not in this saving.")
    if node_types.version(cluster.version) < SMOOTH_FROM:
        notes.append("From this version the failover may take 30 to 60 seconds.")
    if not cluster.group:
        notes.append("It is put into a replication group first; let clients use the endpoint of that group.")
    return [*notes, *changes.to_heed(cluster)]


@check(
    id="elasticache-valkey-cluster",
    title="ElastiCache cluster would cost less with Valkey than with Redis OSS",
    over=cache_clusters,
    reference="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html",
    action=Action.UPGRADE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=changes.UPGRADE,
    undo="Only Valkey 7.2 has a way back: modify it to --engine redis --engine-version 7.1. From a later one there is the snapshot.",
)
def valkey(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """Valkey answers the same clients as Redis OSS 7, on the same nodes, for less. Upgrade to Valkey 7.2, and try its clients before.

    The DNS name of the endpoint stays, the addresses of nodes change. A reservation for Redis OSS pays for Valkey of its family, too.
    """
    if cluster.engine != billing.REDIS or not cluster.bills:
        return None
    saved = valkey_saves(cluster, prices)
    if saved.usd is None:
        return InsufficientData(saved.formula)
    if saved.usd <= 0:
        return None
    return Waste(
        savings=saves(saved),
        coverable=billing.coverable(cluster.node_type, saved),
        evidence={
            "engine": cluster.engine,
            "version": cluster.version,
            "target": f"{billing.VALKEY} {VALKEY_WITH_A_WAY_BACK}",
            "node_type": cluster.node_type,
            "nodes": len(cluster.nodes),
            "in_a_group": cluster.group,
        },
        note=" ".join(_valkey_notes(cluster, limits, prices)),
        values=changes.values(cluster, engine=billing.VALKEY, version=VALKEY_WITH_A_WAY_BACK),
        command=changes.upgrade(cluster, billing.VALKEY),
    )


def _targets(cluster: CacheCluster) -> list[str]:
    """The newer types that run its engine's version, the newest first. Memcached's nodes keep their type: it would be a new cluster."""
    if cluster.memcached or cluster.tiered or not cluster.bills:
        return []
    newer = node_types.newer(cluster.node_type)
    return [target for target in newer if node_types.runs(cluster.engine, cluster.version, target)]


def _with_less_memory(cluster: CacheCluster, target: str) -> bool:
    now, then = node_types.known(cluster.node_type), node_types.known(target)
    return now is None or then is None or then.memory_gib < now.memory_gib


def _asks_memory(cluster: CacheCluster, limits: Limits) -> bool:
    """Some newer types have a little less memory: whether the data fit, only CloudWatch tells."""
    return cluster.status == "available" and any(_with_less_memory(cluster, target) for target in _targets(cluster))


@check(
    id="elasticache-old-generation-cluster",
    title="ElastiCache cluster is on nodes that cost more than a newer generation",
    over=cache_clusters,
    thresholds={
        "memory_days": Threshold(14, "two weeks see every weekly job twice", minimum=1, maximum=455),
        "max_memory_percent": MAX_MEMORY,
        "newest_share": NEWEST_SHARE,
    },
    metrics=[USED],
    candidate=_asks_memory,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html",
    action=Action.UPGRADE,
    effort=Level.LOW,
    risk=Level.LOW,
    command=changes.NODE_TYPE,
    undo=changes.NODE_TYPE_BACK,
)
def old_generation(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """The same size of a newer generation costs less here: clients see no processor, so Graviton changes nothing for them.

    By the region's own prices, because some newer generations cost more. A type with less memory is offered only where two weeks of
    CloudWatch show that the data fit. The change waits for the maintenance window, and connections are interrupted for a short time.
    """
    targets = _targets(cluster)
    if not targets:
        return None
    now = _nodes(cluster, cluster.engine, cluster.node_type, prices)
    if now.usd is None:
        return InsufficientData(now.formula)
    differences = {target: now - _nodes(cluster, cluster.engine, target, prices) for target in targets}
    saved = {target: each.usd for target, each in differences.items() if each.usd is not None and each.usd > 0}
    used = fullest(cluster)
    fits = {target: much for target, much in saved.items() if _fits(cluster, target, used, limits)}
    if not fits:
        return (
            InsufficientData("its newer types have less memory, and how much of it is used is not known")
            if saved and used is None
            else None
        )
    target, other = choose(fits, limits.newest_share)
    evidence: Evidence = {
        "engine": cluster.engine,
        "version": cluster.version,
        "node_type": cluster.node_type,
        "target": target,
        "nodes": len(cluster.nodes),
    }
    if used is not None:
        evidence |= {"max_memory_percent": round(used, 1), "max_memory_percent_then": round(projected(cluster, target, used), 1)}
    if other:
        evidence |= {"alternative": other, "alternative_saves": round(fits[other], 4)}
    beside = [f"{other} saves {usd(fits[other])}."] if other else []
    return Waste(
        savings=saves(differences[target]),
        coverable=billing.coverable(cluster.node_type, differences[target]),
        evidence=evidence,
        note=" ".join([*beside, *changes.everywhere(cluster)]),
        values=changes.values(cluster, target=target),
        command=changes.node_type(cluster),
    )


def _fits(cluster: CacheCluster, target: str, used: float | None, limits: Limits) -> bool:
    if not _with_less_memory(cluster, target):
        return True
    return used is not None and projected(cluster, target, used) <= limits.max_memory_percent
