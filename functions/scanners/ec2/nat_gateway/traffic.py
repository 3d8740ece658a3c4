"""NAT gateways whose traffic takes a dearer way than it has to: to S3 and DynamoDB, or from another Availability Zone.

A gateway bills each GB that goes through it, in either direction, and EC2 each GB between zones on both sides.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html
"""

from __future__ import annotations

import json
import math

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import HOURS_PER_MONTH, NOTHING, Amount, Savings, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.ec2.nat_gateway.collector import NatGateway, dimensions, nat_gateways

GIB = 1024**3
"""Bytes in a GB of traffic. AWS does not say which of the two it bills by: by the larger one a saving is the least that it can be."""
HOURS_PER_DAY = 24

# They are reported as long as a gateway is available, zeros too: a gap is no silence.
# https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html
PROCESSED = (
    Metric("AWS/NATGateway", "BytesOutToDestination", "Sum", dimensions),
    Metric("AWS/NATGateway", "BytesInFromDestination", "Sum", dimensions),
)
"""What goes through it, on its far side: that is what it bills."""
WITH_CLIENTS = (
    Metric("AWS/NATGateway", "BytesInFromSource", "Sum", dimensions),
    Metric("AWS/NATGateway", "BytesOutToSource", "Sum", dimensions),
)
"""What goes between it and its clients, downloads too: that is what crosses zones."""
WINDOW = Threshold(14, "two weeks show what a month is like", minimum=1, maximum=455)


def _gb_per_month(gateway: NatGateway, metrics: tuple[Metric, Metric], limits: Limits) -> float | None:
    """The GB of a month of 730 hours, if the window is like it. None where no zone of a regional gateway is known."""
    series = [one for metric in metrics for one in gateway.usage.each(metric)]
    if not series:
        return None
    return math.fsum(one.total for one in series) / GIB * HOURS_PER_MONTH / (limits.window_days * HOURS_PER_DAY)


def _seen_whole_window(gateway: NatGateway, limits: Limits) -> bool:
    return gateway.state == "available" and gateway.created is not None and limits.days_since(gateway.created) >= limits.window_days


# --- S3 and DynamoDB ----------------------------------------------------------------------------------------------------------------


def _may_lack_endpoints(gateway: NatGateway, limits: Limits) -> bool | InsufficientData:
    if not _seen_whole_window(gateway, limits):
        return False
    return InsufficientData(gateway.unseen) if gateway.unseen else bool(gateway.without_s3)


def _processing(gateway: NatGateway, gb: float, prices: Prices) -> Amount:
    """What the GB that go through it bill. A regional gateway has usage types of its own."""
    if gateway.regional:
        return unknown(f"no price known for data through a regional NAT gateway in {gateway.region}")
    return prices.monthly("AmazonVPC", "nat-gateway.data", gb, "GB")


def _too(gateway: NatGateway) -> str:
    if not gateway.without_dynamodb:
        return ""
    return f"Without one for DynamoDB too: {', '.join(gateway.without_dynamodb)}. It is made alike, with dynamodb in the place of s3."


MAKE_ENDPOINT = (
    "aws ec2 create-vpc-endpoint --region {region} --vpc-id {vpc} --vpc-endpoint-type Gateway"
    " --service-name com.amazonaws.{region}.s3 --route-table-ids {tables}"
)


@check(
    id="ec2-endpointless-nat-gateway",
    title="NAT gateway serves subnets that have no gateway endpoint for S3",
    over=nat_gateways,
    thresholds={
        "window_days": WINDOW,
        "min_gb_per_month": Threshold(100, "less than this bills some $5 a month, all of it together", seen="gb_per_month"),
    },
    metrics=PROCESSED,
    candidate=_may_lack_endpoints,
    reference="https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    action=Action.REVIEW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(
        still("aws ec2 describe-nat-gateways --region {region} --nat-gateway-ids {id} --query 'NatGateways[0].State'", "available"),
        MAKE_ENDPOINT,
    ),
    undo="Delete the endpoint: its routes go with it, and the traffic goes through the NAT gateway again.",
)
def endpointless(gateway: NatGateway, limits: Limits, prices: Prices) -> Verdict:
    """What subnets read of S3 and write there goes through this NAT gateway, and each GB of it bills. A gateway endpoint costs nothing.

    How much of the traffic that is only flow logs tell: the saving is between nothing and all of it. Buckets of other regions, and what
    comes in through a transit gateway, peering or a VPN, go on through the gateway. Connections to S3 break once when the endpoint is
    made, and bucket policies that name the gateway's addresses then refuse: they have to name the endpoint.
    """
    gb = _gb_per_month(gateway, PROCESSED, limits)
    if gb is None:
        return InsufficientData("it is measured by zone, and none of its zones is known")
    if gb < limits.min_gb_per_month:
        return None
    data = _processing(gateway, gb, prices)
    return Waste(
        savings=saves(data.times(0, "0 known to go to S3 or DynamoDB"), high=data),
        evidence={
            "gb_per_month": round(gb, 1),
            "route_tables_served": len(gateway.served),
            "without_s3_endpoint": len(gateway.without_s3),
            "without_dynamodb_endpoint": len(gateway.without_dynamodb),
            "window_days": limits.window_days,
        },
        note=_too(gateway),
        values={"vpc": gateway.vpc, "tables": json.dumps(gateway.without_s3)},
    )


