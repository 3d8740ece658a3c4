"""Snapshots: left over, old, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import EC2_OTHER, Adding
from finops.fleet.recipes.ebs.volume import VOLUME, attached
from finops.fleet.recipes.ec2.instance import backend
from finops.fleet.register import bills, recipe
from finops.fleet.rules import not_seen, older_than
from finops.fleet.scope import Scope, tags

SNAPSHOT = "ebs:snapshot"
CHANGED = 0.05
"""How much of a volume changes from one snapshot to the next."""


def snapshot(scope: Scope, volume: str, name: str, dice: Random, **more: str) -> str:
    """A snapshot; its ARN. Counts it."""
    made = scope.client("ec2").create_snapshot(
        VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags(name, dice, **more)}]
    )
    scope.book.count(SNAPSHOT)
    return scope.arn("ec2", f"snapshot/{made['SnapshotId']}")


def of_a_volume_that_goes(scope: Scope, name: str, dice: Random, count: int = 1, seen: Iterable[int] = (), **more: str) -> list[str]:
    """Snapshots whose volume is deleted, having been attached on these days; their ARNs."""
    ec2 = scope.client("ec2")
    volume: str = ec2.create_volume(AvailabilityZone=scope.zone, VolumeType="gp3", Size=dice.choice((50, 100, 300)))["VolumeId"]
    made = [snapshot(scope, volume, name, dice, **more) for _ in range(count)]
    ec2.delete_volume(VolumeId=volume)
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": volume}, 80_000.0, seen)
    return made


@recipe({SNAPSHOT: 2}, weight=3)
def orphan_snapshots(scope: Scope, name: str, dice: Random) -> None:
    """Two of one volume that is gone. Nobody says why they are kept, so one day they are old, too."""
    for made in of_a_volume_that_goes(scope, name, dice, 2):
        scope.book.plant(made, "ebs-orphan-snapshot", older_than(30))
        scope.book.plant(made, "ebs-old-snapshot", older_than(90))


@recipe({SNAPSHOT: 1})
def snapshot_of_a_volume_that_went_today(scope: Scope, name: str, dice: Random) -> None:
    """Its volume was in use yesterday, and may be made anew from it tomorrow."""
    (made,) = of_a_volume_that_goes(scope, name, dice, seen=[1])
    scope.book.near_miss(made, "ebs-orphan-snapshot")
    scope.book.plant(made, "ebs-orphan-snapshot", not_seen(30, [1]))
    scope.book.plant(made, "ebs-old-snapshot", older_than(90))


@recipe({SNAPSHOT: 1})
def orphan_snapshot_kept_on_purpose(scope: Scope, name: str, dice: Random) -> None:
    """A tag says so."""
    (made,) = of_a_volume_that_goes(scope, name, dice, retention="seven years")
    scope.book.near_miss(made, "ebs-orphan-snapshot")
    scope.book.near_miss(made, "ebs-old-snapshot")


@recipe({SNAPSHOT: 1})
def snapshot_of_an_image(scope: Scope, name: str, dice: Random) -> None:
    """Its volume is gone, an AMI is made of it."""
    (made,) = of_a_volume_that_goes(scope, name, dice)
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": made.rpartition("/")[2]}}
    scope.client("ec2").register_image(Name=name, RootDeviceName="/dev/xvda", BlockDeviceMappings=[mapping])
    scope.book.near_miss(made, "ebs-orphan-snapshot")
    scope.book.near_miss(made, "ebs-old-snapshot")


@recipe({SNAPSHOT: 6, VOLUME: 1}, weight=11)
def volume_with_snapshots(scope: Scope, name: str, dice: Random) -> None:
    """Backups of a volume in use: no waste before they are old."""
    volume = attached(scope, backend(scope), "gp3", 100, name, dice)
    for _ in range(6):
        made = snapshot(scope, volume, name, dice)
        scope.book.near_miss(made, "ebs-orphan-snapshot")
        scope.book.plant(made, "ebs-old-snapshot", older_than(90))


@bills
def snapshots(adding: Adding) -> None:
    """The first of a volume holds all of its size, and each one after it what changed since."""
    seen = set()
    for made in adding.listed("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        holds = CHANGED if made["VolumeId"] in seen else 1.0
        seen.add(made["VolumeId"])
        adding.monthly(EC2_OTHER, "EBS:SnapshotUsage", "AmazonEBS", "snapshot.standard", holds * made["VolumeSize"])
