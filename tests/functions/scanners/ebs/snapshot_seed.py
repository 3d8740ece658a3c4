"""Snapshots for the tests of all scanners."""

from __future__ import annotations

import boto3

from tests.functions.scanners.ec2 import instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),)


def seed(session: boto3.Session) -> None:
    """A snapshot of a volume, one of a volume that is gone, and an image of an instance."""
    ec2 = session.client("ec2")
    running, _ = instance_seed.seed(session)
    ec2.create_snapshot(VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])
    gone = ec2.create_volume(AvailabilityZone=f"{session.region_name}a", Size=1)["VolumeId"]
    ec2.create_snapshot(VolumeId=gone)
    ec2.delete_volume(VolumeId=gone)
    ec2.create_image(InstanceId=running, Name="image")
