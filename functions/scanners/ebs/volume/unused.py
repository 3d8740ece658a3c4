"""EBS volumes that nobody uses: attached to nothing, attached to what is stopped, or never read and written.

Importing this module registers all checks of volumes; those about their kind and performance are in `modernize`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import Savings, saves
from functions.core.ownership.keeping import keeping_tag
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Dimensions, Metric
from functions.scanners.ebs import storage
from functions.scanners.ebs.volume.collector import Volume, dimensions, runs, volumes

FROM_SNAPSHOT = "Create a volume from the snapshot that was taken first"
NOTHING_RUNS_WITH_IT = still(
    "aws ec2 describe-instances --region {region} --filters Name=block-device-mapping.volume-id,Values={id}"
    " Name=instance-state-name,Values=pending,running --query 'length(Reservations)'",
    "0",
)
"""No instance that it is attached to was started since the sweep."""


def _deleting(volume: Volume, prices: Prices) -> Savings:
    """Deleting a volume saves all that it bills; low leaves room for the snapshot that is kept instead."""
    return _without(volume.kind, volume.size_gib, volume.iops, volume.throughput_mibps, prices)


@lru_cache(maxsize=4_096)  # a region has thousands of volumes in few sizes
def _without(kind: str, size_gib: int, iops: int, throughput_mibps: int, prices: Prices) -> Savings:
    whole = storage.volume_cost(kind, size_gib, iops, throughput_mibps, prices)
    return saves(whole, low=whole - storage.snapshot_cost(size_gib, prices))


def _single(volume: Volume) -> Sequence[Dimensions]:
    return [] if volume.multi_attach else [dimensions(volume)]


def _shared(volume: Volume) -> Sequence[Dimensions]:
    return [dimensions(volume)] if volume.multi_attach else []


def _last_signs(window: str) -> tuple[Metric, ...]:
    """What a volume reports as long as it is attached to an instance that runs: one metric, or for Multi-Attach, which lacks it, two.

    A gap is what we look for, so they are sparse: AWS reports nothing of a volume that is attached to nothing, and an instance that is off
    reports nothing (https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html,
    https://github.com/zenoss/ZenPacks.zenoss.AWS/pull/95). Should AWS report zeros then, the volume only looks younger. VolumeIdleTime is
    there without any I/O on Xen too.
    """
    signs = (("VolumeIdleTime", _single), ("VolumeReadOps", _shared), ("VolumeWriteOps", _shared))
    return tuple(Metric("AWS/EBS", name, "Sum", which, window=window, sparse=True) for name, which in signs)


def _last_datapoint(volume: Volume, signs: Sequence[Metric]) -> datetime | None:
    """When the period of the newest datapoint ends, None when there is none or when nobody asked."""
    series = (one for metric in signs if metric in volume.usage for one in volume.usage.each(metric))
    return max((one.silent_since for one in series if one.silent_since is not None), default=None)


LAST_ATTACHED = _last_signs("sure_age_days")


def _age(volume: Volume, limits: Limits) -> float:
    return limits.days_since(volume.created) if volume.created else 0.0


def _unattached(volume: Volume, limits: Limits) -> bool:
    return volume.state == "available" and not volume.owners and _age(volume, limits) >= limits.min_age_days


@check(
    id="ebs-unattached-volume",
    title="EBS volume is attached to nothing",
    over=volumes,
    thresholds={
        "min_age_days": Threshold(7, "leave alone what is new or was attached lately", seen="age_days"),
        "sure_age_days": Threshold(32, "nobody missed it for a month", minimum=1, maximum=455),
    },
    metrics=LAST_ATTACHED,
    candidate=_unattached,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    command=(*storage.SNAPSHOT_FIRST, "aws ec2 delete-volume --region {region} --volume-id {id}"),
    undo=f"{FROM_SNAPSHOT}.",
)
def unattached_volume(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """An unattached volume is billed in full. Snapshot it, then delete it; the range leaves room for what the snapshot costs.

    EC2 does not say when it was detached, but a volume reports metrics only while it is attached to an instance that runs: its last
    datapoint tells, and no datapoint for a month is what makes it sure.
    """
    if not _unattached(volume, limits):
        return None
    age, asked = _age(volume, limits), LAST_ATTACHED[0] in volume.usage
    last = _last_datapoint(volume, LAST_ATTACHED) if asked else None
    unused = limits.days_since(last) if last else min(age, limits.sure_age_days)
    if unused < limits.min_age_days:
        return None
    return Waste(
        savings=_deleting(volume, prices),
        evidence={
            "state": volume.state,
            "attachments": 0,
            "age_days": round(age, 1),
            "detached_since_at_latest": (limits.as_of - timedelta(days=unused)).isoformat() if asked else None,
            "detached_days_at_least": round(unused, 1) if asked else None,
            "size_gib": volume.size_gib,
            "type": volume.kind,
        },
        confidence=Confidence.LOW if not asked else Confidence.HIGH if unused >= limits.sure_age_days else Confidence.MEDIUM,
        note="" if asked else "CloudWatch did not say when it was attached last: that may have been today.",
    )


LAST_SIGNS = _last_signs("lookback_days")


def _stopped_at_unknown_date(volume: Volume, limits: Limits) -> bool:
    stop = volume.stop
    return stop is not None and stop.since is None and limits.days_since(stop.started) >= limits.min_stopped_days


@check(
    id="ebs-volume-on-stopped-instance",
    title="EBS volume is attached only to instances that stopped long ago",
    over=volumes,
    thresholds={
        "min_stopped_days": Threshold(30, "a monthly job would have started it by now", seen="stopped_days"),
        "lookback_days": Threshold(90, "where AWS gives no stop date: how far back to look for the last datapoint", minimum=1, maximum=455),
    },
    metrics=LAST_SIGNS,
    candidate=_stopped_at_unknown_date,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html",
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(
        NOTHING_RUNS_WITH_IT,
        *storage.SNAPSHOT_FIRST,
        "aws ec2 detach-volume --region {region} --volume-id {id}",
        "aws ec2 wait volume-available --region {region} --volume-ids {id}",
        "aws ec2 delete-volume --region {region} --volume-id {id}",
    ),
    undo=f"{FROM_SNAPSHOT}, and attach it under the same device name.",
)
def volume_on_stopped_instance(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """A stopped instance bills no compute, but its volumes are billed in full. Snapshot the volume, detach it, delete it.

    The stop date is the one that AWS gives (the latest where there are several instances), else the end of the last day with a
    datapoint of the volume. A volume with neither cannot be judged.
    """
    stop = volume.stop
    if stop is None or limits.days_since(stop.started) < limits.min_stopped_days:
        return None
    since = stop.since or _last_datapoint(volume, LAST_SIGNS)
    if since is None:
        return InsufficientData(f"not known since when: no stop date, and no datapoint in {limits.lookback_days:g} days")
    days = limits.days_since(since)
    if days < limits.min_stopped_days:
        return None
    if kept := keeping_tag(stop.tags, limits.as_of):
        return InsufficientData(f"tag {kept} keeps the instance that it is attached to")
    notes = ["This is the root volume: its instance cannot start without it."] if volume.is_root else []
    if stop.group:
        notes.append(f"The instance is in Auto Scaling group {stop.group}: it may be part of a warm pool, where stopped instances wait.")
    return Waste(
        savings=_deleting(volume, prices),
        evidence={
            "instances": ", ".join(sorted(volume.owners)),
            "stopped_days": round(days, 1),
            "stopped_since": since.isoformat(),
            "stopped_since_source": "StateTransitionReason" if stop.since else "the day after the volume's last datapoint",
            "size_gib": volume.size_gib,
            "type": volume.kind,
        },
        confidence=Confidence.LOW if stop.group else Confidence.MEDIUM,
        note=" ".join(notes),
    )


# Not sparse: on Nitro instances zeros are reported. Volumes of Xen instances without any I/O may report nothing and are not judged.
# https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html
READ_OPS = Metric("AWS/EBS", "VolumeReadOps", "Sum", dimensions)
WRITE_OPS = Metric("AWS/EBS", "VolumeWriteOps", "Sum", dimensions)


def _may_be_idle(volume: Volume, limits: Limits) -> bool | InsufficientData:
    old_enough = volume.created is not None and limits.days_since(volume.created) >= limits.window_days
    return not volume.is_root and old_enough and runs(volume)


def _is_not_read(volume: Volume, limits: Limits) -> bool:
    return volume.usage[READ_OPS].total / limits.window_days < limits.max_ops_per_day


@check(
    id="ebs-idle-volume",
    title="EBS volume is attached but hardly ever read or written",
    over=volumes,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_ops_per_day": Threshold(1, "an idle file system still writes more than once a day", seen="ops_per_day"),
    },
    metrics=[READ_OPS, WRITE_OPS],
    candidate=_may_be_idle,
    goes_on=_is_not_read,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html",
    action=Action.DELETE,
    confidence=Confidence.MEDIUM,
    command=storage.SNAPSHOT_FIRST,
    undo=f"{FROM_SNAPSHOT}, and attach it again.",
    afterwards="Then unmount it in its instance, detach it, wait to see whether anyone misses it, and delete it.",
)
def idle_volume(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """A data volume with almost no I/O is billed in full. Snapshot it, detach it, and delete it after a while."""
    reads, writes = volume.usage[READ_OPS], volume.usage[WRITE_OPS]
    per_day = (reads.total + writes.total) / limits.window_days
    if per_day >= limits.max_ops_per_day:
        return None
    return Waste(
        savings=_deleting(volume, prices),
        evidence={
            "ops_per_day": round(per_day, 3),
            "read_datapoints": reads.count,
            "write_datapoints": writes.count,
            "expected_datapoints": reads.expected,
            "window_days": limits.window_days,
        },
    )
