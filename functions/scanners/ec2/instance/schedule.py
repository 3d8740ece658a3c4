"""EC2 instances that nobody uses at night or at weekends, and that run all the same."""

from __future__ import annotations

from dataclasses import replace

from functions.core import tags
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.ownership.managers import manager
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.ec2 import week
from functions.scanners.ec2.instance import load
from functions.scanners.ec2.instance.collector import Instance, compute_cost, coverable, dimensions, ec2_instances

SECONDS = load.HOUR
CPU = replace(load.CPU, window="schedule_days")
NETWORK_IN, NETWORK_OUT = (Metric("AWS/EC2", name, "Sum", dimensions, "schedule_days", SECONDS) for name in ("NetworkIn", "NetworkOut"))


def _may_be_scheduled(instance: Instance, limits: Limits) -> bool | InsufficientData:
    """Runs, is not production, and no scheduler has it."""
    if instance.state != "running" or not tags.is_non_production(instance.tags) or week.scheduler_tag(instance.tags):
        return False
    if limits.days_since(instance.created or instance.started) < limits.schedule_days:
        return False
    return InsufficientData(why) if (why := _cannot_be_stopped(instance)) else True


def _cannot_be_stopped(instance: Instance) -> str:
    """Why it is not judged; empty where it is."""
    owner = manager(instance)
    if instance.group:
        return f"Auto Scaling group {instance.group} would start another one: schedule the group's size"
    if owner is not None and not owner.beside:
        return f"{owner.who} manages it, and starts another one or misses it"
    if instance.lifecycle or instance.tenancy == "host":
        return f"{instance.lifecycle or 'on a Dedicated Host'}: it does not bill on demand"
    if instance.root_is_lost:
        return "its root is an instance store, so it cannot be stopped"
    if instance.size is None:
        return f"AWS did not say whether {instance.kind} has an instance store"
    return "what is on its instance store would be lost with every stop" if instance.size.disks_gb else ""


def _hardly_works(instance: Instance, limits: Limits) -> bool:
    """By its CPU alone it is idle for so many hours of a week."""
    return sum(week.idle_cells(week.hours_with((instance.usage[CPU], limits.max_cpu_percent)), limits)) >= limits.min_idle_hours


@check(
    id="ec2-schedulable-instance",
    title="EC2 instance tagged as non-production runs when nobody uses it",
    over=ec2_instances,
    thresholds={
        **week.THRESHOLDS,
        "max_cpu_percent": Threshold(5, "an operating system alone stays below this", maximum=100),
        "max_bytes_per_second": Threshold(1_000, "in and out together: what updates and monitoring transfer"),
    },
    metrics=[CPU, NETWORK_IN, NETWORK_OUT],
    candidate=_may_be_scheduled,
    goes_on=_hardly_works,
    reference="https://docs.aws.amazon.com/solutions/latest/instance-scheduler-on-aws/solution-overview.html",
    action=Action.SCHEDULE,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=week.commands("ec2:stopInstances", "ec2:startInstances", '\\"InstanceIds\\":[\\"\'{id}\'\\"]'),
    undo=week.UNDO,
    afterwards=week.AFTERWARDS,
)
def schedulable_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A tag calls it development or test, and in the same hours of most weeks it does nothing: stop it then, and start it again.

    The saving is its compute of those hours; its volumes and Elastic IPs bill on. An hour without a datapoint is unknown, not idle. Not
    judged: members of Auto Scaling groups, what a cluster or another service manages, Spot instances, and what has an instance store.
    """
    cpu, received, sent = (instance.usage[metric] for metric in (CPU, NETWORK_IN, NETWORK_OUT))
    traffic = week.together(received, sent)
    hours = week.hours_with((cpu, limits.max_cpu_percent), (traffic, limits.max_bytes_per_second * SECONDS))
    off = week.off_time(week.idle_cells(hours, limits))
    if off is None or off.hours < limits.min_idle_hours:
        return None
    compute = off.saves(compute_cost(instance, prices))
    if instance.licence:
        compute = compute.lacking(f"what it bills by the hour for {instance.licence}")
    savings = saves(compute)
    return Waste(
        savings=savings,
        coverable=coverable(instance, savings),
        evidence={
            "type": instance.kind,
            "non_production": True,
            **off.evidence(),
            "idle_hours_seen": sum(hours.values()),
            "hours_seen": len(hours),
            "busy_hours_while_off": week.busy_in(off, hours),
            "window_days": limits.schedule_days,
        },
        note="Its public IPv4 address is no Elastic IP: it changes with every stop." if instance.public_addresses else "",
        values=off.values(instance),
    )
