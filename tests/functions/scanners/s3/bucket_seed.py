"""Buckets for the tests of all scanners."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import boto3
from moto.s3.models import s3_backends

from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.seeds import Listing


class OwnRegion(Listing):
    """Buckets of the client's region: every region lists all of them, unless it is asked for its own."""

    def count(self, client: Any) -> int:
        listed = client.get_paginator(self.operation).paginate(BucketRegion=client.meta.region_name)
        return sum(len(page.get("Buckets", ())) for page in listed)


LISTED = (OwnRegion("s3", "list_buckets", "Buckets"),)


def seed(session: boto3.Session) -> None:
    """One with a tag and an upload that was begun and not completed; moto says of every upload that it is of 2010."""
    client = session.client("s3")
    client.create_bucket(Bucket="bucket")
    client.put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    upload = client.create_multipart_upload(Bucket="bucket", Key="key")["UploadId"]
    client.upload_part(Bucket="bucket", Key="key", UploadId=upload, PartNumber=1, Body=b"part")


def unanswered(url: str, body: str) -> str | None:
    """moto lists a region's buckets without the member that says the region."""
    if "bucket-region=" not in url:
        return None
    named = "".join(
        f"<Bucket><Name>{escape(name)}</Name><CreationDate>{THEN.isoformat()}</CreationDate><BucketRegion>{REGION}</BucketRegion></Bucket>"
        for name in s3_backends[ACCOUNT]["aws"].buckets
    )
    return f'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets>{named}</Buckets></ListAllMyBucketsResult>'


def bucket(number: int) -> dict[str, Any]:
    """As ListBuckets says."""
    return {"Name": f"b{number}", "CreationDate": THEN, "BucketRegion": REGION}


UPLOAD = {"Key": "key", "UploadId": "upload", "Initiated": THEN, "StorageClass": "STANDARD"}
RULE = {"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
PAGES = {
    "s3:ListBuckets": pages("Buckets", bucket),
    "s3:GetBucketVersioning": nothing(Status="Enabled"),
    "s3:GetBucketLifecycleConfiguration": nothing(Rules=[RULE]),
    "s3:GetBucketTagging": nothing(TagSet=[{"Key": "team", "Value": "web"}]),
    "s3:ListMultipartUploads": nothing(Uploads=[UPLOAD], IsTruncated=False),
    "s3:ListParts": nothing(Parts=[{"PartNumber": 1, "Size": 5, "LastModified": THEN}], IsTruncated=False),
}
