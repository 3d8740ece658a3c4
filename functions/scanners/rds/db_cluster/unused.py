"""Aurora clusters that nobody uses.

What a cluster bills is its instances, its storage by use, and I/O. DescribeDBClusters does not say how much is stored (it says
AllocatedStorage 1), so the savings here are those of the instances, and the engine says so (`rds/bills.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.rds import billing
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_cluster.capacity import CAPACITY, average_acu, capacity_cost, that_may_pause
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member, db_clusters
from functions.scanners.rds.db_cluster.surcharges import support_bill


def _member_cost(cluster: DbCluster, member: Member, prices: Prices) -> Amount:
    """What one instance bills a month. An idle Serverless v2 instance runs at the cluster's minimum capacity; where that is 0 and it did
    not pause all the same, what it ran at was measured. Where the rate of I/O-Optimized is not known, the standard one is the least that
    it can be.
    """
    if not member.bills:
        return NOTHING
    if member.instance_class != SERVERLESS:
        own = billing.instance_cost(cluster.engine, member.instance_class, False, prices, cluster.storage_type)
        return billing.instance_cost(cluster.engine, member.instance_class, False, prices) if own.usd is None else own
    if cluster.min_acu is None:
        return unknown(f"the minimum capacity of {member.id} is not known")
    if cluster.min_acu == 0:
        return capacity_cost(cluster, average_acu(cluster, member), prices)
    return capacity_cost(cluster, cluster.min_acu, prices)


def _at_standard_rates(cluster: DbCluster, prices: Prices) -> bool:
    """True when the rate of I/O-Optimized is not known for an instance that bills."""
    kinds = {member.instance_class for member in cluster.members if member.bills} - {SERVERLESS}
    return cluster.storage_type == billing.IO_OPTIMIZED and any(
        billing.instance_cost(cluster.engine, kind, False, prices, cluster.storage_type).usd is None
        and billing.instance_cost(cluster.engine, kind, False, prices).usd is not None
        for kind in kinds
    )


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


def _may_be_idle(cluster: DbCluster, limits: Limits) -> bool | InsufficientData:
    old_enough = cluster.created is not None and limits.days_since(cluster.created) >= limits.window_days
    if not old_enough or cluster.status in billing.NO_COMPUTE_BILLED:
        return False
    if cluster.mode != "provisioned":
        return InsufficientData(f"{cluster.mode}: it has neither instances nor their metrics")
    if cluster.replicates:
        return InsufficientData("it replicates, which is a use without connections")
    if not cluster.members:
        return InsufficientData("without an instance only its storage bills, and how much that is is not known")
    return cluster.status == "available" or InsufficientData(f"its status is {cluster.status}")


DESCRIBE = "aws rds describe-db-clusters --region {region} --db-cluster-identifier {id}"


@check(
    id="aurora-idle-cluster",
    title="Aurora cluster had no connections",
    over=db_clusters,
    thresholds={
        "window_days": Threshold(7, "a week sees every weekly job once", minimum=1),
        "sure_days": Threshold(14, "two weeks without a connection are no accident", minimum=1),
    },
    metrics=[CONNECTIONS, CAPACITY],
    candidate=_may_be_idle,
    goes_on=lambda cluster, limits: not any(series.maximum for series in cluster.usage.each(CONNECTIONS)),
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    command=(
        still(f"{DESCRIBE} --query 'DBClusters[0].DeletionProtection'", "False"),
        "aws rds create-db-cluster-snapshot --region {region} --db-cluster-identifier {id} --db-cluster-snapshot-identifier {id}-final",
        "aws rds wait db-cluster-snapshot-available --region {region} --db-cluster-snapshot-identifier {id}-final",
        "echo {instances} | xargs -n 1 aws rds delete-db-instance --region {region} --db-instance-identifier",
        "aws rds delete-db-cluster --region {region} --db-cluster-identifier {id} --skip-final-snapshot",
    ),
    undo="Restore the snapshot that was taken first with aws rds restore-db-cluster-from-snapshot and create its instances again.",
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
    compute = sum((_member_cost(cluster, member, prices) for member in cluster.members), NOTHING)
    if compute == NOTHING:  # all of it may pause
        return None
    bill = compute + billing.extras(False, cluster.own_secret, prices)
    for member in cluster.members:
        bill += billing.extras(member.public and member.bills, False, prices)
    if _at_standard_rates(cluster, prices):
        bill = bill.lacking("what I/O-Optimized adds to the rates of its instances")
    most, doubt = bill, ""
    if cluster.support is not None and rds_support.charged(cluster.support, limits.as_of):
        support, at_most = support_bill(cluster, cluster.support, limits, prices)
        most, doubt = bill + at_most, rds_support.doubt(support, at_most)
        bill += support
    protection = "Deletion protection is on: modify the cluster first." if cluster.deletion_protection else ""
    return Waste(
        savings=saves(bill, high=most if doubt else None),
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
            "average_acu": round(sum(average_acu(cluster, member) for member in that_may_pause(cluster)), 3)
            if cluster.min_acu == 0
            else None,
        },
        confidence=Confidence.HIGH if limits.window_days >= limits.sure_days else Confidence.MEDIUM,
        note=" ".join(filter(None, (doubt, protection))),
        covers=tuple(member.arn for member in cluster.members),
        values={"instances": " ".join(member.id for member in cluster.members)},
    )
