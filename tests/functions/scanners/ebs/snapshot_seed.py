"""Snapshots for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.scanners.ec2 import instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),)
_made: list[str] = []
"""The snapshots of the last account, of which moto does not know that they have fast restore."""


def seed(session: boto3.Session) -> None:
    """A snapshot of a volume, with fast restore, one of a volume that is gone, and an image of an instance."""
    ec2 = session.client("ec2")
    running, _ = instance_seed.seed(session)
    _made[:] = [ec2.create_snapshot(VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])["SnapshotId"]]
    gone = ec2.create_volume(AvailabilityZone=f"{session.region_name}a", Size=1)["VolumeId"]
    ec2.create_snapshot(VolumeId=gone)
    ec2.delete_volume(VolumeId=gone)
    ec2.create_image(InstanceId=running, Name="image")


def restores(*snapshots: str) -> str:
    """DescribeFastSnapshotRestores: enabled for these snapshots long ago."""
    items = (
        f"<item><snapshotId>{name}</snapshotId><availabilityZone>us-east-1a</availabilityZone><state>enabled</state>"
        "<enabledTime>2024-01-01T00:00:00.000Z</enabledTime></item>"
        for name in snapshots
    )
    return (
        f"<DescribeFastSnapshotRestoresResponse><fastSnapshotRestoreSet>{''.join(items)}</fastSnapshotRestoreSet>"
        "</DescribeFastSnapshotRestoresResponse>"
    )


def restore(number: int) -> dict[str, Any]:
    """As DescribeFastSnapshotRestores says: of the nth snapshot."""
    return {"SnapshotId": f"snap-{number}", "AvailabilityZone": "us-east-1a", "State": "enabled", "EnabledTime": THEN}


def version(number: int) -> dict[str, Any]:
    """As DescribeLaunchTemplateVersions says: with a snapshot that is not among ours."""
    mapped = {"BlockDeviceMappings": [{"Ebs": {"SnapshotId": f"snap-other-{number}"}}]}
    return {"LaunchTemplateId": f"lt-{number}", "LaunchTemplateData": mapped}


def unanswered(url: str, body: str) -> str | None:
    """moto has no fast restores."""
    return restores(*_made) if "Action=DescribeFastSnapshotRestores" in body else None


def snapshot(number: int) -> dict[str, Any]:
    """Of the nth volume, as DescribeSnapshots says."""
    return {"SnapshotId": f"snap-{number}", "VolumeId": f"vol-{number}", "VolumeSize": 8, "State": "completed", "StartTime": THEN}


def image(number: int) -> dict[str, Any]:
    """As DescribeImages says: of a snapshot that is not among ours."""
    return {"ImageId": f"ami-{number}", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": f"snap-other-{number}"}}]}


PAGES = {
    "ec2:DescribeVolumes": pages("Volumes", instance_seed.volume),
    "ec2:DescribeImages": pages("Images", image),
    "ec2:DescribeSnapshots": pages("Snapshots", snapshot),
    "ec2:DescribeFastSnapshotRestores": pages("FastSnapshotRestores", restore),
    "ec2:DescribeLaunchTemplateVersions": pages("LaunchTemplateVersions", version),
}


PRICED_BY = ("AmazonEBS", "snapshot.standard")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    snapshot = {"SnapshotId": "snap-1", "VolumeId": "vol-1", "VolumeSize": 8, "StartTime": THEN, "State": "completed"}
    if at.zone != f"{at.region}a" or at.outpost:  # AWS gives a zone only of what is not kept in the region
        snapshot |= {"AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeVolumes": nothing(Volumes=[]), "ec2:DescribeImages": nothing(Images=[])}
    answers |= {"ec2:DescribeFastSnapshotRestores": nothing(), "ec2:DescribeLaunchTemplateVersions": nothing()}
    return {**answers, "ec2:DescribeSnapshots": nothing(Snapshots=[snapshot])}
