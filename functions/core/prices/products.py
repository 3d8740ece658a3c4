"""Which products of the AWS Price List are which keys of our price book: the one table of what can be refreshed.

A product is known by its usage type, with the region's prefix taken off ("EUW2-EBS:VolumeUsage.gp3" is "EBS:VolumeUsage.gp3"), compared
as a whole: "TS-LoadBalancerUsage" and "Outposts-LoadBalancerUsage" are other things than "LoadBalancerUsage". Instances are known by
their attributes. Whatever is not in here is none of our keys.
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

Attributes = Mapping[str, str]
"""A product's attributes, as AWS names them."""


class Tier(Enum):
    """Which of a product's rates is ours: the only one that is not free, or the one that begins at 0."""

    ONLY = "only"
    FIRST = "first"


@dataclass(slots=True, frozen=True)
class Rate:
    """What a product is in our book."""

    key: str
    unit: str
    tier: Tier = Tier.ONLY


@dataclass(slots=True, frozen=True)
class Listing:
    """One question to GetProducts: the offer, what narrows it beside the region, and what its products are to us."""

    offer: str
    rate: Callable[[Attributes], Rate | None]
    filters: Mapping[str, str] = field(default_factory=dict)


UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "hour": {"hrs": Decimal(1), "hours": Decimal(1), "hour": Decimal(1)},
    "GB": {"gb": Decimal(1)},
    "GB-month": {"gb-mo": Decimal(1), "gb-month": Decimal(1)},
    "IOPS-month": {"iops-mo": Decimal(1)},
    "MiBps-month": {"mibps-mo": Decimal(1), "gibps-mo": Decimal(1) / 1024},
    "1M-requests": {"ios": Decimal(10**6), "requests": Decimal(10**6), "request": Decimal(10**6)},
    "GB-second": {unit: Decimal(1) for unit in ("lambda-gb-second", "gb-second", "gb-seconds", "second", "seconds")},
    "LCU-hour": {"lcu-hrs": Decimal(1), "hrs": Decimal(1)},
    "vCPU-hour": {"vcpu-hour": Decimal(1), "vcpu-hr": Decimal(1), "vcpu-hours": Decimal(1)},
    "ACU-hour": {"acu-hr": Decimal(1), "acu-hrs": Decimal(1), "acu-hours": Decimal(1)},
}
"""Our unit → AWS's units for it in lower case, and how many of AWS's make ours. A product in another unit is left out."""

_PREFIX = re.compile(r"(?:EU|[A-Z]{3}\d{1,2})-")
"""How the usage types of a region begin; us-east-1's mostly do not. EU- is eu-west-1."""


def bare(usage_type: str) -> str:
    """A usage type without its region's prefix."""
    found = _PREFIX.match(usage_type)
    return usage_type[found.end() :] if found else usage_type


