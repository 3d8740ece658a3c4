"""What ministack is put right in about VPC endpoints, asked over HTTP as the scanners ask; when the last line fails with a newer one, our
correction can go.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from ministack.services import ec2

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_a_vpc_endpoint_says_when_it_was_made_and_what_it_is_for(aws: EmbeddedAws) -> None:
    client = aws.client("ec2")
    vpc = client.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.ssm", "VpcEndpointType": "Interface", "SubnetIds": ["subnet-00000001"]}
    first = client.create_vpc_endpoint(**made)["VpcEndpoint"]
    second = client.create_vpc_endpoint(**made, PrivateDnsEnabled=False, SecurityGroupIds=["sg-7"], PolicyDocument='{"a": "<b>"}')
    gateway = client.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=["rtb-1"])["VpcEndpoint"]
    assert (gateway["Groups"], gateway["PrivateDnsEnabled"], gateway["RouteTableIds"]) == ([], False, ["rtb-1"])
    listed = {one["VpcEndpointId"]: one for one in client.describe_vpc_endpoints()["VpcEndpoints"] if one["VpcId"] == vpc}
    assert {first["VpcEndpointId"]: first, gateway["VpcEndpointId"]: gateway}.items() <= listed.items()
    assert (first["PrivateDnsEnabled"], first["RequesterManaged"], len(first["Groups"])) == (True, False, 1)
    assert abs(datetime.now(UTC) - first["CreationTimestamp"]) < timedelta(minutes=5)
    assert json.loads(first["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"
    other = listed[second["VpcEndpoint"]["VpcEndpointId"]]
    assert (other["PrivateDnsEnabled"], other["Groups"], other["PolicyDocument"]) == (False, [{"GroupId": "sg-7"}], '{"a": "<b>"}')
    assert "CreationTimestamp" not in inspect.getsource(ec2._create_vpc_endpoint)
