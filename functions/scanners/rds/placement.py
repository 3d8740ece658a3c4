"""Where a DB instance is: in a zone, or on the Outpost of its subnets.

A DB instance on an Outpost names the zone of the region that the Outpost belongs to; that it is there, only the subnets of its group say.
A group has subnets of one or the other: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-on-outposts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.prices.places import place

PLACED_BY = ("DBSubnetGroup.Subnets[].SubnetOutpost.Arn", "AvailabilityZone", "SecondaryAvailabilityZone")


def place_of(answer: Mapping[str, Any], region: str) -> str:
    """The place of a DBInstance of the reply; with a standby, that of the one that is not in the region's own zones."""
    subnets = answer.get("DBSubnetGroup", {}).get("Subnets", ())
    outposts = (subnet.get("SubnetOutpost", {}).get("Arn") for subnet in subnets)
    return place(region, *outposts, answer.get("AvailabilityZone"), answer.get("SecondaryAvailabilityZone"))
