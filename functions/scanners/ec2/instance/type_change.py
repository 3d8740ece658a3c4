"""Whether AWS would change the type of an instance in place, by what its own reply says.

All types since the fifth generation run on Nitro, which takes no paravirtual image and none without ENA. What the reply does not say is
whether the operating system has the drivers for ENA and NVMe: EnaSupport is a claim of its image.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resize-limitations.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/change-instance-type-of-ebs-backed-instance.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.scanners.ec2.instance_types import ADDRESSES, ATTACHMENTS


@dataclass(slots=True, frozen=True)
class TypeChange:
    """`refused`: why it cannot become a type of today in place. `beware`: what changes with it, or is to be looked at before."""

    refused: tuple[str, ...] = ()
    beware: tuple[str, ...] = ()


NO_OBSTACLE = TypeChange()


def read(described: Mapping[str, Any]) -> TypeChange:
    """What an instance of DescribeInstances says about it."""
    refused, beware = tuple(_refusals(described)), tuple(_warnings(described))
    return TypeChange(refused, beware) if refused or beware else NO_OBSTACLE


def _refusals(described: Mapping[str, Any]) -> Iterator[str]:
    interfaces = described.get("NetworkInterfaces", ())
    attached = len(described.get("BlockDeviceMappings", ())) + len(interfaces)
    if described.get("VirtualizationType") == "paravirtual":
        yield "it is paravirtual, and newer types run hardware virtual machines (HVM) only"
    elif not described.get("EnaSupport"):
        yield "it does not have ENA enabled, without which newer types do not run"
    if described.get("RootDeviceType") == "instance-store":
        yield "its root is an instance store, so it cannot be stopped"
    if attached > ATTACHMENTS:
        yield f"{attached} volumes and network interfaces are attached, and newer types take {ATTACHMENTS}"
    if any(len(interface.get("PrivateIpAddresses", ())) > ADDRESSES for interface in interfaces):
        yield f"a network interface has more than {ADDRESSES} addresses"


def _warnings(described: Mapping[str, Any]) -> Iterator[str]:
    placement = described.get("Placement", {})
    if any(code.get("ProductCodeType") == "marketplace" for code in described.get("ProductCodes", ())):
        yield "Its image is from AWS Marketplace: the seller says which types it runs on."
    if placement.get("GroupName"):
        yield f"It is in placement group {placement['GroupName']}, which must take the new type."
    if described.get("HibernationOptions", {}).get("Configured"):
        yield "It can hibernate: the type of an instance that hibernates cannot be changed, so stop it."
    if described.get("TpmSupport"):
        yield f"It has NitroTPM {described['TpmSupport']}, which the new type must have too."
    if described.get("EnclaveOptions", {}).get("Enabled"):
        yield "It has Nitro Enclaves, which not every type has."
    if _address_changes(described):
        yield "Its public IPv4 address is no Elastic IP: it changes with the stop."


def _address_changes(described: Mapping[str, Any]) -> bool:
    """A public address of Amazon's own, which goes back when the instance stops; an Elastic IP's owner is an account."""
    associations = (interface.get("Association", {}) for interface in described.get("NetworkInterfaces", ()))
    return any(association.get("IpOwnerId") == "amazon" for association in associations)
