"""The subnets of a region: of which VPC each is, and where. What is in a subnet is often described without its Availability Zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.prices.places import place

IAM = "ec2:DescribeSubnets"
PAGE = 1_000


@dataclass(slots=True, frozen=True)
class Subnet:
    """`zone`: the Availability Zone by its name. `place`: "" in the region's own zones, as `Resource.place`."""

    vpc: str
    zone: str
    place: str = ""


def subnets(aws: Aws) -> Mapping[str, Subnet]:
    """Subnet's id → what it is. One that cannot be read is not there: nobody guesses its zone."""

    def made(described: Mapping[str, Any]) -> tuple[str, Subnet]:
        zone = described.get("AvailabilityZone") or ""
        where = place(aws.region, described.get("OutpostArn"), zone)
        return described["SubnetId"], Subnet(described.get("VpcId") or "", zone, where)

    return dict(aws.readable(aws.pages("ec2", "DescribeSubnets", "Subnets", MaxResults=PAGE), made, []))
