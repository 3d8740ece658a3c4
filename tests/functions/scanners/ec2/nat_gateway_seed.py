"""NAT gateways for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted']"),)


def seed(session: boto3.Session) -> tuple[str, str]:
    """A public one that is the default route of a subnet and a private one without a route; their ids."""
    ec2 = session.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    routed = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    unrouted = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=subnet["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=routed)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])
    return routed, unrouted


def gateway(number: int) -> dict[str, Any]:
    """As DescribeNatGateways says."""
    addresses = [{"AllocationId": f"eipalloc-{number}", "AvailabilityZone": f"{REGION}a"}]
    where = {"VpcId": "vpc-1", "SubnetId": "subnet-1"}
    return {"NatGatewayId": f"nat-{number}", "State": "available", "CreateTime": THEN, "NatGatewayAddresses": addresses, **where}


ROUTE = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
TABLE = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [ROUTE], "Associations": [{"Main": True}, {"SubnetId": "subnet-2"}]}
SUBNETS = [
    {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": f"{REGION}a"},
    {"SubnetId": "subnet-2", "VpcId": "vpc-1", "AvailabilityZone": f"{REGION}b"},
]
ENDPOINT = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Gateway",
    "VpcId": "vpc-1",
    "ServiceName": f"com.amazonaws.{REGION}.s3",
    "State": "available",
    "RouteTableIds": ["rtb-2"],
}
PAGES = {
    "ec2:DescribeNatGateways": pages("NatGateways", gateway),
    "ec2:DescribeSubnets": nothing(Subnets=SUBNETS),
    "ec2:DescribeRouteTables": nothing(RouteTables=[TABLE]),
    "ec2:DescribeVpcEndpoints": nothing(VpcEndpoints=[ENDPOINT]),
}


PRICED_BY = ("AmazonVPC", "nat-gateway")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    gateway = {"NatGatewayId": "nat-1", "State": "available", "CreateTime": THEN, "SubnetId": "subnet-1"}
    subnet = {"SubnetId": "subnet-1", "AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeRouteTables": nothing(RouteTables=[]), "ec2:DescribeSubnets": nothing(Subnets=[subnet])}
    return {**answers, "ec2:DescribeNatGateways": nothing(NatGateways=[gateway])}
