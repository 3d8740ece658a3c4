"""Links to AWS's own console."""

from __future__ import annotations

import pytest

from functions.core.report.browser.console import console


@pytest.mark.parametrize(
    ("arn", "address"),
    [
        (
            "arn:aws:ec2:us-east-1:111122223333:volume/vol-1",
            "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3Aec2%3Aus-east-1%3A111122223333%3Avolume%2Fvol-1",
        ),
        ('arn:aws:s3:::"><script>', "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3As3%3A%3A%3A%22%3E%3Cscript%3E"),
        ("arn:aws-cn:ec2:cn-north-1:111122223333:volume/vol-1", "https://console.amazonaws.cn/console/home?region=us-east-1"),
        ("arn:aws-us-gov:ec2:us-gov-west-1:1:x", "https://console.amazonaws-us-gov.com/console/home?region=us-east-1"),
        ("arn:aws-eusc:ec2:eusc-de-east-1:1:x", "https://us-east-1.console.amazonaws-eusc.eu/console/home?region=us-east-1"),
        ("arn:aws-iso:ec2:x:1:x", ""),
        ("no ARN", ""),
    ],
)
def test_a_resource_has_an_address_in_its_partitions_console(arn: str, address: str) -> None:
    assert console(arn, "us-east-1") == address
