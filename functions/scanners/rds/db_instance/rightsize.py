"""RDS DB instances whose class is larger than what runs on it.

AWS's own recommendations never call memory too large; here it decides. Caches fill the memory that they are given, so that half of it is
seldom free, and where it is, the smaller class holds the same cache.
https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-rds-recommendations.html
"""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric, Series
from functions.scanners.rds import billing, class_sizes, classes
from functions.scanners.rds.class_sizes import Capacity
from functions.scanners.rds.db_instance.bill import charged_support
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.db_instance.load import (
    HOUR,
    MIB,
    NETWORK,
    READ_BYTES,
    READ_IOPS,
    RECEIVED_BYTES,
    SENT_BYTES,
    STORAGE,
    STORAGE_RECEIVED_BYTES,
    STORAGE_SENT_BYTES,
    WRITE_IOPS,
    WRITTEN_BYTES,
    of_instance,
    together,
)
from functions.scanners.rds.db_instance.modernize import MODIFY, MODIFY_BACK
from functions.scanners.rds.db_instance.unused import CONNECTIONS

FREE_MEMORY = Metric("AWS/RDS", "FreeableMemory", "Minimum", of_instance)
SWAP = Metric("AWS/RDS", "SwapUsage", "Maximum", of_instance)
CPU_BY_HOUR = Metric("AWS/RDS", "CPUUtilization", "Maximum", of_instance, period=HOUR)
CPU = Metric("AWS/RDS", "CPUUtilization", "Maximum", of_instance, period=300)
FIRST, BESIDE = (FREE_MEMORY, SWAP, CPU_BY_HOUR), (*STORAGE, *NETWORK, CONNECTIONS)
"""What rules most instances out, and what is asked of the others; the five minutes of CPU only where its hours leave it open."""
PERCENTILE = 0.995
"""As Compute Optimizer sizes: https://docs.aws.amazon.com/compute-optimizer/latest/ug/rightsizing-preferences.html"""
ENGINES = frozenset({"mysql", "mariadb", "postgres"})


def _why_not(instance: DbInstance) -> str:
    """Why its metrics do not say which class it needs; empty where they do."""
    if instance.engine not in ENGINES and not instance.aurora:
        return f"{instance.engine} has a licence, whose terms and smallest class are not known"
    if instance.cluster and not instance.aurora:
        return "of a Multi-AZ DB cluster, whose class is the cluster's and has prices of its own"
    if instance.aurora and (instance.promotion_tier is None or instance.promotion_tier <= 1):
        return "of promotion tier 0 or 1: it is the writer, or has to be as large as the writer"
    if instance.source:
        return "a read replica has to keep up with what its source writes"
    if "DBInstanceClass" in instance.pending:
        return "its class is about to be changed"
    if class_sizes.capacity(instance.instance_class) is None:
        return f"what {instance.instance_class} can do all day is not known, or depends on its CPU credits"
    return "" if instance.status == "available" else f"its status is {instance.status}"


