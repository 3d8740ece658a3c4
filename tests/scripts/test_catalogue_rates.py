"""The catalogue of rates by usage type: what each becomes in the price book, and that the cards of the services say the same."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from functions.core.prices.products import UNITS, offers
from scripts import catalogue_rates
from scripts.catalogue_rates import UnknownRate, meaning, rows, table

HEAD = (
    *("service_code", "region", "usage_type", "operation_or_attributes", "unit", "usd"),
    *("effective_or_seen_date", "source", "confirmed_by", "rate_code"),
)


@pytest.mark.parametrize(
    ("offer", "usage_type", "words", "expected"),
    [
        ("AmazonEC2", "EBS:VolumeP-IOPS.io2.tier2", "io2 32,001 to 64,000", ("AmazonEBS", "iops.io2.32001-64000", "IOPS-month", 1)),
        ("AmazonEC2", "EBS:VolumeP-Throughput.gp3", "gp3", ("AmazonEBS", "throughput.gp3", "MiBps-month", Decimal("0.0009765625"))),
        ("AmazonEC2", "NatGateway-Bytes", "NatGateway", ("AmazonVPC", "nat-gateway.data", "GB", 1)),
        ("AmazonEC2", "CPUCredits:t4g", "Linux, per vCPU-hour of surplus", ("AmazonEC2", "cpu-credits.linux.t4g", "vCPU-hour", 1)),
        ("AWSELB", "LoadBalancerUsage", "LoadBalancing (classic)", ("AWSELB", "load-balancer.classic", "hour", 1)),
        ("AWSELB", "LCUUsage", "LoadBalancing:Gateway", ("AWSELB", "lcu.gateway", "LCU-hour", 1)),
        ("AWSLambda", "Lambda-Provisioned-GB-Second-ARM~", "arm running", ("AWSLambda", "provisioned-duration.arm", "GB-second", 1)),
        ("AWSLambda", "Lambda-Provisioned-Concurrency", "x86 kept ready", ("AWSLambda", "provisioned-concurrency.x86", "GB-second", 1)),
        ("AWSLambda", "Request", "x86", ("AWSLambda", "request", "1M-requests", 1_000_000)),
        ("AmazonRDS", "RDS:Multi-AZ-GP3-Throughput~", "gp3", ("AmazonRDS", "throughput.gp3.multi-az", "MiBps-month", 1)),
        ("AmazonRDS", "RDS:IO2-PIOPS-Storage", "io2", ("AmazonRDS", "storage.single-az.io2", "GB-month", 1)),
        ("AmazonRDS", "ExtendedSupport:Yr3:MySQL5.7", "RDS", ("AmazonRDS", "extended-support.mysql.year-3", "vCPU-hour", 1)),
        (
            "AmazonRDS",
            "ExtendedSupport:Yr1-Yr2:AuroraPostgreSQL12~",
            "per vCPU",
            ("AmazonRDS", "extended-support.aurora-postgresql.year-1", "vCPU-hour", 1),
        ),
        (
            "AmazonRDS",
            "ExtendedSupport:Yr1-Yr2:ASv2:Any8.0",
            "per ACU",
            ("AmazonRDS", "extended-support.aurora-mysql.serverless-v2.year-1", "ACU-hour", 1),
        ),
        (
            "AmazonRDS",
            "ExtendedSupport:Yr3:ASv2:Any13",
            "per ACU",
            ("AmazonRDS", "extended-support.aurora-postgresql.serverless-v2.year-3", "ACU-hour", 1),
        ),
        ("AmazonRDS", "ExtendedSupport:Yr1-Yr2:ASv2", "worked out", None),
        ("AmazonRDS", "ExtendedSupport:Yr3", "worked out", None),
        ("AmazonEKS", "AmazonEKS-Hours:extendedSupport", "surcharge", ("AmazonEKS", "cluster.extended-support", "hour", 1)),
        ("AmazonDynamoDB", "IA-WriteRequestUnits", "", ("AmazonDynamoDB", "on-demand.write.standard-ia", "1M-WRU", 1_000_000)),
        (
            "AmazonElastiCache",
            "ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large",
            "cacheEngine=Redis, surcharge",
            ("AmazonElastiCache", "extended-support.redis.year-1.cache.m6g.large", "hour", 1),
        ),
        ("AmazonFSx", "Storage.MAZ:SSD", "ONTAP", ("AmazonFSx", "ontap.storage.ssd.multi-az", "GB-month", 1)),
        (
            "AmazonWorkSpaces",
            "AW-HW-*~",
            "Amazon Linux; bundle Power-2; root 80 GB; user 100 GB; AutoStop; by the month; licence None",
            ("AmazonWorkSpaces", "amazon-linux.power-2.root-80.user-100.autostop.by-the-month.licence-none", "month", 1),
        ),
    ],
)
def test_what_a_usage_type_is_in_the_book(
    offer: str, usage_type: str, words: str, expected: tuple[str, str, str, Decimal | int] | None
) -> None:
    assert meaning(offer, usage_type, words) == expected


def test_what_no_line_knows_is_an_error_and_never_left_out() -> None:
    with pytest.raises(UnknownRate, match=r"AmazonEC2 EBS:VolumeUsage\.gp4"):
        meaning("AmazonEC2", "EBS:VolumeUsage.gp4", "")


def test_a_row_has_our_unit_and_keeps_its_source_and_date(tmp_path: Path) -> None:
    given = ["AmazonEC2", "eu-central-1", "EBS:VolumeP-Throughput.gp3", "gp3", "GiBps-mo", "48.742", "2025-10-28", "a list", "", "CODE"]
    nothing = ["AmazonEC2", "eu-central-1", "EBS:SnapshotUsage", "", "GB-Mo", "", "2025-10-28", "no number", "", ""]
    with gzip.open(tmp_path / catalogue_rates.CATALOGUE, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, given, nothing])
    assert list(rows(tmp_path)) == [
        {
            "service": "AmazonEBS",
            "region": "eu-central-1",
            "key": "throughput.gp3",
            "unit": "MiBps-month",
            "usd": "0.047599609375",
            "source": "a list",
            "as_of": "2025-10-28",
        }
    ]


SURE = sorted(
    (listing.offer, usage_type, book, rate.key, rate.unit)
    for book, listings in offers().items()
    for listing in listings
    for usage_type, rate in listing.sure.items()
)


@pytest.mark.parametrize(("offer", "usage_type", "book", "key", "unit"), sorted(set(SURE)))
def test_a_card_and_the_table_mean_the_same(offer: str, usage_type: str, book: str, key: str, unit: str) -> None:
    """So that a refresh by the Price List API writes the keys that the book has."""
    assert unit in UNITS
    lines = [line for line in table().get(offer, ()) if line.usage_type.fullmatch(usage_type)]
    if not lines:  # two usage types of which the catalogue has neither
        assert usage_type in ("EBS:VolumeIOUsage", "RDS:PIOPS-Storage-IO2", "RDS:Multi-AZ-PIOPS-Storage-IO2")
        return
    service, found, in_unit, _ = meaning(offer, usage_type, "first PB" if usage_type == "VpcEndpoint-Bytes" else "") or ("", "", "", 0)
    assert (service, found, in_unit) == (book, key, unit)


LOOK_ALIKE = [
    ("AWSELB", {"usagetype": "LCUUsage", "operation": "LoadBalancing:Network"}, "LoadBalancing:Network"),
    ("AWSLambda", {"usagetype": "Lambda-Provisioned-GB-Second", "group": "AWS-Lambda-Duration-Provisioned"}, "x86 running"),
    ("AWSLambda", {"usagetype": "Lambda-Provisioned-GB-Second-ARM", "group": "AWS-Lambda-Duration-Provisioned-ARM"}, "arm running"),
    ("AWSLambda", {"usagetype": "Lambda-GB-Second-ARM", "group": "AWS-Lambda-Duration-ARM"}, "arm tier 1"),
    ("AmazonCloudWatch", {"usagetype": "TimedStorage-ByteHrs", "servicecode": "AmazonCloudWatch"}, "logs"),
    ("AmazonEC2", {"usagetype": "CPUCredits:t3", "operatingSystem": "Windows"}, "Windows, per vCPU-hour of surplus"),
    *(
        ("AmazonRDS", {"usagetype": f"ExtendedSupport:{years}:{engine}"}, "")
        for years in ("Yr1-Yr2", "Yr3")
        for engine in ("MySQL5.7", "PostgreSQL11", "AuroraMySQL2", "AuroraPostgreSQL11", "ASv2:Any8.0", "ASv2:Any13")
    ),
]


@pytest.mark.parametrize(("offer", "product", "words"), LOOK_ALIKE, ids=[f"{product['usagetype']}" for _, product, _ in LOOK_ALIKE])
def test_products_that_more_than_their_usage_type_tells_apart_agree_too(offer: str, product: dict[str, str], words: str) -> None:
    (rate,) = {rate for listings in offers().values() for one in listings if one.offer == offer and (rate := one.rate(product))}
    known = meaning(offer, product["usagetype"], words)
    assert known is not None
    assert known[1:3] == (rate.key, rate.unit)
