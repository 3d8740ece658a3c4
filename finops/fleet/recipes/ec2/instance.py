"""Instances: stopped for long, idle, of an old generation, not on Graviton, and what looks like it and is not."""

from __future__ import annotations

from random import Random

from finops.fleet.bill.billable import EC2, Adding
from finops.fleet.register import begins, bills, recipe
from finops.fleet.rules import TWO_WEEKS, always, measured, silent
from finops.fleet.scope import Scope, tags

INSTANCE, VOLUME = "ec2:instance", "ebs:volume"
IMAGE = "ami-12345678"
ONE = {INSTANCE: 1, VOLUME: 1}
"""An instance comes with a root volume (8 GiB gp3)."""
CLEAN = ("m7g.large", "c7g.xlarge", "r7g.large", "t4g.medium", "t4g.small")
"""Graviton of today: nothing newer or cheaper to say."""
UNLISTED = "m1.small"
"""A type that AWS bills and the price book has in no region."""
MB = 1_000_000
GROUP = "aws:autoscaling:groupName"
VPC = "Amazon Virtual Private Cloud"


def launch(scope: Scope, kind: str, name: str, dice: Random, count: int = 1, zone: str | None = None, **more: str) -> list[tuple[str, str]]:
    """Running instances as (id, id of the root volume), in the scope's own zone by default; counts both."""
    made = scope.client("ec2").run_instances(
        Placement={"AvailabilityZone": zone or scope.zone},
        ImageId=IMAGE,
        InstanceType=kind,
        MinCount=count,
        MaxCount=count,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags(name, dice, **{"env": "prod", **more})}],
    )["Instances"]
    scope.book.count(INSTANCE, count)
    scope.book.count(VOLUME, count)
    return [(instance["InstanceId"], instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]) for instance in made]


@begins(ONE)
def backend(scope: Scope, dice: Random) -> str:
    """An instance that runs: volumes are attached to it, target groups point at it. Its id."""
    ((instance, _),) = launch(scope, "m7g.large", "backend", dice)
    return instance


@begins(ONE)
def stopped_backend(scope: Scope, dice: Random) -> str:
    """One that does not run. Its id."""
    ((instance, _),) = launch(scope, "m7g.large", "stopped-backend", dice)
    scope.client("ec2").stop_instances(InstanceIds=[instance])
    return instance


def load(scope: Scope, instance: str, cpu: float, bytes_a_day: float, days: range = TWO_WEEKS) -> None:
    """The same CPU (percent) and network, in and out together, on each of these days."""
    dimensions = {"InstanceId": instance}
    scope.daily("AWS/EC2", "CPUUtilization", dimensions, cpu, days)
    scope.daily("AWS/EC2", "NetworkIn", dimensions, bytes_a_day / 2, days)
    scope.daily("AWS/EC2", "NetworkOut", dimensions, bytes_a_day / 2, days)


def arn(scope: Scope, instance: str) -> str:
    """The ARN of an instance."""
    return scope.arn("ec2", f"instance/{instance}")


def _busy(scope: Scope, kind: str, name: str, dice: Random) -> str:
    """A busy instance of a type; its ARN."""
    ((instance, _),) = launch(scope, kind, name, dice)
    load(scope, instance, dice.uniform(20, 90), dice.randint(500, 50_000) * MB)
    return arn(scope, instance)


def _stopped(scope: Scope, name: str, dice: Random) -> tuple[str, str]:
    ((instance, root),) = launch(scope, "m5.large", name, dice)
    scope.client("ec2").stop_instances(InstanceIds=[instance])
    return instance, root


@recipe(ONE, weight=4)
def idle_instance(scope: Scope, name: str, dice: Random) -> None:
    """At most 5 % CPU and 5 MB a day, for two weeks: exactly at both limits."""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice)
    load(scope, instance, 5.0, 5 * MB)
    scope.book.plant(arn(scope, instance), "ec2-idle-instance", measured(14))


