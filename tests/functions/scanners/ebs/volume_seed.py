"""Volumes for the tests of all scanners."""

from __future__ import annotations

import boto3

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
