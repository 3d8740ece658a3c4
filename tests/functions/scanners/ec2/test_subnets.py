"""Which VPC and zone a subnet is in, as AWS describes it."""

from __future__ import annotations

from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.scanners.ec2.subnets import Subnet, subnets
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION

OUTPOST = "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"


def test_every_page_is_read_and_a_subnet_that_cannot_be_is_not_there() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    here = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"}
    local = {"SubnetId": "subnet-2", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1-bos-1a"}
    rack = {"SubnetId": "subnet-3", "VpcId": "vpc-2", "AvailabilityZone": "us-east-1b", "OutpostArn": OUTPOST}
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_subnets", {"Subnets": [here, {"VpcId": "vpc-9"}], "NextToken": "2"}, {"MaxResults": 1_000})
        ec2.add_response("describe_subnets", {"Subnets": [local, rack]}, {"MaxResults": 1_000, "NextToken": "2"})
        found = subnets(aws)
    assert found == {
        "subnet-1": Subnet("vpc-1", "us-east-1a"),
        "subnet-2": Subnet("vpc-1", "us-east-1-bos-1a", "us-east-1-bos-1a"),
        "subnet-3": Subnet("vpc-2", "us-east-1b", OUTPOST),
    }
    assert (aws.unreadable.items, aws.unreadable.beside) == (0, 1)
