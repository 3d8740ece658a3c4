"""What is there in an account and region, as the lines of a bill: described through AWS's APIs, priced with the price book.

The usage types are AWS's: https://docs.aws.amazon.com/cur/latest/userguide/cur-ebs-billing-codes.html and, for regions' prefixes,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html . What the book has no price for is left out and
counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from finops.fleet.scope import Aws
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.book import Prices

EC2, EC2_OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
RDS, VPC = "Amazon Relational Database Service", "Amazon Virtual Private Cloud"
ELB, LAMBDA = "Amazon Elastic Load Balancing", "AWS Lambda"
PREFIXES = {"us-east-1": "", "us-east-2": "USE2-", "us-west-2": "USW2-", "eu-west-1": "EU-"}
"""How the usage types of a region begin. Those of public IPv4 addresses have a prefix in us-east-1, too: USE1-."""
HOURS_A_DAY = 24
NO_TYPE = "NoInstanceType"
GB_SECONDS_A_DAY = 1_000.0
"""What a function used: nothing describes that, so it is a little, and the same for each."""
VOLUMES = {"io1": "piops", "standard": ""}
"""How usage types call a kind of volume, where they have another name."""
ENGINES = {
    "postgres": ("postgresql", "PostgreSQL"),
    "mysql": ("mysql", "MySQL"),
    "aurora-postgresql": ("aurora-postgresql", "Aurora PostgreSQL"),
    "aurora-mysql": ("aurora-mysql", "Aurora MySQL"),
}
"""Engine → the price book's name, and AWS's name for it on bills."""


@dataclass(slots=True, frozen=True)
class Use:
    """One line of a bill: what a day of it costs on demand, and how much a day has of it in its unit."""

    account: str
    region: str
    service: str
    usage_type: str
    unit: str
    instance_type: str = NO_TYPE
    platform: str = ""
    usd: float = 0.0
    quantity: float = 0.0

    @property
    def family(self) -> str:
        """ "m5" of "m5.large", "db.m5" of "db.m5.large"."""
        return self.instance_type.rpartition(".")[0]


@dataclass(slots=True)
class Billable:
    """The lines of one account and region. `families`: instance's ARN → its type's family. `unpriced`: how many things by price key."""

    account: str
    region: str
    uses: dict[Use, list[float]] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    unpriced: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[Use]:
        """Each line with its sums."""
        for use, (usd, quantity) in self.uses.items():
            yield replace(use, usd=usd, quantity=quantity)


@dataclass(slots=True, frozen=True)
class Adding:
    """Adds things to `billable` at a region's prices."""

    billable: Billable
    prices: Prices

    def hours(self, service: str, usage_type: str, offer: str, key: str, kind: str = NO_TYPE, platform: str = "") -> None:
        """A thing that is billed by the hour, all day long."""
        self.some(service, usage_type, offer, key, HOURS_A_DAY, "Hrs", kind, platform)

    def monthly(self, service: str, usage_type: str, offer: str, key: str, quantity: float, unit: str = "GB-Mo") -> None:
        """So much of something that is billed by the month."""
        if quantity > 0:
            self.some(service, usage_type, offer, key, quantity * HOURS_A_DAY / HOURS_PER_MONTH, unit)

    def some(
        self, service: str, usage_type: str, offer: str, key: str, quantity: float, unit: str, kind: str = NO_TYPE, platform: str = ""
    ) -> None:
        """So much a day, at a price for one."""
        price = self.prices.price(offer, key)
        if price is None:
            self.billable.unpriced[f"{offer} {key}"] += 1
            return
        first = "USE1-" if usage_type.startswith("PublicIPv4") and self.billable.region == "us-east-1" else PREFIXES[self.billable.region]
        use = Use(self.billable.account, self.billable.region, service, first + usage_type, unit, kind, platform)
        sums = self.billable.uses.setdefault(use, [0.0, 0.0])
        sums[0] += price.usd * quantity
        sums[1] += quantity


