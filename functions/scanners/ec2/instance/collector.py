"""EC2 instances as AWS describes them: what runs, what is stopped and what the stopped ones still hold, and what one costs to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Coverable, Resource
from functions.core.money import NOTHING, Amount, Savings, unknown
from functions.core.ownership.managers import operator
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.ebs.bills import VOLUME
from functions.scanners.ec2 import burstable, instance_types
from functions.scanners.ec2.bills import ADDRESS, INSTANCE
from functions.scanners.ec2.instance import offerings, payer, sizes, type_change
from functions.scanners.ec2.instance.held import FILTER_VALUES, HeldVolume, addresses_of, volumes_of
from functions.scanners.ec2.instance.offerings import Offerings
from functions.scanners.ec2.instance.sizes import NOTHING_ATTACHED, Attached, Size, Sizes
from functions.scanners.ec2.instance.type_change import NO_OBSTACLE, TypeChange
from functions.scanners.ec2.licences import LINUX, licence
from functions.scanners.ec2.stop_date import stop_date

GONE = frozenset({"terminated", "shutting-down"})
PAGE = 1_000
"""Unpaged lists are throttled and time out. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""


@dataclass(slots=True, kw_only=True)
class Instance(Resource):
    """`created`: when it was first launched. `started`: when it was last started. `stopped_at`: when it was stopped, if AWS tells.

    `platform` and `tenancy` in AWS's words ("Linux/UNIX", "default"). `lifecycle`: "" for on demand, else "spot" and the like. `group`:
    its Auto Scaling group. `nitro_ready`: hardware virtualisation and ENA, which every type since the fifth generation needs. `volumes` is
    filled for stopped instances only. `addresses`: ARNs of its Elastic IPs that bill. `address_places`: ARN → the address's own place, as
    an instance on an Outpost may have addresses of the region. `public_addresses`: how many of Amazon's it has beside them, which go when
    it stops. `licence`: what it bills by the hour beside the Linux rate. `change` and `offered`, the types of its zone among those that
    could replace it, are filled where another type may be worth it; `offered` is None also where AWS did not say. `size` and `smaller`,
    the smaller ones of its family, the largest first, are filled for those that run on demand. `root_is_lost`: its root is an instance
    store, so that it cannot be stopped.
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
    root_is_lost: bool = False
    attached: Attached = NOTHING_ATTACHED
    size: Size | None = None
    smaller: tuple[Size, ...] = ()

    @property
    def on_demand(self) -> bool:
        """Runs in a zone of the region, and neither Spot nor a capacity block pays for it."""
        return self.state == "running" and not self.lifecycle and not self.place

    @property
    def replaceable(self) -> bool:
        """Runs on demand on x86_64. A stopped one pays no compute that another type could save, a Spot one not the list price."""
        return self.state == "running" and not self.lifecycle and self.architecture == "x86_64"


@collector(
    "ec2:instance",
    arns=["ec2:*:*:instance/*"],
    iam=["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeAddresses", offerings.IAM, sizes.IAM],
    resumes="ec2:DescribeInstances",
    placed_by=["OutpostArn", "Placement.AvailabilityZone"],
    bills=[INSTANCE, VOLUME, ADDRESS],
    costs=lambda instance, prices: compute_cost(instance, prices),
)
def ec2_instances(aws: Aws) -> Iterator[Instance]:
    """Every instance that is not terminated; for the stopped ones also the volumes, 200 at a time, and the Elastic IPs that bill on; for
    those that could be of another type, the sizes of their families, each family once, and what their zones offer, each type once.
    """
    addresses, offered, known = addresses_of(aws), Offerings(aws), Sizes(aws)
    for page in aws.each_page("ec2", "DescribeInstances", "Reservations", MaxResults=PAGE):
        listed = aws.readable(page, lambda reservation: list(reservation.get("Instances", ())))
        instances = aws.readable(chain.from_iterable(listed), lambda each: None if each["State"]["Name"] in GONE else _instance(aws, each))
        while batch := list(islice(instances, FILTER_VALUES)):
            stopped = [instance.id for instance in batch if instance.state == "stopped"]
            volumes = volumes_of(aws, stopped) if stopped else {}
            _look_for_other_types(batch, offered, known)
            for instance in batch:
                instance.addresses = tuple(addresses.get(instance.id, ()))
                if instance.state == "stopped":
                    instance.volumes = tuple(volumes.get(instance.id, ()))
                    instance.address_places = addresses.get(instance.id, {})
                yield instance


def _look_for_other_types(instances: Sequence[Instance], offered: Offerings, known: Sizes) -> None:
    """Fill in what the sizes of its family are, and what the zones offer, for those that could be of another type."""
    running = [instance for instance in instances if instance.on_demand]
    known.ask(instance.kind for instance in running)
    smaller = {kind: known.smaller(kind) for kind in {instance.kind for instance in running}}
    others = {
        instance.kind: (
            *(instance_types.targets(instance.kind) if instance.replaceable else ()),
            *burstable.fixed(instance.kind),
            *(size.kind for size in smaller[instance.kind]),
        )
        for instance in running
    }
    offered.ask(kind for old, new in others.items() if new for kind in (old, *new))
    for instance in running:
        instance.size, instance.smaller = known.of(instance.kind), smaller[instance.kind]
        if new := others[instance.kind]:
            instance.offered = offered.of(instance.zone, new)


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
        root_is_lost=described.get("RootDeviceType") == "instance-store",
        attached=sizes.attached(described),
    )
    if instance.on_demand:
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
