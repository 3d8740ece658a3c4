"""Volumes: attached to nothing, idle, of an old kind, with more than they use, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import EC2_OTHER, Adding
from finops.fleet.recipes.ec2.instance import backend, stopped_backend
from finops.fleet.register import bills, recipe
from finops.fleet.rules import TWO_WEEKS, always, measured, measured_hourly, older_than, silent, silent_or_unseen
from finops.fleet.scope import Scope, tags

VOLUME = "ebs:volume"
HOURS = range(1, 14 * 24 + 1)
GIB_MB = 1024 * 1024
BILLED_AS = {"io1": "piops", "standard": ""}
"""How usage types call a kind of volume, where they have another name."""


def create(scope: Scope, kind: str, gib: int, name: str, dice: Random, iops: int | None = None) -> str:
    """A volume; its id. Counts it."""
    volume: str = scope.client("ec2").create_volume(
        AvailabilityZone=scope.zone,
        VolumeType=kind,
        Size=gib,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags(name, dice)}],
        **({"Iops": iops} if iops else {}),
    )["VolumeId"]
    scope.book.count(VOLUME)
    return volume


def attached(scope: Scope, instance: str, kind: str, gib: int, name: str, dice: Random, iops: int | None = None) -> str:
    """A data volume of an instance; its id."""
    volume = create(scope, kind, gib, name, dice, iops)
    scope.client("ec2").attach_volume(VolumeId=volume, InstanceId=instance, Device=scope.device(instance))
    return volume


def arn(scope: Scope, volume: str) -> str:
    """The ARN of a volume."""
    return scope.arn("ec2", f"volume/{volume}")


def operations(scope: Scope, volume: str, a_day: float, days: Iterable[int] = TWO_WEEKS) -> None:
    """So many reads, and no writes, on each of these days."""
    scope.daily("AWS/EBS", "VolumeReadOps", {"VolumeId": volume}, a_day, days)
    scope.daily("AWS/EBS", "VolumeWriteOps", {"VolumeId": volume}, 0.0, days)


def writes(scope: Scope, volume: str, iops: float, hours: Iterable[int] = HOURS) -> None:
    """The same IOPS in each of these hours, 16 KiB each. Only writes: a missing half is zero as long as the other is there."""
    dimensions = {"VolumeId": volume}
    scope.hourly("AWS/EBS", "VolumeWriteOps", dimensions, iops * 3600, hours)
    scope.hourly("AWS/EBS", "VolumeWriteBytes", dimensions, iops * 3600 * GIB_MB / 64, hours)


@recipe({VOLUME: 1}, weight=10)
def unattached_volume(scope: Scope, name: str, dice: Random) -> None:
    """Any kind but gp2."""
    kind = dice.choice(("gp3", "gp3", "st1", "sc1", "standard", "io1"))
    volume = create(scope, kind, dice.choice((125, 200, 500, 1000)), name, dice, 3_000 if kind == "io1" else None)
    scope.book.plant(arn(scope, volume), "ebs-unattached-volume", older_than(7))


@recipe({VOLUME: 1})
def detached_an_hour_ago(scope: Scope, name: str, dice: Random) -> None:
    """Attached to nothing at this moment; its metrics end with the last hour."""
    volume = create(scope, "gp3", 100, name, dice)
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": volume}, 80_000.0, TWO_WEEKS)
    scope.book.near_miss(arn(scope, volume), "ebs-unattached-volume")
    scope.book.plant(arn(scope, volume), "ebs-unattached-volume", silent_or_unseen(7, 1, lookback=32))


@recipe({VOLUME: 1}, weight=8)
def unattached_gp2_volume(scope: Scope, name: str, dice: Random) -> None:
    """Waste twice: delete it, or else at least make it gp3. The sizes around AWS's throughput step are among them."""
    volume = create(scope, "gp2", dice.choice((32, 100, 170, 171, 200, 500, 2048)), name, dice)
    scope.book.plant(arn(scope, volume), "ebs-unattached-volume", older_than(7))
    scope.book.plant(arn(scope, volume), "ebs-gp2-to-gp3", always)


@recipe({VOLUME: 1}, weight=8)
def gp2_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Attached to an instance that runs."""
    volume = attached(scope, backend(scope), "gp2", dice.choice((32, 100, 500)), name, dice)
    scope.book.plant(arn(scope, volume), "ebs-gp2-to-gp3", always)
    scope.book.near_miss(arn(scope, volume), "ebs-unattached-volume")


@recipe({VOLUME: 1}, weight=15)
def volume_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: gp3, attached to an instance that runs, and written to."""
    volume = attached(scope, backend(scope), "gp3", dice.choice((20, 50, 100, 500)), name, dice)
    for check in (
        "ebs-unattached-volume",
        "ebs-idle-volume",
        "ebs-volume-on-stopped-instance",
        "ebs-gp2-to-gp3",
        "ebs-gp3-overprovisioned",
    ):
        scope.book.near_miss(arn(scope, volume), check)


