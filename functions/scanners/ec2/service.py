"""Amazon EC2: instances, and what the bill of a VPC is made of: addresses, NAT gateways, endpoints."""

from __future__ import annotations

import re
from dataclasses import replace

from functions.core.prices.products import Attributes, ProductListing, Rate, Tier, bare, by_usage, products
from functions.core.services import InstanceHours, service

COMPUTE, VPC, OTHER = "Amazon Elastic Compute Cloud - Compute", "Amazon Virtual Private Cloud", "EC2 - Other"
"""Instances; public IPv4 addresses and endpoints; NAT gateways.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html
"""

EC2 = service(
    "ec2",
    name="Amazon Elastic Compute Cloud",
    category="Compute",
    short="EC2",
    billed_as=(COMPUTE, VPC, OTHER),
    prices_from=("AmazonEC2", "AmazonEBS", "AmazonVPC", "AWSDataTransfer"),
    looks_at={VPC: r"PublicIPv4:\w+|VpcEndpoint-.+", OTHER: r"NatGateway-(Hours|Bytes)|ElasticIP:.+|CPUCredits:.+"},
    # Each costs the same by the hour, in use or not: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html
    by_region={"Public IPv4 addresses": r"PublicIPv4:\w+"},
    instances=InstanceHours(
        product="AmazonEC2",
        short="EC2",
        billed_as=COMPUTE,
        # Instances, shared and dedicated, and reserved capacity without one. A Reservation or DedicatedRes costs nothing itself.
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-pricing-billing.html
        usage=frozenset({"BoxUsage", "DedicatedUsage", "UnusedBox", "UnusedDed"}),
        uncovered=frozenset({"SpotUsage"}),
        unnamed="m1.small",  # EC2's first instance type is billed without its name
        # https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_SavingsPlans.html
        plans=frozenset({"compute", "ec2instance"}),
        by_family=False,
    ),
)

_LINUX = {
    "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used", "marketoption": "OnDemand",
}  # fmt: skip
"""On demand, nothing installed, and running: unused reservations and capacity blocks have rates of their own."""


def _instance(product: Attributes) -> Rate | None:
    """Linux with shared tenancy. `operation` tells the licence that is included: RunInstances alone is none."""
    kind = product.get("instanceType", "")
    if any(product.get(name) != value for name, value in {**_LINUX, "operation": "RunInstances"}.items()) or ".metal" in kind:
        return None
    return Rate(f"ondemand.linux.shared.{kind}", "hour") if bare(product.get("usagetype", "")).partition(":")[0] == "BoxUsage" else None


def _hours_of(key: str) -> str | None:
    """Hours of other systems and licences have the same usage type."""
    _, linux, kind = key.partition("ondemand.linux.shared.")
    return f"BoxUsage:{kind}" if linux else None


def _by_operation(usage_type: str, operation: str) -> Rate | None:
    """RunInstances alone is Linux without a licence: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html"""
    usage, _, kind = usage_type.partition(":")
    return Rate(f"ondemand.linux.shared.{kind}", "hour") if (usage, operation) == ("BoxUsage", "RunInstances") and kind else None


_CREDITS = re.compile(r"CPUCredits:(t\w+)")
"""Surplus credits of unlimited mode, by the vCPU-hour.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html"""


def _credits(product: Attributes) -> Rate | None:
    found, system = _CREDITS.fullmatch(bare(product.get("usagetype", ""))), product.get("operatingSystem", "")
    return Rate(f"cpu-credits.{system.lower()}.{found[1]}", "vCPU-hour") if found and system in ("Linux", "Windows") else None


products(
    "AmazonEC2",
    ProductListing(
        "AmazonEC2",
        _instance,
        {"productFamily": "Compute Instance", **_LINUX},
        billed_as=COMPUTE,
        hours_of=_hours_of,
        by_operation=_by_operation,
    ),
    ProductListing("AmazonEC2", _credits, {"productFamily": "CPU Credits"}),
)

_ADDRESS = {"PublicIPv4:InUseAddress": Rate("public-ipv4.in-use", "hour"), "PublicIPv4:IdleAddress": Rate("public-ipv4.idle", "hour")}
_ENDPOINT = {
    "VpcEndpoint-Hours": Rate("vpc-endpoint.interface", "hour"),
    "VpcEndpoint-Bytes": Rate("vpc-endpoint.interface.data-first-1PB", "GB", Tier.FIRST),
    "VpcEndpoint-GWLBE-Hours": Rate("vpc-endpoint.gateway-load-balancer", "hour"),
}
_NAT_GATEWAY = {"NatGateway-Hours": Rate("nat-gateway", "hour"), "NatGateway-Bytes": Rate("nat-gateway.data", "GB")}

products(
    "AmazonVPC",
    by_usage("AmazonVPC", VPC, _ADDRESS, group="VPCPublicIPv4Address"),
    by_usage("AmazonVPC", VPC, _ENDPOINT, productFamily="VpcEndpoint"),
    by_usage("AmazonEC2", OTHER, _NAT_GATEWAY, productFamily="NAT Gateway"),
)

_BETWEEN_ZONES = {"DataTransfer-Regional-Bytes": Rate("between-zones.each-direction", "GB")}
_DATA_TRANSFER = by_usage("AWSDataTransfer", OTHER, _BETWEEN_ZONES, transferType="IntraRegion")
products("AWSDataTransfer", replace(_DATA_TRANSFER, ends=("from", "to")))
