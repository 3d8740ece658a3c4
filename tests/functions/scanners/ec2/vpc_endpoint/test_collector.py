"""VPC endpoints as they are read of AWS's answers, and which of them do the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.prices.book import Prices
from functions.scanners.ec2.vpc_endpoint.collector import VpcEndpoint, hours, own_traffic, twins_traffic, vpc_endpoints
from tests.functions.scanners.ec2 import vpc_endpoint_seed
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION, US, ago, arn
from tests.recorded import reply

SSM = "com.amazonaws.us-east-1.ssm"
DESCRIBED: Mapping[str, Any] = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Interface",
    "VpcId": "vpc-1",
    "ServiceName": SSM,
    "State": "available",
    "PolicyDocument": '{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": "*", "Resource": "*"}]}',
    "SubnetIds": ["subnet-2", "subnet-1"],
    "Groups": [{"GroupId": "sg-1", "GroupName": "default"}],
    "IpAddressType": "ipv4",
    "PrivateDnsEnabled": True,
    "RequesterManaged": False,
    "CreationTimestamp": ago(90),
    "Tags": [{"Key": "Name", "Value": "ssm"}],
}
PLAIN = VpcEndpoint(
    arn=arn("vpc-endpoint/vpce-1"),
    id="vpce-1",
    account=ACCOUNT,
    region="us-east-1",
    name="ssm",
    tags={"Name": "ssm"},
    created=ago(90),
    kind="Interface",
    vpc="vpc-1",
    connects_to=SSM,
    subnets=("subnet-1", "subnet-2"),
    private_dns=True,
)
NAMES = ("Endpoint Type", "Service Name", "VPC Endpoint Id", "VPC Id")


def metric(endpoint: str, *also: str, names: Sequence[str] = NAMES) -> dict[str, Any]:
    """As ListMetrics says of an endpoint's traffic, or of that of one of its subnets."""
    values = {"VPC Endpoint Id": endpoint}
    return {"Dimensions": [{"Name": name, "Value": values.get(name, "x")} for name in (*names, *also)]}


def collected(
    endpoints: Sequence[Mapping[str, Any]],
    metrics: Sequence[Mapping[str, Any]] | None = (),
    subnets: Sequence[Mapping[str, Any]] | None = (),
    unpaid: str = "",
    region: str = "us-east-1",
) -> list[VpcEndpoint]:
    """What the collector makes of these answers; None for what must not be asked for."""
    aws = Aws(ACCOUNT, region, SESSION, NOW, unpaid=unpaid)
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": endpoints}, {"MaxResults": 1_000})
        if subnets is not None:
            ec2.add_response("describe_subnets", {"Subnets": subnets}, {"MaxResults": 1_000})
        if metrics is not None:
            asked = {"Namespace": "AWS/PrivateLinkEndpoints", "MetricName": "BytesProcessed"}
            cloudwatch.add_response("list_metrics", {"Metrics": metrics}, asked)
        found = list(vpc_endpoints(aws))
        ec2.assert_no_pending_responses()
        cloudwatch.assert_no_pending_responses()
    return found


def like(name: str, **changes: Any) -> dict[str, Any]:
    return {**DESCRIBED, "VpcEndpointId": name, **changes}


def test_what_is_read_of_an_endpoint() -> None:
    assert collected([DESCRIBED]) == [PLAIN]


def test_a_gateway_endpoint_costs_nothing_and_is_left_out() -> None:
    assert collected([{**DESCRIBED, "VpcEndpointType": "Gateway"}], metrics=None, subnets=None) == []


@pytest.mark.parametrize(
    ("changes", "exempt", "unmeasured"),
    [
        ({}, "", ""),
        ({"State": "Available"}, "", ""),
        ({"VpcEndpointType": "GatewayLoadBalancer"}, "", ""),
        ({"ServiceRegion": "us-east-1"}, "", ""),
        ({"ServiceRegion": "eu-west-1"}, "", "CloudWatch has no traffic of an endpoint to another region"),
        ({"VpcEndpointType": "Resource"}, "", "CloudWatch has no traffic of a Resource endpoint"),
        ({"VpcEndpointType": "ServiceNetwork"}, "", "CloudWatch has no traffic of a ServiceNetwork endpoint"),
        ({"RequesterManaged": True}, "another service made it and deletes it", ""),
        ({"State": "pendingAcceptance"}, "it is pendingAcceptance", ""),
        ({"State": "deleting"}, "it is deleting", ""),
        ({"SubnetIds": []}, "it is in no subnet", ""),
        (
            {"PayerResponsibilities": [{"Scope": "vpc-endpoint-charges", "PayerResponsibilityType": "vpc-endpoint-service-account"}]},
            "the service that it leads to pays for it",
            "",
        ),
        ({"PayerResponsibilities": [{"Scope": "vpc-endpoint-charges", "PayerResponsibilityType": "vpc-endpoint-account"}]}, "", ""),
        ({"PayerResponsibilities": [{"Scope": "resource-gateway-charges", "PayerResponsibilityType": "vpc-endpoint-account"}]}, "", ""),
    ],
)
def test_what_is_not_to_be_judged(changes: dict[str, Any], exempt: str, unmeasured: str) -> None:
    (one,) = collected([{**DESCRIBED, **changes}], metrics=None if exempt or unmeasured else ())
    assert (one.exempt, one.unmeasured) == (exempt, unmeasured)


