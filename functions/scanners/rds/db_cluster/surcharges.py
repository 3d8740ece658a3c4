"""Aurora clusters that pay extra for an old major version: by the vCPU of an instance, by the capacity unit of Serverless v2."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Evidence, Level
from functions.core.money import NOTHING, Amount, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.rds import billing, classes
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_cluster.collector import SERVERLESS, DbCluster, Member, db_clusters
from functions.scanners.rds.extended_support import SupportLifecycle


def _serverless(cluster: DbCluster) -> list[Member]:
    return [member for member in cluster.members if member.bills and member.instance_class == SERVERLESS]


def _dimensions(cluster: DbCluster) -> list[Mapping[str, str]]:
    """One series for each Serverless v2 instance; a cluster without one is asked nothing."""
    return [{"DBInstanceIdentifier": member.id} for member in _serverless(cluster)]


# Capacity units, calculated every second while the instance runs; the guide does not say what is reported while it is paused, so no
# datapoint is neither insufficient nor zero: it counts at the least capacity.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
CAPACITY = Metric("AWS/RDS", "ServerlessDatabaseCapacity", "Average", _dimensions, window="capacity_days", sparse=True)


def capacity(cluster: DbCluster) -> float | None:
    """Capacity units of its Serverless v2 instances: the measured average, else their least capacity; None when neither is known."""
    measured = cluster.usage.each(CAPACITY) if CAPACITY in cluster.usage else ()
    units: list[float] = []
    for number, _ in enumerate(_serverless(cluster)):
        series = measured[number] if number < len(measured) else None
        if series is not None and series.count:
            units.append(series.total / series.count)
        elif cluster.min_acu is None:
            return None
        else:
            units.append(cluster.min_acu)
    return fsum(units)


def support_bill(cluster: DbCluster, lifecycle: SupportLifecycle, limits: Limits, prices: Prices) -> tuple[Amount, Amount]:
    """What Extended Support charges for the cluster's instances, and the most that it can be; what is not known goes to the words."""
    vcpus = {member: classes.vcpus(member.instance_class) for member in cluster.members if member.bills}
    units = capacity(cluster)
    unsized = [
        f"Extended Support of {member.id} ({member.instance_class or 'class not known'})"
        for member, count in vcpus.items()
        if (units is None if member.instance_class == SERVERLESS else not count)
    ]
    parts = ((sum(count or 0 for count in vcpus.values()), False), (units or 0.0, True))
    used = [part for part in parts if part[0]] or parts[1:]
    if unsized and not used[0][0]:
        nothing = unknown(f"no price known for {', '.join(unsized)}")
        return nothing, nothing
    asked = [(cluster.engine, quantity, lifecycle, limits.as_of, prices, serverless) for quantity, serverless in used]
    bill = sum((rds_support.charge(*one) for one in asked), NOTHING).lacking(*unsized)
    most = sum((rds_support.at_most(*one) for one in asked), NOTHING)
    return bill, bill if bill.usd is None or most.usd is None else most


def _due(cluster: DbCluster, limits: Limits) -> bool:
    lifecycle = cluster.support
    running = any(member.bills for member in cluster.members)
    if lifecycle is None or cluster.mode != "provisioned" or cluster.status in billing.NO_COMPUTE_BILLED or not running:
        return False
    return rds_support.due(lifecycle, limits.as_of, limits.forecast_days)


@check(
    id="aurora-extended-support",
    title="Aurora cluster is or will soon be charged for Extended Support",
    over=db_clusters,
    thresholds={
        "forecast_days": Threshold(180, "a major version upgrade needs half a year of notice"),
        "capacity_days": Threshold(14, "two weeks of Serverless v2 represent a month", minimum=1),
    },
    metrics=[CAPACITY],
    candidate=lambda cluster, limits: bool(_serverless(cluster)) and _due(cluster, limits),
    metrics_optional=True,
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
    Serverless v2 is charged by the ACU it runs with, on average over two weeks; Serverless v1 and a stopped cluster are not charged.
    """
    lifecycle = cluster.support
    if lifecycle is None or not _due(cluster, limits):
        return None
    bill, most = support_bill(cluster, lifecycle, limits, prices)
    running = [member for member in cluster.members if member.bills]
    evidence: Evidence = {
        "engine": cluster.engine,
        "instances": len(running),
        "vcpus": sum(classes.vcpus(member.instance_class) or 0 for member in running) or None,
        "acu": capacity(cluster) if _serverless(cluster) else None,
    }
    return rds_support.waste(bill, lifecycle, limits.as_of, cluster.version, evidence, most)
