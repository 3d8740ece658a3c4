"""Small objects in storage classes that bill each one as if it had 128 KB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.s3.bucket.collector import Bucket, buckets
from functions.scanners.s3.bucket.sizes import BESIDE, LOOK_BACK, MIN_AGE, MIN_DATAPOINTS, OBJECTS, OVERHEAD, gib, latest
from functions.scanners.s3.storage import GIB, OTHER_CLASSES, standard, stored

CLASSES = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
"""In the order of the metrics' storage types."""
BILLED_AS = 128 * 1024
MINIMUM = fact(
    "S3 Standard-IA, One Zone-IA and Glacier Instant Retrieval bill an object as 128 KB at least",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html",
    "2026-11-29",
)


@dataclass(slots=True, frozen=True)
class SmallObjects:
    """Those of one storage class, in GB: `overhead` is billed beyond their size, which is `size` at most."""

    storage_class: str
    overhead: float
    size: float

    def wasted(self, prices: Prices) -> Amount:
        """What the overhead bills."""
        return stored(self.overhead, OTHER_CLASSES[self.storage_class], prices)

    def moved_back(self, prices: Prices) -> Amount:
        """What S3 Standard saves, which bills them by their size, and more for it: at least, and less than nothing where they are not so
        small."""
        return self.wasted(prices) + stored(self.size, OTHER_CLASSES[self.storage_class], prices) - standard(self.size, prices)


def _small_objects(bucket: Bucket) -> Iterator[SmallObjects]:
    """Each that has an overhead. They cannot be more than all objects of the bucket are, nor larger than all of their class."""
    objects = latest(bucket.usage[OBJECTS])
    for storage_class, overhead, all_of_it in zip(CLASSES, gib(bucket, OVERHEAD), gib(bucket, BESIDE), strict=True):
        if overhead > 0:
            yield SmallObjects(storage_class, overhead, min(all_of_it, max(0.0, objects * BILLED_AS / GIB - overhead)))


def _is_old(bucket: Bucket, limits: Limits) -> bool | InsufficientData:
    return bucket.unseen() or bucket.age(limits) >= limits.min_age_days


SHOWN = f"Contents[?Size<`{BILLED_AS}` && contains(`{json.dumps(CLASSES)}`, StorageClass)].[Size,StorageClass,Key]"


@check(
    id="s3-small-objects-bucket",
    title="S3 bucket has objects that are billed as larger than they are",
    over=buckets,
    thresholds={
        "min_overhead_gb": Threshold(1, "less bills a cent a month", seen="overhead_gb"),
        "min_age_days": MIN_AGE,
        "look_back_days": LOOK_BACK,
        "min_datapoints": MIN_DATAPOINTS,
    },
    metrics=[OVERHEAD, OBJECTS, BESIDE],
    asked_first=2,
    candidate=_is_old,
    goes_on=lambda bucket, limits: sum(gib(bucket, OVERHEAD)) >= limits.min_overhead_gb,
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html",
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command="aws s3api list-objects-v2 --region {region} --bucket {id} --max-items 1000 --query {small} --output text",
    undo="Move them again: copying and the first month bill anew.",
    afterwards=(
        "It shows those among the first 1,000 objects. Delete them, pack many into one, or copy them to S3 Standard; and let lifecycle"
        " rules leave alone what is smaller than 128 KB. A copy bills a request and, out of these classes, the reading."
    ),
)
def small_objects(bucket: Bucket, limits: Limits, prices: Prices) -> Verdict:
    """Objects below 128 KB are billed as 128 KB in this storage class. Pack them into larger ones, or move them to S3 Standard.

    High: all that is billed beyond their size, which deleting or packing them saves. Low and likely: what moving them to S3 Standard saves
    where they are as large as they can be; nothing where it would then cost more.
    """
    found = list(_small_objects(bucket))
    if sum(one.overhead for one in found) < limits.min_overhead_gb:
        return None
    back = [amount for amount in (one.moved_back(prices) for one in found) if amount.usd is None or amount.usd > 0]
    wasted = sum((one.wasted(prices) for one in found), NOTHING)
    likely = sum(back, NOTHING)
    return Waste(
        savings=saves(wasted) if likely.usd is None or wasted.usd is None else saves(likely, high=wasted),
        evidence={
            "overhead_gb": round(sum(one.overhead for one in found), 3),
            "size_gb_at_most": round(sum(one.size for one in found), 3),
            "storage_classes": ", ".join(one.storage_class for one in found),
            "objects": round(latest(bucket.usage[OBJECTS])),
            "age_days": round(bucket.age(limits), 1),
        },
        values={"small": SHOWN},
    )
