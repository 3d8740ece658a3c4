"""Volumes for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import THEN, nothing
from tests.functions.places import Where
from tests.functions.scanners.ec2 import instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_volumes", "Volumes"),)
PAGES = instance_seed.WITH_VOLUMES


def seed(session: boto3.Session) -> None:
    """A volume attached to a running instance, and a free one."""
    ec2 = session.client("ec2")
    running, _ = instance_seed.seed(session)
    zone = ec2.describe_instances(InstanceIds=[running])["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
    for device in ("/dev/sdf", None):
        made = ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp2")
        if device:
            ec2.attach_volume(VolumeId=made["VolumeId"], InstanceId=running, Device=device)


PRICED_BY = ("AmazonEBS", "volume.gp3")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    kind = {"VolumeType": "gp3", "Size": 8, "State": "available", "CreateTime": THEN}
    volume = {"VolumeId": "vol-1", "AvailabilityZone": at.zone, "Attachments": [], **kind, **at.arn}
    return {"ec2:DescribeInstances": nothing(Reservations=[]), "ec2:DescribeVolumes": nothing(Volumes=[volume])}