def _may_be_oversized(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    old_enough = instance.created is not None and limits.days_since(instance.created) >= limits.window_days
    if not old_enough or not instance.bills_compute or not classes.split(instance.instance_class)[1]:
        return False
    if why := _why_not(instance):
        return InsufficientData(why)
    return bool(class_sizes.smaller(instance.instance_class))


def _memory_fits(instance: DbInstance, now: Capacity, target: Capacity, limits: Limits) -> bool:
    free = instance.usage[FREE_MEMORY].minimum
    enough = free > limits.min_free_memory / 100 * now.memory and _memory_on(instance, now, target) <= limits.max_memory
    return enough and instance.usage[SWAP].maximum <= limits.max_swap_mib * MIB


def _memory_on(instance: DbInstance, now: Capacity, target: Capacity) -> float:
    """Percent of the target's memory that were in use at the worst moment."""
    return 100 * (now.memory - instance.usage[FREE_MEMORY].minimum) / target.memory


def _asked(instance: DbInstance, limits: Limits) -> bool | tuple[Metric, ...]:
    """Nothing where the next size below will not do, by its memory or its CPU: no smaller one does then."""
    now, target = (class_sizes.capacity(name) for name in (instance.instance_class, class_sizes.smaller(instance.instance_class)[0]))
    if now is None or target is None or not _memory_fits(instance, now, target, limits):
        return False
    hours = instance.usage[CPU_BY_HOUR]
    busy = [value * now.vcpus / target.vcpus for value in hours.values]
    # an hour that is too busy has five minutes that are, at least, of which the percentile leaves out only so many
    if sum(value > limits.max_cpu for value in busy) > (1 - PERCENTILE) * hours.expected * HOUR / CPU.period:
        return False
    decided = hours.percentile(PERCENTILE) * now.vcpus / target.vcpus <= limits.max_cpu
    return BESIDE if decided else (*BESIDE, CPU)


def _busiest_cpu(instance: DbInstance, ratio: float, limits: Limits) -> tuple[float, Series]:
    """Percent of the CPU of a target `ratio` times as small, by the hours where they decide, else by five minutes; and whose that is."""
    hours = instance.usage[CPU_BY_HOUR]
    by_hour = hours.percentile(PERCENTILE) * ratio
    fine = instance.usage.get(CPU)
    return (by_hour, hours) if by_hour <= limits.max_cpu or fine is None else (fine.percentile(PERCENTILE) * ratio, fine)


def _seen(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    """Whether it is to be judged, with all that was asked for."""
    if (candidate := _may_be_oversized(instance, limits)) is not True:
        return candidate
    usage = instance.usage
    if lacking := next((f"{metric.name}: {usage.unknown[metric]}" for metric in (*FIRST, *BESIDE, CPU) if metric in usage.unknown), ""):
        return InsufficientData(lacking)
    return all(metric in usage for metric in (*FIRST, *BESIDE))


def _loads(instance: DbInstance, target: Capacity) -> Iterator[tuple[str, float, float]]:
    """What else the target must take: its name in the evidence, what was measured, and what the target does all day."""
    usage = instance.usage
    if not instance.aurora:
        yield "iops", together(usage, READ_IOPS, WRITE_IOPS).percentile(PERCENTILE), target.ebs_iops
        yield "storage_mibps", together(usage, READ_BYTES, WRITTEN_BYTES).percentile(PERCENTILE) / MIB, target.ebs_mibps
    for name, *metrics in (("received_mibps", RECEIVED_BYTES, STORAGE_RECEIVED_BYTES), ("sent_mibps", SENT_BYTES, STORAGE_SENT_BYTES)):
        yield name, together(usage, *metrics).percentile(PERCENTILE) / MIB, target.network_mibps
    yield "connections", usage[CONNECTIONS].maximum, class_sizes.max_connections(instance.engine, target.memory)


def _target(instance: DbInstance, prices: Prices) -> tuple[str, Amount] | InsufficientData | None:
    """The next smaller class that costs less here, and what it saves."""
    now, *others = (
        billing.instance_cost(instance.engine, one, instance.multi_az, prices, instance.disk.kind)
        for one in (instance.instance_class, *class_sizes.smaller(instance.instance_class))
    )
    if now.usd is None:
        return InsufficientData(now.formula)
    saved = zip(class_sizes.smaller(instance.instance_class), (now - other for other in others), strict=True)
    return next(((name, much) for name, much in saved if much.usd is not None and much.usd > 0), None)


ORDERABLE = (
    "aws rds describe-orderable-db-instance-options --region {region} --engine {engine} --engine-version {version}"
    " --db-instance-class {target} --no-paginate --query 'OrderableDBInstanceOptions[0].DBInstanceClass'"
)


@check(
    id="rds-oversized-instance",
    title="RDS instance would do with the next smaller class",
    over=db_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1, maximum=63),
        "max_cpu": Threshold(
            80, "percent of the target's CPU at the 99.5th percentile: keep a fifth free", maximum=100, seen="cpu_on_target"
        ),
        "min_free_memory": Threshold(50, "percent of the memory that was free at every moment", maximum=100),
        "max_memory": Threshold(
            80, "percent of the target's memory at the worst moment: keep a fifth free", maximum=100, seen="memory_on_target"
        ),
        "max_swap_mib": Threshold(50, "a few idle pages are swapped out on any machine", seen="max_swap_mib"),
        "max_load": Threshold(80, "percent of the target's storage, network and default max_connections", maximum=100),
    },
    metrics=[*FIRST, *BESIDE, CPU],
    metrics_optional=True,
    candidate=_may_be_oversized,
    goes_on=_asked,
    asked_first=len(FIRST),
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-rds-recommendations.html",
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(still(ORDERABLE, "{target}"), MODIFY),
    undo=MODIFY_BACK,
    afterwards="Watch ReadIOPS: the caches of the smaller class are smaller.",
)
def oversized(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """The next smaller class would have done for two weeks: for its CPU, memory, storage, network and connections. Change the class.

    That restarts the database, in its maintenance window, and saves the difference of the two classes. Only one size at a time: look again
    after two weeks. Not judged: read replicas, instances of Multi-AZ DB clusters, those of Aurora of promotion tier 0 and 1, burstable
    classes, and engines with a licence.
    """
    if (seen := _seen(instance, limits)) is not True:
        return seen or None
    found, now = _target(instance, prices), class_sizes.capacity(instance.instance_class)
    if found is None or now is None or isinstance(found, InsufficientData):
        return found if isinstance(found, InsufficientData) else None
    name, difference = found
    target = class_sizes.capacity(name)
    if target is None or not _memory_fits(instance, now, target, limits):
        return None
    busiest, series = _busiest_cpu(instance, now.vcpus / target.vcpus, limits)
    loads = list(_loads(instance, target))
    if busiest > limits.max_cpu or any(measured > limits.max_load / 100 * most for _, measured, most in loads):
        return None
    evidence: Evidence = {
        "class": instance.instance_class,
        "target": name,
        "cpu_on_target": round(busiest, 1),
        "cpu_period_seconds": series.period,
        "memory_on_target": round(_memory_on(instance, now, target), 1),
        "max_swap_mib": round(instance.usage[SWAP].maximum / MIB, 1),
        **{f"{what}_p99_5" if what != "connections" else "max_connections": round(much, 1) for what, much, _ in loads},
        **{f"{what}_of_target": round(most, 1) for what, _, most in loads},
        "datapoints": series.count,
        "expected_datapoints": series.expected,
        "window_days": limits.window_days,
        "engine": instance.engine,
        "multi_az": instance.multi_az,
    }
    if charged_support(instance, limits):
        difference = difference.lacking("what Extended Support charges for fewer vCPUs")
    return Waste(
        savings=saves(difference),
        coverable=billing.coverable(instance.engine, instance.instance_class, instance.multi_az, difference),
        evidence=evidence,
        note="Its local disks are smaller too, with its temporary files." if classes.has_local_disks(name) else "",
        values={"target": name, "engine": instance.engine, "version": instance.version},
    )
