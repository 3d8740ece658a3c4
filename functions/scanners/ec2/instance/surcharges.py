"""EC2 instances that pay for more CPU than their type includes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, Evidence, InsufficientData, Level, Waste
from functions.core.money import HOURS_PER_MONTH, Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric, Series
from functions.scanners.ec2 import burstable, instance_types
from functions.scanners.ec2.instance.collector import Instance, compute_cost, dimensions, ec2_instances
from functions.scanners.ec2.instance.modernize import IN_PLACE

MINUTES_PER_HOUR = 60
HOURS_PER_DAY = 24

# In vCPU-minutes; only instances of unlimited mode report it, and without a datapoint nothing was charged. Over more than five minutes
# the sum counts. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-monitoring-cpu-credits.html
CHARGED = Metric("AWS/EC2", "CPUSurplusCreditsCharged", "Sum", dimensions, sparse=True)


def _may_be_charged(instance: Instance, limits: Limits) -> bool | InsufficientData:
    """Runs, and a type of fixed performance has its size."""
    if instance.state != "running" or not burstable.fixed(instance.kind) or limits.days_since(instance.started) < limits.window_days:
        return False
    if instance.lifecycle or instance.tenancy == "host":
        return InsufficientData(f"{instance.lifecycle or 'on a Dedicated Host'}: it does not bill on demand")
    if instance.licence:
        return InsufficientData(f"what it bills for {instance.licence} is another rate for each of the two types, and not known here")
    if instance.group:
        return InsufficientData(f"Auto Scaling group {instance.group} starts others like it: judge the group")
    return True


def days_charged(charged: Series) -> int:
    """On how many days something was charged, counted in UTC."""
    days: set[date] = {moment.astimezone(UTC).date() for moment, value in zip(charged.times, charged.values, strict=True) if value > 0}
    return len(days)


def _saved(instance: Instance, now: Amount, prices: Prices) -> Mapping[str, Amount]:
    """Types of fixed performance that its zone offers → what each costs less than the instance with its surplus. By known rates only."""
    found = {}
    for target in burstable.fixed(instance.kind):
        less = now - instance_types.linux_cost(target, prices)
        if (instance.offered is None or target in instance.offered) and not less.stands_in and not less.lacks and (less.usd or 0) > 0:
            found[target] = less
    return found


@check(
    id="ec2-burst-credits-instance",
    title="EC2 instance with surplus CPU credits costs more than a fixed type",
    over=ec2_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=2, maximum=63),
        "min_charged_share": Threshold(0.7, "of the days: what is charged once, as after a stop, is no pattern", maximum=1),
        "newest_share": instance_types.NEWEST_SHARE,
    },
    metrics=[CHARGED],
    candidate=_may_be_charged,
    reference=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html"
        "#when-to-use-unlimited-mode"
    ),
    action=Action.RIGHTSIZE,
    effort=Level.MEDIUM,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=IN_PLACE,
    undo="Stop it, set the old type again, and start it.",
)
def burst_credits_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A T instance in unlimited mode pays for CPU above its baseline, on most days, and with that more than a type that has all of its CPU.

    That type has as many vCPUs, as much memory and the same architecture. Stop the instance, change its type, start it. What is paid is the
    surplus of the days looked at, as of a month. Not judged: what has a licence in its hours, whose rate differs for the two types.
    """
    charged = instance.usage[CHARGED]
    days = days_charged(charged)
    if days < limits.min_charged_share * limits.window_days:
        return None
    if instance.change.refused and instance_types.family(instance.kind) in burstable.BEFORE_NITRO:
        return InsufficientData(f"its type cannot be changed in place: {'; '.join(instance.change.refused)}")
    vcpu_hours = charged.total / MINUTES_PER_HOUR * HOURS_PER_MONTH / (limits.window_days * HOURS_PER_DAY)
    surplus, hours = burstable.surplus_cost(instance.kind, vcpu_hours, prices), compute_cost(instance, prices)
    if surplus.usd is None or hours.usd is None:
        return InsufficientData(surplus.formula if surplus.usd is None else hours.formula)
    saved = _saved(instance, surplus + hours, prices)
    if not saved:
        return None
    target, other = instance_types.choose({kind: amount.usd or 0.0 for kind, amount in saved.items()}, limits.newest_share)
    evidence: Evidence = {
        "type": instance.kind,
        "target": target,
        "days_charged": days,
        "window_days": limits.window_days,
        "charged_vcpu_hours": round(charged.total / MINUTES_PER_HOUR, 2),
        "surplus_vcpu_hours_a_month": round(vcpu_hours, 2),
        "zone": instance.zone,
        "offered_in_zone": None if instance.offered is None else True,
    }
    if other:
        evidence["alternative"] = other
    unsure = f"AWS did not say whether {instance.zone or 'its zone'} offers {target}." if instance.offered is None else ""
    return Waste(
        savings=saves(saved[target]),
        coverable=Coverable(instance_types.SERVICE, instance_types.family(instance.kind), round(hours.usd, 4)),
        evidence=evidence,
        confidence=Confidence.LOW if unsure else None,
        note=" ".join(filter(None, (unsure, *instance.change.beware))),
        values={"target": target, "zone": instance.zone, "type": instance.kind},
    )
