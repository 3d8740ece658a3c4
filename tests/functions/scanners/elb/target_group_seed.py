"""Target groups for the tests of all scanners."""

from __future__ import annotations

import boto3

from tests.functions.scanners.elb.load_balancer_seed import GROUPS, NO_TAGS
from tests.functions.seeds import Listing

LISTED = (Listing("elbv2", "describe_target_groups", "TargetGroups"),)
PAGES = {"elbv2:DescribeTargetGroups": GROUPS, "elbv2:DescribeTags": NO_TAGS}


def seed(session: boto3.Session) -> None:
    """One that no load balancer uses."""
    vpc = session.client("ec2").describe_subnets()["Subnets"][0]["VpcId"]
    session.client("elbv2").create_target_group(Name="orphan", Protocol="HTTP", Port=80, VpcId=vpc)
