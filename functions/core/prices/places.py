"""Where a resource is, as far as its price depends on it. Pure data, no AWS.

AWS bills the region's rates in the region's own zones only: Local Zones, Wavelength Zones and Outposts have others, which the price book
does not know. So a resource carries its place, and `Check` gives the prices of that place (`Prices.at`) to whatever judges it: no check has
to ask, and none can forget it.
https://docs.aws.amazon.com/local-zones/latest/ug/how-local-zones-work.html and https://aws.amazon.com/outposts/rack/pricing/
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(slots=True, frozen=True)
class RegionWide:
    """Instead of the members of a reply that say where a resource is: things of its type are in no zone, and why that is known."""

    why: str


@lru_cache(maxsize=1_024)  # a region has thousands of resources in a few zones
def place(region: str, *named: str | None) -> str:
    """Where a resource is: "" for the region's own zones, else the first name that is of none of them.

    `named`: all that a reply says of it, the most exact first: Outposts, zones by their names, network border groups. A zone of the region
    is its name and a letter, the border group of its own zones is its name; everything else is somewhere else, a zone's id too, because
    those do not name the region. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
    """
    return next((name for name in named if name and not _own(region, name)), "")


def _own(region: str, name: str) -> bool:
    return name == region or (name[:-1] == region and name[-1].isalpha())
