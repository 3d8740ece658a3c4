"""Which subnets' traffic takes a NAT gateway, and what of it endpoints take: as the collector reads it of route tables and endpoints."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.scanners.ec2.nat_gateway.collector import NatGateway, nat_gateways
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION
from tests.functions.scanners.ec2.nat_gateway.test_collector import DESCRIBED, OUTPOST, collected, gateway_endpoint
from tests.recorded import reply

DEFAULT = "0.0.0.0/0"
MAIN: dict[str, Any] = {"Main": True, "RouteTableId": "rtb-main"}
SUBNETS = [
    {"SubnetId": f"subnet-{number}", "VpcId": "vpc-1", "AvailabilityZone": f"us-east-1{zone}"}
    for number, zone in ((1, "a"), (2, "b"), (3, "c"))
]
"""DESCRIBED is in the first one."""


def table(name: str, *served: str, to: str = DEFAULT, gateway: str = "nat-1", main: bool = False, vpc: str = "vpc-1") -> dict[str, Any]:
    """A route table with a route to a gateway, of these subnets."""
    associations = [{"SubnetId": one, "Main": False} for one in served] + [MAIN] * main
    return {
        "RouteTableId": name,
        "VpcId": vpc,
        "Routes": [{"DestinationCidrBlock": to, "NatGatewayId": gateway}],
        "Associations": associations,
    }


def one(tables: list[dict[str, Any]], endpoints: list[dict[str, Any]] | None, **changes: Any) -> NatGateway:
    (found,) = collected([{**DESCRIBED, **changes}], tables, SUBNETS, endpoints)
    return found


@pytest.mark.parametrize(
    ("tables", "served", "zones"),
    [
        ([table("rtb-1", "subnet-1", "subnet-2")], ("rtb-1",), ("us-east-1a", "us-east-1b")),
        ([table("rtb-1", "subnet-3"), table("rtb-2", "subnet-2")], ("rtb-1", "rtb-2"), ("us-east-1b", "us-east-1c")),
        ([table("rtb-1")], (), ()),
        ([table("rtb-1", "subnet-2", gateway="nat-2")], (), ()),
        # the main table serves what no other one does
        ([table("rtb-1", main=True)], ("rtb-1",), ("us-east-1a", "us-east-1b", "us-east-1c")),
        ([table("rtb-1", main=True), table("rtb-2", "subnet-1", gateway="nat-2")], ("rtb-1",), ("us-east-1b", "us-east-1c")),
        ([table("rtb-1", main=True, vpc="vpc-2")], (), ()),
        # a part of the addresses crosses zones, and is no way to S3
        ([table("rtb-1", "subnet-2", to="10.0.0.0/8")], (), ("us-east-1b",)),
    ],
)
def test_whose_way_it_is(tables: list[dict[str, Any]], served: tuple[str, ...], zones: tuple[str, ...]) -> None:
    found = one(tables, [] if served else None)
    assert (found.zone, found.served, found.client_zones, found.unplaced) == ("us-east-1a", served, zones, 0)
    assert found.without_s3 == found.without_dynamodb == served


def test_nobody_guesses_where_a_subnet_is() -> None:
    """One that is not described, and those of places with rates of their own."""
    elsewhere = [{"SubnetId": "subnet-8", "AvailabilityZone": "us-east-1-bos-1a"}, {"SubnetId": "subnet-9", "OutpostArn": OUTPOST}]
    tables = [table("rtb-1", "subnet-2", "subnet-7", "subnet-8", "subnet-9")]
    (found,) = collected([DESCRIBED], tables, SUBNETS + elsewhere, [])
    assert (found.client_zones, found.unplaced) == (("us-east-1b",), 3)
    (found,) = collected([{**DESCRIBED, "SubnetId": "subnet-7"}], tables, SUBNETS, [])
    assert found.zone == ""


TWO = [table("rtb-1", "subnet-1"), table("rtb-2", "subnet-2")]
INTERFACE = {"VpcEndpointType": "Interface", "RouteTableIds": [], "PrivateDnsEnabled": True}


@pytest.mark.parametrize(
    ("endpoints", "without_s3", "without_dynamodb"),
    [
        ([], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", "rtb-1", "rtb-2")], (), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", "rtb-1"), gateway_endpoint("dynamodb", "rtb-2")], ("rtb-2",), ("rtb-1",)),
        ([gateway_endpoint("s3", "rtb-1", "rtb-2", State="Available")], (), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", "rtb-1", "rtb-2", State="deleting")], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3express", "rtb-1", "rtb-2")], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3")], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", **INTERFACE)], (), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", **{**INTERFACE, "VpcId": "vpc-2"})], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        ([gateway_endpoint("s3", **{**INTERFACE, "PrivateDnsEnabled": False})], ("rtb-1", "rtb-2"), ("rtb-1", "rtb-2")),
        (
            [gateway_endpoint("s3", **INTERFACE, DnsOptions={"PrivateDnsOnlyForInboundResolverEndpoint": True})],
            ("rtb-1", "rtb-2"),
            ("rtb-1", "rtb-2"),
        ),
    ],
)
def test_which_tables_an_endpoint_serves(
    endpoints: list[dict[str, Any]], without_s3: tuple[str, ...], without_dynamodb: tuple[str, ...]
) -> None:
    found = one(TWO, endpoints)
    assert (found.without_s3, found.without_dynamodb, found.unseen) == (without_s3, without_dynamodb, "")


def test_a_private_gateway_is_no_way_to_s3_and_nobody_asks_for_endpoints() -> None:
    found = one(TWO, None, ConnectivityType="private")
    assert (found.public, found.without_s3, len(found.served)) == (False, (), 2)


def test_recorded_gateway_endpoints_of_no_table_serve_none() -> None:
    endpoints = reply("test_vpce_cross_account", "ec2.DescribeVpcEndpoints_1")["VpcEndpoints"]
    assert {each["VpcEndpointType"] for each in endpoints} == {"Gateway"}
    assert one(TWO, endpoints).without_s3 == ("rtb-1", "rtb-2")


def test_an_endpoint_that_cannot_be_read_may_be_the_one() -> None:
    found = one(TWO, [{key: value for key, value in gateway_endpoint("dynamodb", "rtb-1").items() if key != "State"}])
    assert (found.without_s3, found.unseen) == ((), "a VPC endpoint could not be read")


def test_where_endpoints_are_refused_the_rest_is_collected_all_the_same() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_nat_gateways", {"NatGateways": [DESCRIBED, {**DESCRIBED, "NatGatewayId": "nat-2"}]})
        ec2.add_response("describe_route_tables", {"RouteTables": [*TWO, table("rtb-3", "subnet-3", gateway="nat-2")]})
        ec2.add_response("describe_subnets", {"Subnets": SUBNETS})
        ec2.add_client_error("describe_vpc_endpoints", "UnauthorizedOperation", "no")
        found = list(nat_gateways(aws))
    assert [each.routes for each in found] == [2, 1]
    assert {each.unseen for each in found} == {"AWS refused to list the VPC endpoints"}
    assert aws.refused is not None


def other(name: str, subnet: str, **changes: Any) -> dict[str, Any]:
    return {**DESCRIBED, "NatGatewayId": name, "SubnetId": subnet, **changes}


@pytest.mark.parametrize(
    ("beside", "others"),
    [
        (other("nat-2", "subnet-2"), ("us-east-1b",)),
        (other("nat-2", "subnet-1"), ()),
        (other("nat-2", "subnet-2", State="pending"), ()),
        (other("nat-2", "subnet-2", ConnectivityType="private"), ()),
        (other("nat-2", "subnet-2", VpcId="vpc-2"), ()),
    ],
)
def test_a_zone_may_have_a_gateway_of_its_own(beside: dict[str, Any], others: tuple[str, ...]) -> None:
    first, _ = collected([DESCRIBED, beside], [table("rtb-1", "subnet-1", "subnet-2", "subnet-3")], SUBNETS, [])
    assert first.other_gateways == others
