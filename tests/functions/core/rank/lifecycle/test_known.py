"""What a line of the history means in money and in a report."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.rank.lifecycle.known import as_resolved, region, worth

LINE: dict[str, Any] = {
    "id": "0" * 32, "unit": "111122223333.us-east-1.ebs-volume", "check": "ebs-unattached-volume", "arn": "arn:aws:s3:::bucket", "name": "",
    "likely": 10.0, "first": "2026-11-01T02:00:00+00:00", "last": "2026-11-08T02:00:00+00:00", "resolved": "2026-11-15T02:00:00+00:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, 100_000),
        ({"likely": None}, 0),
        ({"likely": 0.0}, 0),
        ({"uncounted": True}, 0),
        ({"rest": 2.5}, 75_000),
        ({"rest": 10.0}, 0),
        ({"likely": 0.0003}, 3),
    ],
)
def test_what_a_resolved_finding_has_realised(more: dict[str, Any], expected: int) -> None:
    assert worth(LINE | more) == expected
    assert as_resolved(LINE | more)["realised_likely"] == expected / 10_000
    assert as_resolved(LINE | more)["monthly_savings_likely"] == (LINE | more)["likely"], "what it would have saved is said all the same"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:::bucket", "us-east-1"),
        ("arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", "eu-west-1"),
        ("arn:aws:ec2:eu-west-1", "us-east-1"),
        ("bucket", "us-east-1"),
    ],
)
def test_the_region_is_the_resource_s(arn: str, expected: str) -> None:
    assert region(LINE | {"arn": arn}) == as_resolved(LINE | {"arn": arn})["region"] == expected
