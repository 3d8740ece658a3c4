"""Which products of the AWS Price List are which keys of our price book: how a service's card says it, and all that the cards say.

A product is known by its usage type, with the region's prefix taken off ("EUW2-EBS:VolumeUsage.gp3" is "EBS:VolumeUsage.gp3"), compared
as a whole: "TS-LoadBalancerUsage" and "Outposts-LoadBalancerUsage" are other things than "LoadBalancerUsage". Instances are known by
their attributes. Whatever no card names is none of our keys.
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache

from functions.core.services import services

Attributes = Mapping[str, str]
"""A product's attributes, as AWS names them."""


class Tier(Enum):
    """Which of a product's rates is ours: the only one that is not free, or the one that begins at 0."""

    ONLY = "only"
    FIRST = "first"


@dataclass(slots=True, frozen=True)
class Rate:
    """What a product is in our book."""

    key: str
    unit: str
    tier: Tier = Tier.ONLY


@dataclass(slots=True, frozen=True)
class ProductListing:
    """One question to GetProducts: the offer, what its products are to us, and what narrows it beside the region.

    `sure`: usage types that mean one rate, whatever else there is to say of them. `billed_as`: what Cost Explorer calls the service that
    they are billed under. `ends`: () for what is in a region, ("from", "to") for what leads from one to another, both of them this one:
    so their attributes begin. `also`: the rates of products that more than their usage type tells apart; `usage`: their keys, with what the
    bill calls them. `hours_of`: what the bill calls an hour of an instance, from its key. `by_operation`: what a usage type of the bill,
    without its region, and an operation are, where the usage type alone does not say.
    """

    offer: str
    rate: Callable[[Attributes], Rate | None]
    filters: Mapping[str, str] = field(default_factory=dict)
    sure: Mapping[str, Rate] = field(default_factory=dict)
    billed_as: str = ""
    also: Collection[Rate] = ()
    usage: Collection[tuple[Rate, str]] = ()
    hours_of: Callable[[str], str | None] | None = None
    by_operation: Callable[[str, str], Rate | None] | None = None
    ends: tuple[str, ...] = ()

    def named(self, attribute: str) -> tuple[str, ...]:
        """What an attribute of where a product is ("RegionCode") is called: regionCode, or fromRegionCode and toRegionCode."""
        return tuple(f"{end}{attribute}" for end in self.ends) or (attribute[0].lower() + attribute[1:],)

    @property
    def rates(self) -> tuple[Rate, ...]:
        """All that its products can be, but for instances, whose keys follow from their types."""
        return (*self.sure.values(), *self.also)


UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "hour": {"hrs": Decimal(1), "hours": Decimal(1), "hour": Decimal(1)},
    "GB": {"gb": Decimal(1)},
    "GB-month": {"gb-mo": Decimal(1), "gb-month": Decimal(1), "gb-months": Decimal(1)},
    "IOPS-month": {"iops-mo": Decimal(1), "iops-months": Decimal(1)},
    "MiBps-month": {"mibps-mo": Decimal(1), "mbps-mo": Decimal(1), "gibps-mo": Decimal(1) / 1024, "gib/second-months": Decimal(1) / 1024},
    "1M-requests": {"ios": Decimal(10**6), "requests": Decimal(10**6), "request": Decimal(10**6)},
    "GB-second": {unit: Decimal(1) for unit in ("lambda-gb-second", "gb-second", "gb-seconds", "second", "seconds")},
    "LCU-hour": {"lcu-hrs": Decimal(1), "hrs": Decimal(1)},
    "vCPU-hour": {"vcpu-hour": Decimal(1), "vcpu-hr": Decimal(1), "vcpu-hours": Decimal(1)},
    "ACU-hour": {unit: Decimal(1) for unit in ("acu-hr", "acu-hrs", "acu-hour", "acu-hours")},
    "DSU-hour": {"dsu-hour": Decimal(1), "dsu-hours": Decimal(1)},
    "RCU-hour": {unit: Decimal(1) for unit in ("readcapacityunit-hrs", "rcu-hrs", "rcu-hours")},
    "WCU-hour": {unit: Decimal(1) for unit in ("writecapacityunit-hrs", "replicatedwritecapacityunit-hrs", "wcu-hrs", "wcu-hours")},
    "1M-RRU": {"readrequestunits": Decimal(10**6)},
    "1M-WRU": {"writerequestunits": Decimal(10**6), "replicatedwriterequestunits": Decimal(10**6)},
}
"""Our unit → AWS's units for it in lower case, FOCUS's too, and how many of AWS's make ours. A product in another unit is left out."""

_PREFIX = re.compile(r"(?:EU|[A-Z]{3}\d{1,2})-")
"""How the usage types of a region begin; us-east-1's mostly do not. EU- is eu-west-1."""


def bare(usage_type: str) -> str:
    """A usage type without its region's prefix."""
    found = _PREFIX.match(usage_type)
    return usage_type[found.end() :] if found else usage_type


def by_usage(offer: str, billed_as: str, table: Mapping[str, Rate], **filters: str) -> ProductListing:
    """Products that their usage type alone tells apart."""
    return ProductListing(offer, lambda product: table.get(bare(product.get("usagetype", ""))), filters, table, billed_as)


