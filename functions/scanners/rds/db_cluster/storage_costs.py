"""What an Aurora cluster bills with each of Aurora's two storage configurations, worked out from what it did.

Aurora Standard bills every million of I/O operations; I/O-Optimized bills none, and more for the instances and for what is stored.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from functions.core.limits import fact
from functions.core.model import Coverable
from functions.core.money import HOURS_PER_MONTH, NOTHING, Amount
from functions.core.prices.book import Prices
from functions.core.usage import Metric
from functions.scanners.rds import billing
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member

STANDARD, OPTIMIZED = "aurora", billing.IO_OPTIMIZED
FACTOR = 1.3
DOCUMENTED = fact(
    "an instance of Aurora I/O-Optimized counts as 1.3 of Aurora Standard, which its rate is taken for where it has no list price here",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithReservedDBInstances.html",
    "2026-11-29",
)
DAYS_A_MONTH, WEEK = HOURS_PER_MONTH / 24, 7
GIB, MILLION = 1024**3, 1e6


def _of_cluster(cluster: DbCluster) -> Mapping[str, str]:
    return {"DBClusterIdentifier": cluster.id}


def _of_serverless(cluster: DbCluster) -> Sequence[Mapping[str, str]]:
    return [{"DBInstanceIdentifier": member.id} for member in running(cluster) if member.instance_class == SERVERLESS]


# Billed operations, every five minutes. Whether I/O-Optimized clusters report them is nowhere said: a gap is unknown, not zero.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
READS = Metric("AWS/RDS", "VolumeReadIOPs", "Sum", _of_cluster)
WRITES = Metric("AWS/RDS", "VolumeWriteIOPs", "Sum", _of_cluster)
STORED = Metric("AWS/RDS", "VolumeBytesUsed", "Average", _of_cluster)
CAPACITY = Metric("AWS/RDS", "ServerlessDatabaseCapacity", "Average", _of_serverless)


def running(cluster: DbCluster) -> list[Member]:
    """Its instances that bill."""
    return [member for member in cluster.members if member.bills]


@dataclass(slots=True, frozen=True)
class Month:
    """What a cluster does in a month of 730 hours: I/O operations in millions, at the pace of the window, of its calmest week and of its
    busiest one; how much it stores; and the ACUs of each of its Serverless v2 instances.
    """

    io: float
    least_io: float
    most_io: float
    stored_gib: float
    acu: Mapping[str, float]


def month(cluster: DbCluster) -> Month | None:
    """By the days that have both reads and writes; None without one."""
    reads, writes, stored = (cluster.usage[metric] for metric in (READS, WRITES, STORED))
    written = dict(zip(writes.times, writes.values, strict=True))
    days = [value + written[moment] for moment, value in zip(reads.times, reads.values, strict=True) if moment in written]
    capacities = cluster.usage.each(CAPACITY)
    if not days or not stored.values or not all(series.values for series in capacities):
        return None
    weeks = [days[end - WEEK : end] for end in range(len(days), WEEK - 1, -WEEK)] or [days]
    least, middle, most = (mean * DAYS_A_MONTH / MILLION for mean in (min(map(fmean, weeks)), fmean(days), max(map(fmean, weeks))))
    names = (one["DBInstanceIdentifier"] for one in _of_serverless(cluster))
    acu = {name: round(fmean(series.values), 3) for name, series in zip(names, capacities, strict=True)}
    return Month(middle, least, most, fmean(stored.values) / GIB, acu)


@dataclass(slots=True, frozen=True)
class Both:
    """USD a month. `io` bills with Aurora Standard alone; `least_io` and `most_io` are at the pace of the calmest and the busiest week.
    `storage` and `instances` (by family, or SERVERLESS): what Standard bills beyond I/O-Optimized, which is below zero. `standard`: all
    that it bills for the three.
    """

    io: Amount
    least_io: Amount
    most_io: Amount
    storage: Amount
    instances: Mapping[str, Amount]
    standard: Amount

    @property
    def of_instances(self) -> Amount:
        """What all its instances bill with Standard beyond what they do with I/O-Optimized: below zero."""
        return sum(self.instances.values(), NOTHING)


def both(cluster: DbCluster, did: Month, prices: Prices) -> Both:
    """The bills of both configurations, as far as they differ."""

    def io(millions: float) -> Amount:
        return prices.monthly(billing.SERVICE, "aurora.io", round(millions, 3), "million I/O")

    def storage(kind: str) -> Amount:
        return prices.monthly(billing.SERVICE, f"aurora.storage.{kind}", round(did.stored_gib, 3), "GiB")

    standard, optimized = (_instances(cluster, did, kind, prices) for kind in (STANDARD, OPTIMIZED))
    return Both(
        io(did.io),
        io(did.least_io),
        io(did.most_io),
        storage("standard") - storage("io-optimized"),
        {family: cost - optimized[family] for family, cost in standard.items()},
        sum(standard.values(), storage("standard") + io(did.io)),
    )


def _instances(cluster: DbCluster, did: Month, storage_type: str, prices: Prices) -> dict[str, Amount]:
    """What its instances bill a month with a configuration, by what may cover it: their family, or the capacity of Serverless v2."""
    found: dict[str, Amount] = {}
    for member in running(cluster):
        if member.instance_class == SERVERLESS:
            family = SERVERLESS
            cost = prices.hourly(billing.SERVICE, billing.serverless_key(storage_type), did.acu[member.id], "ACU")
        else:
            family, cost = member.instance_class.rpartition(".")[0], _instance(cluster, member, storage_type, prices)
        found[family] = found.get(family, NOTHING) + cost
    return found


def _instance(cluster: DbCluster, member: Member, storage_type: str, prices: Prices) -> Amount:
    standard = billing.instance_cost(cluster.engine, member.instance_class, False, prices)
    if storage_type == STANDARD:
        return standard
    own = billing.instance_cost(cluster.engine, member.instance_class, False, prices, OPTIMIZED)
    return own if own.usd is not None and own.stands_in == standard.stands_in else _derived(standard)


def _derived(standard: Amount) -> Amount:
    """The same hours at a rate that is worked out: under the key that it has, so that the bill's own rate takes its place."""
    rates = [
        replace(
            term.price,
            key=term.price.key.replace(".single-az.", ".io-optimized."),
            usd=round(term.price.usd * FACTOR, 9),
            source=f"{FACTOR} × Aurora Standard's: {term.price.source}",
        )
        for term in standard.terms
    ]
    return replace(standard, terms=tuple(replace(term, price=rate) for term, rate in zip(standard.terms, rates, strict=True)))


def coverable(cluster: DbCluster, bills: Both) -> Coverable | None:
    """The hours that cost less with Aurora Standard: reservations are by family, so of several it is the one that saves the most."""
    saved = {family: -(amount.usd or 0.0) for family, amount in bills.instances.items()}
    family = max(saved, key=lambda one: (saved[one], one), default=None)
    if family is None or saved[family] <= 0:
        return None
    if family == SERVERLESS:
        return Coverable(billing.SERVICE, billing.serverless_key(OPTIMIZED), round(saved[family], 4))
    return billing.coverable(cluster.engine, f"{family}.any", False, bills.instances[family].times(-1, ""))
