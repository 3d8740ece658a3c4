"""A network is a VPC with a subnet in each zone that is asked for."""

from __future__ import annotations

from finops.fleet.recipes.ec2.network import network
from finops.fleet.scope import Book, Scope
from tests.finops.fleet.making import ACCOUNT, AS_OF, REGION, StandIn


def test_each_zone_has_a_subnet_of_the_same_vpc() -> None:
    aws = StandIn()
    vpc, subnets = network(Scope(aws, ACCOUNT, REGION, Book(), AS_OF), "aab")
    made = [given for operation, given in aws.calls if operation == "create_subnet"]
    assert [one["AvailabilityZone"] for one in made] == [f"{REGION}{zone}" for zone in "aab"]
    assert {one["VpcId"] for one in made} == {vpc}
    assert len({one["CidrBlock"] for one in made}) == len(set(subnets)) == 3