def by_usage_and_operation(offer: str, billed_as: str, table: Mapping[tuple[str, str], Rate], **filters: str) -> ProductListing:
    """Products that their usage type and operation tell apart."""
    listing = by_usage_and("operation", offer, billed_as, table, **filters)
    return replace(listing, by_operation=lambda usage_type, operation: table.get((usage_type, operation)))


def by_usage_and(attribute: str, offer: str, billed_as: str, table: Mapping[tuple[str, str], Rate], **filters: str) -> ProductListing:
    """Products that their usage type and one more attribute tell apart."""

    def rate(product: Attributes) -> Rate | None:
        return table.get((bare(product.get("usagetype", "")), product.get(attribute, "")))

    return ProductListing(
        offer, rate, filters, billed_as=billed_as, also=table.values(), usage=[(one, usage_type) for (usage_type, _), one in table.items()]
    )


_products: dict[str, tuple[ProductListing, ...]] = {}


def products(name: str, *listings: ProductListing) -> None:
    """Register the listings that together make a slice of our book: `name` is the book's, as in "AmazonEBS"."""
    if name in _products:
        raise ValueError(f"two cards make the prices of {name}")
    _products[name] = listings


@cache
def offers() -> Mapping[str, tuple[ProductListing, ...]]:
    """Service of our book → the listings that together make its slice. All of them must be complete, or the slice stays as it is."""
    services()
    return dict(sorted(_products.items()))


@dataclass(slots=True, frozen=True)
class Billed:
    """What a usage type of the bill is: the book's service and key, in the bill's own unit, and Cost Explorer's service."""

    service: str
    key: str
    billed_as: str


@cache
def billed() -> Mapping[str, Billed]:
    """Usage type without its region → what it is in the book, where one list price is sure and the bill counts in the book's unit.

    It is not where the bill counts otherwise (throughput in GiB/s, requests one by one), and where the rate depends on more than the usage
    type says (the system of a BoxUsage, the kind of a load balancer).
    """
    return {
        usage_type: Billed(service, rate.key, listing.billed_as)
        for service, listings in offers().items()
        for listing in listings
        for usage_type, rate in listing.sure.items()
        if rate.tier is Tier.ONLY and set(UNITS[rate.unit].values()) == {Decimal(1)}
    }


@cache
def by_operation() -> frozenset[str]:
    """The services, as Cost Explorer calls them, whose usage types say what they are only together with the operation."""
    return frozenset(listing.billed_as for listings in offers().values() for listing in listings if listing.by_operation)


@lru_cache(maxsize=16384)
def rates_of(billed_as: str, usage_type: str, operation: str = "") -> frozenset[tuple[str, Rate]]:
    """What a line of the bill is in the book: (service, rate) for each key that it prices, none where no card says.

    `billed_as` is Cost Explorer's service, because a usage type is not unique: five services bill a TimedStorage-ByteHrs. `usage_type` is
    without its region; without an `operation` only what the usage type alone tells.
    """
    return frozenset(
        (service, rate)
        for service, listings in offers().items()
        for listing in listings
        if listing.billed_as == billed_as
        if (rate := _rate_of(listing, usage_type, operation)) is not None
    )


def _rate_of(listing: ProductListing, usage_type: str, operation: str) -> Rate | None:
    if operation:
        return listing.by_operation(usage_type, operation) if listing.by_operation else None
    if listing.by_operation:
        return None
    return listing.sure.get(usage_type) or next((rate for rate, billed in listing.usage if billed == usage_type), None)


@dataclass(slots=True, frozen=True)
class Metered:
    """How the bill counts what has a key of our book: its usage type, without the region, and how many of its units are one of ours."""

    usage_type: str
    per_unit: float


@cache
def _metered() -> Mapping[tuple[str, str], Metered]:
    found: dict[tuple[str, str], set[Metered]] = {}
    for service, listings in offers().items():
        for listing in listings:
            for rate, usage_type in (*((rate, usage_type) for usage_type, rate in listing.sure.items()), *listing.usage):
                for per_unit in set(UNITS[rate.unit].values()):
                    found.setdefault((service, rate.key), set()).add(Metered(usage_type, float(per_unit)))
    return {asked: next(iter(ways)) for asked, ways in found.items() if len(ways) == 1}


@cache
def known_usage_types() -> frozenset[str]:
    """Those that `metered` can answer, but for hours of instances."""
    return frozenset(known.usage_type for known in _metered().values())


@lru_cache(maxsize=4096)
def metered(service: str, key: str) -> Metered | None:
    """How the bill counts a key of the book; None where it has several ways, or none that a card says.

    Others may be counted under the same usage type: the bill tells the kinds of load balancers apart by more than that.
    """
    if known := _metered().get((service, key)):
        return known
    named = (listing.hours_of(key) for listing in offers().get(service, ()) if listing.hours_of)
    return next((Metered(usage_type, 1.0) for usage_type in named if usage_type), None)


def usage_type(service: str, key: str) -> str | None:
    """What the bill calls a key of the book, without its region; sizes of instances in full ("InstanceUsage:db.r5.2xlarge")."""
    known = metered(service, key)
    return known.usage_type if known else None
