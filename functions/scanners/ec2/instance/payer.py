"""What bills for the place of an instance, or beside it, by its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.ownership.payer import Payer

SMALLER = (
    "aws ec2 describe-capacity-reservations --region {region} --capacity-reservation-ids {payer}",
    "aws ec2 modify-capacity-reservation --region {region} --capacity-reservation-id {payer} --instance-count COUNT",
)
"""COUNT is one less than it was; for the last one, aws ec2 cancel-capacity-reservation."""
FILTER_VALUES = 200
"""The most filter values in one request; FilterLimitExceeded above, as in https://github.com/gjbae1212/gossm/issues/47"""


def marketplace(described: Mapping[str, Any]) -> str:
    """The product code of its software from AWS Marketplace, whose fee bills beside it; empty without. The other kind, devpay, is gone."""
    codes = (code for code in described.get("ProductCodes", ()) if code.get("ProductCodeType") == "marketplace")
    return next((code["ProductCodeId"] for code in codes if code.get("ProductCodeId")), "")


def payer_of(described: Mapping[str, Any]) -> Payer | None:
    """What bills for the place of an instance that runs, used or not; a reservation is not needed by one that is stopped.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-pricing-billing.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/dedicated-hosts-billing.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-pricing-billing.html: paid in advance, and cannot be cancelled
    """
    placement = described["Placement"]
    if block := described.get("CapacityBlockId"):
        return Payer(block, f"Capacity Block {block}")
    if reservation := described.get("CapacityReservationId"):
        block = described.get("InstanceLifecycle") == "capacity-block"
        return Payer(reservation, f"Capacity {'Block' if block else 'Reservation'} {reservation}", () if block else SMALLER)
    if host := placement.get("HostId") or placement.get("HostResourceGroupArn"):
        return Payer(
            host, f"Dedicated Host {host}", ("aws ec2 release-hosts --region {region} --host-ids {payer}",) * ("HostId" in placement)
        )
    return None


def public_addresses(described: Mapping[str, Any]) -> int:
    """How many public IPv4 addresses AWS gave it by itself: those have Amazon for an owner, Elastic IPs the account.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceAssociation.html
    """
    interfaces = described.get("NetworkInterfaces", ())
    ends = [*interfaces, *(address for interface in interfaces for address in interface.get("PrivateIpAddresses", ()))]
    associations = [end["Association"] for end in ends if end.get("Association")]
    return len({each["PublicIp"] for each in associations if each.get("IpOwnerId") == "amazon" and each.get("PublicIp")})
