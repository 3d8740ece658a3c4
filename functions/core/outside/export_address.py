"""Where a Data Export is written to: s3://BUCKET/PREFIX/NAME, its folder. The name is what its files begin with.

https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

PATTERN = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([A-Za-z0-9!_.*'()-]+/)*[A-Za-z0-9_-]+$"
"""S3's safe characters: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


class ExportAddress(NamedTuple):
    """`folder`: the key before /data/ and /metadata/, which ends with the `name`."""

    bucket: str
    folder: str
    name: str


def export_address(uri: str) -> ExportAddress:
    """The parts of what matches PATTERN. Raises ValueError for anything else."""
    if not re.match(PATTERN, uri):
        raise ValueError(f"{uri!r} is not s3://BUCKET/PREFIX/EXPORT")
    bucket, _, folder = uri.removeprefix("s3://").partition("/")
    return ExportAddress(bucket, folder, folder.rpartition("/")[2])
