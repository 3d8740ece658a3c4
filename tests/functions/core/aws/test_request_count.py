"""Requests are counted where they are made and for the whole process: each attempt, also one that failed."""

from __future__ import annotations

from threading import Thread

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.aws.request_count import Meter, counted, spent_calls


@mock_aws
def test_a_request_is_counted_in_each_meter_and_for_the_process_also_a_refused_one() -> None:
    before, one, other = spent_calls(), Meter(), Meter()
    ec2 = counted(boto3.Session("testing", "testing", region_name="us-east-1").client("ec2"), "ec2", one, other)
    ec2.describe_volumes()
    with pytest.raises(ClientError):
        ec2.describe_volumes(VolumeIds=["vol-0123456789abcdef0"])
    assert one.calls == other.calls == spent_calls() - before == {"ec2:DescribeVolumes": 2}


@mock_aws
def test_threads_that_share_a_client_lose_no_request() -> None:
    meter = Meter()
    ec2 = counted(boto3.Session("testing", "testing", region_name="us-east-1").client("ec2"), "ec2", meter)
    threads = [Thread(target=lambda: [ec2.describe_addresses() for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.calls == {"ec2:DescribeAddresses": 20}


def test_what_is_asked_for_does_not_change_any_more() -> None:
    seen = spent_calls()
    seen["ec2:DescribeVolumes"] += 1_000_000
    assert spent_calls()["ec2:DescribeVolumes"] < 1_000_000
