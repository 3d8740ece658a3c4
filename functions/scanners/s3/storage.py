"""What stored bytes bill by the month, by storage class. S3's GB is 2^30 bytes, and its TB 1,024 of those.

https://aws.amazon.com/s3/pricing/ and https://aws.amazon.com/s3/faqs/#Billing
"""

from __future__ import annotations

import math

from functions.core.money import NOTHING, Amount, unknown
from functions.core.prices.book import Prices

SERVICE = "AmazonS3"
GIB = 1024**3
TIERS = (
    (0, 50 * 1024, "storage.standard.first-50TB"),
    (50 * 1024, 500 * 1024, "storage.standard.next-450TB"),
    (500 * 1024, math.inf, "storage.standard.over-500TB"),
)
"""From how many GB of S3 Standard to how many a rate counts; all buckets of a region and a bill are counted together."""
OTHER_CLASSES = {
    "STANDARD_IA": "storage.standard-ia",
    "ONEZONE_IA": "storage.onezone-ia",
    "GLACIER_IR": "storage.glacier-instant",
    "INTELLIGENT_TIERING": "intelligent-tiering.fa",
}
STAGED = frozenset({"STANDARD", "GLACIER", "DEEP_ARCHIVE"})
"""Classes whose uploads bill as S3 Standard until they are complete.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html"""


def stored(gib: float, key: str, prices: Prices) -> Amount:
    """What so much bills at one rate, USD per month."""
    return prices.monthly(SERVICE, key, round(gib, 3), "GB")


def standard(gib: float, prices: Prices) -> Amount:
    """What so much in S3 Standard bills where nothing else is there: the most that it can be."""
    parts = (stored(min(gib, to) - begins, key, prices) for begins, to, key in TIERS if gib > begins)
    return sum(parts, NOTHING)


def standard_at_least(gib: float, prices: Prices) -> Amount:
    """What it bills where the other buckets have used up the dearer tiers."""
    return stored(gib, TIERS[-1][-1], prices)


def uploaded(gib: float, storage_class: str, prices: Prices, *, at_least: bool = False) -> Amount:
    """What the parts of uploads that were begun for a storage class bill."""
    if storage_class in STAGED:
        return (standard_at_least if at_least else standard)(gib, prices)
    if storage_class in OTHER_CLASSES:
        return stored(gib, OTHER_CLASSES[storage_class], prices)
    return unknown(f"no price known for parts in the storage class {storage_class}")
