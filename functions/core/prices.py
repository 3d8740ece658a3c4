"""The price book: list prices with their source, for the region that is asked for.

The embedded book (`pricebook.zip`, made by scripts/make_pricebook.py) has one member per service and region, so that a scan reads only
the slice it needs. A rate that is missing for a region is taken from us-east-1 and says so; one that is missing there too is unknown,
and so is every amount that it goes into: never 0.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

from functions.core.money import HOURS_PER_MONTH, Amount, Price

BOOK = Path(__file__).with_name("pricebook.zip")
FALLBACK_REGION = "us-east-1"

Slice = dict[str, tuple[float, str, str, str]]
"""key → USD, unit, source, date of the source."""


@lru_cache(maxsize=1)
def _book() -> zipfile.ZipFile:
    return zipfile.ZipFile(BOOK)


@lru_cache(maxsize=64)
def _slice(service: str, region: str) -> Slice:
    try:
        text = _book().read(f"{service}/{region}.tsv").decode()
    except KeyError:
        return {}
    rows: Slice = {}
    for line in text.splitlines():
        key, usd, unit, source, as_of = line.split("\t")
        rows[key] = (float(usd), unit, source, as_of)
    return rows


class Prices:
    """List prices of one region. Amounts are USD per month of 730 hours."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._known: dict[tuple[str, str], Price | None] = {}

    def price(self, service: str, key: str) -> Price | None:
        """The list price of `key` (the AWS offer code and our key, "AmazonEBS", "volume.gp3"), or None when no source has it."""
        asked = (service, key)
        if asked not in self._known:
            self._known[asked] = self._look_up(service, key)
        return self._known[asked]

    def _look_up(self, service: str, key: str) -> Price | None:
        for region in dict.fromkeys((self.region, FALLBACK_REGION)):
            row = _slice(service, region).get(key)
            if row is not None:
                usd, unit, source, as_of = row
                return Price(service, key, usd, unit, region, source, as_of, None if region == self.region else self.region)
        return None

    def monthly(self, service: str, key: str, quantity: float, unit: str) -> Amount:
        """`quantity` of something billed by the month (GiB, IOPS, MiB/s); `unit` names the quantity in the formula."""
        return self._amount(service, key, quantity, 1, f"{quantity:,.10g} {unit}")

    def hourly(self, service: str, key: str, quantity: float = 1, unit: str = "") -> Amount:
        """`quantity` of something billed by the hour, all month long."""
        words = f"{quantity:,.10g} {unit} × {HOURS_PER_MONTH} h" if unit else f"{HOURS_PER_MONTH} h"
        return self._amount(service, key, quantity, HOURS_PER_MONTH, words)

    def _amount(self, service: str, key: str, quantity: float, hours: int, words: str) -> Amount:
        price = self.price(service, key)
        if price is None:
            return Amount(None, f"no price known for {service} {key} in {self.region}")
        return Amount(price.usd * quantity * hours, f"{words} × ${price.usd:.10g} {key}", (price,))
