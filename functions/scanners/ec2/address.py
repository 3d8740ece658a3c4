"""Elastic IP addresses that serve nothing: associated with nothing, or with something that does not run.

Every public IPv4 address of Amazon's bills by the hour, used or not; one that a customer brought along (BYOIP) does not. AWS does not say
when an address was allocated or associated. https://repost.aws/knowledge-center/elastic-ip-charges
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Resource, Waste
from functions.core.money import Amount, saves
from functions.core.ownership.keeping import keeping_tag
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, Verdict, check, collector
from functions.core.steps import still
from functions.core.usage import Dimensions, Metric
from functions.scanners.ec2.bills import ADDRESS
from functions.scanners.ec2.stop_date import StoppedInstance, stopped_instance, stopped_since

AMAZON = "amazon"
"""The pool of the addresses that bill; replies from before 2019 do not name it."""
PAGE = 1_000
"""Unpaged lists are throttled and time out. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""


@dataclass(slots=True, kw_only=True)
class Address(Resource):
    """`id`: the allocation id, or the address itself in EC2-Classic (`allocated` is false), where an address has none.

    `association`: with what it is associated, "" for nothing. `exempt`: why it is nothing to release: the service that manages it, the
    pool that it comes from if that is not Amazon's, or the address of another network that it stands for. `stopped`: the stopped instance,
    and `interface`: the unattached network interface of nobody's but our own, that it is associated with.
    """

    public_ip: str
    allocated: bool
    association: str
    exempt: str
    stopped: StoppedInstance | None = None
    interface: str = ""

    @property
    def border_group(self) -> str:
        """The zones that announce it: those of the region, or of its place."""
        return self.place or self.region


@collector(
    "ec2:address",
    arns=["ec2:*:*:elastic-ip/*"],
    iam=["ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"],
    resumes=BeginAnew("DescribeAddresses answers in one page"),
    placed_by=["NetworkBorderGroup"],
    bills=[ADDRESS],
)
def addresses(aws: Aws) -> Iterator[Address]:
    """Every Elastic IP; the stopped instances and the unattached network interfaces are listed only where addresses may be on them."""
    described = aws.call("ec2", "DescribeAddresses").get("Addresses", ())
    listed = list(
        aws.readable(described, lambda each: ((each.get("InstanceId"), each.get("NetworkInterfaceId")), _address(aws, each), each))
    )
    ours = [each for _, address, each in listed if not address.exempt and each.get("NetworkInterfaceOwnerId") in (None, "", aws.account)]
    instances = {each["InstanceId"] for each in ours if each.get("InstanceId")}
    interfaces = {each["NetworkInterfaceId"] for each in ours if each.get("NetworkInterfaceId") and not each.get("InstanceId")}
    stopped = {name: each for name, each in _stopped_instances(aws) if name in instances} if instances else {}
    unattached = interfaces.intersection(_unattached_interfaces(aws)) if interfaces else set()
    for (instance, interface), address, _ in listed:
        address.stopped = stopped.get(instance)
        address.interface = interface if interface in unattached else ""
        yield address


def _exempt(described: Mapping[str, Any]) -> str:
    if service := described.get("ServiceManaged"):
        return str(service)
    if (pool := described.get("PublicIpv4Pool") or AMAZON) != AMAZON:
        return str(pool)
    return described.get("CustomerOwnedIp") or described.get("CarrierIp") or ""


def _address(aws: Aws, described: Mapping[str, Any]) -> Address:
    named = tags.from_list(described.get("Tags"))
    public_ip = described.get("PublicIp") or described.get("CarrierIp") or described.get("CustomerOwnedIp") or ""
    name = described.get("AllocationId") or public_ip
    return Address(
        arn=aws.arn("ec2", f"elastic-ip/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        public_ip=public_ip,
        allocated=bool(described.get("AllocationId")),
        # In EC2-Classic there is no association id. The instance alone says nothing: an address of a NAT gateway has none.
        association=described.get("AssociationId") or described.get("InstanceId") or "",
        exempt=_exempt(described),
        place=place(aws.region, described.get("NetworkBorderGroup")),
    )


def _stopped_instances(aws: Aws) -> Iterator[tuple[str, StoppedInstance]]:
    only = [{"Name": "instance-state-name", "Values": ["stopped"]}]
    reservations = aws.pages("ec2", "DescribeInstances", "Reservations", Filters=only, MaxResults=PAGE)
    instances = aws.readable(reservations, lambda reservation: list(reservation.get("Instances", ())), [])
    return aws.readable(chain.from_iterable(instances), stopped_instance, [])


def _unattached_interfaces(aws: Aws) -> Iterator[str]:
    """The ids of those that no service made for itself."""
    only = [{"Name": "status", "Values": ["available"]}]
    return aws.readable(aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=only, MaxResults=PAGE), _unattached, [])


