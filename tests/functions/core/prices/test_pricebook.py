"""The committed price book: known figures, known disagreements of its sources, and the regions that it knows."""

from __future__ import annotations

import zipfile

import pytest

from functions.core.prices import book
from functions.core.prices.book import Prices
from functions.scanners.ebs.storage import volume_cost


@pytest.mark.parametrize(
    ("region", "service", "key", "usd", "unit"),
    [
        ("us-east-1", "AWSLambda", "provisioned-concurrency.x86", 4.1667e-6, "GB-second"),
        ("us-east-1", "AWSLambda", "provisioned-concurrency.arm", 3.3334e-6, "GB-second"),
        ("us-east-1", "AWSLambda", "provisioned-duration.x86", 9.7222e-6, "GB-second"),
        ("us-east-1", "AWSLambda", "provisioned-duration.arm", 7.7778e-6, "GB-second"),
        ("us-east-1", "AWSLambda", "request", 0.2, "1M-requests"),
        ("us-east-1", "AmazonEBS", "snapshot.fast-restore", 0.75, "DSU-hour"),
        ("us-east-1", "AmazonEBS", "snapshot.archive.retrieval", 0.03, "GB"),
        ("eu-central-1", "AmazonEBS", "volume.io2", 0.149, "GB-month"),
        ("eu-central-1", "AmazonEBS", "iops.io2", 0.078, "IOPS-month"),
        ("eu-central-1", "AmazonEBS", "iops.io2.32001-64000", 0.0546, "IOPS-month"),
        ("us-east-1", "AmazonEBS", "iops.io2.over-64000", 0.03185, "IOPS-month"),
        ("us-east-1", "AmazonRDS", "extended-support.mysql.year-1", 0.1, "vCPU-hour"),
        ("us-east-1", "AmazonRDS", "extended-support.postgresql.year-3", 0.2, "vCPU-hour"),
        ("us-east-1", "AmazonRDS", "extended-support.aurora-mysql.year-1", 0.1, "vCPU-hour"),
        ("us-east-1", "AmazonRDS", "extended-support.aurora-postgresql.year-3", 0.2, "vCPU-hour"),
        ("us-east-1", "AmazonRDS", "extended-support.aurora-mysql.serverless-v2.year-1", 0.085, "ACU-hour"),
        ("us-east-1", "AmazonRDS", "extended-support.aurora-postgresql.serverless-v2.year-3", 0.17, "ACU-hour"),
        ("us-east-1", "AmazonRDS", "storage.multi-az.gp3", 0.23, "GB-month"),
        ("us-east-1", "AmazonRDS", "storage.multi-az.io2", 0.25, "GB-month"),
        ("us-east-1", "AmazonRDS", "iops.io1.multi-az", 0.2, "IOPS-month"),
        ("us-east-1", "AmazonRDS", "iops.io2.single-az", 0.1, "IOPS-month"),
        ("us-east-1", "AmazonRDS", "throughput.gp3.single-az", 0.08, "MiBps-month"),
        ("us-east-1", "AmazonRDS", "aurora.serverless-v2.io-optimized", 0.16, "ACU-hour"),
        ("us-east-1", "AmazonVPC", "nat-gateway.data", 0.045, "GB"),
        ("us-east-1", "AmazonVPC", "transit-gateway.attachment.vpc", 0.05, "hour"),
        ("us-east-1", "AmazonEC2", "cpu-credits.linux.t3", 0.05, "vCPU-hour"),
        ("us-east-1", "AWSELB", "lcu.gateway", 0.004, "LCU-hour"),
        ("us-east-1", "AmazonDynamoDB", "on-demand.read", 0.125, "1M-RRU"),
        ("us-east-1", "AmazonES", "storage.gp3", 0.122, "GB-month"),
        ("us-east-1", "AmazonEFS", "throughput.provisioned", 6.0, "MiBps-month"),
        ("us-east-1", "AmazonRedshift", "ondemand.ra3.large", 0.543, "hour"),
        ("global", "AmazonRoute53", "hosted-zone.first-25", 0.5, "zone-month"),
    ],
)
def test_known_figures(region: str, service: str, key: str, usd: float, unit: str) -> None:
    price = Prices(region).price(service, key)
    assert price is not None
    assert price.usd == pytest.approx(usd, rel=1e-9)
    assert (price.unit, price.fallback_for) == (unit, None)
    assert price.source
    assert price.as_of >= "2023"


