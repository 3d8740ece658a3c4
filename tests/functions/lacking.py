"""A region of which the book has not every rate: what stands in for one, and what a finding then says, whatever the book has today."""

from __future__ import annotations

from functions.core.prices.book import Prices, Row


def lacking(*keys: str, region: str) -> Prices:
    """A region's prices from a book that has not its own rate of some keys."""

    class Lacking(Prices):
        def _row(self, service: str, in_region: str, key: str) -> Row | None:
            return None if in_region == region and key in keys else super()._row(service, in_region, key)

    return Lacking(region)
