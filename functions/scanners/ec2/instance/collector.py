"""EC2 instances as AWS describes them: what runs, what is stopped and what the stopped ones still hold, and what one costs to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Coverable, Resource
from functions.core.money import NOTHING, Amount, Savings, unknown
from functions.core.ownership.keeping import keeping_tag
from functions.core.ownership.managers import operator
from functions.core.ownership.payer import Payer
from functions.core.places import place
from functions.core.prices.book import Prices
from functions.core.registry import collector
from functions.scanners.ebs.bills import VOLUME
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.bills import ADDRESS, INSTANCE
from functions.scanners.ec2.stop_date import stop_date

LINUX = "Linux/UNIX"
"""AWS's PlatformDetails of an instance that pays for no operating system."""
GONE = frozenset({"terminated", "shutting-down"})
PAGE = 1_000
"""Unpaged lists are throttled and time out. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""
SMALLER = (
    "aws ec2 describe-capacity-reservations --region {region} --capacity-reservation-ids {payer}",
    "aws ec2 modify-capacity-reservation --region {region} --capacity-reservation-id {payer} --instance-count COUNT",
)
"""COUNT is one less than it was; for the last one, aws ec2 cancel-capacity-reservation."""
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


@dataclass(slots=True, kw_only=True)
class Instance(Resource):
    """`created`: when it was first launched. `started`: when it was last started. `stopped_at`: when it was stopped, if AWS tells.

    `platform` and `tenancy` in AWS's words ("Linux/UNIX", "default"). `lifecycle`: "" for on demand, else "spot" and the like. `group`:
    its Auto Scaling group. `nitro_ready`: hardware virtualisation and ENA, which every type since the fifth generation needs. `volumes` is
    filled for stopped instances only. `addresses`: ARNs of its Elastic IPs that bill. `address_places`: ARN → the address's own place, as
    an instance on an Outpost may have addresses of the region. `public_addresses`: how many of Amazon's it has beside them, which go when
    it stops.
    """

    kind: str
    state: str
    started: datetime
    architecture: str = "x86_64"
    platform: str = LINUX
    tenancy: str = "default"
    lifecycle: str = ""
    group: str = ""
    nitro_ready: bool = False
    stopped_at: datetime | None = None
    volumes: tuple[HeldVolume, ...] = ()
    addresses: tuple[str, ...] = ()
    address_places: Mapping[str, str] = field(default_factory=dict)
    public_addresses: int = 0


@collector(
    "ec2:instance",
    iam=["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeAddresses"],
    resumes="ec2:DescribeInstances",
    placed_by=["OutpostArn", "Placement.AvailabilityZone"],
    bills=[INSTANCE, VOLUME, ADDRESS],
)
def ec2_instances(aws: Aws) -> Iterator[Instance]:
    """Every instance that is not terminated; for the stopped ones also the volumes, 200 at a time, and the Elastic IPs that bill on."""
    addresses = _addresses(aws)
    for page in aws.each_page("ec2", "DescribeInstances", "Reservations", MaxResults=PAGE):
        listed = aws.readable(page, lambda reservation: list(reservation.get("Instances", ())))
        instances = aws.readable(chain.from_iterable(listed), lambda each: None if each["State"]["Name"] in GONE else _instance(aws, each))
        while batch := list(islice(instances, FILTER_VALUES)):
            stopped = [instance.id for instance in batch if instance.state == "stopped"]
            volumes = _volumes_of(aws, stopped) if stopped else {}
            for instance in batch:
                instance.addresses = tuple(addresses.get(instance.id, ()))
                if instance.state == "stopped":
                    instance.volumes = tuple(volumes.get(instance.id, ()))
                    instance.address_places = addresses.get(instance.id, {})
                yield instance


def _addresses(aws: Aws) -> Mapping[str, Mapping[str, str]]:
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


def _volumes_of(aws: Aws, ids: Sequence[str]) -> Mapping[str, Sequence[HeldVolume]]:
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


def _instance(aws: Aws, described: Mapping[str, Any]) -> Instance:
    named = tags.from_list(described.get("Tags"))
    placement = described["Placement"]
    return Instance(
        arn=aws.arn("ec2", f"instance/{described['InstanceId']}"),
        id=described["InstanceId"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=_first_launched(described),
        also_bills=INSTANCE.also_bills(described),
        kind=described["InstanceType"],
        state=described["State"]["Name"],
        started=described["LaunchTime"],
        architecture=described.get("Architecture", ""),
        # Replies from before 2019 have no PlatformDetails; Platform is "windows" or missing.
        platform=described.get("PlatformDetails") or described.get("Platform") or LINUX,
        tenancy=placement.get("Tenancy") or "default",
        lifecycle=described.get("InstanceLifecycle", ""),
        group=named.get("aws:autoscaling:groupName", ""),
        place=place(aws.region, described.get("OutpostArn"), placement.get("AvailabilityZone")),
        nitro_ready=bool(described.get("EnaSupport")) and described.get("VirtualizationType") == "hvm",
        stopped_at=stop_date(described.get("StateTransitionReason", "")),
        public_addresses=_public_addresses(described),
        operator=operator(described),
        payer=_payer(described) if described["State"]["Name"] != "stopped" else None,
        marketplace=next((code["ProductCodeId"] for code in described.get("ProductCodes", ()) if _of_marketplace(code)), ""),
    )


def _of_marketplace(code: Mapping[str, str]) -> bool:
    """The other kind, devpay, is gone."""
    return code.get("ProductCodeType") == "marketplace" and bool(code.get("ProductCodeId"))


def _payer(described: Mapping[str, Any]) -> Payer | None:
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


def _public_addresses(described: Mapping[str, Any]) -> int:
    """How many public IPv4 addresses AWS gave it by itself: those have Amazon for an owner, Elastic IPs the account.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceAssociation.html
    """
    interfaces = described.get("NetworkInterfaces", ())
    ends = [*interfaces, *(address for interface in interfaces for address in interface.get("PrivateIpAddresses", ()))]
    associations = [end["Association"] for end in ends if end.get("Association")]
    return len({each["PublicIp"] for each in associations if each.get("IpOwnerId") == "amazon" and each.get("PublicIp")})


def _first_launched(described: Mapping[str, Any]) -> datetime:
    """LaunchTime is the last start. AWS says to take the primary network interface's attachment for the first one.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    attachments = (interface.get("Attachment", {}) for interface in described.get("NetworkInterfaces", ()))
    primary = next((each["AttachTime"] for each in attachments if each.get("DeviceIndex") == 0 and "AttachTime" in each), None)
    launched: datetime = described["LaunchTime"]
    return min(primary, launched) if primary else launched