@pytest.mark.parametrize(
    ("metrics", "published"),
    [
        ([], [False, False]),
        ([metric("vpce-1")], [False, True]),
        ([metric("vpce-9")], [True, True]),
        ([metric("vpce-1"), metric("vpce-2")], [True, True]),
        ([metric("vpce-9", "Subnet Id")], [False, False]),
        ([metric("vpce-9", names=("VPC Endpoint Id", "VPC Id"))], [False, False]),
    ],
)
def test_whether_another_one_is_measured_by_these_names(metrics: list[dict[str, Any]], published: list[bool]) -> None:
    """An endpoint's own traffic says nothing of whether it would be there: only that of another one does."""
    assert [one.published for one in collected([DESCRIBED, like("vpce-2", VpcId="vpc-2")], metrics)] == published


def test_no_more_metrics_are_listed_than_it_takes() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": [DESCRIBED]})
        ec2.add_response("describe_subnets", {"Subnets": []})
        cloudwatch.add_response("list_metrics", {"Metrics": [metric("vpce-1")], "NextToken": "2"})
        cloudwatch.add_response("list_metrics", {"Metrics": [metric("vpce-1"), metric("vpce-8"), metric("vpce-9")], "NextToken": "3"})
        assert [one.published for one in vpc_endpoints(aws)] == [True]
    assert aws.meter.pages == 4, "two of the metrics, and not the third"


def test_where_metrics_may_not_be_listed_nothing_is_taken_for_shown() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": [DESCRIBED]})
        ec2.add_response("describe_subnets", {"Subnets": []})
        cloudwatch.add_client_error("list_metrics", "AccessDenied", "no")
        assert [one.published for one in vpc_endpoints(aws)] == [False]
    assert aws.refused is not None
    assert [one.published for one in collected([DESCRIBED], metrics=None, unpaid="free")] == [False]


def test_every_page_is_read() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": [DESCRIBED], "NextToken": "2"}, {"MaxResults": 1_000})
        ec2.add_response("describe_subnets", {"Subnets": []}, {"MaxResults": 1_000})
        second = {"VpcEndpoints": [like("vpce-2", PrivateDnsEnabled=False)]}
        ec2.add_response("describe_vpc_endpoints", second, {"MaxResults": 1_000, "NextToken": "2"})
        cloudwatch.add_response("list_metrics", {"Metrics": []})
        assert [(one.id, one.twin) for one in vpc_endpoints(aws)] == [("vpce-1", ""), ("vpce-2", "vpce-1")]


# --- which do the same --------------------------------------------------------------------------------------------------------------

SECOND = {"PrivateDnsEnabled": False, "CreationTimestamp": ago(20)}


def twins(*endpoints: Mapping[str, Any]) -> dict[str, str]:
    return {one.id: one.twin for one in collected(endpoints, metrics=()) if one.twin}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"SubnetIds": ["subnet-1"]}, True),
        ({"PolicyDocument": DESCRIBED["PolicyDocument"].replace(" ", "\n")}, True),
        ({"SubnetIds": ["subnet-1", "subnet-3"]}, False),
        ({"SubnetIds": ["subnet-3"]}, False),
        ({"SubnetIds": ["subnet-1", "subnet-2", "subnet-3"]}, False),
        ({"PolicyDocument": '{"Statement": []}'}, False),
        ({"Groups": [{"GroupId": "sg-2", "GroupName": "default"}]}, False),
        ({"Groups": []}, False),
        ({"IpAddressType": "dualstack"}, False),
        ({"ServiceName": "com.amazonaws.us-east-1.ssmmessages"}, False),
        ({"VpcId": "vpc-2"}, False),
        ({"ServiceRegion": "eu-west-1"}, False),
        ({"RequesterManaged": True}, False),
        ({"State": "pending"}, False),
        ({"PrivateDnsEnabled": True}, False),
    ],
)
def test_what_does_the_same(changes: dict[str, Any], same: bool) -> None:
    assert twins(DESCRIBED, like("vpce-2", **{**SECOND, **changes})) == ({"vpce-2": "vpce-1"} if same else {})


def test_firewall_endpoints_are_not_compared() -> None:
    """A Gateway Load Balancer endpoint is a target of routes: which one traffic takes is on purpose."""
    kind = {"VpcEndpointType": "GatewayLoadBalancer", "PrivateDnsEnabled": False, "SubnetIds": ["subnet-1"]}
    assert twins(like("vpce-1", **kind), like("vpce-2", **kind)) == {}


