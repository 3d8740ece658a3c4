"""RDS DB instances of an older class, on x86_64 where Graviton runs the engine, or with a standby that nothing needs."""

from __future__ import annotations

from functions.core import tags
from functions.core.limits import Limits
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves, usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.ec2.instance_types import NEWEST_SHARE, choose
from functions.scanners.rds import billing, classes
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances

CLASSES = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html"
MODIFY = "aws rds modify-db-instance --region {region} --db-instance-identifier {id} --no-apply-immediately --db-instance-class {target}"
MODIFY_BACK = "Modify the instance back to its old class; that takes another restart."


def _cost(instance: DbInstance, instance_class: str, prices: Prices) -> Amount:
    return billing.instance_cost(instance.engine, instance_class, instance.multi_az, prices, instance.disk.kind)


def _cheaper(instance: DbInstance, targets: tuple[str, ...], limits: Limits, prices: Prices) -> Verdict:
    """The cheapest class that runs the engine's version, or a newer one that saves nearly as much.

    A rate of another region is not compared with one of this region.
    """
    if not targets or not instance.bills_compute:
        return None
    if instance.cluster and not instance.aurora:
        return InsufficientData("of a Multi-AZ DB cluster, whose class is the cluster's and has prices of its own")
    now = _cost(instance, instance.instance_class, prices)
    if now.usd is None:
        return InsufficientData(now.formula)
    differences = {
        target: now - _cost(instance, target, prices) for target in targets if classes.runs(instance.engine, instance.version, target)
    }
    saved = {target: each.usd for target, each in differences.items() if each.usd is not None and each.usd > 0}
    if not saved:
        return None
    target, other = choose(saved, limits.newest_share)
    difference = differences[target]
    evidence: Evidence = {
        "class": instance.instance_class,
        "target": target,
        "engine": instance.engine,
        "version": instance.version,
        "multi_az": instance.multi_az,
    }
    if other:
        evidence |= {"alternative": other, "alternative_saves": round(saved[other], 4)}
    return Waste(
        savings=saves(difference),
        coverable=billing.coverable(instance.engine, instance.instance_class, instance.multi_az, difference),
        evidence=evidence,
        note=f"The {'newer' if targets.index(other) < targets.index(target) else 'cheapest'} {other} saves {usd(saved[other])}."
        if other
        else "",
        values={"target": target},
    )


@check(
    id="rds-old-generation",
    title="RDS instance is of a generation that costs more than its successor",
    over=db_instances,
    thresholds={"newest_share": NEWEST_SHARE},
    reference=CLASSES,
    action=Action.UPGRADE,
    effort=Level.LOW,
    risk=Level.LOW,
    command=MODIFY,
    undo=MODIFY_BACK,
)
def old_generation(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """The same size of a newer generation costs less and does more. Changing the class restarts the database, in its maintenance window."""
    return _cheaper(instance, classes.newer(instance.instance_class), limits, prices)


@check(
    id="rds-graviton",
    title="RDS instance would cost less on Graviton",
    over=db_instances,
    thresholds={"newest_share": NEWEST_SHARE},
    reference=CLASSES,
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=MODIFY,
    undo=MODIFY_BACK,
)
def graviton(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """PostgreSQL, MySQL, MariaDB and Aurora run on Graviton unchanged, for less. Reported only for engine versions that AWS documents."""
    if not classes.has_graviton(instance.engine):
        return None
    return _cheaper(instance, classes.graviton(instance.instance_class), limits, prices)


@check(
    id="rds-multi-az-non-production",
    title="RDS instance tagged as non-production has a standby",
    over=db_instances,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command="aws rds modify-db-instance --region {region} --db-instance-identifier {id} --no-multi-az --apply-immediately",
    undo="Modify the instance to --multi-az again.",
)
def multi_az_non_production(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """A Multi-AZ instance bills its standby and the standby's storage. A database that a tag calls development or test seldom needs one."""
    if not instance.multi_az or not instance.alone or not instance.bills_compute or not tags.is_non_production(instance.tags):
        return None
    with_standby = billing.instance_cost(instance.engine, instance.instance_class, True, prices)
    compute = with_standby - billing.instance_cost(instance.engine, instance.instance_class, False, prices)
    return Waste(
        savings=saves(sum((line for disk in instance.disks for line in billing.standby_storage(disk, prices)), compute)),
        coverable=billing.coverable(instance.engine, instance.instance_class, True, compute),
        evidence={
            "multi_az": True,
            "non_production": True,
            "class": instance.instance_class,
            "engine": instance.engine,
            "storage": instance.disk.kind,
            "storage_gib": instance.disk.size_gib,
        },
    )