def compute_cost(instance: Instance, prices: Prices) -> Amount:
    """What an instance bills while it runs on demand, USD per month; only Linux on shared hardware has a known rate."""
    if instance.platform != LINUX:
        return unknown(f"no price known for {instance.kind} with {instance.platform}")
    if instance.tenancy == "host":
        return unknown(
            "its Dedicated Host bills, and not the instance: release the host when it is empty (a Mac's after 24 hours at least)"
        )
    if instance.tenancy != "default":
        return unknown(f"no price known for {instance.kind} with tenancy {instance.tenancy}")
    return instance_types.linux_cost(instance.kind, prices)


def address_cost(instance: Instance, prices: Prices) -> Amount:
    """What the public addresses bill that AWS gave a running instance by itself, USD per month; those of Local Zones have other rates."""
    if not instance.public_addresses:
        return NOTHING
    return prices.hourly("AmazonVPC", "public-ipv4.in-use", instance.public_addresses, "public IPv4 address")


def coverable(instance: Instance, savings: Savings) -> Coverable | None:
    """A saving that is compute and nothing else: a Savings Plan or a reservation may have paid for all of it already."""
    if savings.unpriced is not None:
        return None
    return Coverable(instance_types.SERVICE, instance_types.family(instance.kind), savings.likely)


def dimensions(instance: Instance) -> Mapping[str, str]:
    """How CloudWatch knows an instance."""
    return {"InstanceId": instance.id}
