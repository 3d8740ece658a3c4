"""The setting "vpc": half of it is refused by the key that is missing, and an endpoint is one that AWS has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_app.settings.settings import InvalidContext, parse
from cdk_app.settings.vpc import BEDROCK, ENDPOINT_OF, GATEWAYS, HOME_ONLY, OWN, interfaces
from functions.core import registry

WHOLE: dict[str, Any] = {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0000000a", "subnet-0000000b"]}


def test_by_default_there_is_none() -> None:
    assert parse({}).vpc is None
    assert parse({"vpc": None}).vpc is None


def test_a_vpc_and_its_subnets_are_enough() -> None:
    vpc = parse({"vpc": WHOLE}).vpc
    assert vpc
    assert (vpc.vpc_id, vpc.subnet_ids) == ("vpc-0123456789abcdef0", ("subnet-0000000a", "subnet-0000000b"))
    assert (vpc.security_group_ids, vpc.endpoints, vpc.route_table_ids) == ((), (), ())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "vpc.vpc_id: Field required"),
        ({"vpc_id": "vpc-0123456789abcdef0"}, "vpc.subnet_ids: Field required"),
        ({"subnet_ids": ["subnet-0000000a"]}, "vpc.vpc_id: Field required"),
        ({**WHOLE, "subnet_ids": []}, "vpc.subnet_ids: "),
        ({**WHOLE, "vpc_id": "my-vpc"}, "vpc.vpc_id: "),
        ({**WHOLE, "subnet_ids": ["sg-0000000a"]}, "vpc.subnet_ids.0: "),
        ({**WHOLE, "security_group_ids": ["default"]}, "vpc.security_group_ids.0: "),
        ({**WHOLE, "subnets": ["subnet-0000000a"]}, "unknown key 'vpc.subnets'; there are: vpc_id, subnet_ids, "),
        ({**WHOLE, "endpoints": ["s3"]}, "vpc.route_table_ids: the endpoint 's3' is a gateway"),
        ({**WHOLE, "endpoints": ["sts"], "route_table_ids": ["rtb-0000000a"]}, "vpc.route_table_ids: nothing uses them"),
        ({**WHOLE, "route_table_ids": ["rtb-0000000a"]}, "vpc.route_table_ids: nothing uses them"),
        (
            {**WHOLE, "endpoints": ["bedrock"]},
            "vpc.endpoints: 'bedrock' is no endpoint of what the functions call; there are: dynamodb, s3, ",
        ),
        ({**WHOLE, "subnet_ids": ["subnet-0000000a", "subnet-0000000a"]}, "vpc.subnet_ids: subnet-0000000a is there twice"),
        ({**WHOLE, "security_group_ids": ["sg-0000000a", "sg-0000000a"]}, "vpc.security_group_ids: sg-0000000a is there twice"),
        ("vpc-0123456789abcdef0", "vpc: "),
    ],
)
def test_half_of_it_is_refused_by_its_key(given: Any, message: str) -> None:
    with pytest.raises(InvalidContext, match=re.escape(message)):
        parse({"vpc": given})


def test_everything_that_scanning_calls_can_have_an_endpoint() -> None:
    called = {action.partition(":")[0] for action in registry.iam_actions()}
    assert {ENDPOINT_OF.get(service, service) for service in called} <= {*GATEWAYS, *interfaces()}
    assert {BEDROCK, *HOME_ONLY, *OWN} <= set(interfaces())
    assert set(GATEWAYS) & set(interfaces()) == set()


def test_aws_has_every_endpoint_that_can_be_asked_for() -> None:
    """By the CDK's list of them. A scanner of a service whose endpoint is not called as in IAM needs an entry in ENDPOINT_OF."""
    services = ec2.InterfaceVpcEndpointAwsService
    known = {getattr(services, name).short_name for name in dir(services) if name.isupper()}
    assert len(known) > 100
    assert set(interfaces()) - known == set()
