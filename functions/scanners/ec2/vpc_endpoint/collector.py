"""VPC endpoints that bill, as AWS describes them, with the one that does the same beside each, and what one costs while nothing uses it.

An interface or Gateway Load Balancer endpoint bills by the hour in each Availability Zone that it has a subnet in, and by the GB, which
nobody would save here. Gateway endpoints cost nothing, and are left out. https://aws.amazon.com/privatelink/pricing/
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Resource
from functions.core.money import Amount
from functions.core.prices.bills import described
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, collector
from functions.core.usage import Dimensions
from functions.scanners.ec2.subnets import IAM as SUBNETS_IAM
from functions.scanners.ec2.subnets import Subnet, subnets

ENDPOINT = described(
    "ec2",
    "VpcEndpoint",
    priced="PayerResponsibilities ServiceRegion State SubnetIds VpcEndpointType",
    free="""
        CreationTimestamp DnsEntries DnsOptions FailureReason Groups IpAddressType Ipv4Prefixes Ipv6Prefixes LastError NetworkInterfaceIds
        OwnerId PolicyDocument PrivateDnsEnabled RequesterManaged ResourceConfigurationArn RouteTableIds ServiceName ServiceNetworkArn Tags
        VpcEndpointId VpcId
    """,
)
"""What its members are for the bill."""
PRICED = {"Interface": "vpc-endpoint.interface", "GatewayLoadBalancer": "vpc-endpoint.gateway-load-balancer"}
"""The types whose traffic CloudWatch has, and the price of an hour in a zone."""
NAMESPACE, BYTES = "AWS/PrivateLinkEndpoints", "BytesProcessed"
PAGE = 1_000
Purpose = tuple[str, str, str, tuple[str, ...], str]
"""VPC, service, address type, security groups and policy: endpoints that agree in all of them do the same, each in its subnets."""


@dataclass(slots=True, kw_only=True)
class VpcEndpoint(Resource):
    """`kind`: AWS's type, "Interface". `subnets`: one in each zone that it bills in. `exempt`: why it is not the account's to delete, or
    bills it nothing. `unmeasured`: why CloudWatch has no traffic of it. `published`: whether it has that of another endpoint here.

    `twin`: the endpoint that does the same in all of its subnets and is to stay, "" without one; `both_since`: since when there are both.
    """

    kind: str
    vpc: str
    connects_to: str
    subnets: tuple[str, ...] = ()
    private_dns: bool = False
    exempt: str = ""
    unmeasured: str = ""
    published: bool = False
    twin: str = ""
    both_since: datetime | None = None

    @property
    def judged(self) -> bool:
        """Whether there is something to say of its traffic."""
        return not self.exempt and not self.unmeasured


@collector(
    "ec2:vpc-endpoint",
    arns=["ec2:*:*:vpc-endpoint/*"],
    iam=["ec2:DescribeVpcEndpoints", SUBNETS_IAM, "cloudwatch:ListMetrics"],
    resumes=BeginAnew("which two do the same is seen only in the whole listing"),
    placed_by=["SubnetIds[]"],
    bills=[ENDPOINT],
)
def vpc_endpoints(aws: Aws) -> Iterator[VpcEndpoint]:
    """Every endpoint that is no gateway. Subnets are listed once, where there is one; metrics where one is to be judged by them."""
    where: Mapping[str, Subnet] | None = None

    def made(described: Mapping[str, Any]) -> tuple[Purpose, VpcEndpoint] | None:
        nonlocal where
        if described["VpcEndpointType"] == "Gateway":
            return None
        where = subnets(aws) if where is None else where
        one = _endpoint(aws, described, where)
        return _purpose(one, described), one

    listed = list(aws.readable(aws.pages("ec2", "DescribeVpcEndpoints", "VpcEndpoints", MaxResults=PAGE), made))
    same: dict[Purpose, list[VpcEndpoint]] = defaultdict(list)
    for aim, one in listed:
        if one.judged and one.kind == "Interface":
            same[aim].append(one)
    for group in same.values():
        _pair(group)
    seen = _publishing(aws) if any(one.judged for _, one in listed) else set()
    for _, one in listed:
        one.published = bool(seen - {one.id})
        yield one


def _endpoint(aws: Aws, described: Mapping[str, Any], where: Mapping[str, Subnet]) -> VpcEndpoint:
    named = tags.from_list(described.get("Tags"))
    name, kind = described["VpcEndpointId"], described["VpcEndpointType"]
    inside = tuple(sorted(described.get("SubnetIds", ())))
    return VpcEndpoint(
        arn=aws.arn("ec2", f"vpc-endpoint/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=described["CreationTimestamp"],
        place=place(aws.region, *(where[each].place for each in inside if each in where)),
        kind=kind,
        vpc=described["VpcId"],
        connects_to=described["ServiceName"] if kind in PRICED else described.get("ServiceName") or "",
        subnets=inside,
        private_dns=bool(described.get("PrivateDnsEnabled")),
        exempt=_exempt(described),
        unmeasured=_unmeasured(described, aws.region),
    )


def _exempt(described: Mapping[str, Any]) -> str:
    if described.get("RequesterManaged"):
        return "another service made it and deletes it"
    if described["State"].casefold() != "available":
        return f"it is {described['State']}"
    payers = {each.get("Scope"): each.get("PayerResponsibilityType") for each in described.get("PayerResponsibilities", ())}
    if payers.get("vpc-endpoint-charges", "vpc-endpoint-account") != "vpc-endpoint-account":
        return "the service that it leads to pays for it"
    return "" if described.get("SubnetIds") else "it is in no subnet"


def _unmeasured(described: Mapping[str, Any], region: str) -> str:
    """https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html"""
    if described["VpcEndpointType"] not in PRICED:
        return f"CloudWatch has no traffic of a {described['VpcEndpointType']} endpoint"
    if (described.get("ServiceRegion") or region) != region:
        return "CloudWatch has no traffic of an endpoint to another region"
    return ""


def _purpose(endpoint: VpcEndpoint, described: Mapping[str, Any]) -> Purpose:
    groups = tuple(sorted(group["GroupId"] for group in described.get("Groups", ())))
    policy = _plain(described.get("PolicyDocument") or "")
    return endpoint.vpc, endpoint.connects_to, described.get("IpAddressType") or "", groups, policy


def _plain(policy: str) -> str:
    """A policy without the blanks and the order that make no difference; as it is where it is no JSON."""
    try:
        return json.dumps(json.loads(policy), sort_keys=True)
    except ValueError:
        return policy


def _pair(group: Sequence[VpcEndpoint]) -> None:
    """Name each endpoint's twin. Of two that could go the one that stays has private DNS, else more subnets, else is older, else its id
    comes first: so never both go. One with private DNS always stays, because only one in a VPC has it.
    """
    staying: list[VpcEndpoint] = []
    for one in sorted(group, key=lambda each: (not each.private_dns, -len(each.subnets), str(each.created), each.id)):
        twin = next((other for other in staying if set(one.subnets) <= set(other.subnets)), None)
        if twin is None or one.private_dns:
            staying.append(one)
        else:
            one.twin, one.both_since = twin.id, max((each.created for each in (one, twin) if each.created), default=None)


def _publishing(aws: Aws) -> set[str]:
    """Endpoints that CloudWatch has traffic of in the last two weeks, two at most: enough for each to have another one.

    That says that the dimensions are what they were: asked by other names CloudWatch has nothing, which reads as no traffic. AWS's refusal
    is noted in `aws.refused`.
    """
    found: set[str] = set()
    if aws.unpaid:
        return found
    try:
        listed = aws.pages("cloudwatch", "ListMetrics", "Metrics", Namespace=NAMESPACE, MetricName=BYTES)
        for (name,) in aws.readable(listed, _published, []):
            found.add(name)
            if len(found) == 2:
                break
    except Denied as denied:
        aws.refused = denied
    return found


def _published(metric: Mapping[str, Any]) -> tuple[str] | None:
    named = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    return (named["VPC Endpoint Id"],) if named.keys() == _measured_as("", "", "", "").keys() else None


def _measured_as(kind: str, service: str, name: str, vpc: str) -> dict[str, str]:
    """The dimensions that the traffic of a whole endpoint has; with a subnet's beside them it is only that of a zone."""
    return {"Endpoint Type": kind, "Service Name": service, "VPC Endpoint Id": name, "VPC Id": vpc}


def own_traffic(endpoint: VpcEndpoint) -> Dimensions:
    """The dimensions of its traffic."""
    return _measured_as(endpoint.kind, endpoint.connects_to, endpoint.id, endpoint.vpc)


def twins_traffic(endpoint: VpcEndpoint) -> Dimensions | list[Dimensions]:
    """The dimensions of its twin's traffic; none without a twin."""
    return _measured_as(endpoint.kind, endpoint.connects_to, endpoint.twin, endpoint.vpc) if endpoint.twin else []


def hours(endpoint: VpcEndpoint, prices: Prices) -> Amount:
    """Its hours in all of its zones, USD per month."""
    zones = len(endpoint.subnets)
    return prices.hourly("AmazonVPC", PRICED[endpoint.kind], zones, "zone" if zones == 1 else "zones")