# --- other zones --------------------------------------------------------------------------------------------------------------------


def _remote(gateway: NatGateway) -> tuple[str, ...]:
    """The zones that it serves and is not in."""
    return tuple(zone for zone in gateway.client_zones if zone != gateway.zone)


def _may_cross(gateway: NatGateway, limits: Limits) -> bool | InsufficientData:
    """A regional one keeps traffic in its zone; what is in another place bills by other rates."""
    if gateway.regional or gateway.place or not (gateway.client_zones and _seen_whole_window(gateway, limits)):
        return False
    return bool(_remote(gateway)) if gateway.zone else InsufficientData("the zone of its subnet is not known")


def _another(gateway: NatGateway, prices: Prices) -> Amount:
    """What one more gateway like it bills by the hour, with its address."""
    address = prices.hourly("AmazonVPC", "public-ipv4.in-use", 1, "public IPv4 address") if gateway.public else NOTHING
    return prices.hourly("AmazonVPC", "nat-gateway", 1, "NAT gateway") + address


def _net(gateway: NatGateway, gb: float, prices: Prices) -> Savings | str | None:
    """The crossing less the gateways that it takes to end it. None where that never pays; where nobody knows, why.

    Where no client is in its own zone, everything crosses, and this gateway itself is one that is spared. Else nobody knows how much does:
    at most all of it, and from a single zone, which needs one more gateway if the VPC has none there.
    """
    remote, spare = _remote(gateway), gateway.other_gateways
    crossing = prices.monthly("AWSDataTransfer", "between-zones.each-direction", gb, "GB").times(2, "2 sides")
    another = _another(gateway, prices)
    certain = gateway.zone not in gateway.client_zones and not gateway.unplaced
    best = crossing if spare or certain else crossing - another
    if best.usd is None:
        return best.formula
    if best.usd <= 0:
        return None
    if not certain:
        return saves(best.times(0, "0 known to cross"), high=best)
    more = max(0, len(remote) - len(spare) - 1)
    return saves(crossing - another.times(more, f"{more} more gateways") if more else crossing, high=best)


@check(
    id="ec2-cross-zone-nat-gateway",
    title="NAT gateway serves subnets of other Availability Zones",
    over=nat_gateways,
    thresholds={
        "window_days": WINDOW,
        "min_gb_per_month": Threshold(100, "less than this bills some $2 a month, if all of it crosses", seen="gb_per_month"),
    },
    metrics=WITH_CLIENTS,
    candidate=_may_cross,
    reference="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command="aws ec2 describe-route-tables --region {region} --filters Name=route.nat-gateway-id,Values={id}",
    undo="Set the routes back to this NAT gateway, and delete the one that was made.",
    afterwards=(
        "It lists the routes that lead here. In each zone of their subnets make a NAT gateway, where there is none, and a route table"
        " that leads to it. It has another address: allow-lists have to know it. Connections break when the route changes."
    ),
)
def cross_zone(gateway: NatGateway, limits: Limits, prices: Prices) -> Verdict:
    """Traffic of other zones' subnets crosses to this NAT gateway, and each GB between zones bills on both sides. Where that is more than
    the hours of one more gateway and of its address, give their zone a gateway of its own; where there is one, only a route.

    How much of the traffic comes from which zone no metric tells: the saving is between nothing and all of it from one zone.
    """
    gb = _gb_per_month(gateway, WITH_CLIENTS, limits)
    if gb is None or gb < limits.min_gb_per_month:
        return None
    net = _net(gateway, gb, prices)
    if isinstance(net, str):
        return InsufficientData(f"{net}: whether one more gateway would pay is not known")
    if net is None:
        return None
    return Waste(
        savings=net,
        evidence={
            "gb_per_month": round(gb, 1),
            "zone": gateway.zone,
            "client_zones": ", ".join(gateway.client_zones),
            "zones_with_another_gateway": ", ".join(gateway.other_gateways),
            "window_days": limits.window_days,
        },
        confidence=Confidence.MEDIUM if net.likely else Confidence.LOW,
    )
