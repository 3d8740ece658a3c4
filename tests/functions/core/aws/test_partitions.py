"""Which partition a region is of, and where that one's console is."""

from __future__ import annotations

import boto3
import pytest

from functions.core.aws import partitions

REGIONS = [
    ("us-east-1", "aws"),
    ("eu-central-2", "aws"),
    ("eu-central-9", "aws"),  # newer than botocore: by the form of its name
    ("cn-north-1", "aws-cn"),
    ("cn-northwest-1", "aws-cn"),
    ("us-gov-east-1", "aws-us-gov"),
    ("us-gov-west-1", "aws-us-gov"),
    ("eusc-de-east-1", "aws-eusc"),
    ("us-iso-east-1", "aws-iso"),
    ("us-isob-east-1", "aws-iso-b"),
]


@pytest.mark.parametrize(("region", "partition"), REGIONS)
def test_the_partition_is_botocores(region: str, partition: str) -> None:
    assert partitions.partition(region) == partition == boto3.Session().get_partition_for_region(region)


def test_a_client_and_we_take_an_unknown_region_for_one_of_aws() -> None:
    client = boto3.client("sts", region_name="mars-north-1", aws_access_key_id="test", aws_secret_access_key="test")
    assert partitions.partition("mars-north-1") == client.meta.partition == "aws"
    assert client.meta.endpoint_url == "https://sts.mars-north-1.amazonaws.com"


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "https://console.amazonaws.cn"),
        ("us-gov-east-1", "https://console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu"),
        ("us-iso-east-1", ""),
        ("eu-isoe-west-1", ""),
        ("mars-north-1", ""),
    ],
)
def test_a_console_that_is_not_known_has_no_address(region: str, address: str) -> None:
    assert partitions.console(region) == address


@pytest.mark.parametrize(
    ("region", "answers"),
    [
        ("eu-south-1", "us-east-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-east-1", "us-gov-west-1"),
        ("eusc-de-east-1", "eusc-de-east-1"),
        ("mars-north-1", "us-east-1"),
    ],
)
def test_a_partition_has_a_region_that_answers_for_all_of_it(region: str, answers: str) -> None:
    assert partitions.global_region(region) == answers