def test_since_when_there_are_both() -> None:
    _, second = collected([DESCRIBED, like("vpce-2", **SECOND)])
    assert second.both_since == ago(20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"PrivateDnsEnabled": True}, {"SubnetIds": ["subnet-1", "subnet-2"]}),
        ({"SubnetIds": ["subnet-1", "subnet-2"]}, {"SubnetIds": ["subnet-2"], "CreationTimestamp": ago(300)}),
        ({"CreationTimestamp": ago(21)}, {"CreationTimestamp": ago(20)}),
        ({"VpcEndpointId": "vpce-a"}, {"VpcEndpointId": "vpce-b"}),
    ],
)
def test_of_two_that_could_go_one_goes_whatever_the_order_of_the_listing(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Private DNS stays, else more subnets, else the older one, else the id that comes first."""
    stays, goes = like("vpce-2", **{**SECOND, **first}), like("vpce-1", **{**SECOND, **second})
    for listed in permutations((stays, goes)):
        assert twins(*listed) == {goes["VpcEndpointId"]: stays["VpcEndpointId"]}


def test_of_three_only_those_go_that_one_which_stays_can_stand_for() -> None:
    widest = like("vpce-a", **SECOND, SubnetIds=["subnet-1", "subnet-2"])
    inside = like("vpce-b", **SECOND, SubnetIds=["subnet-1"])
    also = like("vpce-c", **SECOND, SubnetIds=["subnet-1"])
    with_dns = like("vpce-d", **{**SECOND, "PrivateDnsEnabled": True}, SubnetIds=["subnet-1"])
    for listed in permutations((widest, inside, also)):
        assert twins(*listed) == {"vpce-b": "vpce-a", "vpce-c": "vpce-a"}
    assert twins(widest, inside, with_dns) == {"vpce-b": "vpce-d"}, "the one with private DNS stays, and so does what it is not in"


# --- prices, places, recordings -----------------------------------------------------------------------------------------------------


def test_an_hour_in_each_of_its_zones_is_what_it_costs() -> None:
    """730 hours in two zones at $0.01 are $14.60: https://aws.amazon.com/privatelink/pricing/"""
    amount = hours(PLAIN, US)
    assert amount.usd == pytest.approx(14.60)
    assert amount.formula == "2 zones × 730 h × $0.01 vpc-endpoint.interface"
    (wall,) = collected([{**DESCRIBED, "VpcEndpointType": "GatewayLoadBalancer", "SubnetIds": ["subnet-1"]}])
    assert hours(wall, Prices("eu-west-1")).usd == pytest.approx(730 * 0.0112)


def test_where_its_subnets_are_says_where_it_is() -> None:
    subnets = [{"SubnetId": "subnet-1", "AvailabilityZone": "us-east-1a"}, {"SubnetId": "subnet-2", "AvailabilityZone": "us-east-1-bos-1a"}]
    assert [one.place for one in collected([DESCRIBED, like("vpce-2", SubnetIds=["subnet-1"])], subnets=subnets)] == [
        "us-east-1-bos-1a",
        "",
    ]


def test_its_traffic_has_four_dimensions() -> None:
    _, second = collected([DESCRIBED, like("vpce-2", **SECOND)])
    of = {"Endpoint Type": "Interface", "Service Name": SSM, "VPC Id": "vpc-1"}
    assert own_traffic(second) == {**of, "VPC Endpoint Id": "vpce-2"}
    assert twins_traffic(second) == {**of, "VPC Endpoint Id": "vpce-1"}
    assert twins_traffic(PLAIN) == []


def test_recorded_endpoints() -> None:
    """One that another service made, one of S3's that costs nothing, and one for Athena in two zones; no two do the same."""
    listed = reply("test_vpc_endpoint_filter", "ec2.DescribeVpcEndpoints_1")["VpcEndpoints"]
    partner, athena = collected(listed)
    assert (partner.exempt, athena.exempt) == ("another service made it and deletes it", "")
    assert (athena.connects_to, athena.twin, partner.twin) == ("com.amazonaws.us-east-1.athena", "", "")
    assert hours(athena, US).usd == pytest.approx(14.60)


def test_the_endpoints_of_the_manual() -> None:
    listed = reply("awscli_vpc_endpoints", "ec2.DescribeVpcEndpoints_1")["VpcEndpoints"]
    found = collected(listed)
    assert [(one.kind, len(one.subnets), one.exempt) for one in found] == [("Interface", 2, ""), ("GatewayLoadBalancer", 1, "")]


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC))
    first, second = vpc_endpoint_seed.seed(SESSION)
    found = {one.id: one for one in vpc_endpoints(aws)}
    assert {iam_action(*call.split(":")) for call in aws.meter.calls} == set(vpc_endpoints.iam)
    assert set(aws.meter.calls.values()) == {1}
    assert {name: one.twin for name, one in found.items()} == {first: "", second: first}
