"""What bills for the place of an instance, or beside it, whatever it does."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.ec2.instance import payer


@pytest.mark.parametrize(
    ("described", "words", "steps"),
    [
        ({}, None, 0),
        ({"CapacityBlockId": "cb-1"}, "Capacity Block cb-1", 0),
        ({"CapacityReservationId": "cr-1"}, "Capacity Reservation cr-1", 2),
        ({"CapacityReservationId": "cr-1", "InstanceLifecycle": "capacity-block"}, "Capacity Block cr-1", 0),
        ({"Placement": {"HostId": "h-1"}}, "Dedicated Host h-1", 1),
        ({"Placement": {"HostResourceGroupArn": "arn:group"}}, "Dedicated Host arn:group", 0),
    ],
)
def test_who_pays_for_the_place_and_what_ends_that(described: dict[str, Any], words: str | None, steps: int) -> None:
    found = payer.payer_of({"Placement": {}, **described})
    assert (found and found.words, len(found.ends) if found else 0) == (words, steps)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], ""),
        ([{"ProductCodeId": "abc", "ProductCodeType": "marketplace"}], "abc"),
        ([{"ProductCodeId": "old", "ProductCodeType": "devpay"}, {"ProductCodeId": "new", "ProductCodeType": "marketplace"}], "new"),
        ([{"ProductCodeType": "marketplace"}], ""),
    ],
)
def test_software_of_the_marketplace_bills_beside_it(codes: list[dict[str, str]], code: str) -> None:
    assert payer.marketplace({"ProductCodes": codes}) == code


def test_an_address_counts_once_where_aws_gave_it_and_an_elastic_one_not() -> None:
    given = {"Association": {"IpOwnerId": "amazon", "PublicIp": "192.0.2.1"}}
    elastic = {"Association": {"IpOwnerId": "123456789012", "PublicIp": "192.0.2.2"}}
    assert payer.public_addresses({"NetworkInterfaces": [{**given, "PrivateIpAddresses": [given, elastic, {}]}]}) == 1
    assert payer.public_addresses({}) == 0
