"""Aurora clusters that nobody uses, or that pay extra for an old major version.

What a cluster bills is its instances, its storage by use, and I/O. DescribeDBClusters does not say how much is stored (it says
AllocatedStorage 1), so the savings here are those of the instances, and the engine says so (`rds/bills.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, Evidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.rds import billing, classes
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_cluster.capacity import CAPACITY, average_acu, capacity_cost, that_may_pause
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member, db_clusters
from functions.scanners.rds.extended_support import SupportLifecycle


def _member_cost(cluster: DbCluster, member: Member, prices: Prices) -> Amount:
    """What one instance bills a month. An idle Serverless v2 instance runs at the cluster's minimum capacity; where that is 0 and it did
    not pause all the same, what it ran at was measured."""
    if not member.bills:
        return NOTHING
    if member.instance_class != SERVERLESS:
        return billing.instance_cost(cluster.engine, member.instance_class, False, prices, cluster.storage_type)
    if cluster.min_acu is None:
        return unknown(f"the minimum capacity of {member.id} is not known")
    if cluster.min_acu == 0:
        return capacity_cost(cluster, average_acu(cluster, member), prices)
    return capacity_cost(cluster, cluster.min_acu, prices)


def _coverable(cluster: DbCluster, prices: Prices) -> Coverable | None:
    """The hours of its instances: reservations are by family, so of a cluster with several it is the one that costs the most.

    Serverless capacity cannot be reserved.
    """
    families: dict[str, float] = {}
    for member in cluster.members:
        hours = (
            None if member.instance_class == SERVERLESS else billing.coverable(member.instance_class, _member_cost(cluster, member, prices))
        )
        if hours is not None:
            families[hours.family] = families.get(hours.family, 0.0) + hours.usd
    largest = max(families, key=lambda family: (families[family], family), default=None)
    return None if largest is None else Coverable(billing.SERVICE, largest, round(families[largest], 4))


def _support_bill(cluster: DbCluster, lifecycle: SupportLifecycle, limits: Limits, prices: Prices) -> Amount:
    """What Extended Support charges for the cluster's instances; those whose vCPUs are not known go to the words."""
    vcpus = {member: classes.vcpus(member.instance_class) for member in cluster.members if member.bills}
    unsized = [
        f"Extended Support of {member.id} ({member.instance_class or 'class not known'})" for member, count in vcpus.items() if not count
    ]
    total = sum(count or 0 for count in vcpus.values())
    if not total:
        return unknown(f"no price known for {', '.join(unsized)}")
    return rds_support.charge(total, lifecycle, limits.as_of, True, prices).lacking(*unsized)


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
    if cluster.support is not None and rds_support.charged(cluster.support, limits.as_of):
        bill += _support_bill(cluster, cluster.support, limits, prices)
    protection = "Deletion protection is on: modify the cluster first." if cluster.deletion_protection else ""
    return Waste(
        savings=saves(bill),
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
        note=protection,
        covers=tuple(member.arn for member in cluster.members),
        values={"instances": " ".join(member.id for member in cluster.members)},
    )


@check(
    id="aurora-extended-support",
    title="Aurora cluster is or will soon be charged for Extended Support",
    over=db_clusters,
    thresholds={"forecast_days": Threshold(180, "a major version upgrade needs half a year of notice")},
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/extended-support-charges.html",
    action=Action.UPGRADE,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    command=(
        rds_support.TARGET_EXISTS,
        (
            "aws rds create-db-cluster-snapshot --region {region} --db-cluster-identifier {id}"
            " --db-cluster-snapshot-identifier before-upgrade-of-{id}"
        ),
        "aws rds wait db-cluster-snapshot-available --region {region} --db-cluster-snapshot-identifier before-upgrade-of-{id}",
        "aws rds modify-db-cluster --region {region} --db-cluster-identifier {id} --allow-major-version-upgrade --engine-version TARGET",
    ),
    undo="Restore the snapshot that was taken first into a new cluster; a version cannot be downgraded in place.",
    afterwards=rds_support.TARGET,
)
def extended_support(cluster: DbCluster, limits: Limits, prices: Prices) -> Verdict:
    """AWS charges by the vCPU of every instance for a major version past its standard support. Upgrade the cluster.

    A charge that begins within the forecast is reported in advance: likely is 0 until then, high is what it will be, confidence is low.
    Serverless v2 is charged by the ACU, at a rate that is not known here; Serverless v1 and a stopped cluster are not charged.
    """
    lifecycle = cluster.support
    running = [member for member in cluster.members if member.bills]
    if lifecycle is None or cluster.mode != "provisioned" or cluster.status in billing.NO_COMPUTE_BILLED or not running:
        return None
    if not rds_support.due(lifecycle, limits.as_of, limits.forecast_days):
        return None
    bill = _support_bill(cluster, lifecycle, limits, prices)
    total = sum(classes.vcpus(member.instance_class) or 0 for member in running)
    evidence: Evidence = {"engine": cluster.engine, "instances": len(running), "vcpus": total}
    return rds_support.waste(bill, lifecycle, limits.as_of, cluster.version, evidence)
