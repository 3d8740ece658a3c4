"""What an instance bills beside its hardware: the software licence that AWS charges with every hour, or none.

UsageOperation is the billing code itself, as on the bill; PlatformDetails is its name.
"""

from __future__ import annotations

from functions.core.limits import fact

DOCUMENTED = fact(
    "which billing codes of EC2 (UsageOperation) have a licence in them",
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html",
    "2026-11-28",
)

LINUX = "Linux/UNIX"
"""AWS's PlatformDetails of an instance that pays for no operating system."""

BY_USAGE_OPERATION = {
    "RunInstances": "",
    "RunInstances:00g0": "",  # Red Hat BYOL; "appears as RunInstances (Linux/UNIX) in your usage reports"
    "RunInstances:0800": "",  # Windows BYOL
    "RunInstances:0010": "Red Hat Enterprise Linux",
    "RunInstances:1010": "Red Hat Enterprise Linux with HA",
    "RunInstances:1014": "Red Hat Enterprise Linux with SQL Server Standard and HA",
    "RunInstances:1110": "Red Hat Enterprise Linux with SQL Server Enterprise and HA",
    "RunInstances:0014": "Red Hat Enterprise Linux with SQL Server Standard",
    "RunInstances:0210": "Red Hat Enterprise Linux with SQL Server Web",
    "RunInstances:0110": "Red Hat Enterprise Linux with SQL Server Enterprise",
    "RunInstances:0100": "SQL Server Enterprise",
    "RunInstances:0004": "SQL Server Standard",
    "RunInstances:0200": "SQL Server Web",
    "RunInstances:000g": "SUSE Linux",
    "RunInstances:0g00": "Ubuntu Pro",
    "RunInstances:0002": "Windows",
    "RunInstances:0102": "Windows with SQL Server Enterprise",
    "RunInstances:0006": "Windows with SQL Server Standard",
    "RunInstances:0202": "Windows with SQL Server Web",
}
"""Billing code → the licence in it; "" where the hour costs what Linux costs."""
_NONE = frozenset({LINUX, "Windows BYOL", "Red Hat BYOL Linux"})


def licence(platform: str, usage_operation: str) -> str:
    """The licence that AWS bills by the hour, "" for none. A code that is not in the table is one with a licence."""
    known = BY_USAGE_OPERATION.get(usage_operation)
    if known is not None:
        return known
    if usage_operation:
        return platform if platform not in _NONE else f"the licence of {usage_operation}"
    return "" if platform in _NONE else platform


def needs_x86(platform: str, licensed: str) -> bool:
    """Windows and SQL Server, with AWS's licence or one's own: Amazon EC2 has neither for Arm.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ComponentsAMIs.html
    """
    return any(word in text.lower() for text in (platform, licensed) for word in ("windows", "sql server"))
