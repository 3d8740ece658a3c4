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
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.ebs.bills import VOLUME
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.bills import ADDRESS, INSTANCE
from functions.scanners.ec2.instance import offerings, payer, type_change
from functions.scanners.ec2.instance.offerings import Offerings
from functions.scanners.ec2.instance.type_change import NO_OBSTACLE, TypeChange
from functions.scanners.ec2.licences import LINUX, licence
from functions.scanners.ec2.stop_date import stop_date

GONE = frozenset({"terminated", "shutting-down"})
PAGE = 1_000
"""Unpaged lists are throttled and time out. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""
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
    it stops. `licence`: what it bills by the hour beside the Linux rate. `change` and `offered`, the types of its zone among those that
    could replace it, are filled where another type may be worth it; `offered` is None also where AWS did not say.
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
    licence: str = ""
    zone: str = ""
    change: TypeChange = NO_OBSTACLE
    offered: frozenset[str] | None = None
    stopped_at: datetime | None = None
    volumes: tuple[HeldVolume, ...] = ()
    addresses: tuple[str, ...] = ()
    address_places: Mapping[str, str] = field(default_factory=dict)
    public_addresses: int = 0

    @property
    def replaceable(self) -> bool:
        """Runs on demand on x86_64. A stopped one pays no compute that another type could save, a Spot one not the list price."""
        return self.state == "running" and not self.lifecycle and self.architecture == "x86_64"


@collector(
    "ec2:instance",
    iam=["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeAddresses", offerings.IAM],
    resumes="ec2:DescribeInstances",
    placed_by=["OutpostArn", "Placement.AvailabilityZone"],
    bills=[INSTANCE, VOLUME, ADDRESS],
)
def ec2_instances(aws: Aws) -> Iterator[Instance]:
    """Every instance that is not terminated; for the stopped ones also the volumes, 200 at a time, and the Elastic IPs that bill on; for
    those that could be of another type, what their zones offer.
    """
    addresses, offered = _addresses(aws), Offerings(aws)
    for page in aws.each_page("ec2", "DescribeInstances", "Reservations", MaxResults=PAGE):
        listed = aws.readable(page, lambda reservation: list(reservation.get("Instances", ())))
        instances = aws.readable(chain.from_iterable(listed), lambda each: None if each["State"]["Name"] in GONE else _instance(aws, each))
        while batch := list(islice(instances, FILTER_VALUES)):
            stopped = [instance.id for instance in batch if instance.state == "stopped"]
            volumes = _volumes_of(aws, stopped) if stopped else {}
            _look_for_other_types(batch, offered)
            for instance in batch:
                instance.addresses = tuple(addresses.get(instance.id, ()))
                if instance.state == "stopped":
                    instance.volumes = tuple(volumes.get(instance.id, ()))
                    instance.address_places = addresses.get(instance.id, {})
                yield instance


def _look_for_other_types(instances: Sequence[Instance], offered: Offerings) -> None:
    """Fill in what the zones offer, for those that could be of another type."""
    targets = {one.kind: instance_types.targets(one.kind) for one in instances if one.replaceable and not one.place}
    offered.ask(kind for old, others in targets.items() if others for kind in (old, *others))
    for instance in instances:
        if instance.replaceable and (others := targets.get(instance.kind, ())):
            instance.offered = offered.of(instance.zone, others)


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
    # Replies from before 2019 have no PlatformDetails; Platform is "windows" or missing.
    platform = described.get("PlatformDetails") or described.get("Platform") or LINUX
    instance = Instance(
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
        platform=platform,
        licence=licence(platform, described.get("UsageOperation", "")),
        zone=placement.get("AvailabilityZone", ""),
        tenancy=placement.get("Tenancy") or "default",
        lifecycle=described.get("InstanceLifecycle", ""),
        group=named.get("aws:autoscaling:groupName", ""),
        place=place(aws.region, described.get("OutpostArn"), placement.get("AvailabilityZone")),
        nitro_ready=bool(described.get("EnaSupport")) and described.get("VirtualizationType") == "hvm",
        stopped_at=stop_date(described.get("StateTransitionReason", "")),
        public_addresses=payer.public_addresses(described),
        operator=operator(described),
        payer=payer.payer_of(described) if described["State"]["Name"] != "stopped" else None,
        marketplace=payer.marketplace(described),
    )
    if instance.replaceable and instance_types.targets(instance.kind):
        instance.change = type_change.read(described)
    return instance


def _first_launched(described: Mapping[str, Any]) -> datetime:
    """LaunchTime is the last start. AWS says to take the primary network interface's attachment for the first one.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    attachments = (interface.get("Attachment", {}) for interface in described.get("NetworkInterfaces", ()))
    primary = next((each["AttachTime"] for each in attachments if each.get("DeviceIndex") == 0 and "AttachTime" in each), None)
    launched: datetime = described["LaunchTime"]
    return min(primary, launched) if primary else launched


def compute_cost(instance: Instance, prices: Prices) -> Amount:
    """What an instance bills while it runs on demand, USD per month; only shared hardware has a known rate.

    That is Linux's rate: with a licence it is the least that it bills, and whoever sums it up says so.
    """
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
    """A saving that is compute and nothing else, also where only the bill tells it: a commitment may have paid for all of it already."""
    if savings.unpriced is not None and savings.whole is None:
        return None
    return Coverable(instance_types.SERVICE, instance_types.family(instance.kind), savings.likely)


def dimensions(instance: Instance) -> Mapping[str, str]:
    """How CloudWatch knows an instance."""
    return {"InstanceId": instance.id}
