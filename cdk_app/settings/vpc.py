"""The setting "vpc": which VPC the functions run in, and which endpoints are made there for what they call."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from functions.core import registry

GATEWAYS = ("dynamodb", "s3")
BEDROCK = "bedrock-runtime"
HOME_ONLY = ("ce", "organizations", "pricing.api")
"""Cost Explorer, Organizations and the Price List: each is asked in one region of the partition, whatever the analyzer's."""
OWN = ("athena", "email", "glue", "lambda", "sns", "sts")
"""What the functions call beside scanning: Athena and Glue for an export of the bill, SES, Lambda for its quota, SNS, and STS for the role
in other accounts."""
ENDPOINT_OF = {"cloudwatch": "monitoring", "tag": "tagging"}
"""A service's name in IAM → in the name of its endpoint, where that is another."""


def interfaces() -> tuple[str, ...]:
    """The interface endpoints that can be made, as the end of AWS's names of them: com.amazonaws.<region>.<this>, or the like.

    https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    """
    scanned = {action.partition(":")[0] for action in registry.iam_actions()}
    return tuple(sorted({BEDROCK, *HOME_ONLY, *OWN, *(ENDPOINT_OF.get(service, service) for service in scanned)} - set(GATEWAYS)))


def home_only() -> frozenset[str]:
    """The endpoints that are of use in the home region of the partition only, with those of what is scanned once for an account."""
    once, spread = (
        {action.partition(":")[0] for one in registry.collectors() if bool(one.once) is asked_once for action in one.iam}
        for asked_once in (True, False)
    )
    return frozenset({*HOME_ONLY, *(once - spread)})


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    allowed = (*GATEWAYS, *interfaces())
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no endpoint of what the functions call; there are: {', '.join(allowed)}")
    return names


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]} is there twice")
    return names


Subnet = Annotated[str, Field(pattern=r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$")]
SecurityGroup = Annotated[str, Field(pattern=r"^sg-([0-9a-f]{8}|[0-9a-f]{17})$")]
RouteTable = Annotated[str, Field(pattern=r"^rtb-([0-9a-f]{8}|[0-9a-f]{17})$")]


class Vpc(BaseModel):
    """An existing VPC that the functions run in.

    An endpoint serves its own region. To scan other regions, the subnets need a route out (a NAT or transit gateway). Outside us-east-1
    (in China cn-northwest-1, in GovCloud us-gov-west-1), so do Cost Explorer, Organizations, the Price List and what is scanned once for an
    account, whose endpoints are there.
    Name the endpoints that the VPC does not have yet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    vpc_id: Annotated[str, Field(pattern=r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$")]
    subnet_ids: Annotated[
        tuple[Subnet, ...],
        AfterValidator(_once),
        Field(min_length=1, max_length=16, description="private ones, in different zones: an endpoint uses one in each"),
    ]
    security_group_ids: Annotated[
        tuple[SecurityGroup, ...],
        AfterValidator(_once),
        Field(max_length=5, description="of the functions; none: one is created that lets HTTPS out and nothing in"),
    ] = ()
    endpoints: Annotated[
        tuple[str, ...],
        AfterValidator(_known),
        Field(
            description="to create: s3 and dynamodb are gateways; the others (sts, ec2, monitoring, …: a wrong name is answered with all "
            "of them) have a network interface in each subnet, and an hourly price. bedrock-runtime answers only the functions, and only "
            "for the one model; the others answer whatever is in the VPC, by private DNS"
        ),
    ] = ()
    route_table_ids: Annotated[
        tuple[RouteTable, ...],
        AfterValidator(_once),
        Field(validate_default=True, description="of the subnets; needed where s3 or dynamodb is among the endpoints"),
    ] = ()

    @field_validator("route_table_ids")
    @classmethod
    def _gateways_have_routes(cls, tables: tuple[str, ...], given: ValidationInfo) -> tuple[str, ...]:
        gateways = [name for name in given.data.get("endpoints", ()) if name in GATEWAYS]
        if gateways and not tables:
            raise ValueError(f"the endpoint {gateways[0]!r} is a gateway and needs the route tables of the subnets")
        if tables and not gateways and "endpoints" in given.data:
            raise ValueError(f"nothing uses them: add a gateway ({', '.join(GATEWAYS)}) to endpoints, or leave them out")
        return tables
