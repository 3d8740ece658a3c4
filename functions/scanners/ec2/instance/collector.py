"""EC2 instances as AWS describes them: what runs, what is stopped and what the stopped ones still hold, and what one costs to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Coverable, Resource
from functions.core.money import Amount, Savings
from functions.core.prices.book import Prices
from functions.core.registry import collector
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.instance import offerings, type_change
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
    """A volume that is attached to this instance and to no other."""

    arn: str
    kind: str
    size_gib: int
    iops: int
    throughput_mibps: int


@dataclass(slots=True, kw_only=True)
class Instance(Resource):
    """`created`: when it was first launched. `started`: when it was last started. `stopped_at`: when it was stopped, if AWS tells.

    `platform` and `tenancy` in AWS's words ("Linux/UNIX", "default"). `lifecycle`: "" for on demand, else "spot" and the like. `group`:
    its Auto Scaling group. `elsewhere`: the Local Zone, Wavelength Zone or Outpost that it is in, where the region's rates do not hold.
    `nitro_ready`: hardware virtualisation and ENA, which every type since the fifth generation needs. `volumes` and `addresses` (ARNs
    of the Elastic IPs that bill) are filled for stopped instances only. `licence`: what it bills by the hour beside the Linux rate.
    `change` and `offered`, the types of its zone among those that could replace it, are filled where another type may be worth it;
    `offered` is None also where AWS did not say.
    """

    kind: str
    state: str
    started: datetime
    architecture: str = "x86_64"
    platform: str = LINUX
    tenancy: str = "default"
    lifecycle: str = ""
    group: str = ""
    elsewhere: str = ""
    nitro_ready: bool = False
    licence: str = ""
    zone: str = ""
    change: TypeChange = NO_OBSTACLE
    offered: frozenset[str] | None = None
    stopped_at: datetime | None = None
    volumes: tuple[HeldVolume, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def replaceable(self) -> bool:
        """Runs on demand on x86_64. A stopped one pays no compute that another type could save, a Spot one not the list price."""
        return self.state == "running" and not self.lifecycle and self.architecture == "x86_64"


@collector(
    "ec2:instance",
    iam=["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeAddresses", offerings.IAM],
    resumes="ec2:DescribeInstances",
)
def ec2_instances(aws: Aws) -> Iterator[Instance]:
    """Every instance that is not terminated; for the stopped ones also the volumes, 200 at a time, and the Elastic IPs that bill on; for
    those that could be of another type, what their zones offer.
    """
    addresses, offered = _addresses(aws), Offerings(aws)
    for page in aws.each_page("ec2", "DescribeInstances", "Reservations", MaxResults=PAGE):
        listed = (each for reservation in page for each in reservation["Instances"] if each["State"]["Name"] not in GONE)
        while batch := list(islice(listed, FILTER_VALUES)):
            stopped = [each["InstanceId"] for each in batch if each["State"]["Name"] == "stopped"]
            volumes = _volumes_of(aws, stopped) if stopped else {}
            instances = [_instance(aws, described) for described in batch]
            _look_for_other_types(instances, batch, offered)
            for instance in instances:
                if instance.state == "stopped":
                    instance.volumes = tuple(volumes.get(instance.id, ()))
                    instance.addresses = tuple(addresses.get(instance.id, ()))
                yield instance


def _look_for_other_types(instances: Sequence[Instance], described: Sequence[Mapping[str, Any]], offered: Offerings) -> None:
    """Fill in what a change of type depends on, for those that could be of another one."""
    targets = {one.kind: instance_types.targets(one.kind) for one in instances if one.replaceable and not one.elsewhere}
    offered.ask(kind for old, others in targets.items() if others for kind in (old, *others))
    for instance, reply in zip(instances, described, strict=True):
        if instance.replaceable and (others := targets.get(instance.kind, ())):
            instance.offered = offered.of(instance.zone, others)
            instance.change = type_change.read(reply)


def _addresses(aws: Aws) -> Mapping[str, Sequence[str]]:
    """Instance id → ARNs of its Elastic IPs from Amazon's pool. Addresses that one brought along (BYOIP) are free.

    https://repost.aws/knowledge-center/elastic-ip-charges
    """
    found: dict[str, list[str]] = defaultdict(list)
    for address in aws.call("ec2", "DescribeAddresses")["Addresses"]:
        if address.get("InstanceId") and address.get("PublicIpv4Pool", "amazon") == "amazon":
            found[address["InstanceId"]].append(aws.arn("ec2", f"elastic-ip/{address.get('AllocationId') or address['PublicIp']}"))
    return found


def _volumes_of(aws: Aws, ids: Sequence[str]) -> Mapping[str, Sequence[HeldVolume]]:
    """Instance id → its volumes. One that another instance is attached to as well (Multi-Attach) stays when this instance goes."""
    found: dict[str, list[HeldVolume]] = defaultdict(list)
    only = [{"Name": "attachment.instance-id", "Values": list(ids)}]
    for volume in aws.pages("ec2", "DescribeVolumes", "Volumes", Filters=only):
        owners = {attachment["InstanceId"] for attachment in volume["Attachments"] if "InstanceId" in attachment}
        if len(owners) == 1:
            held = HeldVolume(
                arn=aws.arn("ec2", f"volume/{volume['VolumeId']}"),
                kind=volume["VolumeType"],
                size_gib=volume["Size"],
                iops=volume.get("Iops") or 0,
                throughput_mibps=volume.get("Throughput") or 0,
            )
            found[owners.pop()].append(held)
    return found


def _instance(aws: Aws, described: Mapping[str, Any]) -> Instance:
    named = tags.from_list(described.get("Tags"))
    placement = described["Placement"]
    zone = placement.get("AvailabilityZone", "")
    # Replies from before 2019 have no PlatformDetails; Platform is "windows" or missing.
    platform = described.get("PlatformDetails") or described.get("Platform") or LINUX
    return Instance(
        arn=aws.arn("ec2", f"instance/{described['InstanceId']}"),
        id=described["InstanceId"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=_first_launched(described),
        kind=described["InstanceType"],
        state=described["State"]["Name"],
        started=described["LaunchTime"],
        architecture=described.get("Architecture", ""),
        platform=platform,
        licence=licence(platform, described.get("UsageOperation", "")),
        zone=zone,
        tenancy=placement.get("Tenancy") or "default",
        lifecycle=described.get("InstanceLifecycle", ""),
        group=named.get("aws:autoscaling:groupName", ""),
        elsewhere=described.get("OutpostArn") or ("" if zone[:-1] == aws.region else zone),
        nitro_ready=bool(described.get("EnaSupport")) and described.get("VirtualizationType") == "hvm",
        stopped_at=stop_date(described.get("StateTransitionReason", "")),
    )


def _first_launched(described: Mapping[str, Any]) -> datetime:
    """LaunchTime is the last start. AWS says to take the primary network interface's attachment for the first one.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    attachments = (interface.get("Attachment", {}) for interface in described.get("NetworkInterfaces", ()))
    primary = next((each["AttachTime"] for each in attachments if each.get("DeviceIndex") == 0 and "AttachTime" in each), None)
    launched: datetime = described["LaunchTime"]
    return min(primary, launched) if primary else launched


def compute_cost(instance: Instance, prices: Prices) -> Amount:
    """What an instance bills while it runs on demand, USD per month; only shared hardware in the region has a known rate.

    That is Linux's rate: with a licence it is the least that it bills, and `licence_note` says so.
    """
    if instance.tenancy != "default":
        return Amount(None, f"no price known for {instance.kind} with tenancy {instance.tenancy}")
    if instance.elsewhere:
        return Amount(None, f"no price known for {instance.kind} in {instance.elsewhere}")
    return instance_types.linux_cost(instance.kind, prices)


def licence_note(instance: Instance) -> str:
    """What the rate lacks, where it lacks something."""
    return f"At least this much; not included: what it bills by the hour for {instance.licence}." if instance.licence else ""


def coverable(instance: Instance, savings: Savings) -> Coverable | None:
    """A saving that is compute and nothing else: a Savings Plan or a reservation may have paid for all of it already."""
    if savings.unpriced is not None:
        return None
    return Coverable(instance_types.SERVICE, instance_types.family(instance.kind), savings.likely)


def dimensions(instance: Instance) -> Mapping[str, str]:
    """How CloudWatch knows an instance."""
    return {"InstanceId": instance.id}
