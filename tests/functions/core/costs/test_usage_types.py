"""Usage types as bills have them, and what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs.usage_types import REGIONS, UsageType, full_name, parse, placed
from functions.core.prices import book as prices
from functions.core.prices.products import billed
from tests.functions.core.prices.test_products import BOOK_LACKS

COMPUTE, OTHER, VPC = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other", "Amazon Virtual Private Cloud"
RDS = "Amazon Relational Database Service"


def ec2(region: str, instance_type: str, *, hours: bool = True) -> UsageType:
    return UsageType(region, "AmazonEC2", instance_type.split(".")[0], instance_type, hours, billed_as=COMPUTE)


def rds(region: str, instance_type: str) -> UsageType:
    return UsageType(region, "AmazonRDS", instance_type.rsplit(".", 1)[0], instance_type, hours=True, billed_as=RDS)


@pytest.mark.parametrize(
    ("usage_type", "means"),
    [
        ("USW2-BoxUsage:m5.large", ec2("us-west-2", "m5.large")),
        ("BoxUsage:m5.large", ec2("us-east-1", "m5.large")),
        ("USE1-BoxUsage:m5.large", ec2("us-east-1", "m5.large")),
        ("BoxUsage", ec2("us-east-1", "m1.small")),
        ("EU-BoxUsage:u-6tb1.112xlarge", ec2("eu-west-1", "u-6tb1.112xlarge")),
        ("EUC1-DedicatedUsage:c5n.18xlarge", ec2("eu-central-1", "c5n.18xlarge")),
        ("APS3-UnusedBox:r6g.xlarge", ec2("ap-south-1", "r6g.xlarge")),
        ("APS1-SpotUsage:m5.large", ec2("ap-southeast-1", "m5.large", hours=False)),
        ("CPT-BoxUsage:t3.micro", ec2("af-south-1", "t3.micro")),
        ("InstanceUsage:db.r5.large", rds("us-east-1", "db.r5.large")),
        ("Multi-AZUsage:db.m5.2xlarge", rds("us-east-1", "db.m5.2xlarge")),
        ("Multi-AZUsage:db.r5d.2xl", rds("us-east-1", "db.r5d.2xlarge")),
        ("USW2-InstanceUsageIOOptimized:db.r8g.xl", rds("us-west-2", "db.r8g.xlarge")),
        ("USW2-Multi-AZClusterUsage:db.m5d.large", rds("us-west-2", "db.m5d.large")),
        ("APN1-EBS:VolumeUsage.gp3", UsageType("ap-northeast-1", "AmazonEBS", book=("AmazonEBS", "volume.gp3"), billed_as=OTHER)),
        ("EBS:VolumeUsage", UsageType("us-east-1", "AmazonEBS", book=("AmazonEBS", "volume.standard"), billed_as=OTHER)),
        ("EU-EBS:VolumeUsage.piops", UsageType("eu-west-1", "AmazonEBS", book=("AmazonEBS", "volume.io1"), billed_as=OTHER)),
        ("CAN1-EBS:VolumeP-IOPS.gp3", UsageType("ca-central-1", "AmazonEBS", book=("AmazonEBS", "iops.gp3"), billed_as=OTHER)),
        ("NatGateway-Hours", UsageType("us-east-1", "AmazonVPC", book=("AmazonVPC", "nat-gateway"), billed_as=OTHER)),
        ("EUW2-PublicIPv4:IdleAddress", UsageType("eu-west-2", "AmazonVPC", book=("AmazonVPC", "public-ipv4.idle"), billed_as=VPC)),
        ("APS2-RDS:ChargedBackupUsage", UsageType("ap-southeast-2", "AmazonRDS", book=("AmazonRDS", "backup"), billed_as=RDS)),
        ("RDS:Multi-AZ-GP2-Storage", UsageType("us-east-1", "AmazonRDS", book=("AmazonRDS", "storage.multi-az.gp2"), billed_as=RDS)),
        ("UGW1-BoxUsage:m5.large", ec2("us-gov-west-1", "m5.large")),
        ("CNN1-BoxUsage:m5.large", ec2("cn-north-1", "m5.large")),
        ("CNW1-BoxUsage:m5.large", ec2("cn-northwest-1", "m5.large")),
        ("USW2-MirrorUsage:db.m5.xl", rds("us-west-2", "db.m5.xlarge")),
        ("EU-Lambda-GB-Second-ARM", UsageType("eu-west-1", "AWSLambda", "duration.arm", by_plan=True, billed_as="AWS Lambda")),
        (
            "Lambda-Provisioned-Concurrency",
            UsageType("us-east-1", "AWSLambda", "provisioned-concurrency.x86", by_plan=True, billed_as="AWS Lambda"),
        ),
        (
            "Aurora:ServerlessV2Usage",
            UsageType(
                "us-east-1",
                "AmazonRDS",
                "aurora.serverless-v2",
                by_plan=True,
                book=("AmazonRDS", "aurora.serverless-v2"),
                billed_as="Amazon Relational Database Service",
            ),
        ),
    ],
)
def test_what_a_usage_type_means(usage_type: str, means: UsageType) -> None:
    assert parse(usage_type) == means


@pytest.mark.parametrize(
    "usage_type",
    [
        "USW2-LAX1-BoxUsage:c5d.2xlarge",  # a local zone has prices of its own
        "LAX1-BoxUsage:c5d.2xlarge",
        "USE1WL1-BoxUsage:t3.medium",  # and so has a wavelength zone
        "USW2WL1DEN1-BoxUsage:t3.medium",
        "XYZ9-BoxUsage:m5.large",  # a code that is not known is no region
        "USE1-USE2-AWS-Out-Bytes",
        "EBS:VolumeP-Throughput.gp3",  # GiB/s in the bill, MiB/s in the book
        "LoadBalancerUsage",  # application, network or classic
        "EBS:VolumeUsage.gp9",
        "InstanceUsage:cache.m5.large",
        "Lambda-Edge-GB-Second",
        "Reservation:m5.large",
        "",
    ],
)
def test_what_is_not_sure_is_not_said(usage_type: str) -> None:
    assert parse(usage_type) is None


@pytest.mark.parametrize(
    ("usage_type", "region", "rest"),
    [
        ("IA-ReadCapacityUnit-Hrs", "us-east-1", "IA-ReadCapacityUnit-Hrs"),  # words without a digit are no codes
        ("USW2-IA-ReadCapacityUnit-Hrs", "us-west-2", "IA-ReadCapacityUnit-Hrs"),
        ("VPN-Usage-Hours:ipsec.1", "us-east-1", "VPN-Usage-Hours:ipsec.1"),
        ("EU-VPN-Usage-Hours:ipsec.1", "eu-west-1", "VPN-Usage-Hours:ipsec.1"),
        ("AW-HW-1-AutoStop-User", "us-east-1", "AW-HW-1-AutoStop-User"),
        ("APN1-AW-HW-1", "ap-northeast-1", "AW-HW-1"),
        ("TS-LoadBalancerUsage", "us-east-1", "TS-LoadBalancerUsage"),
        ("EUW2-TS-LoadBalancerUsage", "eu-west-2", "TS-LoadBalancerUsage"),
        ("QS-User-Standard-Month", "us-east-1", "QS-User-Standard-Month"),
        ("AWS-Out-Bytes", "us-east-1", "AWS-Out-Bytes"),
        ("ca-central-1-KMS-Keys", "ca-central-1", "KMS-Keys"),
        ("us-east-1-KMS-Keys", "us-east-1", "KMS-Keys"),
        ("us-gov-west-1-KMS-Keys", "us-gov-west-1", "KMS-Keys"),
        ("CNN1-EBS:VolumeUsage.gp2", "cn-north-1", "EBS:VolumeUsage.gp2"),
        ("EU-EUC1-AWS-Out-Bytes", None, "EUC1-AWS-Out-Bytes"),  # from one region to another
        ("LAX1-EBS:VolumeUsage.gp2", None, "EBS:VolumeUsage.gp2"),
        ("USE1WL1ATL1-EBS:VolumeUsage.gp2", None, "EBS:VolumeUsage.gp2"),
        ("APNE1WL1NRT1-EBS:VolumeUsage.gp2", None, "EBS:VolumeUsage.gp2"),
        ("XYZ9-EBS:VolumeUsage.gp2", None, "EBS:VolumeUsage.gp2"),
        ("DataTransfer-Out-Bytes", "us-east-1", "DataTransfer-Out-Bytes"),
        ("BoxUsage", "us-east-1", "BoxUsage"),
    ],
)
def test_where_a_usage_type_is_and_what_it_is_called_there(usage_type: str, region: str | None, rest: str) -> None:
    assert placed(usage_type) == (region, rest)


@pytest.mark.parametrize(
    ("usage_type", "full"),
    [
        ("InstanceUsage:db.r8g.2xl", "InstanceUsage:db.r8g.2xlarge"),
        ("InstanceUsage:db.r8g.xl", "InstanceUsage:db.r8g.xlarge"),
        ("BoxUsage:m5.large", "BoxUsage:m5.large"),
        ("EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp3"),
        ("NatGateway-Hours", "NatGateway-Hours"),
    ],
)
def test_the_size_of_an_instance_is_written_out(usage_type: str, full: str) -> None:
    assert full_name(usage_type) == full


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(usage_type: str) -> None:
    parse(usage_type)


@given(st.sampled_from(sorted(REGIONS)), st.sampled_from(["BoxUsage:c5.large", "Multi-AZUsage:db.r5.large", *billed()]))
def test_a_code_changes_nothing_but_the_region(code: str, rest: str) -> None:
    at_home, there = parse(rest), parse(f"{code}-{rest}")
    assert at_home is not None
    assert there == replace(at_home, region=REGIONS[code])


@pytest.mark.parametrize("usage_type", sorted(billed()))
def test_the_price_book_has_what_is_named_or_it_is_known_that_it_lacks_it(usage_type: str) -> None:
    """In us-east-1, where it knows most."""
    known = billed()[usage_type]
    assert ((prices.Prices("us-east-1").own(known.service, known.key) or 0) > 0) is (known.key not in BOOK_LACKS)


@pytest.mark.parametrize("usage_type", ["EBS:VolumeUsage.gp3", "EBS:VolumeP-IOPS.io2.tier2", "NatGateway-Hours", "VpcEndpoint-Hours"])
def test_what_can_be_refreshed_is_what_the_bill_is_compared_with(usage_type: str) -> None:
    assert usage_type in billed()
