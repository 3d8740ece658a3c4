"""EC2 instances that nobody needs: stopped for long, or running and idle."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.ebs.storage import snapshot_cost, volume_cost
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.instance.collector import Instance, address_cost, compute_cost, coverable, dimensions, ec2_instances
from functions.scanners.ec2.stop_date import stopped_since

BYTES_PER_MB = 1_000_000
NO_GPU_METRIC = "No metric of its GPUs or accelerators was looked at, and CPU and network say little of them."
"""EC2 has none of its own; the CloudWatch agent's have dimensions of the user's choice.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-NVIDIA-GPU.html"""


# A running instance always reports CPUUtilization and a stopped one never does, so its last datapoint tells until when it ran: a gap is
# what this metric is asked for. Recorded in tests/recorded/test_ec2_metric_extended_stats: two stopped instances without a datapoint, a
# running one with. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ec2-metricscollected.html
LAST_CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions, window="lookback_days", sparse=True)


def _stopped_without_date(instance: Instance, limits: Limits) -> bool:
    return instance.state == "stopped" and instance.stopped_at is None and not _ran_lately(instance, limits)


def _ran_lately(instance: Instance, limits: Limits) -> bool:
    """Started after the latest moment that would count: then it cannot have been stopped for long."""
    return limits.days_since(instance.started) < limits.min_stopped_days


@check(
    id="ec2-stopped-instance",
    title="EC2 instance has long been stopped and its storage is still billed",
    over=ec2_instances,
    thresholds={
        "min_stopped_days": Threshold(30, "a monthly job would have started it by now", seen="stopped_days"),
        "lookback_days": Threshold(
            90, "where AWS gives no stop date: how far back to look for the last CPU datapoint", minimum=1, maximum=455
        ),
    },
    metrics=[LAST_CPU],
    metrics_optional=True,
    candidate=_stopped_without_date,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    risk=Level.MEDIUM,
    command=(
        still(
            "aws ec2 describe-instances --region {region} --instance-ids {id} --query 'Reservations[0].Instances[0].State.Name'", "stopped"
        ),
        "image=$(aws ec2 create-image --region {region} --instance-id {id} --name before-deletion-of-{id} --query ImageId --output text)",
        'aws ec2 wait image-available --region {region} --image-ids "$image"',
        "aws ec2 terminate-instances --region {region} --instance-ids {id}",
    ),
    undo="Launch an instance from the image that was made first. A released Elastic IP may be gone for good.",
    afterwards="Then delete the volumes that stay, and release its Elastic IPs.",
)
def stopped_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A stopped instance bills no compute, but its volumes and Elastic IPs are still billed. Keep an image, then delete the instance and
    what it holds.
    """
    if instance.state != "stopped" or _ran_lately(instance, limits):
        return None
    known = stopped_since(instance.stopped_at, instance.usage.get(LAST_CPU))
    if known is None:
        return InsufficientData("not known since when it has been stopped")
    since, source = known
    days = limits.days_since(since)
    if days < limits.min_stopped_days:
        return None
    if kept := [volume for volume in instance.volumes if volume.kept_by]:
        return InsufficientData(f"{kept[0].arn} would go with it, and its tag {kept[0].kept_by} keeps it")
    storage, snapshots, addresses = NOTHING, NOTHING, NOTHING
    for volume in instance.volumes:
        there = prices.at(volume.place)
        storage += volume_cost(volume.kind, volume.size_gib, volume.iops, volume.throughput_mibps, there)
        snapshots += snapshot_cost(volume.size_gib, there)
    for place, count in Counter(instance.address_places.get(arn, "") for arn in instance.addresses).items():
        addresses += prices.at(place).hourly("AmazonVPC", "public-ipv4.idle", count, "Elastic IP")
    return Waste(
        savings=saves(storage + addresses, low=storage - snapshots + addresses),
        evidence={
            "stopped_days": round(days, 1),
            "stopped_since": since.isoformat(),
            **source,
            "volumes": len(instance.volumes),
            "size_gib": sum(volume.size_gib for volume in instance.volumes),
            "elastic_ips": len(instance.addresses),
        },
        confidence=Confidence.HIGH if instance.stopped_at else Confidence.MEDIUM,
        covers=tuple(volume.arn for volume in instance.volumes) + instance.addresses,
    )


CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", dimensions)
NETWORK_IN = Metric("AWS/EC2", "NetworkIn", "Sum", dimensions)
NETWORK_OUT = Metric("AWS/EC2", "NetworkOut", "Sum", dimensions)


def _may_be_idle(instance: Instance, limits: Limits) -> bool | InsufficientData:
    if instance.state != "running" or limits.days_since(instance.created or instance.started) < limits.window_days:
        return False
    if instance.group:
        return InsufficientData(f"Auto Scaling group {instance.group} would start another one: judge the group")
    if instance.lifecycle:
        return InsufficientData(f"{instance.lifecycle}: it does not bill on demand")
    if limits.days_since(instance.started) < limits.window_days:
        return InsufficientData("started anew within the window: what it does before and after is not seen whole")
    return True


@check(
    id="ec2-idle-instance",
    title="EC2 instance is running but idle",
    over=ec2_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_cpu_percent": Threshold(5, "an operating system alone stays below this", maximum=100, seen="max_cpu_percent"),
        "max_network_mb_per_day": Threshold(
            5, "what updates and monitoring transfer; also Trusted Advisor's limit", seen="busiest_day_network_mb"
        ),
    },
    metrics=[CPU, NETWORK_IN, NETWORK_OUT],
    candidate=_may_be_idle,
    goes_on=lambda instance, limits: instance.usage[CPU].maximum <= limits.max_cpu_percent,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html",
    action=Action.STOP,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command="aws ec2 stop-instances --region {region} --instance-ids {id}",
    undo="Start it again. Stopping loses what is on an instance store, and a public address that is not an Elastic IP changes.",
)
def idle_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """It is running, but no day saw more than a little CPU or network use. Stop it: its volumes and Elastic IPs bill on, the rest not.

    Not judged: members of Auto Scaling groups, Spot instances, and what is started anew so often that it never runs for the whole window.
    With GPUs or other accelerators it is less sure: their use is not looked at.
    """
    cpu, received, sent = (instance.usage[metric] for metric in (CPU, NETWORK_IN, NETWORK_OUT))
    bytes_by_day: dict[datetime, float] = defaultdict(float)
    for series in (received, sent):
        for day, value in zip(series.times, series.values, strict=True):
            bytes_by_day[day] += value
    busiest_mb = max(bytes_by_day.values(), default=0.0) / BYTES_PER_MB
    if cpu.maximum > limits.max_cpu_percent or busiest_mb > limits.max_network_mb_per_day:
        return None
    compute = compute_cost(instance, prices)
    if instance.licence:
        compute = compute.lacking(f"what it bills by the hour for {instance.licence}")
    stay = ", ".join(arn.rpartition("/")[2] for arn in instance.addresses)
    accelerated = instance_types.accelerated(instance.kind)
    notes = (
        NO_GPU_METRIC if accelerated else "",
        f"What stays and bills on as idle, and is not in the saving: Elastic IP {stay}." if stay else "",
    )
    return Waste(
        savings=saves(compute + address_cost(instance, prices)),
        coverable=coverable(instance, saves(compute)),
        evidence={
            "type": instance.kind,
            "public_addresses": instance.public_addresses,
            "max_cpu_percent": round(cpu.maximum, 2),
            "busiest_day_network_mb": round(busiest_mb, 3),
            "cpu_datapoints": cpu.count,
            "network_in_datapoints": received.count,
            "network_out_datapoints": sent.count,
            "expected_datapoints": cpu.expected,
            "window_days": limits.window_days,
        },
        confidence=Confidence.LOW if accelerated else None,
        note=" ".join(filter(None, notes)),
    )
