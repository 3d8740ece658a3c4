"""Clusters with an old version of Redis OSS, for which AWS charges extra."""

from __future__ import annotations

from dataclasses import replace

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Level
from functions.core.money import usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.elasticache import billing
from functions.scanners.elasticache import extended_support as support
from functions.scanners.elasticache.cluster import changes
from functions.scanners.elasticache.cluster.collector import CacheCluster, cache_clusters
from functions.scanners.elasticache.cluster.modernize import valkey_saves

NEWEST_REDIS = "7.1"
"""The last version of Redis OSS that ElastiCache has; what comes after it is Valkey.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html"""


@check(
    id="elasticache-extended-support-cluster",
    title="ElastiCache cluster is or will soon be charged for Extended Support",
    over=cache_clusters,
    thresholds={"forecast_days": Threshold(180, "a major version upgrade needs half a year of notice")},
    reference=support.CHARGES,
    action=Action.UPGRADE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    command=changes.UPGRADE,
    undo="Restore the snapshot that was taken first into a new cluster: a version of Redis OSS is not lowered in place.",
)
def extended_support(cluster: CacheCluster, limits: Limits, prices: Prices) -> Verdict:
    """AWS charges a share of the on-demand price of every node for Redis OSS past its standard support, of reserved ones too. Upgrade it.

    The saving is that surcharge and nothing else. One that begins within the forecast is reported in advance: likely is 0 until then, high
    is what it will be, confidence is low.
    """
    lifecycle = support.lifecycle(cluster.engine, cluster.major)
    if lifecycle is None or not cluster.bills or not support.due(lifecycle, limits.as_of, limits.forecast_days):
        return None
    bill = support.surcharge(cluster.node_type, len(cluster.nodes), lifecycle, limits.as_of, prices)
    found = support.waste(
        bill,
        lifecycle,
        limits.as_of,
        cluster.version,
        {"engine": cluster.engine, "node_type": cluster.node_type, "nodes": len(cluster.nodes)},
    )
    more = valkey_saves(cluster, prices).usd
    instead = f"Upgraded to Valkey instead, it would save {usd(more)} a month more." if more and more > 0 else ""
    return replace(
        found,
        note=" ".join(filter(None, (found.note, instead, *changes.to_heed(cluster)))),
        values=changes.values(cluster, engine=billing.REDIS, version=NEWEST_REDIS),
        command=changes.upgrade(cluster, billing.REDIS),
    )
