"""What an instance bills beside its hardware, by AWS's own billing codes."""

from __future__ import annotations

import pytest

from functions.scanners.ec2.licences import BY_USAGE_OPERATION, licence, needs_x86


@pytest.mark.parametrize(
    ("platform", "usage_operation", "licensed"),
    [
        ("Linux/UNIX", "RunInstances", ""),
        ("Linux/UNIX", "", ""),
        ("Windows", "RunInstances:0002", "Windows"),
        ("Windows", "", "Windows"),
        ("windows", "", "windows"),  # replies from before 2019
        ("Windows", "RunInstances", ""),  # the code is what is billed
        ("Windows BYOL", "RunInstances:0800", ""),
        ("Windows BYOL", "", ""),
        ("Red Hat BYOL Linux", "RunInstances:00g0", ""),
        ("Red Hat Enterprise Linux", "RunInstances:0010", "Red Hat Enterprise Linux"),
        ("SQL Server Web", "RunInstances:0200", "SQL Server Web"),
        ("Brand New OS", "RunInstances:9999", "Brand New OS"),
        ("Linux/UNIX", "RunInstances:9999", "the licence of RunInstances:9999"),
    ],
)
def test_the_licence_of_an_instance(platform: str, usage_operation: str, licensed: str) -> None:
    assert licence(platform, usage_operation) == licensed


@pytest.mark.parametrize("code", BY_USAGE_OPERATION)
def test_a_code_is_an_hour_of_an_instance_and_wins_over_the_words(code: str) -> None:
    assert code.startswith("RunInstances")
    assert licence("whatever", code) == BY_USAGE_OPERATION[code]


@pytest.mark.parametrize(
    ("platform", "licensed", "only"),
    [
        ("Windows", "", True),
        ("Windows BYOL", "", True),
        ("windows", "", True),
        ("Linux/UNIX", "SQL Server Web", True),
        ("Linux/UNIX", "", False),
        ("Red Hat Enterprise Linux", "Red Hat Enterprise Linux", False),
        ("SUSE Linux", "SUSE Linux", False),
    ],
)
def test_what_runs_on_x86_only(platform: str, licensed: str, only: bool) -> None:
    assert needs_x86(platform, licensed) is only
