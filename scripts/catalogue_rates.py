"""The rates of `catalogue_rates.csv.gz`, AWS's list prices by usage type, in the words of the price book.

`catalogue_keys.tsv` says which usage type is which key: offer, usage type and the words beside it as regular expressions, then the book's
service, key and unit, and how many of AWS's units make ours. What a regular expression names goes into the key. "-" for a service: left
out, and why. For services that have a card, the table and the card agree (tests/scripts/test_catalogue_rates.py).
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("catalogue_keys.tsv")
CATALOGUE = "catalogue_rates.csv.gz"
LEFT_OUT = "-"
ZONES = {None: "single-az", "Multi-AZ-": "multi-az", "SAZ": "single-az", "MAZ": "multi-az"}
SUPPORT_YEARS = {"1-Yr2": "year-1", "1_Yr2": "year-1", "3": "year-3"}
ENGINES = {"MySQL": "mysql", "PostgreSQL": "postgresql", "AuroraMySQL": "aurora-mysql", "AuroraPostgreSQL": "aurora-postgresql"}


class UnknownRate(Exception):
    """No line of the table knows a usage type of the catalogue."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    offer: str
    usage_type: re.Pattern[str]
    words: re.Pattern[str]
    service: str
    key: str
    unit: str
    factor: Decimal

    def named(self, usage_type: str, words: str) -> dict[str, str | None] | None:
        """What the two expressions name in a row of the catalogue, or None when it is another line's."""
        usage, about = self.usage_type.fullmatch(usage_type), self.words.fullmatch(words)
        return usage.groupdict() | about.groupdict() if usage and about else None


@cache
def table() -> Mapping[str, tuple[Line, ...]]:
    """The lines by offer, in the file's order: the first that fits counts."""
    lines: dict[str, list[Line]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            usage_type, words = re.compile(row["usage_type"]), re.compile(row["words"])
            made = Line(row["offer"], usage_type, words, row["service"], row["key"], row["unit"], Decimal(row["factor"]))
            lines.setdefault(made.offer, []).append(made)
    return {offer: tuple(of_offer) for offer, of_offer in lines.items()}


@cache
def meaning(offer: str, usage_type: str, words: str) -> tuple[str, str, str, Decimal] | None:
    """Service, key and unit of the book, and how many of AWS's units make ours; None for what is left out.

    `usage_type` may end in "~": its spelling was not seen twice. UnknownRate when no line fits.
    """
    for line in table().get(offer, ()):
        named = line.named(usage_type.removesuffix("~"), words)
        if named is not None:
            key = line.key.format(**_words(named))
            return None if line.service == LEFT_OUT else (line.service, key, line.unit.format(**_words(named)), line.factor)
    raise UnknownRate(f"{TABLE.name} has no line for {offer} {usage_type} ({words})")


def _words(named: Mapping[str, str | None]) -> dict[str, str]:
    """The words that a key is made of."""
    found = {name: _plain(value) for name, value in named.items() if value is not None}
    return found | {
        "zone": ZONES[named.get("az")],
        "class": ".standard-ia" if named.get("ia") else "",
        "year": SUPPORT_YEARS.get(named.get("years") or "", ""),
        "support": ENGINES.get(named.get("engine") or "", ""),
    }


def _plain(value: str) -> str:
    return value.lower().replace(" ", "-")


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """The catalogue's rows as the other files have them: `service,region,key,unit,usd,source,as_of`."""
    with gzip.open(folder / CATALOGUE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = meaning(row["service_code"], row["usage_type"], row["operation_or_attributes"])
            if known is not None and row["usd"]:
                service, key, unit, factor = known
                usd = f"{(Decimal(row['usd']) * factor).normalize():f}"
                known_as = {"service": service, "region": row["region"], "key": key, "unit": unit}
                yield {**known_as, "usd": usd, "source": row["source"], "as_of": row["effective_or_seen_date"]}
