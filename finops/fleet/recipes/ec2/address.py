"""Elastic IP addresses: associated with nothing or with a stopped instance, and what looks like it and is not.

The embedded AWS does not say which network interface an address is associated with, only that it is associated.
"""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.ec2.instance import ONE, arn, backend, launch
from finops.fleet.recipes.elb.load_balancer import SUBNET
from finops.fleet.register import recipe
from finops.fleet.rules import always, silent
from finops.fleet.scope import Scope, tags

ADDRESS = "ec2:address"
UNASSOCIATED, ON_STOPPED = "ec2-unassociated-address", "ec2-address-on-stopped-instance"
ALL = {**ONE, ADDRESS: 1}
"""An instance with its root volume, and its address."""


def allocate(scope: Scope, name: str, dice: Random, **associated: str) -> str:
    """An Elastic IP, associated with an InstanceId or a NetworkInterfaceId if one is given; its ARN. Counts it."""
    ec2 = scope.client("ec2")
    named = [{"ResourceType": "elastic-ip", "Tags": tags(name, dice)}]
    allocation = ec2.allocate_address(Domain="vpc", TagSpecifications=named)["AllocationId"]
    if associated:
        ec2.associate_address(AllocationId=allocation, **associated)
    scope.book.count(ADDRESS)
    return scope.arn("ec2", f"elastic-ip/{allocation}")


def _on_stopped(scope: Scope, name: str, dice: Random, *last_days: int) -> tuple[str, str, str]:
    """ARNs of a stopped instance, its root volume and its address. Both the instance and the volume reported on these days at last."""
    ((instance, root),) = launch(scope, "m7g.large", name, dice)
    address = allocate(scope, name, dice, InstanceId=instance)
    scope.client("ec2").stop_instances(InstanceIds=[instance])
    scope.daily("AWS/EC2", "CPUUtilization", {"InstanceId": instance}, 3.0, last_days)
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": root}, 86_000.0, last_days)
    return arn(scope, instance), scope.arn("ec2", f"volume/{root}"), address


@recipe({ADDRESS: 1}, weight=2)
def unassociated_address(scope: Scope, name: str, dice: Random) -> None:
    """It is nobody's from the first second on."""
    made = allocate(scope, name, dice)
    scope.book.plant(made, UNASSOCIATED, always)
    scope.book.near_miss(made, ON_STOPPED)


@recipe({ADDRESS: 1}, weight=3)
def address_in_use(scope: Scope, name: str, dice: Random) -> None:
    """Of an instance that runs."""
    made = allocate(scope, name, dice, InstanceId=backend(scope))
    scope.book.near_miss(made, UNASSOCIATED)
    scope.book.near_miss(made, ON_STOPPED)


@recipe({ADDRESS: 1})
def address_of_an_interface(scope: Scope, name: str, dice: Random) -> None:
    """Associated, and with no instance: as those of NAT gateways and load balancers."""
    interface = scope.client("ec2").create_network_interface(SubnetId=SUBNET)["NetworkInterface"]["NetworkInterfaceId"]
    made = allocate(scope, name, dice, NetworkInterfaceId=interface)
    scope.book.near_miss(made, UNASSOCIATED)
    scope.book.near_miss(made, ON_STOPPED)


@recipe(ALL, weight=1)
def address_on_stopped(scope: Scope, name: str, dice: Random) -> None:
    """Its instance's last day ended 31 days ago. The instance's own finding covers both it and the volume."""
    instance, volume, address = _on_stopped(scope, name, dice, 32)
    scope.book.plant(address, ON_STOPPED, silent(30, 32, lookback=90, min_age=30))
    scope.book.plant(instance, "ec2-stopped-instance", silent(30, 32, lookback=90, min_age=30))
    scope.book.plant(volume, "ebs-volume-on-stopped-instance", silent(30, 32, lookback=90))
    scope.book.near_miss(address, UNASSOCIATED)


@recipe(ALL)
def address_on_one_stopped_late(scope: Scope, name: str, dice: Random) -> None:
    """Two days less."""
    instance, volume, address = _on_stopped(scope, name, dice, 30)
    scope.book.near_miss(address, ON_STOPPED)
    scope.book.plant(address, ON_STOPPED, silent(30, 30, lookback=90, min_age=30))
    scope.book.plant(instance, "ec2-stopped-instance", silent(30, 30, lookback=90, min_age=30))
    scope.book.plant(volume, "ebs-volume-on-stopped-instance", silent(30, 30, lookback=90))


@recipe(ALL)
def address_on_one_stopped_once(scope: Scope, name: str, dice: Random) -> None:
    """No date and no datapoint: its instance may have been stopped a minute ago."""
    instance, volume, address = _on_stopped(scope, name, dice)
    scope.book.near_miss(address, ON_STOPPED)
    scope.book.near_miss(instance, "ec2-stopped-instance")
    scope.book.near_miss(volume, "ebs-volume-on-stopped-instance")
