"""NAT gateways for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import REGION, THEN, nothing, pages
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted']"),)


def seed(session: boto3.Session) -> tuple[str, str]:
    """A public one that a route leads to and a private one without; their ids."""
    ec2 = session.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    routed = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    unrouted = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=subnet["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=routed)
    return routed, unrouted


def gateway(number: int) -> dict[str, Any]:
    """As DescribeNatGateways says."""
    addresses = [{"AllocationId": f"eipalloc-{number}", "AvailabilityZone": f"{REGION}a"}]
    return {"NatGatewayId": f"nat-{number}", "State": "available", "CreateTime": THEN, "NatGatewayAddresses": addresses}


PAGES = {
    "ec2:DescribeNatGateways": pages("NatGateways", gateway),
    "ec2:DescribeSubnets": nothing(Subnets=[]),
    "ec2:DescribeRouteTables": nothing(RouteTables=[{"RouteTableId": "rtb-1", "Routes": [{"NatGatewayId": "nat-1"}]}]),
}