_EBS = {
    **{
        f"EBS:VolumeUsage{suffix}": Rate(f"volume.{kind}", "GB-month")
        for suffix, kind in {
            "": "standard", ".gp2": "gp2", ".gp3": "gp3", ".piops": "io1", ".io2": "io2", ".st1": "st1", ".sc1": "sc1",
        }.items()
    },
    "EBS:VolumeIOUsage": Rate("volume.standard.io", "1M-requests"),
    "EBS:VolumeP-IOPS.gp3": Rate("iops.gp3", "IOPS-month"),
    "EBS:VolumeP-IOPS.piops": Rate("iops.io1", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2": Rate("iops.io2", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2.tier2": Rate("iops.io2.32001-64000", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2.tier3": Rate("iops.io2.over-64000", "IOPS-month"),
    "EBS:VolumeP-Throughput.gp3": Rate("throughput.gp3", "MiBps-month"),
    "EBS:SnapshotUsage": Rate("snapshot.standard", "GB-month"),
    "EBS:SnapshotArchiveStorage": Rate("snapshot.archive", "GB-month"),
}  # fmt: skip
_VPC = {
    "PublicIPv4:InUseAddress": Rate("public-ipv4.in-use", "hour"),
    "PublicIPv4:IdleAddress": Rate("public-ipv4.idle", "hour"),
    "NatGateway-Hours": Rate("nat-gateway", "hour"),
    "NatGateway-Bytes": Rate("nat-gateway.data", "GB"),
}
_ELB = {
    ("LoadBalancerUsage", "LoadBalancing"): Rate("load-balancer.classic", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Application"): Rate("load-balancer.application", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Network"): Rate("load-balancer.network", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Gateway"): Rate("load-balancer.gateway", "hour"),
    ("LCUUsage", "LoadBalancing:Application"): Rate("lcu.application", "LCU-hour"),
    ("LCUUsage", "LoadBalancing:Network"): Rate("lcu.network", "LCU-hour"),
    ("DataProcessing-Bytes", "LoadBalancing"): Rate("classic.data", "GB"),
}
"""By usage type and operation: the usage types of the four kinds are the same."""
_LAMBDA = {
    ("Request", "AWS-Lambda-Requests"): Rate("request", "1M-requests"),
    ("Lambda-GB-Second", "AWS-Lambda-Duration"): Rate("duration.x86.tier1", "GB-second", Tier.FIRST),
    ("Lambda-GB-Second-ARM", "AWS-Lambda-Duration-ARM"): Rate("duration.arm.tier1", "GB-second", Tier.FIRST),
    ("Lambda-Provisioned-Concurrency", "AWS-Lambda-Provisioned-Concurrency"): Rate("provisioned-concurrency.x86", "GB-second"),
    ("Lambda-Provisioned-Concurrency-ARM", "AWS-Lambda-Provisioned-Concurrency-ARM"): Rate("provisioned-concurrency.arm", "GB-second"),
}
"""By usage type and group."""
_RDS = {
    **{
        f"RDS:{az}{usage}": Rate(f"{what}.{where}", unit)
        for az, where in {"": "single-az", "Multi-AZ-": "multi-az"}.items()
        for usage, what, unit in (("GP3-Throughput", "throughput.gp3", "MiBps-month"),)
    },
    **{
        f"RDS:{az}{usage}": Rate(f"storage.{where}.{kind}", "GB-month")
        for az, where in {"": "single-az", "Multi-AZ-": "multi-az"}.items()
        for usage, kind in {
            "GP2-Storage": "gp2", "GP3-Storage": "gp3", "PIOPS-Storage": "io1", "PIOPS-Storage-IO2": "io2", "StorageUsage": "standard",
        }.items()
    },
    **{
        f"RDS:{az}{usage}": Rate(f"iops.{kind}.{where}", "IOPS-month")
        for az, where in {"": "single-az", "Multi-AZ-": "multi-az"}.items()
        for usage, kind in {"GP3-PIOPS": "gp3", "PIOPS": "io1", "IO2-PIOPS": "io2"}.items()
    },
    "RDS:ChargedBackupUsage": Rate("backup", "GB-month"),
}  # fmt: skip
_AURORA = {
    "Aurora:BackupUsage": Rate("aurora.backup", "GB-month"),
    "Aurora:StorageUsage": Rate("aurora.storage.standard", "GB-month"),
    "Aurora:IO-OptimizedStorageUsage": Rate("aurora.storage.io-optimized", "GB-month"),
    "Aurora:StorageIOUsage": Rate("aurora.io", "1M-requests"),
    "Aurora:ServerlessV2Usage": Rate("aurora.serverless-v2", "ACU-hour"),
    "Aurora:ServerlessV2IOOptimizedUsage": Rate("aurora.serverless-v2.io-optimized", "ACU-hour"),
}
_RDS_ENGINES = {"MySQL": "mysql", "PostgreSQL": "postgresql", "MariaDB": "mariadb"}
_AURORA_ENGINES = {"Aurora MySQL": "aurora-mysql", "Aurora PostgreSQL": "aurora-postgresql"}
_DEPLOYMENTS = {"Single-AZ": ("single-az", "InstanceUsage"), "Multi-AZ": ("multi-az", "Multi-AZUsage")}
_SUPPORT_YEARS = {"Yr1-Yr2": "year-1", "Yr3": "year-3"}
_EXTENDED_SUPPORT = re.compile(r"ExtendedSupport:(Yr1-Yr2|Yr3):(Aurora)?(?:MySQL|PostgreSQL)[\d.]+")


def _by_usage(table: Mapping[str, Rate]) -> Callable[[Attributes], Rate | None]:
    return lambda product: table.get(bare(product.get("usagetype", "")))


def _by_usage_and(attribute: str, table: Mapping[tuple[str, str], Rate]) -> Callable[[Attributes], Rate | None]:
    return lambda product: table.get((bare(product.get("usagetype", "")), product.get(attribute, "")))


_LINUX = {
    "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used", "marketoption": "OnDemand",
}  # fmt: skip
"""On demand, nothing installed, and running: unused reservations and capacity blocks have rates of their own."""


def _instance(product: Attributes) -> Rate | None:
    """Linux with shared tenancy. `operation` tells the licence that is included: RunInstances alone is none."""
    kind = product.get("instanceType", "")
    if any(product.get(name) != value for name, value in {**_LINUX, "operation": "RunInstances"}.items()) or ".metal" in kind:
        return None
    return Rate(f"ondemand.linux.shared.{kind}", "hour") if bare(product.get("usagetype", "")).partition(":")[0] == "BoxUsage" else None


def _db_instance(product: Attributes) -> Rate | None:
    """An instance without a licence. Aurora I/O-Optimized, Multi-AZ clusters and RDS Custom have usage types of their own."""
    engine = {**_RDS_ENGINES, **_AURORA_ENGINES}.get(product.get("databaseEngine", ""))
    where, usage = _DEPLOYMENTS.get(product.get("deploymentOption", ""), ("", ""))
    if engine is None or not where or bare(product.get("usagetype", "")).partition(":")[0] != usage:
        return None
    return Rate(f"ondemand.{engine}.{where}.{product.get('instanceType', '')}", "hour")


def _db_usage(product: Attributes) -> Rate | None:
    """Storage, IOPS, backup and capacity units; engines with a licence may have other rates, and we have no keys for them."""
    engine, usage = product.get("databaseEngine", "Any"), bare(product.get("usagetype", ""))
    if engine == "Any" or engine in _RDS_ENGINES:
        return _RDS.get(usage) or (_AURORA.get(usage) if engine == "Any" else None)
    return _AURORA.get(usage) if engine in _AURORA_ENGINES else None


def _extended_support(product: Attributes) -> Rate | None:
    """Per vCPU; Aurora Serverless ("ASv2") is charged per capacity unit and is none of our keys."""
    found = _EXTENDED_SUPPORT.fullmatch(bare(product.get("usagetype", "")))
    return Rate(f"{'aurora.' if found[2] else ''}extended-support.{_SUPPORT_YEARS[found[1]]}", "vCPU-hour") if found else None


OFFERS: Mapping[str, tuple[Listing, ...]] = {
    "AmazonEC2": (Listing("AmazonEC2", _instance, {"productFamily": "Compute Instance", **_LINUX}),),
    "AmazonEBS": tuple(
        Listing("AmazonEC2", _by_usage(_EBS), {"productFamily": family})
        for family in ("Storage", "System Operation", "Provisioned Throughput", "Storage Snapshot")
    ),
    "AmazonVPC": (
        Listing("AmazonVPC", _by_usage(_VPC), {"group": "VPCPublicIPv4Address"}),
        Listing("AmazonEC2", _by_usage(_VPC), {"productFamily": "NAT Gateway"}),
    ),
    "AWSELB": (Listing("AWSELB", _by_usage_and("operation", _ELB)),),
    "AWSLambda": (Listing("AWSLambda", _by_usage_and("group", _LAMBDA), {"productFamily": "Serverless"}),),
    "AmazonRDS": (
        *(
            Listing("AmazonRDS", _db_instance, {"productFamily": "Database Instance", "databaseEngine": engine})
            for engine in (*_RDS_ENGINES, *_AURORA_ENGINES)
        ),
        *(
            Listing("AmazonRDS", _db_usage, {"productFamily": family})
            for family in (
                "Database Storage", "Provisioned IOPS", "Provisioned Throughput", "Storage Snapshot", "System Operation", "ServerlessV2",
            )
        ),
        *(Listing("AmazonRDS", _extended_support, {"extendedSupportPricingYear": years}) for years in ("Year 1, Year 2", "Year 3")),
    ),
}  # fmt: skip
"""Service of our book → the listings that together make its slice. All of them must be complete, or the slice stays as it is."""

USED_BY: Mapping[str, tuple[str, ...]] = {
    "ebs": ("AmazonEBS",),
    "ec2": ("AmazonEC2", "AmazonEBS", "AmazonVPC"),
    "elb": ("AWSELB", "AmazonVPC"),
    "lambda": ("AWSLambda",),
    "rds": ("AmazonRDS",),
}
"""What the checks of a service's resource types look up in the book."""
