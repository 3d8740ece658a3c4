"""Where a DB instance is, by what DescribeDBInstances says."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.rds.placement import place_of

OUTPOST = "arn:aws:outposts:us-west-2:123456789012:outpost/op-1"


def subnets(*outposts: str | None) -> dict[str, Any]:
    return {"DBSubnetGroup": {"Subnets": [{"SubnetOutpost": {"Arn": arn} if arn else {}} for arn in outposts]}}


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({}, ""),  # it is being created
        ({"AvailabilityZone": "us-west-2a"}, ""),
        ({"AvailabilityZone": "us-west-2a", "SecondaryAvailabilityZone": "us-west-2b", "MultiAZ": True}, ""),
        ({"AvailabilityZone": "us-west-2-lax-1a"}, "us-west-2-lax-1a"),
        ({"AvailabilityZone": "us-west-2a", "SecondaryAvailabilityZone": "us-west-2-lax-1b"}, "us-west-2-lax-1b"),
        ({"AvailabilityZone": "us-west-2a", **subnets(None, None)}, ""),
        ({"AvailabilityZone": "us-west-2a", **subnets(OUTPOST)}, OUTPOST),
        ({"AvailabilityZone": "us-west-2a", "DBSubnetGroup": {}}, ""),
    ],
)
def test_a_zone_of_the_region_says_nothing_of_an_outpost(answer: dict[str, Any], place: str) -> None:
    assert place_of(answer, "us-west-2") == place
