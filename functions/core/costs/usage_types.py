"""What a usage type of the bill means: "USW2-BoxUsage:m5.large" is an hour of an m5.large in us-west-2.

The bill writes the region in front, as a short code; us-east-1 has none, or USE1. Where a usage type has one list price in a region, it
names the key of the price book too; where the price depends on more than the usage type says (the operating system of a BoxUsage, the
engine of an InstanceUsage, the kind of a load balancer, the tier of an hour of Lambda), it names none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from functions.core.prices.products import billed
from functions.core.services import instance_hours, plan_usage

REGIONS = {
    "USE1": "us-east-1",
    "USE2": "us-east-2",
    "USW1": "us-west-1",
    "USW2": "us-west-2",
    "CAN1": "ca-central-1",
    "CAN2": "ca-west-1",
    "MXC1": "mx-central-1",
    "SAE1": "sa-east-1",
    "AFS1": "af-south-1",
    "CPT": "af-south-1",
    "APE1": "ap-east-1",
    "APE2": "ap-east-2",
    "APN1": "ap-northeast-1",
    "APN2": "ap-northeast-2",
    "APN3": "ap-northeast-3",
    "APS1": "ap-southeast-1",
    "APS2": "ap-southeast-2",
    "APS3": "ap-south-1",
    "APS4": "ap-southeast-3",
    "APS5": "ap-south-2",
    "APS6": "ap-southeast-4",
    "APS7": "ap-southeast-5",
    "APS8": "ap-southeast-6",
    "APS9": "ap-southeast-7",
    "EU": "eu-west-1",
    "EUW1": "eu-west-1",
    "EUW2": "eu-west-2",
    "EUW3": "eu-west-3",
    "EUC1": "eu-central-1",
    "EUC2": "eu-central-2",
    "EUN1": "eu-north-1",
    "EUS1": "eu-south-1",
    "EUS2": "eu-south-2",
    "ILC1": "il-central-1",
    "MEC1": "me-central-1",
    "MES1": "me-south-1",
    "UGW1": "us-gov-west-1",
    "UGE1": "us-gov-east-1",
    "CNN1": "cn-north-1",
    "CNW1": "cn-northwest-1",
}
"""Short code → region: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-region-billing-codes.html, GovCloud from
https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html; bills also have CPT for AFS1, and EUW1 for EU."""

HOME = "us-east-1"
"""The region of a usage type without a code."""
UNKNOWN_CODE = re.compile(r"[A-Z]{3,6}\d{1,2}(?:WL\d|DEN\d|[A-Z]+\d)*")
"""How the codes look that are in no table: a local zone's (LAX1), a wavelength zone's (USE1WL1), a new region's. Their place is not guessed
at. Words without a digit belong to the usage type: IA-ReadCapacityUnit-Hrs, VPN-Usage-Hours, AW-HW-1, TS-LoadBalancerUsage."""
NAMED = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d-")
"""Key Management Service writes the region's name: ca-central-1-KMS-Keys."""


@dataclass(slots=True, frozen=True)
class UsageType:
    """`region` is AWS's name; `service` the price book's ("AmazonEC2", "AmazonEBS"), `billed_as` Cost Explorer's.

    `family` ("m5", "db.r5") and `instance_type` are those of instances, else empty. `hours`: the quantity is hours of an instance that a
    Savings Plan or a reservation can pay for; `by_plan`: it is something else that a plan can pay for, and `family` says what. `book`:
    service and key of the price book, where one list price is sure.
    """

    region: str
    service: str
    family: str = ""
    instance_type: str = ""
    hours: bool = False
    by_plan: bool = False
    book: tuple[str, str] | None = None
    billed_as: str = ""


@lru_cache(maxsize=4096)
def parse(usage_type: str) -> UsageType | None:
    """What is known of a usage type; None for one that is of no use here, or in a place that is no region."""
    region, rest = placed(usage_type)
    if region is None:
        return None
    known, by_plan = billed().get(rest), plan_usage().get(rest)
    book = (known.service, known.key) if known else None
    if by_plan:
        return UsageType(region, by_plan.product, by_plan.usage[rest], by_plan=True, book=book, billed_as=by_plan.billed_as)
    if known:
        return UsageType(region, known.service, book=book, billed_as=known.billed_as)
    kind, _, instance_type = rest.partition(":")
    for product, hours in instance_hours().items():
        full = _full(instance_type or hours.unnamed)
        if kind in hours.usage | hours.uncovered and full.startswith(hours.prefix) and full:
            return UsageType(region, product, full.rpartition(".")[0], full, kind in hours.usage, billed_as=hours.billed_as)
    return None


def placed(usage_type: str) -> tuple[str | None, str]:
    """The region of a usage type, None for an unknown code or a place that is no region, and what follows it."""
    if named := NAMED.match(usage_type):
        return named[0][:-1], usage_type[named.end() :]
    code, dash, rest = usage_type.partition("-")
    if not dash or not _is_code(code):
        return HOME, usage_type
    following, dash, _ = rest.partition("-")
    zone = bool(dash) and _is_code(following)
    return (None if zone else REGIONS.get(code)), rest


def _is_code(word: str) -> bool:
    return word in REGIONS or UNKNOWN_CODE.fullmatch(word) is not None


def _full(instance_type: str) -> str:
    """The bill shortens some sizes: "db.r8g.2xl" is a db.r8g.2xlarge."""
    return re.sub(r"(?<=\.)(\d*)xl$", r"\1xlarge", instance_type)


def full_name(usage_type: str) -> str:
    """A usage type with the size of its instance written out: "InstanceUsage:db.r8g.2xl" is InstanceUsage:db.r8g.2xlarge."""
    return _full(usage_type) if ":" in usage_type else usage_type
