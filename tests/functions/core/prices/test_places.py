"""What is of the region's own zones, and what is somewhere else."""

from __future__ import annotations

import pytest

from functions.core.prices.places import RegionWide, place

OUTPOST = "arn:aws:outposts:us-west-2:123456789012:outpost/op-0123456789abcdef0"


@pytest.mark.parametrize(
    ("region", "named", "expected"),
    [
        ("us-west-2", (), ""),
        ("us-west-2", (None, ""), ""),
        ("us-west-2", ("us-west-2a",), ""),
        ("us-west-2", (None, "us-west-2d"), ""),
        ("us-west-2", ("us-west-2",), ""),  # the border group of its own zones
        ("us-west-2", ("us-west-2-lax-1a",), "us-west-2-lax-1a"),
        ("us-west-2", ("us-west-2-lax-1",), "us-west-2-lax-1"),  # a border group
        ("us-west-2", ("us-west-2-wl1-las-wlz-1",), "us-west-2-wl1-las-wlz-1"),
        ("us-west-2", (OUTPOST, "us-west-2a"), OUTPOST),  # it is in the zone that it belongs to, and bills its own rates
        ("us-west-2", ("us-west-2a", "us-west-2-lax-1a"), "us-west-2-lax-1a"),  # of several zones, the one that is none of the region's
        ("us-west-2", ("op-0123456789abcdef0",), "op-0123456789abcdef0"),
        ("us-west-2", ("us-west-21",), "us-west-21"),  # a digit is no letter of a zone
        ("us-west-2", ("us-east-1a",), "us-east-1a"),
        ("cn-north-1", ("cn-north-1b",), ""),
        ("us-gov-west-1", ("us-gov-west-1a",), ""),
        ("eusc-de-east-1", ("eusc-de-east-1a",), ""),
    ],
)
def test_everything_but_a_zone_of_the_region_is_somewhere_else(region: str, named: tuple[str | None, ...], expected: str) -> None:
    assert place(region, *named) == expected


def test_a_type_without_places_says_why() -> None:
    assert RegionWide("it is stored in the region").why
