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
    ("region", "home"),
    [
        ("eu-west-1", "us-east-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-east-1", "us-gov-west-1"),
        ("eusc-de-east-1", "eusc-de-east-1"),
        ("mars-north-1", "us-east-1"),
    ],
)
def test_services_without_regions_are_asked_in_one_of_their_partition(region: str, home: str) -> None:
    """Where botocore sends a client of Cost Explorer, whatever its region."""
    assert partitions.home(region) == home
    if "gov" not in region:
        client = boto3.client("ce", region_name=region, aws_access_key_id="test", aws_secret_access_key="test")
        [signed] = client.meta.service_model.operation_names[:1]
        endpoint = client._ruleset_resolver.construct_endpoint(client.meta.service_model.operation_model(signed), {}, {})
        assert f".{home}." in endpoint.url


@pytest.mark.parametrize("partition", list(partitions.LACKS))
@pytest.mark.parametrize("feature", [partitions.Feature.BEDROCK, partitions.Feature.BILL, partitions.Feature.MAIL])
def test_a_partition_lacks_the_services_that_have_no_endpoint_there(partition: str, feature: partitions.Feature) -> None:
    """By botocore's list of endpoints, which has Cost Explorer's of the European Sovereign Cloud only in its rules."""
    if (partition, feature) == ("aws-eusc", partitions.Feature.BILL):
        return
    there = boto3.Session().get_available_regions(str(feature), partition, allow_non_regional=True)
    assert (feature in partitions.LACKS[partition]) == (not there)


def test_each_lack_says_why_and_what_nobody_has_looked_at_lacks_nothing() -> None:
    assert partitions.lacks("cn-north-1", partitions.Feature.MAIL) == "Amazon SES is not offered in China"
    assert partitions.lacks("eu-west-1", partitions.Feature.MAIL) == partitions.lacks("us-iso-east-1", partitions.Feature.MAIL) == ""
    assert all(len(why.split()) > 4 for lacks in partitions.LACKS.values() for why in lacks.values())
