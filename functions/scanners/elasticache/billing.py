"""What ElastiCache bills for nodes: while they are there, by engine and type, whatever they do.

https://aws.amazon.com/elasticache/pricing/
"""

from __future__ import annotations

from functions.core.model import Coverable
from functions.core.money import Amount
from functions.core.prices.book import Prices

SERVICE = "AmazonElastiCache"
REDIS, VALKEY, MEMCACHED = "redis", "valkey", "memcached"
"""The engines, as the API and the price book call them."""

NOT_BILLED = frozenset({"creating", "create-failed", "deleted", "deleting", "incompatible-network", "restore-failed"})
"""Statuses of what is not there yet, or no more. "As long as an ElastiCache cluster is in the available state, you are being charged for
it": https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.Delete.html"""


def nodes_cost(engine: str, node_type: str, nodes: int, prices: Prices) -> Amount:
    """So many nodes all month long, USD."""
    return prices.hourly(SERVICE, f"ondemand.{engine}.{node_type}", nodes, "node" if nodes == 1 else "nodes")


def coverable(node_type: str, nodes: Amount) -> Coverable | None:
    """The hours of nodes in a saving, which a reservation or a Savings Plan may have paid for already; None where they have no price, and
    no rate of the bill would give them one.

    A reserved node pays for any size of its family, and one for Redis OSS for Valkey too.
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.Reserved.html
    """
    if not nodes.missing and (not nodes.usd or nodes.usd <= 0):
        return None
    return Coverable(SERVICE, node_type.rpartition(".")[0], round(max(0.0, nodes.usd or 0.0), 4))


def snapshot_cost(gib: float, prices: Prices) -> Amount | None:
    """The most that a final snapshot of so much memory bills a month; None where the region's own rate is not known."""
    if prices.own(SERVICE, "backup") is None:
        return None
    return prices.monthly(SERVICE, "backup", round(gib, 2), "GiB of snapshot")
