"""Which services a scanner looks at, and what is spent where none does."""

from __future__ import annotations

from datetime import date

import pytest

from functions.core.costs.rows import CostRow
from functions.core.costs.services import blind_spot, said_of_regions, scanned


@pytest.mark.parametrize(
    ("service", "looked_at"),
    [
        ("Amazon Elastic Compute Cloud - Compute", True),
        ("EC2 - Other", True),
        ("Amazon Virtual Private Cloud", True),
        ("Amazon Relational Database Service", True),
        ("Amazon Elastic Load Balancing", True),
        ("AWS Lambda", True),
        ("Amazon Simple Storage Service", True),
        ("AWS Support (Business)", False),
        ("Amazon EC2 Container Registry (ECR)", False),
    ],
)
def test_which_services_a_scanner_looks_at(service: str, looked_at: bool) -> None:
    assert scanned(service) is looked_at


def blind(service: str, monthly: float, usage_type: str = "") -> dict[str, object]:
    return {"service": service, "usage_type": usage_type, "monthly": monthly}


def shared(service: str, usage_type: str, usd: float, quantity: float = 0.0) -> CostRow:
    return CostRow(date(2026, 11, 1), date(2026, 11, 16), (service, usage_type), usd, usd, usd, quantity)


def test_the_blind_spot_is_a_months_dollars_of_what_nobody_looks_at() -> None:
    spent = {
        "AWS Step Functions": 30.0,
        "Amazon Kinesis": 60.0,
        "AWS Lambda": 500.0,
        "EC2 - Other": 700.0,  # nothing is known of its usage types
        "Savings Plans for AWS Compute usage": 900.0,  # the fee of a commitment, told with the commitments
        "AWS Glue": 0.005,
        "AWS X-Ray": 0.006,
        "AWS Config": -4.0,
    }
    assert blind_spot(spent, 2.0) == {
        "monthly": 180.012,
        "services": [blind("Amazon Kinesis", 120.0), blind("AWS Step Functions", 60.0), blind("AWS X-Ray", 0.012)],
    }


def test_of_a_service_that_is_looked_at_in_part_the_rest_is_told_by_usage_type() -> None:
    rows = [
        shared("EC2 - Other", "EBS:VolumeUsage.gp3", 90.0),
        shared("EC2 - Other", "EUC1-EBS:SnapshotUsage", 80.0),
        shared("EC2 - Other", "USW2-NatGateway-Bytes", 70.0),
        shared("EC2 - Other", "DataTransfer-Regional-Bytes", 5.0),
        shared("EC2 - Other", "USW2-DataTransfer-Regional-Bytes", 2.5),
        shared("EC2 - Other", "EBS:directAPI.snapshot.Get", 1.0),
        shared("Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress", 60.0),
        shared("Amazon Virtual Private Cloud", "USW2-TransitGateway-Hours", 20.0),
        shared("AmazonCloudWatch", "USE1-TimedStorage-ByteHrs", 50.0),
        shared("AmazonCloudWatch", "CW:MetricMonitorUsage", 40.0),
        shared("Amazon Elastic Compute Cloud - Compute", "Anything", 30.0),  # all of it is looked at
    ]
    assert blind_spot({"EC2 - Other": 250.0, "Amazon Kinesis": 3.0}, 2.0, rows) == {
        "monthly": 143.0,
        "services": [
            blind("AmazonCloudWatch", 80.0, "CW:MetricMonitorUsage"),
            blind("Amazon Virtual Private Cloud", 40.0, "TransitGateway-Hours"),
            blind("EC2 - Other", 15.0, "DataTransfer-Regional-Bytes"),
            blind("Amazon Kinesis", 6.0),
            blind("EC2 - Other", 2.0, "EBS:directAPI.snapshot.Get"),
        ],
    }


def test_there_may_be_no_blind_spot() -> None:
    assert blind_spot({"AWS Lambda": 5.0}, 1.0) == {"monthly": 0.0, "services": []}


def test_public_addresses_are_told_by_region_in_use_or_not() -> None:
    """Two and a half addresses over 15 days of 24 hours are 900 hours, at half a cent."""
    rows = [
        shared("Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress", 3.6, 720.0),
        shared("Amazon Virtual Private Cloud", "PublicIPv4:IdleAddress", 0.9, 180.0),
        shared("Amazon Virtual Private Cloud", "USW2-PublicIPv4:InUseAddress", 9.0, 1_800.0),
        shared("Amazon Virtual Private Cloud", "VpcEndpoint-Hours", 50.0, 5_000.0),
    ]
    what = "Public IPv4 addresses"
    assert said_of_regions(rows, 730 / 360, 360) == [
        {"what": what, "region": "us-west-2", "count": 5.0, "monthly": 18.25},
        {"what": what, "region": "us-east-1", "count": 2.5, "monthly": 9.125},
    ]
    assert said_of_regions([], 1.0, 24) == []