@recipe(ONE)
def idle_but_one_day_unseen(scope: Scope, name: str, dice: Random) -> None:
    """13 of 14 datapoints are 93 %: enough."""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice)
    load(scope, instance, 1.0, MB, range(1, 14))
    scope.book.plant(arn(scope, instance), "ec2-idle-instance", measured(14, range(1, 14)))


@recipe(ONE)
def without_any_price(scope: Scope, name: str, dice: Random) -> None:
    """Idle, and of a type that the price book does not know: what it bills stands on the bill only. Nothing is known to be cheaper."""
    ((instance, _),) = launch(scope, UNLISTED, name, dice)
    load(scope, instance, 1.0, MB)
    scope.book.plant(arn(scope, instance), "ec2-idle-instance", measured(14))
    for check in ("ec2-old-generation", "ec2-graviton"):
        scope.book.near_miss(arn(scope, instance), check)


@recipe(ONE)
def too_few_datapoints(scope: Scope, name: str, dice: Random) -> None:
    """12 of 14 datapoints are 86 %: looks idle, and cannot be judged."""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice)
    load(scope, instance, 1.0, MB, range(1, 13))
    scope.book.near_miss(arn(scope, instance), "ec2-idle-instance")


@recipe(ONE)
def cpu_just_above_idle(scope: Scope, name: str, dice: Random) -> None:
    """5.1 % CPU, hardly any network."""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice)
    load(scope, instance, 5.1, MB)
    scope.book.near_miss(arn(scope, instance), "ec2-idle-instance")


@recipe(ONE)
def network_just_above_idle(scope: Scope, name: str, dice: Random) -> None:
    """Hardly any CPU, 5.2 MB a day: neither direction alone is above the limit."""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice)
    load(scope, instance, 1.0, 5.2 * MB)
    scope.book.near_miss(arn(scope, instance), "ec2-idle-instance")


@recipe(ONE)
def idle_in_a_group(scope: Scope, name: str, dice: Random) -> None:
    """An Auto Scaling group would start another one. (AWS sets this tag itself, and refuses it from others; the embedded AWS does not.)"""
    ((instance, _),) = launch(scope, dice.choice(CLEAN), name, dice, 1, **{GROUP: "web"})
    load(scope, instance, 1.0, MB)
    scope.book.near_miss(arn(scope, instance), "ec2-idle-instance")


@recipe(ONE, weight=6)
def old_generation(scope: Scope, name: str, dice: Random) -> None:
    """Types with a cheaper successor on x86_64 and a cheaper one on Graviton."""
    made = _busy(scope, dice.choice(("m4.large", "t2.medium")), name, dice)
    scope.book.plant(made, "ec2-old-generation", always)
    scope.book.plant(made, "ec2-graviton", always)


@recipe(ONE)
def old_generation_with_disks(scope: Scope, name: str, dice: Random) -> None:
    """i2 has cheaper successors with local disks, but none on Graviton."""
    made = _busy(scope, "i2.xlarge", name, dice)
    scope.book.plant(made, "ec2-old-generation", always)
    scope.book.near_miss(made, "ec2-graviton")


@recipe(ONE)
def without_a_successor_here(scope: Scope, name: str, dice: Random) -> None:
    """Its zone offers none of its successors; in other Regions it is of a size that none of them has. A change of its type would fail."""
    here = {"us-east-1": ("m4.large", "us-east-1e")}
    kind, zone = here.get(scope.region, ("m4.10xlarge", scope.zone))
    ((instance, _),) = launch(scope, kind, name, dice, zone=zone)
    load(scope, instance, dice.uniform(20, 90), dice.randint(500, 50_000) * MB)
    for check in ("ec2-old-generation", "ec2-graviton"):
        scope.book.near_miss(arn(scope, instance), check)


