"""Elastic IP addresses that serve nothing: associated with nothing, or with something that does not run.

Every public IPv4 address of Amazon's bills by the hour, used or not; one that a customer brought along (BYOIP) does not. AWS does not say
when an address was allocated or associated. https://repost.aws/knowledge-center/elastic-ip-charges
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Resource, Waste
from functions.core.money import Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import BeginAnew, Verdict, check, collector
from functions.core.usage import Dimensions, Metric
from functions.scanners.ec2.stop_date import stop_date, stopped_since

AMAZON = "amazon"
"""The pool of the addresses that bill; replies from before 2019 do not name it."""
PAGE = 1_000
"""Unpaged lists are throttled and time out. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""


@dataclass(slots=True, frozen=True)
class StoppedInstance:
    """`started`: when it was last started. `stopped_at`: when it was stopped, if AWS tells. `group`: its Auto Scaling group."""

    id: str
    started: datetime
    stopped_at: datetime | None = None
    group: str = ""


@dataclass(slots=True, kw_only=True)
class Address(Resource):
    """`id`: the allocation id, or the address itself in EC2-Classic (`allocated` is false), where an address has none.

    `association`: with what it is associated, "" for nothing. `exempt`: why it is nothing to release: the service that manages it, the
    pool that it comes from if that is not Amazon's, or the address of another network that it stands for. `border_group`: the zones that
    announce it; the region's rate holds only where that is the region. `stopped`: the stopped instance, and `interface`: the unattached
    network interface of nobody's but our own, that it is associated with.
    """

    public_ip: str
    allocated: bool
    association: str
    exempt: str
    border_group: str
    stopped: StoppedInstance | None = None
    interface: str = ""


@collector(
    "ec2:address",
    iam=["ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"],
    resumes=BeginAnew("DescribeAddresses answers in one page"),
)
def addresses(aws: Aws) -> Iterator[Address]:
    """Every Elastic IP; the stopped instances and the unattached network interfaces are listed only where addresses may be on them."""
    listed = aws.call("ec2", "DescribeAddresses")["Addresses"]
    ours = [each for each in listed if not _exempt(each) and each.get("NetworkInterfaceOwnerId") in (None, "", aws.account)]
    instances = {each["InstanceId"] for each in ours if each.get("InstanceId")}
    interfaces = {each["NetworkInterfaceId"] for each in ours if each.get("NetworkInterfaceId") and not each.get("InstanceId")}
    stopped = {each.id: each for each in _stopped_instances(aws) if each.id in instances} if instances else {}
    unattached = interfaces.intersection(_unattached_interfaces(aws)) if interfaces else set()
    for described in listed:
        address = _address(aws, described)
        address.stopped = stopped.get(described.get("InstanceId", ""))
        if described.get("NetworkInterfaceId") in unattached:
            address.interface = described["NetworkInterfaceId"]
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
        border_group=described.get("NetworkBorderGroup") or aws.region,
    )


def _stopped_instances(aws: Aws) -> Iterator[StoppedInstance]:
    only = [{"Name": "instance-state-name", "Values": ["stopped"]}]
    for reservation in aws.pages("ec2", "DescribeInstances", "Reservations", Filters=only, MaxResults=PAGE):
        for instance in reservation["Instances"]:
            yield StoppedInstance(
                instance["InstanceId"],
                instance["LaunchTime"],
                stop_date(instance.get("StateTransitionReason", "")),
                tags.from_list(instance.get("Tags")).get("aws:autoscaling:groupName", ""),
            )


def _unattached_interfaces(aws: Aws) -> Iterator[str]:
    """The ids of those that no service made for itself."""
    only = [{"Name": "status", "Values": ["available"]}]
    for interface in aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=only, MaxResults=PAGE):
        of_a_service = interface.get("RequesterManaged") or interface.get("Operator", {}).get("Managed")
        if interface["Status"] == "available" and not of_a_service and interface.get("InterfaceType", "interface") == "interface":
            yield interface["NetworkInterfaceId"]


def _cost(address: Address, prices: Prices) -> Amount:
    """What it bills, USD per month: the rates of Local and Wavelength Zones are not known."""
    if address.border_group != address.region:
        return Amount(None, f"no price known for an Elastic IP of {address.border_group}")
    return prices.hourly("AmazonVPC", "public-ipv4.idle", 1, "Elastic IP")


def _release(address: Address) -> dict[str, str]:
    """What the commands name it by."""
    by = "--allocation-id" if address.allocated else "--public-ip"
    return {"by": by, "border_group": address.border_group, "association": address.association}


RELEASE = "aws ec2 release-address --region {region} {by} {id} --network-border-group {border_group}"
UNDO = (
    "Usually none: the address goes back to Amazon and may be somebody else's at once. "
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
        "min_stopped_days": Threshold(30, "a monthly job would have started the instance"),
        "lookback_days": Threshold(90, "where AWS tells no date: how far back to look for the last CPU datapoint", minimum=1, maximum=455),
    },
    metrics=[LAST_CPU],
    metrics_optional=True,
    candidate=_stopped_without_date,
    reference=REFERENCE,
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command="aws ec2 disassociate-address --region {region} --association-id {association} && " + RELEASE,
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
