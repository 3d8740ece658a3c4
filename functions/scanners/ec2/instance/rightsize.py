"""EC2 instances that are larger than what runs on them needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.ec2 import burstable, instance_types
from functions.scanners.ec2.instance import load
from functions.scanners.ec2.instance.collector import Instance, compute_cost, coverable, ec2_instances
from functions.scanners.ec2.instance.load import BESIDE_CPU, CPU, CPU_FINE, PEAK_SHARE, Fits, Load
from functions.scanners.ec2.instance.modernize import IN_PLACE
from functions.scanners.ec2.instance.sizes import Size
from functions.scanners.ec2.instance.unused import NO_GPU_METRIC

MEMORY_UNKNOWN = (
    "Its memory use is not known (no CloudWatch agent reports it by InstanceId alone), so no more than one size down is offered: look at it"
    " first."
)
COMMITTED_ONLY = (
    "Of its memory only what is committed is known, which the page file may hold, so no more than one size down is offered: look at it"
    " first."
)


@dataclass(slots=True, frozen=True)
class Choice:
    """The type to offer; `load`: what was compared with it."""

    target: Size
    load: Load


def _may_be_oversized(instance: Instance, limits: Limits) -> bool | InsufficientData:
    if instance.state != "running" or limits.days_since(instance.created or instance.started) < limits.window_days:
        return False
    if why := _cannot_say(instance, limits):
        return InsufficientData(why)
    return bool(_takes_it(instance))


def _cannot_say(instance: Instance, limits: Limits) -> str:
    """Why a running one is not judged; empty where it is."""
    size = instance.size
    if instance.group:
        return f"Auto Scaling group {instance.group} shares the work among its instances: judge the group"
    if instance.lifecycle or instance.tenancy == "host":
        return f"{instance.lifecycle or 'on a Dedicated Host'}: it does not bill on demand"
    if limits.days_since(instance.started) < limits.window_days:
        return "started anew within the window: before that it may have been of another type"
    if instance.place:
        return f"in {instance.place}, which has types and prices of its own"
    if size is None:
        return f"AWS did not say what {instance.kind} has"
    if size.metal:
        return "a whole server, of which no other has the size"
    if instance_types.accelerated(instance.kind):
        return NO_GPU_METRIC
    if instance.root_is_lost or size.disks_gb:
        return "what is on its instance store does not survive the stop, and a smaller type has less of it"
    if instance.attached.vcpus not in (None, size.vcpus):
        return f"its CPU options give it {instance.attached.vcpus} of {size.vcpus} vCPUs, which a smaller type need not allow"
    if size.bursts and burstable.baseline(instance.kind) is None:
        return f"what {instance.kind} sustains by its credits is not known"
    return ""


def _takes_it(instance: Instance) -> tuple[Size, ...]:
    """The smaller types that its zone offers and that take what is attached to it, the largest first."""
    offered = (size for size in instance.smaller if instance.offered is None or size.kind in instance.offered)
    return tuple(size for size in offered if instance.attached.fits(size))


def _asked(instance: Instance, limits: Limits) -> bool | tuple[Metric, ...]:
    """Nothing where no smaller type has the CPU for it; the five-minute maxima only where they may tell of more vCPUs than the hours do."""
    if instance.usage[CPU].coverage < limits.min_datapoints or instance.size is None:
        return False
    possible = _fitting_cpu(instance, instance.size, limits, Fits.YES, Fits.OPEN)
    sure = _fitting_cpu(instance, instance.size, limits, Fits.YES)
    kept = (sure[-1] if sure else instance.size).vcpus
    if len(possible) > len(sure) and kept - possible[-1].vcpus >= limits.min_vcpus_of_interest:
        return (*BESIDE_CPU, CPU_FINE)
    return BESIDE_CPU if sure else False


def _fitting_cpu(instance: Instance, now: Size, limits: Limits, *answers: Fits) -> list[Size]:
    """Those that have the CPU for it, the largest first, up to the first that has not."""
    found = []
    for target in _takes_it(instance):
        if load.cpu_fits(instance, now, target, limits) not in answers:
            break
        found.append(target)
    return found


def _choose(instance: Instance, now: Size, limits: Limits) -> Choice | None:
    """The smallest type that has enough of everything; one size down where the memory in use is not known."""
    fitting = _fitting_cpu(instance, now, limits, Fits.YES)
    if not fitting:
        return None
    of_it, chosen = load.load_of(instance, limits), None
    nearest = instance.smaller[0]
    for target in fitting:
        if of_it.memory is None and target != nearest:
            break
        if not load.bandwidth_fits(of_it, target) or not load.memory_fits(of_it, now, target, limits):
            break
        chosen = target
    return Choice(chosen, of_it) if chosen else None


@check(
    id="ec2-oversized-instance",
    title="EC2 instance is larger than its peak needs",
    over=ec2_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice; also Compute Optimizer's", minimum=2, maximum=63),
        "max_cpu_percent": Threshold(
            80, "of the smaller type's vCPUs at the peak: Compute Optimizer's headroom of 20 %", maximum=100, seen="projected_cpu_percent"
        ),
        "max_memory_percent": Threshold(80, "of the smaller type's memory: the same headroom", maximum=100),
        "min_vcpus_of_interest": Threshold(
            2, "so many vCPUs must depend on it before the long series of five-minute maxima is read", minimum=0
        ),
    },
    metrics=[CPU, *BESIDE_CPU, CPU_FINE],
    metrics_optional=True,
    candidate=_may_be_oversized,
    goes_on=_asked,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/rightsizing-preferences.html",
    action=Action.RIGHTSIZE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=IN_PLACE,
    undo="Stop it, set the old type again, and start it: AWS may not have the capacity at that moment.",
)
def oversized_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """Its peak would leave enough headroom on a smaller type of its family. Stop it, change its type, start it.

    99.5 % of the five-minute CPU maxima of two weeks must leave 20 % of the smaller type's vCPUs, the busiest minute of its network and its
    volumes must be within what that type sustains, and of a T family within its credits. Memory counts where the CloudWatch agent
    reports it; else only one size down is offered, with low confidence. Not judged: members of Auto Scaling groups, Spot instances, whole
    servers, what has GPUs, and what has an instance store.
    """
    candidate = _may_be_oversized(instance, limits)
    if isinstance(candidate, InsufficientData):
        return candidate
    if not candidate or instance.size is None:
        return None
    if lacking := _unknown(instance):
        return InsufficientData(lacking)
    if CPU not in instance.usage:
        return None
    choice = _choose(instance, instance.size, limits) if all(metric in instance.usage for metric in load.NETWORK) else None
    if choice is None:
        return None
    saved = compute_cost(instance, prices) - instance_types.linux_cost(choice.target.kind, prices)
    if instance.licence:
        saved = saved.lacking(f"what {instance.licence} bills less for fewer vCPUs")
    savings = saves(saved)
    known = (choice.load.memory, choice.load.ebs_mbps, choice.target.ebs_mbps, choice.target.network_gbps, instance.offered)
    return Waste(
        savings=savings,
        coverable=coverable(instance, savings),
        evidence=_evidence(instance, instance.size, choice, limits),
        confidence=Confidence.LOW if None in known else None,
        note=" ".join(_notes(instance, choice)),
        values={"target": choice.target.kind, "zone": instance.zone, "type": instance.kind},
    )


def _unknown(instance: Instance) -> str:
    """What CloudWatch was asked for and did not give."""
    missing = ((metric.name, instance.usage.unknown.get(metric)) for metric in (CPU, *BESIDE_CPU, CPU_FINE))
    return next((f"{name}: {why}" for name, why in missing if why), "")


def _notes(instance: Instance, choice: Choice) -> Iterator[str]:
    if choice.load.memory is None:
        yield MEMORY_UNKNOWN if choice.load.committed is None else COMMITTED_ONLY
    if choice.load.ebs_mbps is None:
        yield "What its volumes transfer is not known: instances before Nitro do not report it."
    elif choice.target.ebs_mbps is None:
        yield f"What {choice.target.kind} sustains to its volumes is not known."
    if choice.target.network_gbps is None:
        yield f"What {choice.target.kind} sustains to the network is not known."
    if instance.offered is None:
        yield f"AWS did not say whether {instance.zone or 'its zone'} offers {choice.target.kind}."
    yield from instance.change.beware


def _evidence(instance: Instance, now: Size, choice: Choice, limits: Limits) -> Evidence:
    target, of_it = choice.target, choice.load
    series = instance.usage[CPU_FINE if CPU_FINE in instance.usage else CPU]
    peak = series.percentile(PEAK_SHARE)
    evidence: Evidence = {
        "type": instance.kind,
        "target": target.kind,
        "vcpus": now.vcpus,
        "target_vcpus": target.vcpus,
        "memory_gib": now.memory_mib / 1024,
        "target_memory_gib": target.memory_mib / 1024,
        "used_memory_gib": None if of_it.memory is None else round(of_it.memory / 100 * now.memory_mib / 1024, 2),
        "p99_5_cpu_percent": round(peak, 2),
        "projected_cpu_percent": round(peak * now.vcpus / target.vcpus, 2),
        "cpu_period_seconds": series.period,
        "cpu_datapoints": series.count,
        "expected_datapoints": series.expected,
        "window_days": limits.window_days,
        "zone": instance.zone,
        "offered_in_zone": None if instance.offered is None else True,
    }
    for name, used, cap in _compared(of_it, target):
        evidence[name] = None if used is None else round(used, 2)
        evidence[f"target_{name}"] = None if cap is None else round(cap, 2)
    if target.bursts:
        evidence["busiest_day_cpu_percent"] = round(load.busiest_day(instance.usage[CPU]) * now.vcpus / target.vcpus, 2)
        evidence["target_baseline_percent"] = burstable.baseline(target.kind)
    if instance.licence:
        evidence["licence"] = instance.licence
    return evidence


def _compared(of_it: Load, target: Size) -> Iterable[tuple[str, float | None, float | None]]:
    """What was used at most, and what the target sustains, of megabytes and operations a second."""
    return (
        ("network_mb_per_second", of_it.network_mbps, None if target.network_gbps is None else target.network_gbps * 1_000 / load.BITS),
        ("ebs_mb_per_second", of_it.ebs_mbps, target.ebs_mbps),
        ("ebs_iops", of_it.ebs_iops, target.ebs_iops),
    )
