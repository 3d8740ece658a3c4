"""EBS volumes: attached to nothing, attached to what is stopped, idle, of an older kind, or with more than they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.core import ebs, tags
from functions.core.aws import Aws
from functions.core.model import Action, Confidence, Level, Resource, Waste
from functions.core.money import Amount, saves
from functions.core.prices import Prices
from functions.core.registry import Limits, Threshold, Verdict, check, collector
from functions.core.usage import Metric


@dataclass(slots=True, kw_only=True)
class Volume(Resource):
    """`iops` and `throughput_mibps` as provisioned; `owners`: the instances that it is attached to, id → state ("stopped")."""

    kind: str
    size_gib: int
    iops: int
    throughput_mibps: int
    state: str
    owners: Mapping[str, str]
    is_root: bool
    multi_attach: bool


@collector("ebs:volume", iam=["ec2:DescribeVolumes", "ec2:DescribeInstances"])
def volumes(aws: Aws) -> Iterator[Volume]:
    """Every volume, with the state of the instances that it is attached to."""
    states: dict[str, str] = {}
    roots: set[str] = set()
    for reservation in aws.pages("ec2", "DescribeInstances", "Reservations"):
        for instance in reservation["Instances"]:
            states[instance["InstanceId"]] = instance["State"]["Name"]
            root = instance.get("RootDeviceName")
            roots.update(
                mapping["Ebs"]["VolumeId"]
                for mapping in instance.get("BlockDeviceMappings", ())
                if mapping.get("DeviceName") == root and "Ebs" in mapping
            )
    prefix = aws.arn("ec2", "volume/")
    for volume in aws.pages("ec2", "DescribeVolumes", "Volumes"):
        named = tags.from_list(volume.get("Tags"))
        yield Volume(
            arn=prefix + volume["VolumeId"],
            id=volume["VolumeId"],
            account=aws.account,
            region=aws.region,
            name=named.get("Name", ""),
            tags=named,
            created=volume["CreateTime"],
            kind=volume["VolumeType"],
            size_gib=volume["Size"],
            iops=volume.get("Iops") or 0,
            throughput_mibps=volume.get("Throughput") or 0,
            state=volume["State"],
            owners={
                attachment["InstanceId"]: states.get(attachment["InstanceId"], "unknown")
                for attachment in volume.get("Attachments", ())
                if "InstanceId" in attachment
            },
            is_root=volume["VolumeId"] in roots,
            multi_attach=volume.get("MultiAttachEnabled", False),
        )


def cost(volume: Volume, prices: Prices) -> Amount:
    """What a volume bills, USD per month."""
    return ebs.volume_cost(volume.kind, volume.size_gib, volume.iops, volume.throughput_mibps, prices)


@check(
    id="ebs-unattached-volume",
    title="Is any EBS volume attached to nothing?",
    over=volumes,
    thresholds={"min_age_days": Threshold(7, "leave fresh volumes alone"), "sure_age_days": Threshold(32, "nobody missed it for a month")},
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    command="aws ec2 create-snapshot --region {region} --volume-id {id} && aws ec2 delete-volume --region {region} --volume-id {id}",
    undo="Create a volume from the snapshot that was taken first.",
)
def unattached_volume(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """An unattached volume bills its full rate. Snapshot it, then delete it; the range leaves room for what the snapshot costs."""
    age = limits.days_since(volume.created) if volume.created else 0.0
    if volume.state != "available" or volume.owners or age < limits.min_age_days:
        return None
    whole = cost(volume, prices)
    return Waste(
        savings=saves(whole, low=whole - ebs.snapshot_cost(volume.size_gib, prices)),
        evidence={"state": volume.state, "attachments": 0, "age_days": round(age, 1), "size_gib": volume.size_gib, "type": volume.kind},
        confidence=Confidence.HIGH if age >= limits.sure_age_days else Confidence.MEDIUM,
    )


@check(
    id="ebs-gp2-to-gp3",
    title="Could any gp2 volume be gp3?",
    over=volumes,
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
    action=Action.UPGRADE,
    effort=Level.VERY_LOW,
    risk=Level.VERY_LOW,
    command="aws ec2 modify-volume --region {region} --volume-id {id} --volume-type gp3 --iops {iops} --throughput {throughput}",
    undo="Modify the volume back to gp2; AWS allows the next modification of a volume after six hours.",
)
def gp2_to_gp3(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """gp3 costs less a GiB. The saving buys back the IOPS and throughput that this gp2 volume can deliver at most; high is without that."""
    if volume.kind != "gp2":
        return None
    iops, throughput = ebs.gp2_performance(volume.size_gib)
    iops, throughput = max(ebs.GP3_FREE_IOPS, iops), max(ebs.GP3_FREE_MIBPS, throughput)
    now = cost(volume, prices)
    return Waste(
        savings=saves(
            now - ebs.volume_cost("gp3", volume.size_gib, iops, throughput, prices),
            high=now - ebs.volume_cost("gp3", volume.size_gib, ebs.GP3_FREE_IOPS, ebs.GP3_FREE_MIBPS, prices),
        ),
        evidence={"type": volume.kind, "size_gib": volume.size_gib, "iops_at_parity": iops, "mibps_at_parity": throughput},
        values={"iops": str(iops), "throughput": str(throughput)},
    )


def _dimensions(volume: Volume) -> Mapping[str, str]:
    return {"VolumeId": volume.id}


READ_OPS = Metric("AWS/EBS", "VolumeReadOps", "Sum", _dimensions)
WRITE_OPS = Metric("AWS/EBS", "VolumeWriteOps", "Sum", _dimensions)


def _may_be_idle(volume: Volume, limits: Limits) -> bool:
    running = any(state == "running" for state in volume.owners.values())
    old_enough = volume.created is not None and limits.days_since(volume.created) >= limits.window_days
    return running and not volume.is_root and old_enough


@check(
    id="ebs-idle-volume",
    title="Is any attached EBS volume never read or written?",
    over=volumes,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_ops_per_day": Threshold(1, "an idle file system still writes more than once a day"),
    },
    metrics=[READ_OPS, WRITE_OPS],
    candidate=_may_be_idle,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html",
    action=Action.DELETE,
    confidence=Confidence.MEDIUM,
    command="aws ec2 create-snapshot --region {region} --volume-id {id}  # then detach it, wait, and delete it",
    undo="Create a volume from the snapshot and attach it again.",
)
def idle_volume(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """A data volume of a running instance without I/O bills its full rate. Snapshot it, detach it, delete it after a while."""
    reads, writes = volume.usage[READ_OPS], volume.usage[WRITE_OPS]
    per_day = (reads.total + writes.total) / limits.window_days
    if per_day >= limits.max_ops_per_day:
        return None
    whole = cost(volume, prices)
    return Waste(
        savings=saves(whole, low=whole - ebs.snapshot_cost(volume.size_gib, prices)),
        evidence={
            "ops_per_day": round(per_day, 3),
            "read_datapoints": reads.count,
            "write_datapoints": writes.count,
            "expected_datapoints": reads.expected,
            "window_days": limits.window_days,
        },
    )
