"""EC2 instances: stopped for long, idle, of an old generation, or with a cheaper Graviton peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from functions.core import ebs, instance_types, instances
from functions.core.aws import Aws
from functions.core.instances import Instance
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Savings, saves
from functions.core.prices import Prices
from functions.core.registry import Limits, Threshold, Verdict, check, collector
from functions.core.usage import Metric

BYTES_PER_MB = 1_000_000


@collector("ec2:instance", iam=instances.IAM, resumes="ec2:DescribeInstances")
def ec2_instances(aws: Aws) -> Iterator[Instance]:
    """Every instance that is not terminated; for the stopped ones also the volumes and Elastic IPs that bill on."""
    return instances.fetch(aws)


def _dimensions(instance: Instance) -> Mapping[str, str]:
    return {"InstanceId": instance.id}


# A running instance always reports CPUUtilization and a stopped one never does, so its last datapoint tells until when it ran: a gap is
# what this metric is asked for. Recorded in tests/recorded/test_ec2_metric_extended_stats: two stopped instances without a datapoint, a
# running one with. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ec2-metricscollected.html
LAST_CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", _dimensions, window="lookback_days", sparse=True)


def _stopped_without_date(instance: Instance, limits: Limits) -> bool:
    return instance.state == "stopped" and instance.stopped_at is None and not _ran_lately(instance, limits)


def _ran_lately(instance: Instance, limits: Limits) -> bool:
    """Started after the latest moment that would count: then it cannot have been stopped for long."""
    return limits.days_since(instance.started) < limits.min_stopped_days


def _stopped_since(instance: Instance) -> tuple[datetime, Evidence] | None:
    """When it was stopped (at the latest), and how we know. A daily datapoint begins at its day, so it ran for up to a day after it."""
    if instance.stopped_at:
        return instance.stopped_at, {"stopped_since_source": "StateTransitionReason"}
    last = instance.usage[LAST_CPU].last if LAST_CPU in instance.usage else None
    if last is None:
        return None
    evidence: Evidence = {"stopped_since_source": "last CPUUtilization datapoint", "cpu_datapoints": instance.usage[LAST_CPU].count}
    return last + timedelta(seconds=LAST_CPU.period), evidence


@check(
    id="ec2-stopped-instance",
    title="Is any EC2 instance stopped for long, and its storage billed on?",
    over=ec2_instances,
    thresholds={
        "min_stopped_days": Threshold(30, "a monthly job would have started it"),
        "lookback_days": Threshold(
            90, "where AWS tells no date: how far back its last CPU datapoint is looked for", minimum=1, maximum=455
        ),
    },
    metrics=[LAST_CPU],
    metrics_optional=True,
    candidate=_stopped_without_date,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    risk=Level.MEDIUM,
    command=(
        "image=$(aws ec2 create-image --region {region} --instance-id {id} --name before-deletion-of-{id} --query ImageId --output text)"
        ' && aws ec2 wait image-available --region {region} --image-ids "$image"'
        " && aws ec2 terminate-instances --region {region} --instance-ids {id}"
        "  # then delete the volumes that stay, and release its Elastic IPs"
    ),
    undo="Launch an instance from the image that was made first. A released Elastic IP may be gone for good.",
)
def stopped_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A stopped instance bills no compute, but its volumes and Elastic IPs bill on. Keep an image, then delete it and what it holds."""
    if instance.state != "stopped" or _ran_lately(instance, limits):
        return None
    known = _stopped_since(instance)
    if known is None:
        return InsufficientData("stopped since unknown")
    since, source = known
    days = limits.days_since(since)
    if days < limits.min_stopped_days:
        return None
    storage, snapshots, addresses = NOTHING, NOTHING, NOTHING
    for volume in instance.volumes:
        storage += ebs.volume_cost(volume.kind, volume.size_gib, volume.iops, volume.throughput_mibps, prices)
        snapshots += ebs.snapshot_cost(volume.size_gib, prices)
    if instance.addresses:
        addresses = prices.hourly("AmazonVPC", "public-ipv4.idle", len(instance.addresses), "Elastic IP")
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
        confidence=Confidence.LOW if instance.group else Confidence.HIGH if instance.stopped_at else Confidence.MEDIUM,
        note=f"Auto Scaling group {instance.group} may keep it as a warm pool: change the group then." if instance.group else "",
        covers=tuple(volume.arn for volume in instance.volumes) + instance.addresses,
    )


CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", _dimensions)
NETWORK_IN = Metric("AWS/EC2", "NetworkIn", "Sum", _dimensions)
NETWORK_OUT = Metric("AWS/EC2", "NetworkOut", "Sum", _dimensions)


def _may_be_idle(instance: Instance, limits: Limits) -> bool:
    own = not instance.group and not instance.lifecycle  # a group starts another one; Spot and capacity blocks are not on demand
    return instance.state == "running" and own and limits.days_since(instance.started) >= limits.window_days


