"""Serverless v2 capacity that may go down to 0, and does not: what it runs at, and clusters that never pause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Level, Waste
from functions.core.money import NOTHING, Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.rds import billing
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member, db_clusters


def that_may_pause(cluster: DbCluster) -> list[Member]:
    """Its Serverless v2 instances, where the cluster lets them go down to 0."""
    if cluster.min_acu != 0 or cluster.mode != "provisioned":
        return []
    return [member for member in cluster.members if member.instance_class == SERVERLESS and member.bills]


def _dimensions(cluster: DbCluster) -> Sequence[Mapping[str, str]]:
    return [{"DBInstanceIdentifier": member.id} for member in that_may_pause(cluster)]


# A paused instance reports 0 of it, so that a gap is no pause: not sparse. Two statistics of one metric are billed as one.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
CAPACITY = Metric("AWS/RDS", "ServerlessDatabaseCapacity", "Average", _dimensions)
LOWEST = Metric("AWS/RDS", "ServerlessDatabaseCapacity", "Minimum", _dimensions)


def average_acu(cluster: DbCluster, member: Member) -> float:
    """The capacity that an instance that may pause ran at, over all of the window; 0 for another one."""
    for one, series in zip(that_may_pause(cluster), cluster.usage.each(CAPACITY), strict=True):
        if one is member:
            return fmean(series.values) if series.values else 0.0
    return 0.0


def capacity_cost(cluster: DbCluster, acu: float, prices: Prices) -> Amount:
    """What so many ACUs bill, USD a month."""
    if not acu:
        return NOTHING
    key = "aurora.serverless-v2" + (".io-optimized" if cluster.storage_type == billing.IO_OPTIMIZED else "")
    return prices.hourly(billing.SERVICE, key, round(acu, 3), "ACU")


def _may_never_pause(cluster: DbCluster, limits: Limits) -> bool:
    old_enough = cluster.created is not None and limits.days_since(cluster.created) >= limits.window_days
    return cluster.status == "available" and old_enough and bool(that_may_pause(cluster))


def _reasons(cluster: DbCluster) -> str:
    """What is known to keep it awake, or where to look."""
    if any(member.instance_class != SERVERLESS for member in cluster.members):
        return "It has provisioned instances too: beside those, a writer and readers of promotion tier 0 and 1 never pause."
    if cluster.replicates:
        return "It replicates, or is part of a global database: then it never pauses."
    return "An open connection, RDS Proxy, logical or binlog replication or a zero-ETL integration keeps an instance awake."


@check(
    id="aurora-serverless-never-pauses",
    title="Aurora Serverless v2 may pause at 0 ACU and never does",
    over=db_clusters,
    thresholds={"window_days": Threshold(14, "two weekends without a pause are no chance", minimum=1)},
    metrics=[CAPACITY, LOWEST],
    candidate=_may_never_pause,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html",
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    risk=Level.LOW,
    confidence=Confidence.LOW,
    command=(
        "aws rds describe-db-clusters --region {region} --db-cluster-identifier {id}",
        "aws rds describe-events --region {region} --source-type db-instance --source-identifier {instance} --duration 20160",
        "aws rds describe-db-proxies --region {region} --query 'DBProxies[].[DBProxyName,Status]' --output text",
    ),
    afterwards="Look in the database as well who is connected, and whether it replicates.",
    undo="Nothing to undo: looking changes nothing.",
)
def never_pauses(cluster: DbCluster, limits: Limits, prices: Prices) -> Verdict:
    """A minimum of 0 ACU says that this cluster may pause, and in two weeks it never did: it bills all the time. Find out why.

    High is all that it bills for capacity, likely the least that it ever ran at, which is what being awake costs; low is nothing, because
    it may be in use day and night.
    """
    awake = [
        (member, average, lowest)
        for member, average, lowest in zip(that_may_pause(cluster), cluster.usage.each(CAPACITY), cluster.usage.each(LOWEST), strict=True)
        if lowest.minimum > 0
    ]
    if not awake:
        return None
    averages, least = sum(fmean(average.values) for _, average, _ in awake), sum(lowest.minimum for _, _, lowest in awake)
    return Waste(
        savings=saves(capacity_cost(cluster, least, prices), low=NOTHING, high=capacity_cost(cluster, averages, prices)),
        evidence={
            "min_acu": 0,
            "average_acu": round(averages, 3),
            "least_acu": round(least, 3),
            "instances_that_never_paused": ", ".join(member.id for member, _, _ in awake),
            "fewest_datapoints": min(lowest.count for _, _, lowest in awake),
            "expected_datapoints": awake[0][2].expected,
            "window_days": limits.window_days,
        },
        note=_reasons(cluster),
        values={"instance": awake[0][0].id},
    )
