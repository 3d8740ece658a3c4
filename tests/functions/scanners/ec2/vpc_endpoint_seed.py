"""VPC endpoints for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from tests.functions.paged import REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.seeds import Listing

LISTED = (Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints[?VpcEndpointType!='Gateway']"),)
SERVICE = f"com.amazonaws.{REGION}.ssm"


def seed(session: boto3.Session) -> tuple[str, str]:
    """An interface endpoint with private DNS and another one of the same service without; their ids. And a gateway endpoint."""
    ec2 = session.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    alike: Any = {"VpcId": subnet["VpcId"], "ServiceName": SERVICE, "VpcEndpointType": "Interface", "SubnetIds": [subnet["SubnetId"]]}
    first, second = (
        ec2.create_vpc_endpoint(**alike, PrivateDnsEnabled=private)["VpcEndpoint"]["VpcEndpointId"] for private in (True, False)
    )
    ec2.create_vpc_endpoint(VpcId=subnet["VpcId"], ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway")
    return first, second


def endpoint(number: int) -> dict[str, Any]:
    """As DescribeVpcEndpoints says: every third one has the VPC of the one before it."""
    return {
        "VpcEndpointId": f"vpce-{number}",
        "VpcEndpointType": "Interface",
        "VpcId": f"vpc-{number - (number % 3 == 2)}",
        "ServiceName": SERVICE,
        "State": "available",
        "PolicyDocument": '{"Statement": []}',
        "SubnetIds": ["subnet-1"],
        "Groups": [{"GroupId": "sg-1", "GroupName": "default"}],
        "IpAddressType": "ipv4",
        "PrivateDnsEnabled": number % 3 != 2,
        "PayerResponsibilities": [{"Scope": "vpc-endpoint-charges", "PayerResponsibilityType": "vpc-endpoint-account"}],
        "CreationTimestamp": THEN,
    }


def metric(number: int) -> dict[str, Any]:
    """As ListMetrics says."""
    named = {"Endpoint Type": "Interface", "Service Name": SERVICE, "VPC Endpoint Id": f"vpce-{number}", "VPC Id": f"vpc-{number}"}
    dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
    return {"Namespace": "AWS/PrivateLinkEndpoints", "MetricName": "BytesProcessed", "Dimensions": dimensions}


PAGES = {
    "ec2:DescribeVpcEndpoints": pages("VpcEndpoints", endpoint),
    "ec2:DescribeSubnets": nothing(Subnets=[{"SubnetId": "subnet-1", "AvailabilityZone": f"{REGION}a", "VpcId": "vpc-1"}]),
    "cloudwatch:ListMetrics": nothing(Metrics=[metric(0)]),
}


PRICED_BY = ("AmazonVPC", "vpc-endpoint.interface")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    endpoint = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "State": "available", "CreationTimestamp": THEN}
    endpoint |= {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-west-2.ssm", "SubnetIds": ["subnet-1"]}
    subnet = {"SubnetId": "subnet-1", "AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeSubnets": nothing(Subnets=[subnet]), "cloudwatch:ListMetrics": nothing(Metrics=[])}
    return {**answers, "ec2:DescribeVpcEndpoints": nothing(VpcEndpoints=[endpoint])}
