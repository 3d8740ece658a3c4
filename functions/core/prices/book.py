"""The price book: list prices with their source, for the region that is asked for.

The embedded book (`pricebook.zip`, made by scripts/make_pricebook.py) has one member per service and region, so that a scan reads only
the slice it needs. A slice that the Price List API has refreshed goes with it: of two rates for one key, the later one counts.
A rate that is missing for a region is taken from us-east-1 and says so; one that is missing there too is unknown, and every amount that
it should go into says that it lacks it: never 0. Nothing stands in across partitions: China and the European Sovereign Cloud bill in other
currencies, and GovCloud by a list of its own. Nor does anything in Local Zones, in Wavelength Zones and on Outposts: see `Prices.at`.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from functions.core.aws.partitions import partition
from functions.core.money import HOURS_PER_MONTH, Amount, Price, Term, unknown, without_price

BOOK = Path(__file__).with_name("pricebook.zip")
FALLBACK_REGION = "us-east-1"

Row = tuple[float, str, str, str]
"""USD, unit, source, date of the source."""
Slice = dict[str, Row]
"""The rates of one service in one region, by key."""


@lru_cache(maxsize=1)
def _book() -> zipfile.ZipFile:
    return zipfile.ZipFile(BOOK)


@lru_cache(maxsize=64)
def _slice(service: str, region: str) -> Slice:
    try:
        text = _book().read(f"{service}/{region}.tsv").decode()
    except KeyError:
        return {}
    return parse(text)


def services() -> list[str]:
    """The services that the embedded book has, by AWS's offer codes and our own words."""
    return sorted({name.partition("/")[0] for name in _book().namelist()})


def parse(text: str) -> Slice:
    """A slice from its lines: key, USD, unit, source, date, with tabs between. ValueError when a line is anything else."""
    rows: Slice = {}
    for line in text.splitlines():
        key, usd, unit, source, as_of = line.split("\t")
        rate = float(usd)
        if not math.isfinite(rate) or rate < 0:
            raise ValueError(f"the rate of {key} is {usd}")
        rows[key] = (rate, unit, source, as_of)
    return rows


def format_rows(rows: Mapping[str, tuple[str, str, str, str]]) -> str:
    """The lines of a slice, as `parse` reads them; USD as digits, so that none are lost."""
    return "".join("\t".join((key, *(part.replace("\t", " ") for part in row))) + "\n" for key, row in sorted(rows.items()))


class Prices:
    """List prices of one region, at one place in it. Amounts are USD per month of 730 hours.

    `refreshed` gives the slice of a service and region that is newer than the book, empty when there is none.
    """

    def __init__(self, region: str, refreshed: Callable[[str, str], Slice] | None = None) -> None:
        self.region = region
        self.place = ""
        self._refreshed = refreshed
        self._known: dict[tuple[str, str], Price | None] = {}
        self._places = {"": self}

    def at(self, place: str) -> Prices:
        """The prices at a place of the region (`Resource.place`): the region's own in its zones; elsewhere none is known."""
        if place not in self._places:
            there = Prices(self.region)
            there.place, there._places = place, self._places
            self._places[place] = there
        return self._places[place]

    def price(self, service: str, key: str) -> Price | None:
        """The list price of `key` (the AWS offer code and our key, "AmazonEBS", "volume.gp3"), or None when no source has it."""
        asked = (service, key)
        if asked not in self._known:
            self._known[asked] = self._look_up(service, key)
        return self._known[asked]

    def _look_up(self, service: str, key: str) -> Price | None:
        stands_in = (FALLBACK_REGION,) if partition(self.region) == partition(FALLBACK_REGION) else ()
        for region in dict.fromkeys((self.region, *stands_in)):
            row = self._row(service, region, key)
            if row is not None:
                usd, unit, source, as_of = row
                return Price(service, key, usd, unit, region, source, as_of, None if region == self.region else self.region)
        return None

    def own(self, service: str, key: str) -> float | None:
        """The region's own rate in USD: nothing stands in for it."""
        row = self._row(service, self.region, key)
        return None if row is None else row[0]

    def _row(self, service: str, region: str, key: str) -> Row | None:
        if self.place:
            return None
        book = _slice(service, region).get(key)
        fresh = self._refreshed(service, region).get(key) if self._refreshed else None
        if book is None or fresh is None:
            return book or fresh
        return fresh if fresh[3] >= book[3] else book

    def monthly(self, service: str, key: str, quantity: float, unit: str) -> Amount:
        """`quantity` of something billed by the month (GiB, IOPS, MiB/s); `unit` names the quantity in the formula."""
        return self._amount(service, key, quantity, unit, 1)

    def hourly(self, service: str, key: str, quantity: float = 1, unit: str = "") -> Amount:
        """`quantity` of something billed by the hour, all month long."""
        return self._amount(service, key, quantity, unit, HOURS_PER_MONTH)

    def _amount(self, service: str, key: str, quantity: float, unit: str, hours: int) -> Amount:
        price = self.price(service, key)
        if price is None:
            why = f"no price known for {service} {key} in {self.place or self.region}"
            # the rates of a place are in no region's bill: its usage types have names of their own
            return unknown(why) if self.place else without_price(why, quantity, unit, hours, service, key, self.region)
        return Amount((Term(quantity, unit, hours, price),))


@lru_cache(maxsize=4096)
def without_sku(source: str) -> str:
    """A source of the Price List API without the SKU: for lists of sources, where each instance type would be a line of its own."""
    head, found, tail = source.partition(", SKU ")
    return f"{head},{tail.partition(',')[2]}" if found else source
