"""What the replies of EC2 bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.ec2.bills import ADDRESS, INSTANCE, NAT_GATEWAY


@pytest.mark.parametrize(
    ("changes", "also"),
    [
        ({}, ()),
        ({"Monitoring": {"State": "disabled"}}, ()),
        ({"Monitoring": {"State": "enabled"}}, ("detailed monitoring",)),
        ({"Monitoring": {"State": "enabled"}, "State": {"Name": "stopped"}}, ()),
        ({"EbsOptimized": True}, ()),
        ({"EbsOptimized": True, "InstanceType": "m3.xlarge"}, ("the hourly fee for EBS optimisation",)),
        ({"EbsOptimized": False, "InstanceType": "m3.xlarge"}, ()),
        (
            {"ProductCodes": [{"ProductCodeId": "abc", "ProductCodeType": "marketplace"}]},
            ("the software that it has from AWS Marketplace",),
        ),
        ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, ("the fee of the service that manages it",)),
        ({"Operator": {"Managed": False}}, ()),
        ({"EnclaveOptions": {"Enabled": True}, "HibernationOptions": {"Configured": True}, "Licenses": [{}]}, ()),
    ],
)
def test_what_else_an_instance_bills_while_it_runs(changes: dict[str, Any], also: tuple[str, ...]) -> None:
    assert INSTANCE.also_bills({"InstanceType": "m5.large", "State": {"Name": "running"}, **changes}) == also


def test_addresses_and_gateways_are_priced_whole() -> None:
    assert not ADDRESS.not_modelled
    assert not NAT_GATEWAY.not_modelled