@recipe({VOLUME: 1}, weight=4)
def idle_volume(scope: Scope, name: str, dice: Random) -> None:
    """13 operations in two weeks: less than one a day."""
    volume = attached(scope, backend(scope), "gp3", 200, name, dice)
    operations(scope, volume, 13 / 14)
    scope.book.plant(arn(scope, volume), "ebs-idle-volume", measured(14))


@recipe({VOLUME: 1})
def one_operation_a_day(scope: Scope, name: str, dice: Random) -> None:
    """Exactly one a day is not less than one a day."""
    volume = attached(scope, backend(scope), "gp3", 200, name, dice)
    operations(scope, volume, 1.0)
    scope.book.near_miss(arn(scope, volume), "ebs-idle-volume")


@recipe({VOLUME: 1})
def idle_but_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """12 of 14 days."""
    volume = attached(scope, backend(scope), "gp3", 200, name, dice)
    operations(scope, volume, 0.0, range(1, 13))
    scope.book.near_miss(arn(scope, volume), "ebs-idle-volume")


@recipe({VOLUME: 1})
def volume_of_a_stopped_instance(scope: Scope, name: str, dice: Random) -> None:
    """A data volume whose last day ended 31 days ago."""
    volume = attached(scope, stopped_backend(scope), "gp3", 300, name, dice)
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": volume}, 80_000.0, [32, 33])
    scope.book.plant(arn(scope, volume), "ebs-volume-on-stopped-instance", silent(30, 32, lookback=90))
    scope.book.near_miss(arn(scope, volume), "ebs-unattached-volume")


@recipe({VOLUME: 1})
def io1_with_little_use(scope: Scope, name: str, dice: Random) -> None:
    """5,000 IOPS are paid, 200 are used: all of an hour in five minutes would be 2,400, and a fifth more is what gp3 includes."""
    volume = attached(scope, backend(scope), "io1", 200, name, dice, 5_000)
    writes(scope, volume, 200)
    scope.book.plant(arn(scope, volume), "ebs-io-to-gp3", measured_hourly(14, HOURS))


@recipe({VOLUME: 1})
def io2_beyond_gp3(scope: Scope, name: str, dice: Random) -> None:
    """15,000 IOPS are used: with the headroom of a fifth, more than gp3's 16,000."""
    volume = attached(scope, backend(scope), "io2", 500, name, dice, 20_000)
    writes(scope, volume, 15_000)
    scope.book.near_miss(arn(scope, volume), "ebs-io-to-gp3")


@recipe({VOLUME: 1})
def io1_hardly_measured(scope: Scope, name: str, dice: Random) -> None:
    """302 of 336 hours are 89.9 %."""
    volume = attached(scope, backend(scope), "io1", 200, name, dice, 5_000)
    writes(scope, volume, 200, range(1, 303))
    scope.book.near_miss(arn(scope, volume), "ebs-io-to-gp3")


@recipe({VOLUME: 1})
def gp3_with_unused_iops(scope: Scope, name: str, dice: Random) -> None:
    """8,000 IOPS are paid, 200 used: whatever the five minutes of an hour were, the 3,000 that are included are enough."""
    volume = attached(scope, backend(scope), "gp3", 500, name, dice, 8_000)
    writes(scope, volume, 200)
    scope.book.plant(arn(scope, volume), "ebs-gp3-overprovisioned", measured_hourly(14, HOURS))


@recipe({VOLUME: 1})
def gp3_half_used(scope: Scope, name: str, dice: Random) -> None:
    """4,000 of 8,000 IOPS: exactly half is not less than half."""
    volume = attached(scope, backend(scope), "gp3", 500, name, dice, 8_000)
    writes(scope, volume, 4_000)
    scope.book.near_miss(arn(scope, volume), "ebs-gp3-overprovisioned")


@recipe({VOLUME: 1})
def weekly_job(scope: Scope, name: str, dice: Random) -> None:
    """100 of 16,000 IOPS, but for an hour a week that needs 15,000."""
    volume = attached(scope, backend(scope), "gp3", 500, name, dice, 16_000)
    writes(scope, volume, 100)
    writes(scope, volume, 14_900, [10, 10 + 7 * 24])
    scope.book.near_miss(arn(scope, volume), "ebs-gp3-overprovisioned")


@bills
def volumes(adding: Adding) -> None:
    """Their GiB, for io1 and io2 all IOPS, for gp3 those over 3,000. https://aws.amazon.com/ebs/pricing/"""
    for volume in adding.listed("ec2", "describe_volumes", "Volumes"):
        kind, iops = volume["VolumeType"], volume.get("Iops") or 0
        name = BILLED_AS.get(kind, kind)
        adding.monthly(EC2_OTHER, f"EBS:VolumeUsage.{name}".rstrip("."), "AmazonEBS", f"volume.{kind}", volume["Size"])
        billed = {"io1": iops, "io2": iops, "gp3": iops - 3_000}.get(kind, 0)
        adding.monthly(EC2_OTHER, f"EBS:VolumeP-IOPS.{name}", "AmazonEBS", f"iops.{kind}", billed, "IOPS-Mo")
