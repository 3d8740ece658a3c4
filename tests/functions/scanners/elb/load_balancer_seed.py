"""Load balancers for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.scanners.ec2 import instance_seed
from tests.functions.seeds import Listing

LISTED = (
    Listing("elbv2", "describe_load_balancers", "LoadBalancers"),
    Listing("elb", "describe_load_balancers", "LoadBalancerDescriptions"),
)


def seed(session: boto3.Session) -> None:
    """One with a target, one whose only target group is empty, and a classic one with an instance."""
    subnets = session.client("ec2").describe_subnets()["Subnets"]
    two = [subnet["SubnetId"] for subnet in subnets[:2]]
    running, _ = instance_seed.seed(session)
    elbv2 = session.client("elbv2")
    for name in ("used", "empty"):
        balancer = elbv2.create_load_balancer(Name=name, Subnets=two, Type="application")["LoadBalancers"][0]
        group = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"])["TargetGroups"][0]
        forward: Any = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
        elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward)
        if name == "used":
            elbv2.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": running}])
    elb = session.client("elb")
    listener: Any = {"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="classic", Listeners=[listener], AvailabilityZones=[f"{REGION}a"])
    elb.register_instances_with_load_balancer(LoadBalancerName="classic", Instances=[{"InstanceId": running}])


def arn(number: int) -> str:
    """Of the nth load balancer."""
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/n{number}/1"


def balancer(number: int) -> dict[str, Any]:
    """As DescribeLoadBalancers says."""
    return {"LoadBalancerArn": arn(number), "LoadBalancerName": f"n{number}", "Type": "network", "CreatedTime": THEN}


def group(number: int) -> dict[str, Any]:
    """The target group of the nth load balancer, as DescribeTargetGroups says."""
    return {"TargetGroupArn": f"arn:g{number}", "TargetGroupName": f"g{number}", "LoadBalancerArns": [arn(number)]}


NO_TAGS = nothing(TagDescriptions=[])
GROUPS = pages("TargetGroups", group)
PAGES = {
    "elbv2:DescribeTargetGroups": GROUPS,
    "elbv2:DescribeLoadBalancers": pages("LoadBalancers", balancer),
    "elbv2:DescribeTags": NO_TAGS,
    "elbv2:DescribeTargetHealth": nothing(TargetHealthDescriptions=[]),
    "elb:DescribeLoadBalancers": pages("LoadBalancerDescriptions", lambda number: {"LoadBalancerName": f"classic-{number}"}),
    "elb:DescribeTags": NO_TAGS,
}


PRICED_BY = ("AWSELB", "load-balancer.network")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    zone = {"ZoneName": at.zone, **({"OutpostId": at.outpost} if at.outpost else {})}
    arn = f"arn:{partition(at.region)}:elasticloadbalancing:{at.region}:{ACCOUNT}:loadbalancer/net/web/50dc6c495c0c9188"
    balancer = {"LoadBalancerArn": arn, "LoadBalancerName": "web", "Type": "network", "AvailabilityZones": [zone]}
    classic = {"LoadBalancerName": "old", "AvailabilityZones": [at.zone]}
    return {
        "elbv2:DescribeTargetGroups": nothing(TargetGroups=[]),
        "elbv2:DescribeLoadBalancers": nothing(LoadBalancers=[balancer]),
        "elbv2:DescribeTags": nothing(TagDescriptions=[]),
        "elb:DescribeLoadBalancers": nothing(LoadBalancerDescriptions=[] if at.outpost else [classic]),  # there are none on Outposts
        "elb:DescribeTags": nothing(TagDescriptions=[]),
    }