@recipe(ONE, weight=8)
def not_on_graviton(scope: Scope, name: str, dice: Random) -> None:
    """Of today, but on x86_64."""
    made = _busy(scope, dice.choice(("m5.large", "c5.xlarge", "r5.large", "t3.medium")), name, dice)
    scope.book.plant(made, "ec2-graviton", always)
    scope.book.near_miss(made, "ec2-old-generation")


@recipe(ONE, weight=10)
def busy_instance(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary."""
    made = _busy(scope, dice.choice(CLEAN), name, dice)
    for check in ("ec2-idle-instance", "ec2-old-generation", "ec2-graviton"):
        scope.book.near_miss(made, check)


@recipe({INSTANCE: 10, VOLUME: 10}, weight=9)
def group_of_instances(scope: Scope, name: str, dice: Random) -> None:
    """Ten of an Auto Scaling group, which is not judged by its instances: nothing is asked about them."""
    launch(scope, dice.choice(CLEAN), name, dice, 10, **{GROUP: name})


@recipe(ONE, weight=4)
def stopped_for_long(scope: Scope, name: str, dice: Random) -> None:
    """Its last day ended 31 days ago; so did its root volume's."""
    instance, root = _stopped(scope, name, dice)
    scope.daily("AWS/EC2", "CPUUtilization", {"InstanceId": instance}, 3.0, [32])
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": root}, 86_000.0, [32])
    scope.book.plant(arn(scope, instance), "ec2-stopped-instance", silent(30, 32, lookback=90, min_age=30))
    scope.book.plant(scope.arn("ec2", f"volume/{root}"), "ebs-volume-on-stopped-instance", silent(30, 32, lookback=90))


@recipe(ONE)
def stopped_29_days(scope: Scope, name: str, dice: Random) -> None:
    """Two days less."""
    instance, root = _stopped(scope, name, dice)
    made, volume = arn(scope, instance), scope.arn("ec2", f"volume/{root}")
    scope.daily("AWS/EC2", "CPUUtilization", {"InstanceId": instance}, 3.0, [30])
    scope.daily("AWS/EBS", "VolumeIdleTime", {"VolumeId": root}, 86_000.0, [30])
    scope.book.near_miss(made, "ec2-stopped-instance")
    scope.book.near_miss(volume, "ebs-volume-on-stopped-instance")
    scope.book.plant(made, "ec2-stopped-instance", silent(30, 30, lookback=90, min_age=30))
    scope.book.plant(volume, "ebs-volume-on-stopped-instance", silent(30, 30, lookback=90))


@recipe(ONE)
def stopped_since_unknown(scope: Scope, name: str, dice: Random) -> None:
    """No date and no datapoint: it may have been stopped a minute ago."""
    instance, root = _stopped(scope, name, dice)
    scope.book.near_miss(arn(scope, instance), "ec2-stopped-instance")
    scope.book.near_miss(scope.arn("ec2", f"volume/{root}"), "ebs-volume-on-stopped-instance")


@bills
def instances(adding: Adding) -> None:
    """The hours of those that run. What commitments cover is known by the family, also of those that do not."""
    region, account = adding.billable.region, adding.billable.account
    for reservation in adding.listed("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            kind = instance["InstanceType"]
            adding.billable.families[f"arn:aws:ec2:{region}:{account}:instance/{instance['InstanceId']}"] = kind.partition(".")[0]
            if instance["State"]["Name"] == "running":
                adding.hours(EC2, f"BoxUsage:{kind}", "AmazonEC2", f"ondemand.linux.shared.{kind}", kind, operation="RunInstances")


@bills
def addresses(adding: Adding) -> None:
    """Every public IPv4 address that is held, used or idle."""
    for address in adding.listed("ec2", "describe_addresses", "Addresses"):
        used = "InUse" if address.get("AssociationId") else "Idle"
        key = "public-ipv4.in-use" if used == "InUse" else "public-ipv4.idle"
        adding.hours(VPC, f"PublicIPv4:{used}Address", "AmazonVPC", key)
