"""The pages of a listing: which is being read, and how each service names the token of another."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.paginate import TokenDecoder

from functions.core.aws.main_listing import ANSWERS, ListedPage, Listing, asks_for, following

SESSION = boto3.Session("testing", "testing", region_name="us-east-1")


def test_a_page_that_began_is_one_object_also_where_two_have_the_same_token() -> None:
    listing = Listing("ec2:DescribeVolumes", "a")
    none = listing.at
    listing.begins("a")
    first = listing.at
    listing.begins("a")
    assert (none, first, listing.at) == (ListedPage(0, None), ListedPage(1, "a"), ListedPage(2, "a"))
    assert Listing("ec2:DescribeVolumes").at is not none


@pytest.mark.parametrize(
    ("answer", "token"),
    [
        ({"NextToken": "t"}, "t"),
        ({"nextToken": "t"}, "t"),
        ({"Marker": "t"}, "t"),
        ({"NextMarker": "t"}, "t"),
        ({"PaginationToken": "t"}, "t"),
        ({"ContinuationToken": "t"}, "t"),
        ({"TableNames": ["s", "t"], "LastEvaluatedTableName": "t"}, "t"),
        ({"NextToken": ""}, None),
        ({"NextToken": None}, None),
        ({"Volumes": []}, None),
    ],
)
def test_the_token_of_the_page_that_follows(answer: dict[str, Any], token: str | None) -> None:
    assert following(answer) == token


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("dynamodb", "ListTables", "ExclusiveStartTableName"),
        ("ec2", "DescribeVolumes", "NextToken"),
        ("rds", "DescribeDBInstances", "Marker"),
        ("elbv2", "DescribeLoadBalancers", "Marker"),
        ("elb", "DescribeLoadBalancers", "Marker"),
        ("lambda", "ListFunctions", "Marker"),
        ("logs", "DescribeLogGroups", "nextToken"),
        ("resourcegroupstaggingapi", "GetResources", "PaginationToken"),
        ("s3", "ListBuckets", "ContinuationToken"),
    ],
)
def test_how_a_page_is_asked_for_is_what_botocores_own_paginators_say(service: str, operation: str, name: str) -> None:
    client = SESSION.client(service)  # type: ignore[call-overload]  # the name is data
    assert asks_for(client, operation, "t") == {name: "t"}
    loader = SESSION._session.get_component("data_loader")
    declared = loader.load_service_model(service, "paginators-1")["pagination"][operation]
    assert declared["input_token"] == name
    assert declared["output_token"] in ANSWERS


def test_botocore_would_take_a_token_of_ec2_for_one_of_its_own() -> None:
    """Why tokens are parameters here, and no StartingToken."""
    assert TokenDecoder().decode("eyJ2IjoiMiIsImMiOiIwUEs0In0=") == {"v": "2", "c": "0PK4"}
