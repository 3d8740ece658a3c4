"""EBS volumes as the checks see them: what is provisioned, and what became of the instances that they are attached to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import InsufficientData, Resource
from functions.core.money import Amount
from functions.core.ownership.managers import operator
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.ebs import storage
from functions.scanners.ebs.bills import VOLUME
from functions.scanners.ec2.stop_date import stop_date

PAGE = 1_000
"""Items a page, AWS's maximum: without it these old listings answer in one piece, which AWS may throttle.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""


@dataclass(slots=True, frozen=True)
class Stop:
    """How one or several instances came to be stopped, all of them.

    `since`: the date in StateTransitionReason, the last one of several; None when AWS gave one of them no date. `started`: when the
    last of them was started, which is before it stopped. `group`: the Auto Scaling group of one of them. `tags`: of all of them.
    """

    since: datetime | None
    started: datetime
    group: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(slots=True, kw_only=True)
class Volume(Resource):
    """`iops` and `throughput_mibps` as provisioned. `owners`: the instances that it is attached to, id → state, "unknown" when the
    instance is not among those we may see. `stop` is there only for a volume that is attached, and to stopped instances alone.
    """

    kind: str
    size_gib: int
    iops: int
    throughput_mibps: int
    state: str
    owners: Mapping[str, str]
    is_root: bool
    multi_attach: bool
    stop: Stop | None = None

    @property
    def running(self) -> bool:
        """Attached to at least one instance that runs."""
        return "running" in self.owners.values()


NOT_ATTACHED: Mapping[str, str] = {}


@collector(
    "ebs:volume",
    arns=["ec2:*:*:volume/*"],
    iam=["ec2:DescribeVolumes", "ec2:DescribeInstances"],
    resumes="ec2:DescribeVolumes",
    placed_by=["OutpostArn", "AvailabilityZone"],
    bills=[VOLUME],
    costs=lambda volume, prices: cost(volume, prices),
)
def volumes(aws: Aws) -> Iterator[Volume]:
    """Every volume, with the state of the instances that it is attached to."""
    states, roots, stopped = _instances(aws)
    prefix = aws.arn("ec2", "volume/")
    account, region = aws.account, aws.region

    def made(volume: Mapping[str, Any]) -> Volume:
        named = tags.from_list(volume.get("Tags"))
        kind = volume["VolumeType"]
        attached = [attachment["InstanceId"] for attachment in volume.get("Attachments", ()) if "InstanceId" in attachment]
        return Volume(
            arn=prefix + volume["VolumeId"],
            id=volume["VolumeId"],
            account=account,
            region=region,
            name=named.get("Name", ""),
            tags=named,
            created=volume["CreateTime"],
            kind=kind,
            size_gib=volume["Size"],
            iops=volume.get("Iops") or 0,
            throughput_mibps=volume.get("Throughput") or (storage.GP3_FREE_MIBPS if kind == "gp3" else 0),
            state=volume["State"],
            owners={instance: states.get(instance, "unknown") for instance in attached} if attached else NOT_ATTACHED,
            is_root=volume["VolumeId"] in roots,
            multi_attach=volume.get("MultiAttachEnabled", False),
            stop=_stop_of(attached, stopped) if attached and stopped else None,
            place=place(region, volume.get("OutpostArn"), volume.get("AvailabilityZone")),
            operator=operator(volume) if "Operator" in volume else "",
        )

    yield from aws.readable(aws.pages("ec2", "DescribeVolumes", "Volumes", MaxResults=PAGE), made)


def _instances(aws: Aws) -> tuple[Mapping[str, str], Set[str], Mapping[str, Stop]]:
    """What volumes need to know of the instances: their states, their root volumes, and how the stopped ones stopped."""
    states: dict[str, str] = {}
    roots: set[str] = set()
    stopped: dict[str, Stop] = {}
    reservations = aws.pages("ec2", "DescribeInstances", "Reservations", MaxResults=PAGE)
    instances = aws.readable(reservations, lambda reservation: list(reservation.get("Instances", ())), [])
    for identity, state, stop, mapped in aws.readable(chain.from_iterable(instances), _instance, []):
        states[identity] = state
        roots.update(mapped)
        if stop:
            stopped[identity] = stop
    return states, roots, stopped


def _instance(instance: Mapping[str, Any]) -> tuple[str, str, Stop | None, Sequence[str]]:
    """Its id and state, how it stopped, and its root volume."""
    state, root, stop = instance["State"]["Name"], instance.get("RootDeviceName"), None
    if state == "stopped":
        named = tags.from_list(instance.get("Tags"))
        group = named.get("aws:autoscaling:groupName", "")
        stop = Stop(stop_date(instance.get("StateTransitionReason", "")), instance["LaunchTime"], group, named)
    mapped = [
        mapping["Ebs"]["VolumeId"]
        for mapping in instance.get("BlockDeviceMappings", ())
        if mapping.get("DeviceName") == root and "Ebs" in mapping
    ]
    return instance["InstanceId"], state, stop, mapped


def _stop_of(attached: Sequence[str], stopped: Mapping[str, Stop]) -> Stop | None:
    stops = [stopped[instance] for instance in attached if instance in stopped]
    if len(stops) < len(attached):
        return None
    dates = [stop.since for stop in stops if stop.since is not None]
    return Stop(
        max(dates) if len(dates) == len(stops) else None,
        max(stop.started for stop in stops),
        next((stop.group for stop in stops if stop.group), ""),
        {key: value for stop in stops for key, value in stop.tags.items()},
    )


def cost(volume: Volume, prices: Prices) -> Amount:
    """What a volume bills, USD per month."""
    return storage.volume_cost(volume.kind, volume.size_gib, volume.iops, volume.throughput_mibps, prices)


def runs(volume: Volume) -> bool | InsufficientData:
    """Whether something that runs has it; what has it may be none of the instances that we see, as those of AWS's own services are."""
    if volume.running or "unknown" not in volume.owners.values():
        return volume.running
    return InsufficientData("attached to an instance that is not listed")


def dimensions(volume: Volume) -> Mapping[str, str]:
    """How CloudWatch knows a volume."""
    return {"VolumeId": volume.id}