@check(
    id="ec2-idle-instance",
    title="Does any EC2 instance run and do nothing?",
    over=ec2_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_cpu_percent": Threshold(5, "an operating system alone stays below", maximum=100),
        "max_network_mb_per_day": Threshold(5, "what updates and monitoring move; Trusted Advisor's line too"),
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
    undo="Start it again. What was on an instance store is lost by stopping, and a public address that is no Elastic IP changes.",
)
def idle_instance(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """It runs, but no day saw more than a little CPU or network. Stop it: the on-demand rate ends, its volumes bill on."""
    cpu, received, sent = (instance.usage[metric] for metric in (CPU, NETWORK_IN, NETWORK_OUT))
    bytes_by_day: dict[datetime, float] = defaultdict(float)
    for series in (received, sent):
        for day, value in zip(series.times, series.values, strict=True):
            bytes_by_day[day] += value
    busiest_mb = max(bytes_by_day.values(), default=0.0) / BYTES_PER_MB
    if cpu.maximum > limits.max_cpu_percent or busiest_mb > limits.max_network_mb_per_day:
        return None
    savings = saves(instances.compute_cost(instance, prices))
    return Waste(
        savings=savings,
        coverable=instances.coverable(instance, savings),
        evidence={
            "type": instance.kind,
            "max_cpu_percent": round(cpu.maximum, 2),
            "busiest_day_network_mb": round(busiest_mb, 3),
            "cpu_datapoints": cpu.count,
            "network_in_datapoints": received.count,
            "network_out_datapoints": sent.count,
            "expected_datapoints": cpu.expected,
            "window_days": limits.window_days,
        },
    )


def _replaceable(instance: Instance) -> bool:
    """Runs on demand on x86_64. A stopped one pays no compute that another type could save, a Spot one not the list price."""
    return instance.state == "running" and not instance.lifecycle and instance.architecture == "x86_64"


def _cheaper(instance: Instance, targets: tuple[str, ...], prices: Prices) -> tuple[str, Savings] | None:
    """The first target that costs less, and what it saves; None where either rate is unknown."""
    now = instances.compute_cost(instance, prices)
    target = instance_types.first_cheaper(instance.kind, targets, prices)
    return None if now.usd is None or target is None else (target, saves(now - instance_types.linux_cost(target, prices)))


def _in_group(instance: Instance) -> str:
    return f"Change the launch template of Auto Scaling group {instance.group}, not the instance." if instance.group else ""


@check(
    id="ec2-old-generation",
    title="Is any EC2 instance of a generation that costs more than its successor?",
    over=ec2_instances,
    reference="https://aws.amazon.com/ec2/previous-generation/",
    action=Action.UPGRADE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    command=(
        "aws ec2 stop-instances --region {region} --instance-ids {id}"
        " && aws ec2 wait instance-stopped --region {region} --instance-ids {id}"
        " && aws ec2 modify-instance-attribute --region {region} --instance-id {id} --instance-type Value={target}"
        " && aws ec2 start-instances --region {region} --instance-ids {id}"
    ),
    undo="Stop it, set the old type again, start it.",
)
def old_generation(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A newer generation of the same size and architecture costs less and is faster. Stop it, change its type, start it."""
    cheaper = _cheaper(instance, instance_types.newer(instance.kind), prices) if _replaceable(instance) else None
    if cheaper is None:
        return None
    target, savings = cheaper
    has_disks = instance_types.family(instance.kind) in instance_types.INSTANCE_STORE
    notes = ("What is on its instance store does not survive the stop." if has_disks else "", _in_group(instance))
    return Waste(
        savings=savings,
        coverable=instances.coverable(instance, savings),
        evidence={"type": instance.kind, "target": target, "architecture": instance.architecture, "nitro_ready": instance.nitro_ready},
        confidence=Confidence.HIGH if instance.nitro_ready and not has_disks else Confidence.MEDIUM,
        note=" ".join(filter(None, notes)),
        values={"target": target},
    )


@check(
    id="ec2-graviton",
    title="Could any EC2 instance run on Graviton for less?",
    over=ec2_instances,
    reference="https://github.com/aws/aws-graviton-getting-started/blob/main/transition-guide.md",
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(
        "aws ec2 run-instances --region {region} --instance-type {target}"
        " --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        "  # or your own arm64 image; move the workload, then terminate {id}"
    ),
    undo="Keep the x86_64 instance stopped until the Graviton one has proved itself.",
)
def graviton(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """The Graviton type of the same size costs less. The software must run on arm64: build it, test it, then replace the instance."""
    cheaper = _cheaper(instance, instance_types.graviton(instance.kind), prices) if _replaceable(instance) else None
    if cheaper is None:
        return None
    target, savings = cheaper
    return Waste(
        savings=savings,
        coverable=instances.coverable(instance, savings),
        evidence={"type": instance.kind, "target": target, "architecture": instance.architecture, "platform": instance.platform},
        note=_in_group(instance),
        values={"target": target},
    )
