"""What the members of S3's replies are for the bill: https://aws.amazon.com/s3/pricing/

A bucket itself bills nothing; what is in it does, of which only CloudWatch and the parts of uploads tell the bytes.
"""

from __future__ import annotations

from functions.core.prices.bills import described

BUCKET = described("s3", "Bucket", priced="", free="BucketArn BucketRegion CreationDate Name")

UPLOAD = described(
    "s3", "MultipartUpload", priced="StorageClass", free="ChecksumAlgorithm ChecksumType Initiated Initiator Key Owner UploadId"
)
"""Its parts bill, at the rate of the class that it was begun for."""

PART = described(
    "s3",
    "Part",
    priced="Size",
    free="""
        ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumMD5 ChecksumSHA1 ChecksumSHA256 ChecksumSHA512 ChecksumXXHASH128
        ChecksumXXHASH3 ChecksumXXHASH64 ETag LastModified PartNumber
    """,
)
