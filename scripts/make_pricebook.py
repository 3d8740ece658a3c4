"""Make functions/core/prices/pricebook.zip from price facts as CSV.

    python -m scripts.make_pricebook ../shared/prices            write the book
    python -m scripts.make_pricebook ../shared/prices --check    exit 1 when the committed book differs from its sources

Sources: rows `service,region,key,unit,usd,source,as_of`, in that folder and in bedrock_prices.csv beside this file; and the folder's
catalogue by usage type, see `catalogue_rates.py`. Where two know the same rate, AWS's list comes before what somebody wrote about it, and
then the later `as_of` wins. Left out: rows without a number; bare-metal instances, on which the sources disagree, so that they stay
unpriced; Lambda's rates of an architecture that the source does not state; keys that name too little.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

if __package__ in (None, ""):  # run as a file: then the project's folder is not among those that are searched
    sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts import catalogue_rates

SOURCES = (
    "ec2_ondemand.csv.gz",
    "rds_ondemand.csv.gz",
    "elasticache_ondemand.csv.gz",
    "regional_units.csv.gz",
    "units_us_east_1.csv.gz",
)
OWN = Path(__file__).with_name("bedrock_prices.csv")
"""Models that are newer than the folder."""
TARGET = Path(__file__).parents[1] / "functions" / "core" / "prices" / "pricebook.zip"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
SECOND_HAND = re.compile(r"secondary|approximate|text capture|\bpage\b|\bbill\b|unsourced|rate table|NAT rates|note on")
"""Sources that are not AWS's list, but speak of it."""
NOT_STATED = "architecture-not-stated"
SUPERSEDED = frozenset({"aurora.extended-support.year-1", "extended-support.year-1", "extended-support.year-3", "iops.io2.to-32000"})
"""Keys of the older files that name no engine, or the same as another one: the catalogue has what they mean in every region."""
UNIT_WORDS = {"IOPS-month-over-3000": "IOPS-month", "MiBps-month-over-125": "MiBps-month", "GB-month-over-free": "GB-month"}
Row = dict[str, str]


def rows(folder: Path) -> Iterator[Row]:
    """Every row that may come into the book."""
    for row in _all(folder):
        row["unit"] = UNIT_WORDS.get(row["unit"], row["unit"]).removesuffix("-over-baseline")
        if row["usd"] and row["key"] not in SUPERSEDED and ".metal" not in row["key"] and NOT_STATED not in row["key"]:
            yield row


def _all(folder: Path) -> Iterator[Row]:
    for name in SOURCES:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    yield from catalogue_rates.rows(folder)
    with OWN.open(encoding="utf-8", newline="") as own:
        yield from csv.DictReader(own)


def weight(row: Row) -> tuple[bool, str]:
    """What decides between two rows for one rate; the greater one counts."""
    return SECOND_HAND.search(row["source"]) is None, row["as_of"]


def best(found: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Member of the book → key → the row that counts; of two that weigh the same, the first."""
    chosen: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in found:
        slice_ = chosen[f"{row['service']}/{row['region']}.tsv"]
        known = slice_.get(row["key"])
        if known is None or weight(row) > weight(known):
            slice_[row["key"]] = row
    return chosen


def members(folder: Path) -> dict[str, bytes]:
    """File name in the book → its bytes, sorted by key."""
    return {
        name: "".join(
            "\t".join((key, row["usd"], row["unit"], row["source"].replace("\t", " "), row["as_of"])) + "\n"
            for key, row in sorted(slice_.items())
        ).encode()
        for name, slice_ in sorted(best(rows(folder)).items())
    }


def stale(folder: Path) -> list[str]:
    """Members that differ between the committed book and its sources; compressed bytes may differ, contents may not."""
    fresh = members(folder)
    with zipfile.ZipFile(TARGET) as book:
        held = {name: book.read(name) for name in book.namelist()}
    return sorted(name for name in fresh.keys() | held.keys() if fresh.get(name) != held.get(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with the CSV files")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    arguments = parser.parse_args()
    if arguments.check:
        different = stale(arguments.folder)
        if different:
            print(f"pricebook.zip is stale in {', '.join(different[:5])}: run python -m scripts.make_pricebook {arguments.folder}")
        return 1 if different else 0
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        for name, data in members(arguments.folder).items():
            book.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED, 9)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
