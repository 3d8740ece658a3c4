"""Elastic IP addresses for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import ON_A_PAGE, nothing, pages
from tests.functions.paged import PAGES as NUMBER
from tests.functions.places import Where
from tests.functions.scanners.ec2 import instance_seed
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_addresses", "Addresses"),)
NEVER_MADE = {"cloudwatch:GetMetricData": "moto always says when an instance was stopped, so that no datapoint has to say it"}


def seed(session: boto3.Session) -> tuple[str, str, str]:
    """One that is free, one of a stopped instance, one of an unattached network interface; their allocation ids."""
    ec2 = session.client("ec2")
    free, halted, loose = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(3))
    instance = ec2.run_instances(ImageId="ami-0123456789abcdef0", InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    ec2.associate_address(InstanceId=instance["InstanceId"], AllocationId=halted)
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(NetworkInterfaceId=interface, AllocationId=loose)
    return free, halted, loose


def address(number: int) -> dict[str, Any]:
    """As DescribeAddresses says: half of them of an instance, the others of a network interface."""
    of = {"InstanceId": f"i-{number}"} if number % 2 else {"NetworkInterfaceId": f"eni-{number}"}
    return {"AllocationId": f"eipalloc-{number}", "PublicIp": f"192.0.2.{number}", "AssociationId": f"eipassoc-{number}", **of}


def interface(number: int) -> dict[str, Any]:
    """As DescribeNetworkInterfaces says."""
    return {"NetworkInterfaceId": f"eni-{number}", "Status": "available", "InterfaceType": "interface"}


PAGES = {
    "ec2:DescribeAddresses": nothing(Addresses=[address(number) for number in range(NUMBER * ON_A_PAGE)]),
    "ec2:DescribeInstances": instance_seed.PAGES["ec2:DescribeInstances"],
    "ec2:DescribeNetworkInterfaces": pages("NetworkInterfaces", interface),
}


PRICED_BY = ("AmazonVPC", "public-ipv4.idle")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    address = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7", "NetworkBorderGroup": at.border_group}
    return {"ec2:DescribeAddresses": nothing(Addresses=[address])}
