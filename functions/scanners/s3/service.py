"""Amazon S3: general purpose buckets, and what is stored in them."""

from __future__ import annotations

from dataclasses import replace

from functions.core.prices.products import Rate, Tier, by_usage_and, products
from functions.core.services import NOBODY, Call, Request, service

BILLED_AS = "Amazon Simple Storage Service"
PAGE = 1_000


def _some_bucket(call: Call, region: str) -> str:
    """The name of a bucket of the region."""
    listed = call("s3", "ListBuckets", BucketRegion=region, MaxBuckets=PAGE).get("Buckets", ())
    return next((str(bucket["Name"]) for bucket in listed), "")


S3 = service(
    "s3",
    name=BILLED_AS,
    category="Storage",
    short="S3",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonS3",),
    iam_actions={
        "s3:ListBuckets": "s3:ListAllMyBuckets",
        "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
        "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
        "s3:ListParts": "s3:ListMultipartUploadParts",
    },
    # Where a bucket has no tags and no rules, that is an error. InvalidRequest: of an upload that is encrypted with its writer's own key.
    gone=frozenset({"NoSuchBucket", "NoSuchUpload", "NoSuchLifecycleConfiguration", "NoSuchTagSet", "InvalidRequest"}),
    # Of a bucket that does not exist S3 says that, and not whether it may be asked about; of an upload, only to who may ask.
    requests={"s3:ListAllMyBuckets": lambda arn: Request("s3", "ListBuckets", {"MaxBuckets": 1})},
    about={
        "s3:GetBucketTagging": lambda bucket: Request("s3", "GetBucketTagging", {"Bucket": bucket}),
        "s3:GetBucketVersioning": lambda bucket: Request("s3", "GetBucketVersioning", {"Bucket": bucket}),
        "s3:GetLifecycleConfiguration": lambda bucket: Request("s3", "GetBucketLifecycleConfiguration", {"Bucket": bucket}),
        "s3:ListBucketMultipartUploads": lambda bucket: Request("s3", "ListMultipartUploads", {"Bucket": bucket, "MaxUploads": 1}),
        "s3:ListMultipartUploadParts": lambda bucket: Request("s3", "ListParts", {"Bucket": bucket, "Key": NOBODY, "UploadId": NOBODY}),
    },
    example=_some_bucket,
)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html
_RATES = {
    ("TimedStorage-ByteHrs", "AmazonS3"): Rate("storage.standard.first-50TB", "GB-month", Tier.FIRST),
    ("TimedStorage-SIA-ByteHrs", "AmazonS3"): Rate("storage.standard-ia", "GB-month"),
    ("TimedStorage-ZIA-ByteHrs", "AmazonS3"): Rate("storage.onezone-ia", "GB-month"),
    ("TimedStorage-GIR-ByteHrs", "AmazonS3"): Rate("storage.glacier-instant", "GB-month"),
    ("TimedStorage-INT-FA-ByteHrs", "AmazonS3"): Rate("intelligent-tiering.fa", "GB-month", Tier.FIRST),
    ("TimedStorage-INT-AIA-ByteHrs", "AmazonS3"): Rate("intelligent-tiering.aia", "GB-month"),
}
"""By usage type and service: others bill a TimedStorage-ByteHrs, too."""
_MORE = (
    (Rate("storage.standard.next-450TB", "GB-month"), "TimedStorage-ByteHrs"),
    (Rate("storage.standard.over-500TB", "GB-month"), "TimedStorage-ByteHrs"),
    (Rate("storage.standard-ia", "GB-month"), "TimedStorage-SIA-SmObjects"),
    (Rate("storage.onezone-ia", "GB-month"), "TimedStorage-ZIA-SmObjects"),
    (Rate("storage.glacier-instant", "GB-month"), "TimedStorage-GIR-SmObjects"),
)
"""What the bill counts apart: the tiers in one sum, and what small objects are billed for beyond their size under a name of its own."""

_LISTING = by_usage_and("servicecode", "AmazonS3", BILLED_AS, _RATES, productFamily="Storage")
products("AmazonS3", replace(_LISTING, usage=[*_LISTING.usage, *_MORE]))
