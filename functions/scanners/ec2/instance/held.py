"""What stays with an instance when it stops, and bills on: its volumes, and its Elastic IPs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.ownership.keeping import keeping_tag
from functions.core.prices.places import place

FILTER_VALUES = 200
"""The most filter values in one request; FilterLimitExceeded above, as in https://github.com/gjbae1212/gossm/issues/47"""


@dataclass(slots=True, frozen=True)
class HeldVolume:
    """A volume that is attached to this instance and to no other. `place`: as a `Resource`'s. `kept_by`: a tag that says that it is kept on
    purpose, else empty.
    """

    arn: str
    kind: str
    size_gib: int
    iops: int
    throughput_mibps: int
    place: str = ""
    kept_by: str = ""


def addresses_of(aws: Aws) -> Mapping[str, Mapping[str, str]]:
    """Instance id → ARNs of its Elastic IPs from Amazon's pool, each with its place, but for those that a tag keeps. Addresses that one
    brought along (BYOIP) are free.

    https://repost.aws/knowledge-center/elastic-ip-charges
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)

    def bills(address: Mapping[str, Any]) -> tuple[str, str, str] | None:
        kept = keeping_tag(tags.from_list(address.get("Tags")), aws.as_of)
        if address.get("InstanceId") and address.get("PublicIpv4Pool", "amazon") == "amazon" and not kept:
            arn = aws.arn("ec2", f"elastic-ip/{address.get('AllocationId') or address['PublicIp']}")
            return address["InstanceId"], arn, place(aws.region, address.get("NetworkBorderGroup"))
        return None

    for instance, arn, where in aws.readable(aws.call("ec2", "DescribeAddresses").get("Addresses", ()), bills, []):
        found[instance][arn] = where
    return found


def volumes_of(aws: Aws, ids: Sequence[str]) -> Mapping[str, Sequence[HeldVolume]]:
    """Instance id → its volumes. One that another instance is attached to as well (Multi-Attach) stays when this instance goes."""
    found: dict[str, list[HeldVolume]] = defaultdict(list)
    only = [{"Name": "attachment.instance-id", "Values": list(ids)}]

    def held_by(volume: Mapping[str, Any]) -> tuple[str, HeldVolume] | None:
        owners = {attachment["InstanceId"] for attachment in volume["Attachments"] if "InstanceId" in attachment}
        if len(owners) != 1:
            return None
        held = HeldVolume(
            arn=aws.arn("ec2", f"volume/{volume['VolumeId']}"),
            kind=volume["VolumeType"],
            size_gib=volume["Size"],
            iops=volume.get("Iops") or 0,
            throughput_mibps=volume.get("Throughput") or 0,
            place=place(aws.region, volume.get("OutpostArn"), volume.get("AvailabilityZone")),
            kept_by=keeping_tag(tags.from_list(volume.get("Tags")), aws.as_of),
        )
        return owners.pop(), held

    for instance, held in aws.readable(aws.pages("ec2", "DescribeVolumes", "Volumes", Filters=only), held_by, []):
        found[instance].append(held)
    return found
