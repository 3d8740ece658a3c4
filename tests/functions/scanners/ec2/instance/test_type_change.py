"""What a reply says about changing the type of an instance."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.ec2.instance.type_change import NO_OBSTACLE, read

READY = {"VirtualizationType": "hvm", "EnaSupport": True, "RootDeviceType": "ebs", "NetworkInterfaces": [{}], "BlockDeviceMappings": [{}]}


def _interface(addresses: int) -> dict[str, Any]:
    return {"PrivateIpAddresses": [{}] * addresses}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, None),
        ({"VirtualizationType": "paravirtual", "EnaSupport": False}, "it is paravirtual"),
        ({"EnaSupport": False}, "ENA"),
        ({"EnaSupport": None}, "ENA"),
        ({"RootDeviceType": "instance-store"}, "cannot be stopped"),
        ({"BlockDeviceMappings": [{}] * 27}, None),
        ({"BlockDeviceMappings": [{}] * 28}, "29 volumes and network interfaces"),
        ({"NetworkInterfaces": [_interface(15)]}, None),
        ({"NetworkInterfaces": [_interface(16)]}, "more than 15 addresses"),
    ],
)
def test_why_aws_would_refuse_it(more: dict[str, Any], words: str | None) -> None:
    found = read({**READY, **more})
    assert len(found.refused) == (words is not None)
    assert words is None or words in found.refused[0]
    assert found.beware == ()
    assert (found is NO_OBSTACLE) is (words is None)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ProductCodes": [{"ProductCodeId": "x", "ProductCodeType": "marketplace"}]}, "Marketplace"),
        ({"ProductCodes": [{"ProductCodeId": "x", "ProductCodeType": "devpay"}]}, None),
        ({"Placement": {"GroupName": "close"}}, "placement group close"),
        ({"Placement": {"GroupName": ""}}, None),
        ({"HibernationOptions": {"Configured": True}}, "hibernate"),
        ({"HibernationOptions": {"Configured": False}}, None),
        ({"TpmSupport": "v2.0"}, "NitroTPM v2.0"),
        ({"EnclaveOptions": {"Enabled": True}}, "Enclaves"),
        ({"NetworkInterfaces": [{"Association": {"IpOwnerId": "amazon", "PublicIp": "192.0.2.1"}}]}, "public IPv4 address"),
        ({"NetworkInterfaces": [{"Association": {"IpOwnerId": "111122223333", "PublicIp": "192.0.2.1"}}]}, None),
    ],
)
def test_what_is_to_be_looked_at_before(more: dict[str, Any], words: str | None) -> None:
    found = read({**READY, **more})
    assert found.refused == ()
    assert [words in one for one in found.beware if words] == ([True] if words else [])


def test_several_reasons_are_all_said() -> None:
    assert len(read({"VirtualizationType": "paravirtual", "RootDeviceType": "instance-store"}).refused) == 2
