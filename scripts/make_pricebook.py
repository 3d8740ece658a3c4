"""Make functions/core/prices/pricebook.zip from price facts as CSV.

    python scripts/make_pricebook.py ../shared/prices            write the book
    python scripts/make_pricebook.py ../shared/prices --check    exit 1 when the committed book differs from its sources

Sources: rows `service,region,key,unit,usd,source,as_of`, in that folder and in bedrock_prices.csv beside this file. Where two files
know the same rate, the later `as_of` wins. Left out: rows without a number, and bare-metal instances, on which the sources disagree:
those stay unpriced.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

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


def rows(folder: Path) -> Iterator[dict[str, str]]:
    for name in SOURCES:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["usd"] and ".metal" not in row["key"]:
                    yield row
    with OWN.open(encoding="utf-8", newline="") as own:
        yield from csv.DictReader(own)


def members(folder: Path) -> dict[str, bytes]:
    """File name in the book → its bytes, sorted by key."""
    best: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows(folder):
        slice_ = best[f"{row['service']}/{row['region']}.tsv"]
        known = slice_.get(row["key"])
        if known is None or row["as_of"] > known["as_of"]:
            slice_[row["key"]] = row
    return {
        name: "".join(
            "\t".join((key, row["usd"], row["unit"], row["source"].replace("\t", " "), row["as_of"])) + "\n"
            for key, row in sorted(slice_.items())
        ).encode()
        for name, slice_ in sorted(best.items())
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
            print(f"pricebook.zip is stale in {', '.join(different[:5])}: run scripts/make_pricebook.py {arguments.folder}")
        return 1 if different else 0
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        for name, data in members(arguments.folder).items():
            book.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED, 9)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
