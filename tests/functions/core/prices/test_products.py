"""Which products are which of our keys: a table of AWS's shapes, and the book that the keys must fit."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace

import pytest

from functions.core.prices import book as prices
from functions.core.prices.products import (
    UNITS,
    Metered,
    Rate,
    bare,
    billed,
    by_usage,
    known_usage_types,
    metered,
    offers,
    products,
    usage_type,
)
from functions.core.services import services
from tests.price_list_server import offers as served

BOOK_LACKS = frozenset({"iops.io2.multi-az", "extended-support.aurora-mysql.year-3", "extended-support.aurora-mysql.serverless-v2.year-3"})
"""Keys that the checks ask for, or may, and that only the API has, if it has them: see scanners/rds/extended_support.py."""
ONLY_REFRESHED = re.compile(r"ondemand\.aurora-\w+\.io-optimized\..+")
"""Keys of which no source of the book has any."""


def rates(service: str, region: str = "eu-west-2") -> dict[str, Rate]:
    """Usage type and what else tells products apart → the rate, of the offers that the loopback server has."""
    found = {}
    for one in served(region):
        for listing in offers()[service]:
            rate = listing.rate(one["product"]["attributes"])
            if rate is not None and one["serviceCode"] == listing.offer:
                found[one["product"]["sku"]] = rate
    return found


@pytest.mark.parametrize(
    ("usage_type", "expected"),
    [
        ("EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp3"),
        ("EU-EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp3"),
        ("EUW2-EBS:VolumeUsage.gp3", "EBS:VolumeUsage.gp3"),
        ("APN2-PublicIPv4:IdleAddress", "PublicIPv4:IdleAddress"),
        ("TS-LoadBalancerUsage", "TS-LoadBalancerUsage"),
        ("EUW2-TS-LoadBalancerUsage", "TS-LoadBalancerUsage"),
        ("USE1-Outposts-LoadBalancerUsage", "Outposts-LoadBalancerUsage"),
        ("Multi-AZUsage:db.m6g.xl", "Multi-AZUsage:db.m6g.xl"),
        ("", ""),
    ],
)
def test_only_the_regions_prefix_is_taken_off(usage_type: str, expected: str) -> None:
    assert bare(usage_type) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            "AmazonEC2",
            {
                "ondemand.linux.shared.m5.large": 1,
                "ondemand.linux.shared.m5.xlarge": 1,
                "cpu-credits.linux.t3": 1,
                "cpu-credits.windows.t3": 1,
            },
        ),
        ("AmazonVPC", {"public-ipv4.in-use": 1, "public-ipv4.idle": 1, "nat-gateway": 1, "nat-gateway.data": 1}),
        (
            "AWSELB",
            {"load-balancer.classic": 1, "load-balancer.application": 1, "load-balancer.network": 1, "lcu.application": 1},
        ),
        (
            "AWSLambda",
            {
                "request": 1,
                "duration.x86.tier1": 1,
                "duration.arm.tier1": 1,
                "provisioned-concurrency.x86": 1,
                "provisioned-duration.x86": 1,
                "provisioned-duration.arm": 1,
            },
        ),
        (
            "AmazonRDS",
            {
                "ondemand.postgresql.single-az.db.m6g.xlarge": 1,
                "ondemand.postgresql.multi-az.db.m6g.xlarge": 1,
                "ondemand.mysql.single-az.db.m6g.xlarge": 1,
                "ondemand.aurora-postgresql.single-az.db.r6g.2xlarge": 1,
                "ondemand.aurora-postgresql.io-optimized.db.r6g.2xlarge": 1,
                "storage.single-az.io2": 1,
                "throughput.gp3.single-az": 1,
                "storage.single-az.gp3": 1,
                "storage.multi-az.gp3": 1,
                "iops.gp3.single-az": 1,
                "backup": 2,
                "aurora.storage.standard": 1,
                "aurora.io": 1,
                "aurora.serverless-v2": 1,
                "extended-support.mysql.year-1": 1,
                "extended-support.postgresql.year-1": 1,
                "extended-support.postgresql.year-3": 1,
                "extended-support.aurora-mysql.year-1": 1,
                "extended-support.aurora-postgresql.year-1": 1,
                "extended-support.aurora-mysql.serverless-v2.year-1": 1,
                "extended-support.aurora-postgresql.serverless-v2.year-1": 2,
                "extended-support.aurora-postgresql.serverless-v2.year-3": 1,
            },
        ),
    ],
)
def test_of_what_looks_alike_only_the_meant_products_have_keys(service: str, expected: dict[str, int]) -> None:
    keys = [rate.key for rate in rates(service).values()]
    assert {key: keys.count(key) for key in keys} == expected


def test_the_book_has_every_key_that_can_be_refreshed_or_it_is_known_that_it_lacks_it() -> None:
    with zipfile.ZipFile(prices.BOOK) as book:
        held = {
            (name.partition("/")[0], key): row[1] for name in book.namelist() for key, row in prices.parse(book.read(name).decode()).items()
        }
    for service in offers():
        for rate in table_rates(service):
            if rate.key not in BOOK_LACKS and not ONLY_REFRESHED.fullmatch(rate.key):
                assert (service, rate.key) in held, f"{service} {rate.key} is a key that nothing reads"
                assert held[(service, rate.key)] == rate.unit


def table_rates(service: str) -> list[Rate]:
    """Every rate that the card of a service names; instances are by attribute, and so by the sample."""
    return [*(rate for listing in offers()[service] for rate in listing.rates), *rates(service).values()]


def test_every_unit_of_the_table_can_be_read() -> None:
    assert {rate.unit for service in offers() for rate in table_rates(service)} <= set(UNITS)


def test_what_leads_from_one_place_to_another_names_both() -> None:
    plain = by_usage("AnOffer", "A service", {})
    assert [plain.named("RegionCode"), plain.named("LocationType")] == [("regionCode",), ("locationType",)]
    assert replace(plain, ends=("from", "to")).named("RegionCode") == ("fromRegionCode", "toRegionCode")


def test_every_price_that_can_be_refreshed_is_used_by_a_scanned_service() -> None:
    assert {name for card in services().values() for name in card.prices_from} == set(offers())


@pytest.mark.parametrize(
    ("service", "key", "expected"),
    [
        ("AmazonEBS", "snapshot.standard", Metered("EBS:SnapshotUsage", 1)),
        ("AmazonEBS", "volume.standard", Metered("EBS:VolumeUsage", 1)),
        ("AmazonEBS", "iops.io2.over-64000", Metered("EBS:VolumeP-IOPS.io2.tier3", 1)),
        ("AmazonEBS", "volume.standard.io", Metered("EBS:VolumeIOUsage", 1_000_000)),
        ("AmazonEBS", "throughput.gp3", None),  # the bill counts it in MiB/s or in GiB/s
        ("AmazonEBS", "nothing", None),
        ("Nothing", "snapshot.standard", None),
        ("AWSELB", "load-balancer.network", Metered("LoadBalancerUsage", 1)),
        ("AWSLambda", "request", Metered("Request", 1_000_000)),
        ("AmazonCloudWatch", "logs.storage", Metered("TimedStorage-ByteHrs", 1)),
        ("AmazonEC2", "ondemand.linux.shared.m5.large", Metered("BoxUsage:m5.large", 1)),
        ("AmazonEC2", "ondemand.windows.shared.m5.large", None),
        ("AmazonRDS", "ondemand.aurora-mysql.single-az.db.r6g.large", Metered("InstanceUsage:db.r6g.large", 1)),
        ("AmazonRDS", "ondemand.mysql.multi-az.db.m5.2xlarge", Metered("Multi-AZUsage:db.m5.2xlarge", 1)),
        ("AmazonRDS", "storage.multi-az.gp3", Metered("RDS:Multi-AZ-GP3-Storage", 1)),
        ("AmazonRDS", "extended-support.year-1", None),  # each version has its own
    ],
)
def test_how_the_bill_counts_what_has_a_key(service: str, key: str, expected: Metered | None) -> None:
    assert metered(service, key) == expected
    assert usage_type(service, key) == (expected.usage_type if expected else None)


def test_a_usage_type_that_means_a_key_is_what_that_key_is_counted_under() -> None:
    for name, meant in billed().items():
        assert usage_type(meant.service, meant.key) in (name, None)
        assert name in known_usage_types() or usage_type(meant.service, meant.key) is None


def test_two_cards_never_make_the_same_prices() -> None:
    with pytest.raises(ValueError, match="two cards make the prices of AmazonEBS"):
        products("AmazonEBS", *offers()["AmazonEBS"])
