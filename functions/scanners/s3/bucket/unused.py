"""What a bucket stores and no listing of its objects shows: uploads that were never completed, and versions that were replaced."""

from __future__ import annotations

from collections import defaultdict

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.s3.bucket import lifecycle
from functions.scanners.s3.bucket.collector import ABORT_DAYS, Bucket, buckets
from functions.scanners.s3.bucket.refusals import LIFECYCLE, UPLOADS, VERSIONING
from functions.scanners.s3.bucket.sizes import LOOK_BACK, MIN_AGE, MIN_DATAPOINTS, OBJECTS, STANDARD, gib, latest
from functions.scanners.s3.bucket.uploads import OLD
from functions.scanners.s3.storage import uploaded

ABORT = {
    "ID": "abort-incomplete-uploads",
    "Status": "Enabled",
    "Filter": lifecycle.WHOLE,
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
}
SHOW = "aws s3api list-multipart-uploads --region {region} --bucket {id} --query 'Uploads[].[Initiated,Key,UploadId]' --output text"
WITH_MFA = "It has MFA delete, and so it cannot have lifecycle rules: abort them one by one (aws s3api abort-multipart-upload)."


@check(
    id="s3-incomplete-uploads-bucket",
    title="S3 bucket keeps parts of uploads that were never completed",
    over=buckets,
    thresholds={
        "min_age_days": Threshold(OLD.days, "what has not got a part for a week will not be completed", minimum=OLD.days, seen="idle_days")
    },
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.LOW,
    confidence=Confidence.HIGH,
    command=lifecycle.ADD_FIRST,
    undo="None for the parts, which no object needs: whoever still wants to upload it begins anew.",
)
def incomplete_uploads(bucket: Bucket, limits: Limits, prices: Prices) -> Verdict:
    """Uploads in parts were begun and never completed: the parts bill like objects, and no listing shows them. Let a lifecycle rule abort
    all that are older than a week.

    Low: as if other buckets had used up the dearer tiers. Parts that could not be counted are not in it.
    """
    if unseen := bucket.unseen(LIFECYCLE, UPLOADS):
        return unseen
    old = [upload for upload in bucket.uploads.old if limits.days_since(upload.last) >= limits.min_age_days]
    if not old:
        return InsufficientData("not all of its uploads could be read") if bucket.uploads.more else None
    sizes: dict[str, float] = defaultdict(float)
    for upload in old:
        sizes[upload.storage_class] += upload.gib
    uncounted = sum(not upload.whole for upload in old)
    likely, least = (
        sum((uploaded(size, name, prices, at_least=at_least) for name, size in sorted(sizes.items()) if size), NOTHING)
        for at_least in (False, True)
    )
    if uncounted or bucket.uploads.more:
        of = f"{uncounted} upload{'s' * (uncounted > 1)}"
        others = f"parts that could not be counted, of {of}" if uncounted else "uploads that were not read"
        likely, least = likely.lacking(others), least.lacking(others)
    later = [rule.abort_days for rule in bucket.rules if rule.whole and rule.abort_days is not None]
    notes = {
        f"A rule aborts them after {min(later, default=0)} days: what is billed until then is all that is saved.": bool(later),
        WITH_MFA: bucket.mfa_delete,
    }
    return Waste(
        savings=saves(likely, low=least),
        evidence={
            "uploads": len(old),
            "parts_gb": round(sum(sizes.values()), 3),
            "not_counted": uncounted,
            "idle_days": round(max(limits.days_since(upload.last) for upload in old), 1),
            "lifecycle_rules": bucket.rule_count,
        },
        confidence=Confidence.MEDIUM if uncounted or later else None,
        note=" ".join(note for note, holds in notes.items() if holds),
        values=lifecycle.values(ABORT),
        command=SHOW if bucket.mfa_delete else lifecycle.ADD_ANOTHER if bucket.rule_count else "",
    )


def _keeps_versions(bucket: Bucket, limits: Limits) -> bool | InsufficientData:
    """It keeps what is replaced, also where versioning was suspended, and no rule ever deletes or moves that."""
    if unseen := bucket.unseen(LIFECYCLE, VERSIONING):
        return unseen
    kept = bool(bucket.versioning) and not bucket.mfa_delete and not any(rule.noncurrent for rule in bucket.rules)
    return kept and bucket.age(limits) >= limits.min_age_days


@check(
    id="s3-noncurrent-versions-bucket",
    title="S3 bucket keeps every version of its objects for ever",
    over=buckets,
    thresholds={
        "min_standard_gb": Threshold(100, "the old versions in a smaller bucket bill little", seen="standard_gb"),
        "keep_days": Threshold(90, "who has overwritten something by mistake finds out within a quarter", minimum=1),
        "min_age_days": MIN_AGE,
        "look_back_days": LOOK_BACK,
        "min_datapoints": MIN_DATAPOINTS,
    },
    metrics=[STANDARD, OBJECTS],
    candidate=_keeps_versions,
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html",
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.HIGH,
    confidence=Confidence.LOW,
    command=lifecycle.ADD_FIRST,
    undo="None for the versions that it deletes.",
)
def noncurrent_versions(bucket: Bucket, limits: Limits, prices: Prices) -> Verdict:
    """Versioning keeps what was overwritten or deleted, and no lifecycle rule of this bucket ends that. Let one delete versions that were
    replaced long ago.

    How many bytes those are, only S3 Storage Lens tells, and CloudWatch only where its paid metrics are published: there is no figure.
    """
    (size,) = gib(bucket, STANDARD)
    if size < limits.min_standard_gb:
        return None
    rule = {
        "ID": "expire-noncurrent-versions",
        "Status": "Enabled",
        "Filter": lifecycle.WHOLE,
        "NoncurrentVersionExpiration": {"NoncurrentDays": round(limits.keep_days)},
    }
    return Waste(
        savings=saves(unknown("how many of its bytes are old versions, only S3 Storage Lens tells")),
        evidence={
            "standard_gb": round(size, 3),
            "objects": round(latest(bucket.usage[OBJECTS])),
            "versioning": bucket.versioning,
            "lifecycle_rules": bucket.rule_count,
            "age_days": round(bucket.age(limits), 1),
        },
        note="Ask first who restores old versions, and from how long ago. Those that Object Lock keeps stay until that ends.",
        values=lifecycle.values(rule),
        command=lifecycle.ADD_ANOTHER if bucket.rule_count else "",
    )