def described(aws: Aws, account: str, region: str) -> Billable:
    """Everything that bills in one account and region. A cluster's storage is billed by its use, which nothing describes: left out."""
    made = Billable(account, region)
    adding = Adding(made, Prices(region))

    def pages(service: str, operation: str, key: str, **given: Any) -> Iterator[Mapping[str, Any]]:
        for page in aws.client(service, account, region).get_paginator(operation).paginate(**given):
            yield from page[key]

    for reservation in pages("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            kind = instance["InstanceType"]
            made.families[f"arn:aws:ec2:{region}:{account}:instance/{instance['InstanceId']}"] = kind.partition(".")[0]
            if instance["State"]["Name"] == "running":
                adding.hours(EC2, f"BoxUsage:{kind}", "AmazonEC2", f"ondemand.linux.shared.{kind}", kind)
    for volume in pages("ec2", "describe_volumes", "Volumes"):
        _volume(adding, volume["VolumeType"], volume["Size"], volume.get("Iops") or 0)
    for snapshot in pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        adding.monthly(EC2_OTHER, "EBS:SnapshotUsage", "AmazonEBS", "snapshot.standard", snapshot["VolumeSize"])
    for address in aws.client("ec2", account, region).describe_addresses()["Addresses"]:
        used = "InUse" if address.get("AssociationId") else "Idle"
        key = "public-ipv4.in-use" if used == "InUse" else "public-ipv4.idle"
        adding.hours(VPC, f"PublicIPv4:{used}Address", "AmazonVPC", key)
    for database in pages("rds", "describe_db_instances", "DBInstances"):
        _database(adding, database)
    for balancer in pages("elbv2", "describe_load_balancers", "LoadBalancers"):
        adding.hours(ELB, "LoadBalancerUsage", "AWSELB", f"load-balancer.{balancer['Type']}")
    for _ in pages("elb", "describe_load_balancers", "LoadBalancerDescriptions"):
        adding.hours(ELB, "LoadBalancerUsage", "AWSELB", "load-balancer.classic")
    for function in pages("lambda", "list_functions", "Functions"):
        arm = function.get("Architectures") == ["arm64"]
        name, key = ("Lambda-GB-Second-ARM", "duration.arm.tier1") if arm else ("Lambda-GB-Second", "duration.x86.tier1")
        adding.some(LAMBDA, name, "AWSLambda", key, GB_SECONDS_A_DAY, "Lambda-GB-Second")
    return made


def _volume(adding: Adding, kind: str, gib: int, iops: int) -> None:
    """Its GiB, for io1 and io2 all IOPS, for gp3 those over 3,000. https://aws.amazon.com/ebs/pricing/"""
    name = VOLUMES.get(kind, kind)
    adding.monthly(EC2_OTHER, f"EBS:VolumeUsage.{name}".rstrip("."), "AmazonEBS", f"volume.{kind}", gib)
    billed = {"io1": iops, "io2": iops, "gp3": iops - 3_000}.get(kind, 0)
    adding.monthly(EC2_OTHER, f"EBS:VolumeP-IOPS.{name}", "AmazonEBS", f"iops.{kind}", billed, "IOPS-Mo")


def _database(adding: Adding, database: Mapping[str, Any]) -> None:
    """Its hours unless it is stopped, and its storage unless it is Aurora's."""
    book, platform = ENGINES[database["Engine"]]
    kind, two = database["DBInstanceClass"], bool(database["MultiAZ"])
    where = "multi-az" if two else "single-az"
    if database["DBInstanceStatus"] != "stopped":
        name = f"{'Multi-AZUsage' if two else 'InstanceUsage'}:{kind}"
        adding.hours(RDS, name, "AmazonRDS", f"ondemand.{book}.{where}.{kind}", kind, platform)
    if not book.startswith("aurora"):
        storage = str(database["StorageType"])
        name = f"RDS:{'Multi-AZ-' if two else ''}{storage.upper()}-Storage"
        adding.monthly(RDS, name, "AmazonRDS", f"storage.{where}.{storage}", database["AllocatedStorage"])
