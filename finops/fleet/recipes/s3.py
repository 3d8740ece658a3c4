"""Buckets: kept in S3 Standard as a whole, with old versions, uploads that nobody completed, and small objects in a class that bills more.

What is stored is what the metrics say: nothing is put into the buckets but the beginnings of uploads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from finops.fleet.register import ends, recipe
from finops.fleet.rules import Moment, older_than
from finops.fleet.scope import Scope, tags

BUCKET = "s3:bucket"
ONE = {BUCKET: 1}
HOME = "us-east-1"
GIB = 1024**3
NO_LIFECYCLE, UPLOADS = "s3-no-lifecycle-bucket", "s3-incomplete-uploads-bucket"
VERSIONS, SMALL = "s3-noncurrent-versions-bucket", "s3-small-objects-bucket"
ALL = (NO_LIFECYCLE, UPLOADS, VERSIONS, SMALL)
LOOK_BACK, MONTH, WEEK_OLD = 3, 30, 7
REPORTED = range(1, LOOK_BACK + 1)
COUNTED = 20
"""So many old uploads of a bucket have their parts counted; of a fleet's uploads those are none, and bill nothing."""
MOVES = {"ID": "moves", "Filter": {"Prefix": "logs/"}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
EXPIRES = {"ID": "expires", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
ABORTS = {"ID": "aborts", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": WEEK_OLD}}


@ends
def buckets_of_the_analyzer(scope: Scope) -> None:
    """They are swept like any other, and nothing was reported of them: nothing is found. Of each that a recipe made, something is planted
    or nearly found."""
    with scope.book.lock:
        ours = set(scope.book.places)
    for page in scope.client("s3").get_paginator("list_buckets").paginate(BucketRegion=scope.region):
        scope.book.count(BUCKET, sum(f"arn:aws:s3:::{bucket['Name']}" not in ours for bucket in page.get("Buckets", ())))


def create(scope: Scope, name: str, dice: Random, rules: Sequence[Mapping[str, Any]] = (), versioning: str = "") -> str:
    """A bucket; its ARN. Counts it. `rules`: they are enabled, unless one says otherwise."""
    s3 = scope.client("s3")
    where = {} if scope.region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": scope.region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(name, dice)})
    if versioning:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning})
    if rules:
        enabled = [{"Status": "Enabled", **rule} for rule in rules]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": enabled})
    made = f"arn:aws:s3:::{name}"
    scope.book.count(BUCKET)
    scope.book.lies(made, scope.account, scope.region)
    return made


def stores(scope: Scope, name: str, objects: int, **gib: float) -> None:
    """So many objects, and so much in each storage type, as CloudWatch has it of the last days."""
    scope.daily("AWS/S3", "NumberOfObjects", {"BucketName": name, "StorageType": "AllStorageTypes"}, objects, REPORTED)
    for storage_type, size in gib.items():
        scope.daily("AWS/S3", "BucketSizeBytes", {"BucketName": name, "StorageType": storage_type}, size * GIB, REPORTED)


def begin_uploads(scope: Scope, name: str, number: int) -> None:
    """So many, without a part."""
    for key in range(number):
        scope.client("s3").create_multipart_upload(Bucket=name, Key=f"upload-{key}")


def reported(moment: Moment) -> bool:
    """Waste once it is a month old, while its size is reported."""
    return moment.age >= MONTH and moment.daily(REPORTED, LOOK_BACK) > 0


def nearly(scope: Scope, made: str, *checks: str) -> None:
    """Not found by these."""
    for check in checks:
        scope.book.near_miss(made, check)


@recipe(ONE, weight=3)
def bucket_kept_in_standard(scope: Scope, name: str, dice: Random) -> None:
    """All of it, for ever. It never had versions."""
    made = create(scope, name, dice)
    stores(scope, name, dice.randint(100_000, 900_000), StandardStorage=dice.choice((800, 2_000, 5_000)))
    scope.book.plant(made, NO_LIFECYCLE, reported)
    nearly(scope, made, VERSIONS, SMALL, UPLOADS)


@recipe(ONE)
def bucket_with_versions(scope: Scope, name: str, dice: Random) -> None:
    """Versioning was suspended, which keeps what there is. A rule that would end it is not enabled."""
    made = create(scope, name, dice, [MOVES, {**EXPIRES, "Status": "Disabled"}], "Suspended")
    stores(scope, name, 400_000, StandardStorage=600)
    scope.book.plant(made, VERSIONS, reported)
    nearly(scope, made, NO_LIFECYCLE)


@recipe(ONE, weight=4)
def bucket_with_rules(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary: rules move what is current, end what is not, and abort uploads."""
    made = create(scope, name, dice, [MOVES, EXPIRES, ABORTS], "Enabled")
    stores(scope, name, 2_000_000, StandardStorage=900, StandardIAStorage=4_000, StandardIASizeOverhead=0.9)
    begin_uploads(scope, name, COUNTED + 1)
    nearly(scope, made, *ALL)


@recipe(ONE)
def bucket_of_99_gigabytes(scope: Scope, name: str, dice: Random) -> None:
    """Too small to be worth a rule, for its objects and for their versions."""
    made = create(scope, name, dice, versioning="Enabled")
    stores(scope, name, 50_000, StandardStorage=99.9)
    nearly(scope, made, NO_LIFECYCLE, VERSIONS)


@recipe(ONE)
def bucket_in_intelligent_tiering(scope: Scope, name: str, dice: Random) -> None:
    """Whoever writes chooses the storage class; the tiers together are more than a tenth."""
    made = create(scope, name, dice)
    stores(scope, name, 300_000, StandardStorage=200, IntelligentTieringFAStorage=15, IntelligentTieringAIAStorage=15)
    nearly(scope, made, NO_LIFECYCLE)


@recipe(ONE)
def bucket_of_millions_of_small_objects(scope: Scope, name: str, dice: Random) -> None:
    """20 KB each: moving them would cost more than it saves."""
    made = create(scope, name, dice)
    stores(scope, name, 50_000_000, StandardStorage=950)
    nearly(scope, made, NO_LIFECYCLE)


@recipe(ONE)
def small_objects_in_standard_ia(scope: Scope, name: str, dice: Random) -> None:
    """Ten million of 32 KB, each billed as 128 KB."""
    made = create(scope, name, dice)
    stores(scope, name, 10_485_760, StandardIAStorage=320, StandardIASizeOverhead=960)
    scope.book.plant(made, SMALL, reported)
    nearly(scope, made, NO_LIFECYCLE)


@recipe(ONE)
def bucket_with_incomplete_uploads(scope: Scope, name: str, dice: Random) -> None:
    """More than have their parts counted. Nothing is reported of it."""
    made = create(scope, name, dice, versioning="Enabled")
    begin_uploads(scope, name, COUNTED + 1)
    scope.book.plant(made, UPLOADS, older_than(WEEK_OLD))
    nearly(scope, made, NO_LIFECYCLE, VERSIONS, SMALL)


@recipe(ONE)
def bucket_with_uploads_that_have_no_parts(scope: Scope, name: str, dice: Random) -> None:
    """All of them are counted, and none bills anything."""
    made = create(scope, name, dice)
    begin_uploads(scope, name, COUNTED)
    nearly(scope, made, UPLOADS)
