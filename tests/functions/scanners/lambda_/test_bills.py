"""What the replies of Lambda bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.lambda_.bills import FUNCTION, PROVISIONED


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, ()),
        ({"SnapStart": {"ApplyOn": "None"}, "Runtime": "python3.13"}, ()),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": "python3.13"}, ("the snapshots that SnapStart keeps",)),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": "java21"}, ()),
        ({"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}}, ("the instances of its capacity provider",)),
        ({"DurableConfig": {"ExecutionTimeout": 60}}, ("what its durable executions keep",)),
        ({"VpcConfig": {"VpcId": "vpc-1"}, "TracingConfig": {"Mode": "Active"}, "EphemeralStorage": {"Size": 10_240}}, ()),
    ],
)
def test_what_else_a_function_bills(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert FUNCTION.also_bills(item) == also


def test_provisioned_concurrency_is_priced_whole() -> None:
    assert not PROVISIONED.not_modelled
