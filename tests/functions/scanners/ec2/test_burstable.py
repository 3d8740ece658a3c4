"""Burstable types: baselines against the credits that AWS says they earn, and types of the same size without credits."""

from __future__ import annotations

import pytest

from functions.core.prices.book import Prices
from functions.scanners.ec2 import burstable

CREDITS_AN_HOUR = {
    "t2.nano": (3, 1), "t2.micro": (6, 1), "t2.small": (12, 1), "t2.medium": (24, 2), "t2.large": (36, 2), "t2.xlarge": (54, 4),
    "t2.2xlarge": (81.6, 8), "t3.nano": (6, 2), "t3.micro": (12, 2), "t3.small": (24, 2), "t3.medium": (24, 2), "t3.large": (36, 2),
    "t3.xlarge": (96, 4), "t3.2xlarge": (192, 8), "t3a.large": (36, 2), "t4g.nano": (6, 2), "t4g.2xlarge": (192, 8),
}  # fmt: skip
"""Earned in an hour, and vCPUs: AWS's table. A credit is a minute of a whole vCPU."""


@pytest.mark.parametrize("kind", CREDITS_AN_HOUR)
def test_the_baseline_is_what_the_credits_of_an_hour_pay_for(kind: str) -> None:
    earned, vcpus = CREDITS_AN_HOUR[kind]
    assert burstable.baseline(kind) == pytest.approx(earned / vcpus / 60 * 100)


@pytest.mark.parametrize("kind", ["m5.large", "t8i.large", "t3.metal", "t1.micro"])
def test_of_others_no_baseline_is_known(kind: str) -> None:
    assert burstable.baseline(kind) is None


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("t3.large", ("m7i.large", "m6i.large", "m5.large")),
        ("t4g.2xlarge", ("m8g.2xlarge", "m7g.2xlarge", "m6g.2xlarge")),
        ("t3a.xlarge", ("m7a.xlarge", "m6a.xlarge", "m5a.xlarge")),
        ("t4g.medium", ()),  # m7g.medium has one vCPU
        ("t3.micro", ()),
        ("m5.large", ()),
    ],
)
def test_types_without_credits(kind: str, types: tuple[str, ...]) -> None:
    assert burstable.fixed(kind) == types


def test_surplus_is_billed_by_the_vcpu_hour() -> None:
    assert burstable.surplus_cost("t3.large", 100, Prices("us-east-1")).usd == pytest.approx(5.0)
    assert burstable.surplus_cost("t4g.large", 100, Prices("us-east-1")).usd == pytest.approx(4.0)
    assert burstable.surplus_cost("t3a.large", 100, Prices("us-east-1")).usd is None, "the book has no rate of T3a"