@pytest.mark.parametrize(
    ("region", "service", "key", "usd", "otherwise"),
    [
        ("us-east-1", "AmazonEKS", "cluster.extended-support", 0.5, "0.6 is the sum with the cluster's own 0.1, beside which it is billed"),
        ("us-east-1", "AmazonRDS", "aurora.storage.io-optimized", 0.225, "0.23 is rounded"),
        ("af-south-1", "AWSELB", "load-balancer.application", 0.029988, "0.03 is rounded"),
        ("af-south-1", "AWSELB", "load-balancer.network", 0.029988, "0.03 is rounded"),
        ("af-south-1", "AWSELB", "load-balancer.classic", 0.03332, "0.0333 is rounded"),
        ("eu-south-1", "AWSELB", "load-balancer.application", 0.02646, "0.0265 is rounded"),
        ("eu-south-1", "AWSELB", "load-balancer.network", 0.02646, "0.0265 is rounded"),
        (
            "eu-central-1",
            "AmazonRDS",
            "extended-support.aurora-postgresql.serverless-v2.year-1",
            0.104,
            "0.1037 is 0.85 × the vCPU's 0.122",
        ),
        ("sa-east-1", "AmazonRDS", "extended-support.mysql.year-1", 0.21, "0.2096 is a sample's, the list rounds"),
        ("us-east-1", "AmazonRDS", "extended-support.mysql.year-3", 0.2, "a web page of 2026 is newer, and the same"),
        ("eu-central-2", "AmazonEBS", "throughput.gp3", 0.0571200195313, "0.05712001953125 has one digit more"),
    ],
)
def test_where_two_sources_disagree_the_newer_one_of_awss_list_counts(
    region: str, service: str, key: str, usd: float, otherwise: str
) -> None:
    price = Prices(region).price(service, key)
    assert price is not None
    assert (price.usd, price.fallback_for) == (usd, None), otherwise
    assert "secondary" not in price.source


@pytest.mark.parametrize(
    ("service", "key", "why"),
    [
        ("AWSLambda", "provisioned-concurrency.architecture-not-stated", "it is Arm's"),
        ("AmazonRDS", "aurora.extended-support.year-1", "it names no engine"),
        (
            "AmazonRDS",
            "extended-support.aurora-mysql.year-3",
            "the Price List of December 2025 has none: see scanners/rds/extended_support.py",
        ),
        ("AmazonEC2", "cpu-credits.linux.t3a", "no source"),
        ("AmazonEC2", "ondemand.linux.shared.m5.metal", "the sources disagree"),
    ],
)
def test_what_no_source_surely_has_is_not_in_the_book(service: str, key: str, why: str) -> None:
    assert Prices("us-east-1").price(service, key) is None, why


def test_an_io2_volume_in_frankfurt_is_priced_by_the_tiers_of_its_region() -> None:
    """tests/cases/io2-tiers-outside-us-east-1.json"""
    cost = volume_cost("io2", 1_000, 40_000, 0, Prices("eu-central-1"))
    assert cost.usd == pytest.approx(1_000 * 0.149 + 32_000 * 0.078 + 8_000 * 0.0546)
    assert cost.usd == pytest.approx(3_081.80)
    assert {price.region for price in cost.prices} == {"eu-central-1"}


EVERYWHERE = 36
"""Regions whose EC2 rates the book has."""


@pytest.mark.parametrize(
    ("service", "key", "regions"),
    [
        ("AmazonEBS", "iops.io2.32001-64000", EVERYWHERE),
        ("AmazonEBS", "iops.io2.over-64000", EVERYWHERE),
        ("AmazonEBS", "snapshot.fast-restore", EVERYWHERE),
        ("AmazonVPC", "nat-gateway.data", EVERYWHERE),
        ("AmazonVPC", "public-ipv4.in-use", EVERYWHERE),
        ("AWSLambda", "duration.arm.tier1", EVERYWHERE),
        ("AWSLambda", "provisioned-concurrency.x86", EVERYWHERE),
        ("AWSLambda", "provisioned-duration.arm", EVERYWHERE),
        ("AmazonRDS", "extended-support.mysql.year-1", EVERYWHERE),
        ("AmazonRDS", "extended-support.aurora-mysql.serverless-v2.year-1", 35),
        ("AmazonRDS", "storage.multi-az.gp3", EVERYWHERE),
        ("AmazonRDS", "iops.gp3.multi-az", EVERYWHERE),
        ("AmazonRDS", "aurora.storage.io-optimized", EVERYWHERE),
        ("AmazonRDS", "iops.io2.single-az", 1),
        ("AWSELB", "lcu.application", EVERYWHERE),
    ],
)
def test_in_how_many_regions_a_rate_is_known(service: str, key: str, regions: int) -> None:
    with zipfile.ZipFile(book.BOOK) as archive:
        slices = [name for name in archive.namelist() if name.startswith(f"{service}/")]
        assert sum(key in book.parse(archive.read(name).decode()) for name in slices) == regions
