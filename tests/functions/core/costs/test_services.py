"""Which services a scanner looks at, and what is spent where none does."""

from __future__ import annotations

import pytest

from functions.core.costs.services import blind_spot, scanned


@pytest.mark.parametrize(
    ("service", "looked_at"),
    [
        ("Amazon Elastic Compute Cloud - Compute", True),
        ("EC2 - Other", True),
        ("Amazon Virtual Private Cloud", True),
        ("Amazon Relational Database Service", True),
        ("Amazon Elastic Load Balancing", True),
        ("AWS Lambda", True),
        ("Amazon Simple Storage Service", False),
        ("AWS Support (Business)", False),
        ("Amazon EC2 Container Registry (ECR)", False),
    ],
)
def test_which_services_a_scanner_looks_at(service: str, looked_at: bool) -> None:
    assert scanned(service) is looked_at


def test_the_blind_spot_is_a_months_dollars_of_what_nobody_looks_at() -> None:
    spent = {
        "Amazon Simple Storage Service": 30.0,
        "Amazon ElastiCache": 60.0,
        "AWS Lambda": 500.0,
        "Savings Plans for AWS Compute usage": 900.0,  # the fee of a commitment, told with the commitments
        "AWS Glue": 0.005,
        "AWS X-Ray": 0.006,
        "AWS Config": -4.0,
    }
    assert blind_spot(spent, 2.0) == {
        "monthly": 180.012,
        "services": [
            {"service": "Amazon ElastiCache", "monthly": 120.0},
            {"service": "Amazon Simple Storage Service", "monthly": 60.0},
            {"service": "AWS X-Ray", "monthly": 0.012},
        ],
    }


def test_there_may_be_no_blind_spot() -> None:
    assert blind_spot({"AWS Lambda": 5.0}, 1.0) == {"monthly": 0.0, "services": []}
