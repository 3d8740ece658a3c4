"""Instances for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_instances", "Reservations[].Instances[]"),)


def seed(session: boto3.Session) -> list[str]:
    """A running and a stopped instance, by their ids; the stopped one has an Elastic IP."""
    ec2 = session.client("ec2")
    made = ec2.run_instances(ImageId="ami-0123456789abcdef0", InstanceType="m4.large", MinCount=2, MaxCount=2)["Instances"]
    running, stopped = (instance["InstanceId"] for instance in made)
    ec2.associate_address(InstanceId=stopped, AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
    ec2.stop_instances(InstanceIds=[stopped])
    return [running, stopped]


def instance(number: int) -> dict[str, Any]:
    """As DescribeInstances says; every third one is stopped."""
    state = "stopped" if number % 3 == 0 else "running"
    place = {"AvailabilityZone": f"{REGION}a"}
    return {"InstanceId": f"i-{number}", "InstanceType": "m5.large", "State": {"Name": state}, "LaunchTime": THEN, "Placement": place}


def volume(number: int) -> dict[str, Any]:
    """The volume of the nth instance, as DescribeVolumes says."""
    kind = {"VolumeType": "gp3", "Size": 8, "State": "in-use", "CreateTime": THEN, "AvailabilityZone": f"{REGION}a"}
    return {"VolumeId": f"vol-{number}", "Attachments": [{"InstanceId": f"i-{number}"}], **kind}


WITH_VOLUMES = {
    "ec2:DescribeInstances": pages("Reservations", lambda number: {"Instances": [instance(number)]}),
    "ec2:DescribeVolumes": pages("Volumes", volume),
}
PAGES = {
    "ec2:DescribeAddresses": nothing(Addresses=[]),
    "ec2:DescribeInstanceTypeOfferings": nothing(InstanceTypeOfferings=[]),
    "ec2:DescribeInstanceTypes": nothing(InstanceTypes=[]),
    **WITH_VOLUMES,
}


PRICED_BY = ("AmazonEC2", "ondemand.linux.shared.m5.large")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    instance = {"InstanceId": "i-1", "InstanceType": "m5.large", "State": {"Name": "running"}, "LaunchTime": THEN}
    instance |= {"Placement": {"AvailabilityZone": at.zone}, **at.arn}
    answers = {"ec2:DescribeAddresses": nothing(Addresses=[]), "ec2:DescribeInstanceTypes": nothing(InstanceTypes=[])}
    return {**answers, "ec2:DescribeInstances": nothing(Reservations=[{"Instances": [instance]}])}
