"""Aurora clusters that would cost less with the other of Aurora's two storage configurations.

AWS says that a quarter of the bill is where they cross; here both are worked out (`storage_costs`), and compared in both directions.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves, usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.rds import billing, classes
from functions.scanners.rds.db_cluster import storage_costs
from functions.scanners.rds.db_cluster.collector import DbCluster, db_clusters
from functions.scanners.rds.db_cluster.storage_costs import CAPACITY, OPTIMIZED, READS, STANDARD, STORED, WRITES, Both, Month, running

NAMES = {STANDARD: "Aurora Standard", OPTIMIZED: "Aurora I/O-Optimized"}
SINCE = fact(
    "which versions of Aurora can be I/O-Optimized",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.storage-type.html",
    "2026-11-29",
)
_FIRST: Mapping[str, tuple[classes.Version, ...]] = {
    "aurora-mysql": ((3, 3, 1),),
    "aurora-postgresql": ((13, 10), (14, 7), (15, 2), (16, 1), (17, 4)),
}
"""The first minor version of each major that can be I/O-Optimized; every major after the last named one can."""


def _can_be_optimized(cluster: DbCluster) -> bool:
    have, first = classes.version(cluster.engine, cluster.version), _FIRST.get(cluster.engine, ())
    return bool(first) and (have[:1] > first[-1][:1] or any(have[:1] == one[:1] and have >= one for one in first))


def _other(cluster: DbCluster) -> str:
    """The configuration that it does not have. AWS names only I/O-Optimized."""
    return STANDARD if cluster.storage_type == OPTIMIZED else OPTIMIZED


def _why_not(cluster: DbCluster, limits: Limits) -> str:
    """Why its metrics do not say what it would bill, or nobody can do it now; empty where they do."""
    again = cluster.optimized_again_from
    if cluster.replicates:
        return "of a global database or a replica: what is replicated bills I/O of its own"
    if cluster.cloned:
        return "it shares storage with a clone, so that what it uses is not what it bills"
    if _other(cluster) == OPTIMIZED and again is not None and again > limits.as_of:
        return f"it was I/O-Optimized lately, and may be again from {again.isoformat()} on"
    return "" if cluster.status == "available" else f"its status is {cluster.status}"


def _may_be_dearer(cluster: DbCluster, limits: Limits) -> bool | InsufficientData:
    old_enough = cluster.created is not None and limits.days_since(cluster.created) >= limits.window_days
    if not old_enough or cluster.status in billing.NO_COMPUTE_BILLED or cluster.mode != "provisioned" or cluster.limitless:
        return False
    if _other(cluster) == OPTIMIZED and not _can_be_optimized(cluster):
        return False
    why = _why_not(cluster, limits)
    return InsufficientData(why) if why else True


@check(
    id="aurora-dearer-storage-cluster",
    title="Aurora cluster would cost less with the other storage configuration",
    over=db_clusters,
    thresholds={
        "window_days": Threshold(14, "two weeks of I/O represent a month, as Compute Optimizer takes them", minimum=7, maximum=63),
        "min_share": Threshold(5, "percent of what it bills now: less than that the next busy week turns round", maximum=100),
    },
    metrics=[READS, WRITES, STORED, CAPACITY],
    candidate=_may_be_dearer,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command="aws rds modify-db-cluster --region {region} --db-cluster-identifier {id} --storage-type {target} --apply-immediately",
    undo="Modify the cluster back: to Aurora Standard at any time, to I/O-Optimized once in 30 days.",
)
def dearer_storage(cluster: DbCluster, limits: Limits, prices: Prices) -> Verdict:
    """Aurora Standard bills I/O; I/O-Optimized bills none, and more for instances and storage. Switch to what costs less for what it does.

    Both bills are worked out from two weeks of I/O, of what is stored and of the capacity of Serverless v2. Low and high are with the I/O
    of the calmest and of the busiest week. Not judged: clusters of a global database, replicas, and clones.
    """
    if missing := [member.id for member in cluster.members if not member.instance_class]:
        return InsufficientData(f"DescribeDBInstances does not list {', '.join(missing)}")
    did = storage_costs.month(cluster)
    if did is None:
        return InsufficientData("no day with both its reads and its writes")
    bills, target = storage_costs.both(cluster, did, prices), _other(cluster)
    fixed = bills.storage + bills.of_instances
    likely, low, high = (_saved(target, io + fixed) for io in (bills.io, bills.least_io, bills.most_io))
    if likely.lacks or likely.usd is None or bills.standard.usd is None:
        return InsufficientData("; ".join(likely.lacks or bills.standard.lacks))
    now = bills.standard.usd + (likely.usd if target == STANDARD else 0.0)
    if likely.usd <= 0 or likely.usd < limits.min_share / 100 * now:
        return None
    to_standard = target == STANDARD
    return Waste(
        savings=saves(likely, low=low, high=high),
        coverable=storage_costs.coverable(cluster, bills) if to_standard else None,
        evidence=_evidence(cluster, did, bills, limits),
        confidence=Confidence.LOW if min(low.usd or 0.0, high.usd or 0.0) <= 0 else Confidence.MEDIUM,
        note=_note(cluster, bills, target),
        covers=tuple(member.arn for member in running(cluster)) if to_standard else (),
        values={"target": target},
    )


def _saved(target: str, more: Amount) -> Amount:
    """`more`: what Aurora Standard bills more than I/O-Optimized."""
    return more if target == OPTIMIZED else more.times(-1, "")


def _evidence(cluster: DbCluster, did: Month, bills: Both, limits: Limits) -> Evidence:
    """The parts of the difference are those of the switch: above zero is what it saves."""
    target, standard = _other(cluster), bills.standard.usd or 0.0
    parts = {"io": bills.io, "storage": bills.storage, "instances": bills.of_instances}
    return {
        "engine": cluster.engine,
        "version": cluster.version,
        "configuration": NAMES[STANDARD if target == OPTIMIZED else OPTIMIZED],
        "target": NAMES[target],
        "million_io_a_month": round(did.io, 3),
        "stored_gib": round(did.stored_gib, 1),
        "average_acu": round(sum(did.acu.values()), 3) if did.acu else None,
        **{f"saves_on_{name}": round(_saved(target, part).usd or 0.0, 2) for name, part in parts.items()},
        "io_percent_of_standard": round(100 * (bills.io.usd or 0.0) / standard, 1) if standard else None,
        "instances": len(running(cluster)),
        "classes": ", ".join(sorted({member.instance_class for member in running(cluster)})),
        "datapoints": min(cluster.usage[metric].count for metric in (READS, WRITES, STORED)),
        "expected_datapoints": cluster.usage[READS].expected,
        "window_days": limits.window_days,
    }


def _note(cluster: DbCluster, bills: Both, target: str) -> str:
    """Which part is the instances', who have findings of their own; and what it interrupts."""
    rates = usd(abs(bills.of_instances.usd or 0.0))
    if target == STANDARD:
        words = [f"Of this, {rates} are lower rates of its instances, whose own findings are therefore not counted beside it."]
    else:
        words = [f"Taken off: {rates} that its instances bill more then. What findings on them save is at their rates of today."]
    if target == OPTIMIZED and cluster.engine == "aurora-mysql":
        words.append("Parallel query does not work with I/O-Optimized.")
    if any(classes.has_local_disks(member.instance_class) for member in running(cluster)):
        words.append("Instances with local disks restart for it.")
    return " ".join(words)
