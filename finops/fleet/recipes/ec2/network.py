"""Networks of their own, so that what recipes put into them has nothing to do with what others do."""

from __future__ import annotations

from collections.abc import Iterable

from finops.fleet.scope import Scope


def network(scope: Scope, zones: Iterable[str]) -> tuple[str, list[str]]:
    """A VPC with a subnet in each zone, by the zones' letters; their ids."""
    ec2 = scope.client("ec2")
    vpc: str = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{scope.region}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]
    return vpc, subnets
