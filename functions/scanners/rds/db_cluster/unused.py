"""Aurora clusters that nobody uses.

What a cluster bills is its instances, its storage by use, and I/O. DescribeDBClusters does not say how much is stored (it says
AllocatedStorage 1), so the savings here are those of the instances, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.rds import billing
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.billing import Bill
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member, db_clusters
from functions.scanners.rds.db_cluster.surcharges import support_bill


def _member_cost(cluster: DbCluster, member: Member, prices: Prices) -> Amount:
    """What one instance bills a month. An idle Serverless v2 instance runs at the cluster's minimum capacity, which can be 0.

    Where the rate of I/O-Optimized is not known, the standard one is the least that it can be.
    """
    if not member.bills:
        return NOTHING
    if member.instance_class != SERVERLESS:
        own = billing.instance_cost(cluster.engine, member.instance_class, False, prices, cluster.storage_type)
        return billing.instance_cost(cluster.engine, member.instance_class, False, prices) if own.usd is None else own
    if cluster.min_acu is None:
        return Amount(None, f"the minimum capacity of {member.id} is not known")
    if cluster.min_acu == 0:
        return NOTHING
    return prices.hourly(billing.SERVICE, billing.serverless_key(cluster.storage_type), cluster.min_acu, "ACU")


def _at_standard_rates(cluster: DbCluster, prices: Prices) -> bool:
    """True when the rate of I/O-Optimized is not known for an instance that bills."""
    kinds = {member.instance_class for member in cluster.members if member.bills} - {SERVERLESS}
    return cluster.storage_type == billing.IO_OPTIMIZED and any(
        billing.instance_cost(cluster.engine, kind, False, prices, cluster.storage_type).usd is None
        and billing.instance_cost(cluster.engine, kind, False, prices).usd is not None
        for kind in kinds
    )


def _total(amounts: Sequence[Amount]) -> Bill:
    """The sum of what has a price, with words for what has none; unknown when nothing has one."""
    known = [amount for amount in amounts if amount.usd is not None]
    unknown = [amount for amount in amounts if amount.usd is None]
    if unknown and not any(amount.prices for amount in known):
        return Bill(unknown[0])
    bill = Bill(NOTHING)
    for amount in (*known, *unknown):
        bill = bill.plus(amount)
    return bill


def _coverable(cluster: DbCluster, prices: Prices) -> Coverable | None:
    """The hours of its instances: reservations are by family, so of a cluster with several it is the one that costs the most.

    Capacity of Serverless v2 cannot be reserved, but a plan may pay for it: it is a family of its own.
    """
    families: dict[str, Coverable] = {}
    for member in cluster.members:
        cost = _member_cost(cluster, member, prices)
        if member.instance_class == SERVERLESS:
            own = Coverable(billing.SERVICE, billing.serverless_key(cluster.storage_type), round(cost.usd, 4)) if cost.usd else None
        else:
            own = billing.coverable(cluster.engine, member.instance_class, False, cost)
        if own is not None:
            before = families.get(own.family)
            families[own.family] = replace(own, usd=round(own.usd + (before.usd if before else 0.0), 4))
    return max(families.values(), key=lambda one: (one.usd, one.family), default=None)


def _dimensions(cluster: DbCluster) -> list[Mapping[str, str]]:
    return [{"DBInstanceIdentifier": member.id} for member in cluster.members]


# One series for each instance: a new reader must not hide behind an old one, as it would in the cluster's own series (by
# DBClusterIdentifier, which is theirs put together). Reported every minute, zero too: not sparse. A Serverless v2 instance that is
# paused reports nothing, and is then insufficient data. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/dimensions.html
CONNECTIONS = Metric("AWS/RDS", "DatabaseConnections", "Maximum", _dimensions)


def _may_be_idle(cluster: DbCluster, limits: Limits) -> bool:
    if cluster.status != "available" or cluster.mode != "provisioned" or cluster.replicates or not cluster.members:
        return False
    return cluster.created is not None and limits.days_since(cluster.created) >= limits.window_days


@check(
    id="aurora-idle-cluster",
    title="Aurora cluster had no connections",
    over=db_clusters,
    thresholds={
        "window_days": Threshold(7, "a week sees every weekly job once", minimum=1),
        "sure_days": Threshold(14, "two weeks without a connection are no accident", minimum=1),
    },
    metrics=[CONNECTIONS],
    candidate=_may_be_idle,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    command="aws rds delete-db-cluster --region {region} --db-cluster-identifier {id} --final-db-snapshot-identifier {id}-final  "
    "# after aws rds delete-db-instance --db-instance-identifier for each of its instances: {instances}",
    undo="Restore the final snapshot with aws rds restore-db-cluster-from-snapshot and create its instances again.",
)
def idle_cluster(cluster: DbCluster, limits: Limits, prices: Prices) -> Verdict:
    """An Aurora cluster without connections bills every instance. Delete it with a final snapshot: a stopped one starts again in 7 days.

    Any Extended Support charge ends with it. The saving leaves out the cluster's storage, whose size is not known here; its final
    snapshot bills less than that. Not judged: clusters of a global database and replicas of other clusters, Serverless v1, and
    clusters without an instance.
    """
    missing = [member.id for member in cluster.members if not member.instance_class]
    if missing:
        return InsufficientData(f"DescribeDBInstances does not list {', '.join(missing)}")
    connections = cluster.usage.each(CONNECTIONS)
    if any(series.maximum > 0 for series in connections):
        return None
    bill = _total([_member_cost(cluster, member, prices) for member in cluster.members]).lacking("the cluster's storage")
    if _at_standard_rates(cluster, prices):
        bill = bill.lacking("what I/O-Optimized adds to the rates of its instances")
    most, doubt = bill.amount, ""
    if cluster.support is not None and rds_support.charged(cluster.support, limits.as_of):
        support, at_most = support_bill(cluster, cluster.support, limits, prices)
        most, doubt = bill.joined(Bill(at_most)).amount, rds_support.doubt(support.amount, at_most)
        bill = bill.joined(support)
    protection = "Deletion protection is on: modify the cluster first." if cluster.deletion_protection else ""
    return Waste(
        savings=saves(bill.amount, high=most if doubt else None),
        coverable=_coverable(cluster, prices),
        evidence={
            "max_connections": max(series.maximum for series in connections),
            "fewest_datapoints": min(series.count for series in connections),
            "expected_datapoints": connections[0].expected,
            "window_days": limits.window_days,
            "engine": cluster.engine,
            "instances": len(cluster.members),
            "classes": ", ".join(sorted({member.instance_class for member in cluster.members})),
            "min_acu": cluster.min_acu,
        },
        confidence=Confidence.HIGH if limits.window_days >= limits.sure_days else Confidence.MEDIUM,
        note=" ".join(word for word in (bill.note, doubt, protection) if word),
        covers=tuple(member.arn for member in cluster.members),
        values={"instances": " ".join(member.id for member in cluster.members)},
    )
