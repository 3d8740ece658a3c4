"""List prices from the AWS Price List Query API, in the form of our price book: one service in one region at a time.

GetProducts answers with JSON in strings, a product with its terms each. A product that the table of offers knows gives a rate when it has
exactly one that can be meant; two different rates for one key give none. The API is asked in the partition's home (us-east-1), whatever
region is asked about.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.errors import FinOpsError
from functions.core.prices.products import UNITS, ProductListing, Rate, Tier, offers

IAM = ("pricing:GetProducts",)
SOURCE = "AWS Price List API, offer {offer}, SKU {sku}, published {published}"

Row = tuple[str, str, str, str]
"""USD as digits, unit, source, date of the source."""


class BrokenAnswer(FinOpsError):
    """The Price List answered with something that is no product: the listing cannot be trusted to be whole."""


@dataclass(slots=True)
class Fresh:
    """A service's rates in a region: `rows` by key, and the keys that were left out with the reason."""

    rows: dict[str, Row] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def fetch(aws: Aws, service: str, region: str) -> Fresh:
    """Everything that the API knows of our keys of a service in a region.

    Raises what `Aws.pages` raises, or BrokenAnswer, when a listing is not complete: there is no half a slice.
    """
    found: dict[str, dict[Decimal, tuple[str, Row]]] = defaultdict(dict)
    fresh = Fresh()
    for listing in offers()[service]:
        for offer in _products(aws, listing, region):
            attributes = offer["product"]["attributes"]
            rate = listing.rate(attributes) if _in_region(attributes, region, listing) else None
            if rate is None:
                continue
            sku = offer["product"]["sku"]
            usd = _usd(offer, rate)
            if isinstance(usd, str):
                fresh.left_out[rate.key] = f"SKU {sku} {usd}"
                continue
            published = offer["publicationDate"]
            row = (f"{usd:f}", rate.unit, SOURCE.format(offer=listing.offer, sku=sku, published=published), published[:10])
            found[rate.key].setdefault(usd, (sku, row))
    for key, rates in found.items():
        if len(rates) > 1:
            several = " and ".join(f"{usd:f} (SKU {sku})" for usd, (sku, _) in sorted(rates.items())[:2])
            fresh.left_out[key] = f"there are {len(rates)} rates for it: {several}"
        elif key not in fresh.left_out:
            ((_, fresh.rows[key]),) = rates.values()
    return fresh


def _products(aws: Aws, listing: ProductListing, region: str) -> Iterator[dict[str, Any]]:
    filters = {**dict.fromkeys(listing.named("RegionCode"), region), **listing.filters}
    for text in aws.pages(
        "pricing",
        "GetProducts",
        "PriceList",
        ServiceCode=listing.offer,
        FormatVersion="aws_v1",
        MaxResults=100,
        Filters=[{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()],
    ):
        try:
            offer = json.loads(text)
            whole = isinstance(offer["product"]["attributes"], dict) and offer["product"]["sku"] and offer["publicationDate"]
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenAnswer(f"the Price List's answer about {listing.offer} in {region} is no product: {error!r}") from error
        if not whole:
            raise BrokenAnswer(f"the Price List's answer about {listing.offer} in {region} lacks the SKU or the publication date")
        yield offer


def _in_region(attributes: Mapping[str, str], region: str, listing: ProductListing) -> bool:
    """Not in a Local Zone, a Wavelength Zone or an Outpost, which have other rates."""
    here = all(attributes.get(name) == region for name in listing.named("RegionCode"))
    return here and all(attributes.get(name) == "AWS Region" for name in listing.named("LocationType"))


def _usd(offer: Mapping[str, Any], rate: Rate) -> Decimal | str:
    """USD per our unit; or in words why there is none that is surely meant."""
    terms = list(offer.get("terms", {}).get("OnDemand", {}).values())
    if len(terms) != 1:
        return f"has {len(terms)} on-demand terms"
    try:
        dimensions = [
            (Decimal(dimension["beginRange"]), Decimal(dimension["pricePerUnit"]["USD"]), str(dimension["unit"]))
            for dimension in terms[0]["priceDimensions"].values()
        ]
    except (KeyError, TypeError, InvalidOperation):
        return "has a term without begin, unit or rate in USD"
    meant = [(usd, unit) for begin, usd, unit in dimensions if usd > 0 and (rate.tier is Tier.ONLY or begin == 0)]
    if len(meant) != 1:
        return f"has {len(meant)} rates where one is meant"
    usd, unit = meant[0]
    factor = UNITS[rate.unit].get(unit.lower())
    return f"is billed per {unit}, which is not {rate.unit}" if factor is None else (usd * factor).normalize()
