"""Buckets whose objects stay in S3 Standard for ever, whoever reads them or not."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves, usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.s3.bucket import lifecycle
from functions.scanners.s3.bucket.collector import Bucket, buckets
from functions.scanners.s3.bucket.refusals import LIFECYCLE, VERSIONING
from functions.scanners.s3.bucket.sizes import LOOK_BACK, MIN_AGE, MIN_DATAPOINTS, OBJECTS, STANDARD, TIERED, gib, latest
from functions.scanners.s3.storage import SERVICE, standard, stored

MOVED = fact(
    "lifecycle rules leave objects below 128 KB where they are, and Intelligent-Tiering does not monitor them",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
    "2026-11-29",
)
AFTER_DAYS = 30
READ = "How much is read, S3's request metrics or Storage Lens tell: what nobody needs a rule may as well delete, and what is read stays."
RULE = {
    "ID": "intelligent-tiering",
    "Status": "Enabled",
    "Filter": lifecycle.WHOLE,
    "Transitions": [{"Days": AFTER_DAYS, "StorageClass": "INTELLIGENT_TIERING"}],
}


def _stays(bucket: Bucket, limits: Limits) -> bool | InsufficientData:
    """Old enough, and no rule moves or deletes what is current; with MFA delete it cannot have one.

    A rule for a part of the bucket counts: somebody has thought of the rest.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html
    """
    if unseen := bucket.unseen(LIFECYCLE, VERSIONING):
        return unseen
    return bucket.age(limits) >= limits.min_age_days and not bucket.mfa_delete and not any(rule.moves for rule in bucket.rules)


def _most(size: float, objects: float, prices: Prices) -> Amount:
    """What it saves where nobody reads anything for 90 days: all of it is then in the Archive Instant Access tier, less the monitoring."""
    monitoring = prices.monthly(SERVICE, "intelligent-tiering.monitoring", round(objects / 1000, 3), "thousand objects monitored")
    return standard(size, prices) - stored(size, "intelligent-tiering.aia", prices) - monitoring


@check(
    id="s3-no-lifecycle-bucket",
    title="S3 bucket has no rule that ever moves or deletes current objects",
    over=buckets,
    thresholds={
        "min_standard_gb": Threshold(100, "less bills two dollars a month, of which moving it saves a part", seen="standard_gb"),
        "max_tiered_share": Threshold(0.1, "whoever writes more than this to Intelligent-Tiering chooses for each object"),
        "payback_months": Threshold(12, "moving bills every object once; what takes longer to come back is not worth it", minimum=1),
        "min_age_days": MIN_AGE,
        "look_back_days": LOOK_BACK,
        "min_datapoints": MIN_DATAPOINTS,
    },
    metrics=[STANDARD, OBJECTS, TIERED],
    asked_first=2,
    candidate=_stays,
    goes_on=lambda bucket, limits: gib(bucket, STANDARD)[0] >= limits.min_standard_gb,
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html",
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.LOW,
    command=lifecycle.ADD_FIRST,
    undo="Take the rule away: what has moved stays in Intelligent-Tiering, where it can be read as before and without a fee.",
)
def no_lifecycle(bucket: Bucket, limits: Limits, prices: Prices) -> Verdict:
    """No lifecycle rule ever moves or deletes an object of this bucket. Let one move them to Intelligent-Tiering after a month.

    What that saves depends on what is read, which AWS does not say: low and likely are nothing. High: nobody reads any of it for 90 days,
    and no other bucket has used up the first 50 TB. The monitoring is taken off, as if every object were large enough for it; where that
    and moving them would cost too much, the objects are small, and nothing is said.
    """
    (size,), tiered, objects = gib(bucket, STANDARD), sum(gib(bucket, TIERED)), latest(bucket.usage[OBJECTS])
    if size < limits.min_standard_gb or tiered > limits.max_tiered_share * size:
        return None
    most = _most(size, objects, prices)
    once = prices.monthly(SERVICE, "intelligent-tiering.transition", round(objects / 1000, 3), "thousand objects moved").usd
    if most.usd is not None and once is not None and once > limits.payback_months * most.usd:
        return None
    once_note = "" if once is None else f"To move {objects:,.0f} objects bills {usd(once)} once; those below 128 KB stay where they are."
    return Waste(
        savings=saves(most) if most.usd is None else saves(NOTHING, high=most),
        evidence={
            "standard_gb": round(size, 3),
            "objects": round(objects),
            "intelligent_tiering_gb": round(tiered, 3),
            "lifecycle_rules": bucket.rule_count,
            "age_days": round(bucket.age(limits), 1),
            "moving_once_usd": None if once is None else round(once, 2),
        },
        note=" ".join(filter(None, (once_note, READ))),
        values=lifecycle.values(RULE),
        command=lifecycle.ADD_ANOTHER if bucket.rule_count else "",
    )
