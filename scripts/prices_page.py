"""docs/PRICES.md, from the price book: each key with its unit, in how many Regions it is known, how old it is and where it comes from."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from functions.core.prices import book
from functions.core.prices.products import offers
from scripts.markdown import table

INTRODUCTION = """\
# Prices

Generated from `functions/core/prices/pricebook.zip` by `make docs`; edit the code, not this page. `scripts/make_pricebook.py` makes the
book from its sources.

Every rate is a list price in USD, with the source and date that a finding shows. A rate that the book does not have for a Region is taken
from us-east-1 and said to be; one that is missing there too leaves a finding unpriced, never at 0. Of two sources for one rate AWS's own
list comes before what others say of it, and then the newer one. The function FinOpsAnalyzer-prices, or `finops prices refresh`, asks the
AWS Price List API about the services marked *refreshed*; of the book's rate and a refreshed one the later counts.

The book knows {regions} Regions. A line with a count stands for so many instance types, families or bundles."""
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
"""Not "global", which is Route 53's, and no Local Zone."""
TYPE = re.compile(
    r"(?:(?:db|cache|dms|mq|ml)\.)?[a-z][\w-]*\."
    r"(?:nano|micro|small|medium|large|\d*xlarge|xlplus|metal[\w-]*)(?:\.search|\.elasticsearch)?$"
)
"""The end of a key that names an instance type."""
BUNDLE = re.compile(r"[\w-]+\.[\w.-]+\.root-\d+\.user-\d+\.(?=autostop|alwayson)")
FAMILY = re.compile(r"(?<=^dedicated-host\.)[\w-]+$")
SOURCES_SHOWN = 3


@dataclass(slots=True)
class Known:
    """What the book knows of one line of the page."""

    units: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)


@cache
def line_of(key: str) -> str:
    """The line that a key belongs to: its own, or that of all instance types or sizes of its kind."""
    for pattern in (TYPE, FAMILY):
        key = pattern.sub("*", key)
    return BUNDLE.sub("*.", key)


@cache
def origin(source: str) -> str:
    """Who a source is, without the version, the file and the row."""
    named = re.match(r"code index file|web page|page|text capture", source)
    return named[0] if named else re.split(r"[@ (]", source, maxsplit=1)[0].rstrip(",;:'s")


def known() -> Mapping[str, Mapping[str, Known]]:
    """Service → line → what is known."""
    found: dict[str, dict[str, Known]] = defaultdict(lambda: defaultdict(Known))
    with zipfile.ZipFile(book.BOOK) as archive:
        for name in archive.namelist():
            service, _, region = name.removesuffix(".tsv").partition("/")
            for key, (_, unit, source, as_of) in book.parse(archive.read(name).decode()).items():
                line = found[service][line_of(key)]
                line.units.add(unit)
                line.regions.add(region)
                line.keys.add(key)
                line.dates.add(as_of)
                line.sources.add(origin(source))
    return found


def page() -> str:
    """The whole page."""
    services = known()
    regions = {region for lines in services.values() for line in lines.values() for region in line.regions if REGION.fullmatch(region)}
    return "\n\n".join((INTRODUCTION.format(regions=len(regions)), *_sections(services))) + "\n"


def _sections(services: Mapping[str, Mapping[str, Known]]) -> Iterator[str]:
    for service, lines in sorted(services.items()):
        refreshed = ", *refreshed*" if service in offers() else ""
        yield f"## {service}\n\n{sum(len(line.keys) for line in lines.values()):,} keys{refreshed}"
        head = ("Key", "Unit", "Regions", "Newest", "Oldest", "Sources")
        yield "\n".join(table(head, (_row(key, line) for key, line in sorted(lines.items()))))


def _row(key: str, line: Known) -> tuple[str, ...]:
    several = f" ({len(line.keys):,})" if "*" in key else ""
    sources = sorted(line.sources)
    more = f" and {len(sources) - SOURCES_SHOWN} more" if len(sources) > SOURCES_SHOWN else ""
    return (
        key.replace("*", "\\*") + several,
        ", ".join(sorted(line.units)),
        str(len(line.regions)),
        max(line.dates),
        min(line.dates),
        ", ".join(sources[:SOURCES_SHOWN]) + more,
    )
