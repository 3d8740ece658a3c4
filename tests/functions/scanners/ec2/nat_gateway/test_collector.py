"""NAT gateways and the routes to them, as they are read of AWS's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.prices.book import Prices
from functions.scanners.ec2.nat_gateway.collector import NatGateway, hours, nat_gateways
from tests.functions.scanners.ec2 import nat_gateway_seed
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION, US, ago, arn
from tests.recorded import reply

DESCRIBED = {
    "NatGatewayId": "nat-1",
    "State": "available",
    "CreateTime": ago(90),
    "VpcId": "vpc-1",
    "SubnetId": "subnet-1",
    "ConnectivityType": "public",
    "NatGatewayAddresses": [{"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7"}, {"AllocationId": "eipalloc-2"}],
    "Tags": [{"Key": "Name", "Value": "egress"}],
}
OUTPOST = "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"
PLAIN = NatGateway(
    arn=arn("natgateway/nat-1"),
    id="nat-1",
    account=ACCOUNT,
    region="us-east-1",
    name="egress",
    tags={"Name": "egress"},
    created=ago(90),
    vpc="vpc-1",
    state="available",
    allocations=("eipalloc-1", "eipalloc-2"),
    routes=0,
    route_tables=1,
)
REGIONAL = {
    "AvailabilityMode": "regional",
    "RouteTableId": "rtb-own",
    "NatGatewayAddresses": [
        {"AllocationId": "eipalloc-1", "AvailabilityZone": "us-east-1b"},
        {"AllocationId": "eipalloc-2", "AvailabilityZone": "us-east-1a"},
        {"AllocationId": "eipalloc-3", "AvailabilityZone": "us-east-1a"},
    ],
}


def table(name: str, *gateways: str, state: str = "active") -> dict[str, Any]:
    """A route table with a local route and one for each gateway."""
    routes = [{"DestinationCidrBlock": f"10.{number}.0.0/16", "NatGatewayId": one, "State": state} for number, one in enumerate(gateways)]
    return {"RouteTableId": name, "Routes": [{"GatewayId": "local", "State": "active"}, *routes]}


def gateway_endpoint(service: str, *tables: str, **changes: Any) -> dict[str, Any]:
    """As DescribeVpcEndpoints says of one that serves these route tables."""
    named = {"VpcEndpointId": f"vpce-{service}", "ServiceName": f"com.amazonaws.us-east-1.{service}", "VpcId": "vpc-1"}
    return {**named, "VpcEndpointType": "Gateway", "State": "available", "RouteTableIds": list(tables), **changes}


def collected(
    gateways: Sequence[Mapping[str, Any]],
    tables: Sequence[Mapping[str, Any]] | None,
    subnets: Sequence[Mapping[str, Any]] = (),
    endpoints: Sequence[Mapping[str, Any]] | None = None,
    region: str = "us-east-1",
) -> list[NatGateway]:
    """What the collector makes of these answers; None for route tables that must not be asked for, nor subnets then, and for endpoints."""
    aws = Aws(ACCOUNT, region, SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_nat_gateways", {"NatGateways": gateways}, {"MaxResults": 1_000})
        if tables is not None:
            ec2.add_response("describe_route_tables", {"RouteTables": tables}, {"MaxResults": 100})
            ec2.add_response("describe_subnets", {"Subnets": subnets}, {"MaxResults": 1_000})
        if endpoints is not None:
            ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": endpoints}, {"MaxResults": 1_000})
        found = list(nat_gateways(aws))
        ec2.assert_no_pending_responses()
    return found


def test_what_is_read_of_a_gateway() -> None:
    assert collected([DESCRIBED], [table("rtb-1")]) == [PLAIN]


@pytest.mark.parametrize(
    ("tables", "routes"),
    [
        ([table("rtb-1", "nat-1")], 1),
        ([table("rtb-1", "nat-1", "nat-1"), table("rtb-2", "nat-1")], 3),
        ([table("rtb-1", "nat-2")], 0),
        ([table("rtb-1", "nat-1", state="blackhole")], 1),
        ([{"RouteTableId": "rtb-1"}], 0),
        ([{"RouteTableId": "rtb-1", "Routes": [{"DestinationIpv6CidrBlock": "64:ff9b::/96", "NatGatewayId": "nat-1"}]}], 1),
    ],
)
def test_every_route_of_every_table_counts_whatever_its_state(tables: list[dict[str, Any]], routes: int) -> None:
    (one,) = collected([DESCRIBED], tables)
    assert (one.routes, one.route_tables) == (routes, len(tables))


@pytest.mark.parametrize(
    ("state", "there"), [("available", True), ("pending", True), ("failed", False), ("deleting", False), ("deleted", False)]
)
def test_what_is_gone_is_left_out_and_costs_no_look_at_the_routes(state: str, there: bool) -> None:
    assert len(collected([{**DESCRIBED, "State": state}], [] if there else None)) == there


def test_where_there_is_no_gateway_nobody_asks_for_routes() -> None:
    assert collected([], None) == []


def test_the_own_table_of_a_regional_gateway_is_no_use_of_it() -> None:
    (one,) = collected([{**DESCRIBED, **REGIONAL}], [table("rtb-own", "nat-1"), table("rtb-2")])
    assert (one.regional, one.routes, one.route_tables) == (True, 0, 2)
    assert one.zones == ("us-east-1a", "us-east-1b")
    (one,) = collected([{**DESCRIBED, **REGIONAL}], [table("rtb-own", "nat-1"), table("rtb-2", "nat-1")])
    assert one.routes == 1


@pytest.mark.parametrize(("scaling", "kept"), [("enabled", ()), ("disabled", ("eipalloc-1", "eipalloc-2", "eipalloc-3"))])
def test_addresses_that_aws_manages_do_not_stay(scaling: str, kept: tuple[str, ...]) -> None:
    (one,) = collected([{**DESCRIBED, **REGIONAL, "AutoScalingIps": scaling}], [])
    assert one.allocations == kept
    assert one.managed == 3 - len(kept)


def test_what_is_attached_is_counted() -> None:
    appliance = {
        "Type": "network-firewall-proxy",
        "ApplianceArn": "arn:aws:network-firewall:us-east-1:1:proxy/p",
        "AttachmentState": "attached",
    }
    (one,) = collected([{**DESCRIBED, "AttachedAppliances": [appliance]}], [])
    assert one.appliances == 1


def test_an_hour_of_it_is_what_it_costs() -> None:
    assert hours(PLAIN, US).usd == pytest.approx(0.045 * 730)
    there = hours(replace(PLAIN, region="eu-west-1"), Prices("eu-west-1"))
    assert there.usd == pytest.approx(0.048 * 730)
    assert {price.key for price in there.prices} == {"nat-gateway"}


def test_what_a_zone_of_a_regional_one_costs_is_not_known() -> None:
    amount = hours(replace(PLAIN, regional=True), US)
    assert (amount.usd, amount.formula) == (None, "no price known for a regional NAT gateway in us-east-1")


def test_where_its_subnet_is_says_where_a_gateway_is() -> None:
    """AWS says of a gateway with one subnet which that is, and not its zone."""
    here = [{"SubnetId": "subnet-1", "AvailabilityZone": "us-east-1a"}]
    there = [{"SubnetId": "subnet-2", "AvailabilityZone": "us-east-1-bos-1a"}, {"SubnetId": "subnet-3", "OutpostArn": OUTPOST}]
    gateways = [{**DESCRIBED, "SubnetId": f"subnet-{number}"} for number in (1, 2, 3, 4)]
    assert [one.place for one in collected(gateways, [], here + there)] == ["", "us-east-1-bos-1a", OUTPOST, ""]


@pytest.mark.parametrize(("regional", "lacks"), [(False, ()), (True, ("no price known for a regional NAT gateway in us-east-1",))])
def test_addresses_that_aws_manages_go_with_it(regional: bool, lacks: tuple[str, ...]) -> None:
    amount = hours(replace(PLAIN, regional=regional, managed=2), US)
    assert amount.usd == pytest.approx((0 if regional else 0.045 * 730) + 2 * 3.65)
    assert amount.lacks == lacks


def test_every_page_is_read_and_the_routes_once() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_nat_gateways", {"NatGateways": [DESCRIBED], "NextToken": "2"}, {"MaxResults": 1_000})
        ec2.add_response("describe_route_tables", {"RouteTables": [table("rtb-1")], "NextToken": "2"}, {"MaxResults": 100})
        ec2.add_response("describe_route_tables", {"RouteTables": [table("rtb-2", "nat-2")]}, {"MaxResults": 100, "NextToken": "2"})
        ec2.add_response("describe_subnets", {"Subnets": []}, {"MaxResults": 1_000})
        second = {"NatGateways": [{**DESCRIBED, "NatGatewayId": "nat-2"}]}
        ec2.add_response("describe_nat_gateways", second, {"MaxResults": 1_000, "NextToken": ANY})
        assert [(one.id, one.routes, one.route_tables) for one in nat_gateways(aws)] == [("nat-1", 0, 2), ("nat-2", 1, 2)]


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC))
    routed, unrouted = nat_gateway_seed.seed(SESSION)
    found = {one.id: one for one in nat_gateways(aws)}
    assert {iam_action(*call.split(":")) for call in aws.meter.calls} == set(nat_gateways.iam)
    assert set(aws.meter.calls.values()) == {1}
    assert {one.place for one in found.values()} == {""}
    assert {name: one.routes for name, one in found.items()} == {routed: 1, unrouted: 0}


def test_the_gateways_of_the_manual() -> None:
    public, private = (reply("awscli_nat_gateways", f"ec2.DescribeNatGateways_{take}")["NatGateways"] for take in (1, 2))
    one, other = collected([*public, *private], [])
    assert (one.name, one.regional, one.allocations) == ("public-nat", False, ("eipalloc-0790180cd2EXAMPLE", "eipalloc-0be6ecac95EXAMPLE"))
    assert (other.name, other.regional, other.allocations) == ("private-nat", False, ())


def test_recorded_route_tables_lead_to_their_gateway() -> None:
    """Of the recording's gateway in us-west-2a: one of its tables serves a subnet of 2b, another one a subnet that is not described. Every
    table that leads to it has the endpoints of S3 and DynamoDB, whose prefix lists these are.
    """
    tables = reply("test_eni_private_subnet", "ec2.DescribeRouteTables_1")["RouteTables"]
    subnets = reply("test_eni_private_subnet", "ec2.DescribeSubnets_1")["Subnets"]
    name = "nat-01e6556a25454e5f2"
    here = next(one["SubnetId"] for one in subnets if one["AvailabilityZone"] == "us-west-2a")
    services = {"pl-68a54001": "s3", "pl-00a54069": "dynamodb"}
    serving: dict[str, list[str]] = {service: [] for service in services.values()}
    for one in tables:
        for route in one["Routes"]:
            if route.get("DestinationPrefixListId") in services:
                serving[services[route["DestinationPrefixListId"]]].append(one["RouteTableId"])
    endpoints = [gateway_endpoint(service, *where) for service, where in serving.items()]
    gateways = [{**DESCRIBED, "NatGatewayId": name, "SubnetId": here}, DESCRIBED]
    used, unknown = collected(gateways, tables, subnets, endpoints, region="us-west-2")
    assert (used.routes, used.route_tables, unknown.routes) == (3, 13, 0)
    assert (used.zone, used.client_zones, used.unplaced) == ("us-west-2a", ("us-west-2a", "us-west-2b"), 1)
    assert (len(used.served), used.without_s3, used.without_dynamodb, used.unseen) == (3, (), (), "")
