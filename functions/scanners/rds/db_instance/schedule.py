"""RDS DB instances that nobody uses at night or at weekends, and that run all the same."""

from __future__ import annotations

from collections.abc import Mapping

from functions.core import tags
from functions.core.limits import Limits
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.ec2 import week
from functions.scanners.rds import billing
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances

HOUR = 3_600


def _dimensions(instance: DbInstance) -> Mapping[str, str]:
    return {"DBInstanceIdentifier": instance.id}


# Reported every minute of a running instance, zero too: not sparse. Sessions that the engine opens itself are not in it.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
CONNECTIONS = Metric("AWS/RDS", "DatabaseConnections", "Maximum", _dimensions, "schedule_days", HOUR)


def _may_be_scheduled(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    """Runs, is not production, and no scheduler has it."""
    if not instance.bills_compute or not tags.is_non_production(instance.tags) or week.scheduler_tag(instance.tags):
        return False
    if instance.created is None or limits.days_since(instance.created) < limits.schedule_days:
        return False
    return InsufficientData(why) if (why := _cannot_be_stopped(instance)) else True


def _cannot_be_stopped(instance: DbInstance) -> str:
    """Why AWS would not stop it; empty where it would. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""
    if not instance.alone or instance.aurora:
        return "of a cluster, whose instances are not stopped one by one"
    if instance.replicates:
        return "a read replica, or the source of one, cannot be stopped"
    if instance.multi_az and instance.engine.startswith("sqlserver"):
        return "SQL Server with a standby cannot be stopped"
    if instance.engine.startswith("custom-"):
        return "RDS Custom: what it bills has no price here"
    return "" if instance.status == "available" else f"its status is {instance.status}"


@check(
    id="rds-schedulable-instance",
    title="RDS instance tagged as non-production runs when nobody uses it",
    over=db_instances,
    thresholds=week.THRESHOLDS,
    metrics=[CONNECTIONS],
    candidate=_may_be_scheduled,
    reference="https://docs.aws.amazon.com/solutions/latest/instance-scheduler-on-aws/solution-overview.html",
    action=Action.SCHEDULE,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=week.commands("rds:stopDBInstance", "rds:startDBInstance", '\\"DbInstanceIdentifier\\":\\"\'{id}\'\\"'),
    undo=week.UNDO,
    afterwards=week.AFTERWARDS,
)
def schedulable_instance(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """A tag calls it development or test, and in the same hours of most weeks nobody is connected: stop it then, and start it again.

    The saving is its instance hours, those of its standby too; its storage and backups bill on. An hour without a datapoint is unknown, not
    idle. Not judged: what AWS does not stop, as members of clusters, read replicas and their sources.
    """
    hours = week.hours_with((instance.usage[CONNECTIONS], 0))
    off = week.off_time(week.idle_cells(hours, limits))
    if off is None or off.hours < limits.min_idle_hours:
        return None
    compute = off.saves(billing.instance_cost(instance.engine, instance.instance_class, instance.multi_az, prices))
    return Waste(
        savings=saves(compute),
        coverable=billing.coverable(instance.engine, instance.instance_class, instance.multi_az, compute),
        evidence={
            "engine": instance.engine,
            "class": instance.instance_class,
            "multi_az": instance.multi_az,
            "non_production": True,
            **off.evidence(),
            "idle_hours_seen": sum(hours.values()),
            "hours_seen": len(hours),
            "busy_hours_while_off": week.busy_in(off, hours),
            "window_days": limits.schedule_days,
        },
        note="AWS starts what has been stopped for seven days: the schedule starts it before.",
        values=off.values(instance),
    )