def _unattached(interface: Mapping[str, Any]) -> str | None:
    of_a_service = interface.get("RequesterManaged") or interface.get("Operator", {}).get("Managed")
    ours = interface["Status"] == "available" and not of_a_service and interface.get("InterfaceType", "interface") == "interface"
    return str(interface["NetworkInterfaceId"]) if ours else None


def _cost(address: Address, prices: Prices) -> Amount:
    """What it bills, USD per month."""
    return prices.hourly("AmazonVPC", "public-ipv4.idle", 1, "Elastic IP")


def _release(address: Address) -> dict[str, str]:
    """What the commands name it by."""
    by = "allocation-id" if address.allocated else "public-ip"
    return {"by": by, "border_group": address.border_group, "association": address.association, "public_ip": address.public_ip}


RELEASE = "aws ec2 release-address --region {region} --{by} {id} --network-border-group {border_group}"
UNDO = (
    "None, usually: the address goes back to Amazon and may be somebody else's at once. "
    "While it is nobody's, aws ec2 allocate-address --address gets it back, without its tags."
)
REFERENCE = "https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html"


@check(
    id="ec2-unassociated-address",
    title="Elastic IP address is associated with nothing",
    over=addresses,
    reference=REFERENCE,
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=RELEASE,
    undo=UNDO,
)
def unassociated(address: Address, limits: Limits, prices: Prices) -> Verdict:
    """An Elastic IP bills by the hour also while nothing uses it. Release it, once nobody has it on an allow-list or in DNS.

    AWS does not say since when it is unused, and no metric does: it may have been allocated or disassociated a minute ago. So a finding
    that comes back with every sweep means more than a new one.
    """
    if address.exempt or address.association:
        return None
    return Waste(
        savings=saves(_cost(address, prices)),
        evidence={"public_ip": address.public_ip, "associated": False, "border_group": address.border_group},
        note="AWS does not say since when it is unused. A released address is usually gone for good.",
        values=_release(address),
    )


def _of_instance(address: Address) -> Dimensions:
    return {"InstanceId": address.stopped.id if address.stopped else ""}


# A running instance always reports CPUUtilization and a stopped one never does, so its last datapoint tells until when it ran: a gap is
# what this metric is asked for. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ec2-metricscollected.html
LAST_CPU = Metric("AWS/EC2", "CPUUtilization", "Maximum", _of_instance, window="lookback_days", sparse=True)


def _stopped_without_date(address: Address, limits: Limits) -> bool:
    stopped = address.stopped
    return stopped is not None and stopped.stopped_at is None and limits.days_since(stopped.started) >= limits.min_stopped_days


@check(
    id="ec2-address-on-stopped-instance",
    title="Elastic IP address belongs to something that does not run",
    over=addresses,
    thresholds={
        "min_stopped_days": Threshold(30, "a monthly job would have started the instance", seen="stopped_days"),
        "lookback_days": Threshold(90, "where AWS tells no date: how far back to look for the last CPU datapoint", minimum=1, maximum=455),
    },
    metrics=[LAST_CPU],
    metrics_optional=True,
    candidate=_stopped_without_date,
    reference=REFERENCE,
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(
        still(
            "aws ec2 describe-instances --region {region} --filters Name=ip-address,Values={public_ip}"
            " Name=instance-state-name,Values=pending,running --query 'length(Reservations)'",
            "0",
        ),
        "aws ec2 disassociate-address --region {region} --association-id {association}",
        RELEASE,
    ),
    undo=UNDO,
)
def on_stopped_instance(address: Address, limits: Limits, prices: Prices) -> Verdict:
    """Its instance was stopped long ago, or its network interface is attached to nothing, and it bills on. Disassociate and release it.

    A fixed address is often what a stopped machine is kept for: ask first. Where the instance itself is waste, its finding counts this
    address too.
    """
    stopped = address.stopped
    if address.exempt or not (stopped or address.interface):
        return None
    evidence: Evidence = {"public_ip": address.public_ip, "border_group": address.border_group}
    if stopped:
        if limits.days_since(stopped.started) < limits.min_stopped_days:
            return None
        known = stopped_since(stopped.stopped_at, address.usage.get(LAST_CPU))
        if known is None:
            return InsufficientData("stopped since unknown")
        days = limits.days_since(known[0])
        if days < limits.min_stopped_days:
            return None
        if kept := keeping_tag(stopped.tags, limits.as_of):
            return InsufficientData(f"tag {kept} keeps its instance")
        evidence |= {"instance": stopped.id, "stopped_days": round(days, 1), "stopped_since": known[0].isoformat(), **known[1]}
        note = f"Auto Scaling group {stopped.group} may keep the instance as a warm pool." if stopped.group else ""
    else:
        evidence |= {"interface": address.interface, "interface_status": "available"}
        note = "AWS does not say since when its network interface is unattached."
    return Waste(
        savings=saves(_cost(address, prices)),
        evidence=evidence,
        confidence=Confidence.MEDIUM if stopped and not stopped.group else Confidence.LOW,
        note=note,
        values=_release(address),
    )
