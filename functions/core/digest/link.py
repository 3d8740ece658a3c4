"""The way to a report: a link that opens it without signing in, for a while; and two ways that last.

A presigned link ends with the credentials that signed it, whatever it asks for. A function's are temporary: nothing tells it until when,
AWS promises no duration (the role's own session duration need not be kept for Lambda), and twelve hours is the longest that was seen. So
twelve hours is the most that can be set, a mail calls the time the latest, and the ways that last stand beside it.
https://repost.aws/knowledge-center/presigned-url-s3-bucket-expiration and https://github.com/boto/boto3/issues/2392
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from functions.core.aws import partitions


@dataclass(slots=True, frozen=True)
class Link:
    """`url` opens the report without signing in, `until` at the latest, as `table` and `data` open report.csv and report.json; `console`
    needs signing in, and is empty where none is known; `command` needs the CLI."""

    url: str
    until: datetime
    console: str
    command: str
    table: str
    data: str


def to_report(signer: Any, bucket: str, key: str, run_id: str, hours: int, now: datetime) -> Link:
    """`signer`: an S3 client that signs with version 4. Signing is no request: nothing is looked up. `key`: of report.html."""
    seconds = hours * 3600

    def signed(key: str) -> str:
        url: str = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds)
        return url

    return Link(
        url=signed(key),
        until=now + timedelta(seconds=seconds),
        console=console(signer.meta.region_name, bucket, key),
        command=f"finops report {run_id} --open",
        table=signed(f"{key.removesuffix('html')}csv"),
        data=signed(f"{key.removesuffix('html')}json"),
    )


def console(region: str, bucket: str, key: str) -> str:
    """The object's page in the S3 console; "" in a partition whose console is not known."""
    host = partitions.console(region)
    return f"{host}/s3/object/{quote(bucket, safe='')}?region={region}&prefix={quote(key, safe='')}" if host else ""
