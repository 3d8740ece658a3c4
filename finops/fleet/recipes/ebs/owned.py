"""Volumes and snapshots that somebody else manages, or that a tag keeps."""

from __future__ import annotations

from random import Random
from typing import Any

from finops.fleet.register import recipe
from finops.fleet.rules import always, older_than
from finops.fleet.scope import Scope, tags

VOLUME, SNAPSHOT = "ebs:volume", "ebs:snapshot"


def volume(scope: Scope, kind: str, name: str, dice: Random, **more: str) -> str:
    """A volume that is attached to nothing; its ARN. Counts it."""
    spec = [{"ResourceType": "volume", "Tags": tags(name, dice, **more)}]
    made: dict[str, Any] = scope.client("ec2").create_volume(
        AvailabilityZone=scope.zone, VolumeType=kind, Size=dice.choice((100, 200)), TagSpecifications=spec
    )
    scope.book.count(VOLUME)
    return scope.arn("ec2", f"volume/{made['VolumeId']}")


@recipe({VOLUME: 1})
def volume_of_a_claim(scope: Scope, name: str, dice: Random) -> None:
    """Of Kubernetes: it is found, for the claim to be deleted and not the volume."""
    claim = {"kubernetes.io/created-for/pvc/name": f"data-{name}", "kubernetes.io/created-for/pvc/namespace": "shop"}
    made = volume(scope, "gp3", name, dice, **claim, **{"ebs.csi.aws.com/cluster": "true"})
    scope.book.plant(made, "ebs-unattached-volume", older_than(7))


@recipe({VOLUME: 1})
def volume_kept_on_purpose(scope: Scope, name: str, dice: Random) -> None:
    """A tag keeps it. What it costs can be less all the same."""
    made = volume(scope, "gp2", name, dice, DoNotDelete="true")
    scope.book.near_miss(made, "ebs-unattached-volume")
    scope.book.plant(made, "ebs-gp2-to-gp3", always)


@recipe({SNAPSHOT: 1})
def snapshot_in_a_template(scope: Scope, name: str, dice: Random) -> None:
    """Its volume is gone, and a launch template starts instances with it."""
    ec2 = scope.client("ec2")
    source: str = ec2.create_volume(AvailabilityZone=scope.zone, VolumeType="gp3", Size=100)["VolumeId"]
    spec = [{"ResourceType": "snapshot", "Tags": tags(name, dice)}]
    made: str = ec2.create_snapshot(VolumeId=source, TagSpecifications=spec)["SnapshotId"]
    ec2.delete_volume(VolumeId=source)
    scope.book.count(SNAPSHOT)
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": made}}
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"BlockDeviceMappings": [mapping]})
    for check in ("ebs-orphan-snapshot", "ebs-old-snapshot"):
        scope.book.near_miss(scope.arn("ec2", f"snapshot/{made}"), check)
