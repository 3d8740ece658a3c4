"""Where the newest refresh of a Data Export lies, and what columns it has.

AWS writes `<export>/metadata/BILLING_PERIOD=YYYY-MM/<name>-Manifest.json` last of all, and it names the files of the newest refresh, also
where each refresh makes a folder of its own. So nothing is found by listing: a listing has the files of older refreshes too, and sees a
refresh that is still being written.
https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from posixpath import commonpath, dirname

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.core.aws.refusals import translated
from functions.core.costs.rows import NoBill, Window
from functions.core.errors import Denied
from functions.core.outside.export_address import ExportAddress, export_address
from functions.core.store.bucket import Bucket, NoObject

PARTITIONS = ("BILLING_PERIOD", "billing_period")
"""AWS's documents write it in capitals; readers of exports met both."""
HEAD_BYTES = 256 * 1024
"""Enough for a CSV file's header, and for the schema at the beginning of a Parquet file's footer."""
PARQUET = b"PAR1"


class _Manifest(BaseModel):
    """What is read of a manifest. AWS may add to it."""

    model_config = ConfigDict(extra="ignore")

    data_files: tuple[str, ...] = Field(alias="dataFiles")


@dataclass(slots=True, frozen=True)
class Period:
    """One billing period (`month`, YYYY-MM) of an export as it was last refreshed.

    `location`: the folder of its files, s3://…/. `columns`: those that the files have; of CSV in their order, of Parquet the `known` ones.
    `digest` is another one after each refresh.
    """

    month: str
    location: str
    parquet: bool
    columns: tuple[str, ...]
    digest: str


def months(window: Window) -> Iterator[str]:
    """The billing periods, YYYY-MM, that a window has days of."""
    day = window.start.replace(day=1)
    while day < window.end:
        yield f"{day:%Y-%m}"
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)


def periods(open_bucket: Callable[[str], Bucket], uri: str, window: Window, known: Iterable[str]) -> list[Period]:
    """The window's billing periods that the export at `uri` has. Raises NoBill when it has none, or cannot be read.

    `open_bucket` gives a bucket by its name: of the export, and of its files.
    """
    address, known = export_address(uri), tuple(known)
    try:
        found = [period for month in months(window) if (period := _period(open_bucket, address, month, known))]
    except (Denied, ClientError) as error:
        raise NoBill(f"the export {uri} cannot be read: {error}") from error
    if not found:
        raise NoBill(f"the export {uri} has no manifest of {' or '.join(months(window))}: a first delivery takes up to 24 hours")
    return found


def _period(open_bucket: Callable[[str], Bucket], address: ExportAddress, month: str, known: tuple[str, ...]) -> Period | None:
    """A billing period, None where there is none of it or nothing in it yet."""
    bucket = open_bucket(address.bucket)
    for partition in PARTITIONS:
        key = f"{address.folder}/metadata/{partition}={month}/{address.name}-Manifest.json"
        with translated("s3", "GetObject"):
            body = bucket.read(key)
        if body is not None:
            break
    else:
        return None
    try:
        files = sorted(_Manifest.model_validate_json(body).data_files)
    except ValidationError as error:
        raise NoBill(f"s3://{bucket.name}/{key} is no manifest of an export: {error.errors()[0]['msg']}") from None
    if not files:
        return None
    location = _folder(files, f"s3://{bucket.name}/{key}")
    of_files, _, first = files[0].removeprefix("s3://").partition("/")
    parquet = first.endswith(".parquet")
    if not parquet and not first.endswith((".csv.gz", ".csv")):
        raise NoBill(f"{files[0]} is neither Parquet nor CSV, which are what Data Exports writes")
    with translated("s3", "GetObject"):
        try:
            columns = (_of_parquet if parquet else _of_csv)(open_bucket(of_files), first, known)
        except NoObject as error:
            raise NoBill(f"{files[0]}, which the export's manifest names, is not there: {error}") from None
    return Period(month, location, parquet, columns, f"{zlib.crc32(body):08x}")


def _folder(files: list[str], manifest: str) -> str:
    """The one folder of all files. Raises NoBill: Athena reads folders, and would read too much or too little."""
    folders = {dirname(file) for file in files}
    if len(folders) > 1:
        raise NoBill(f"{manifest} names files in {len(folders)} folders, below {commonpath(folders)}: a refresh has one")
    return f"{folders.pop()}/"


def _of_csv(bucket: Bucket, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The header's names."""
    head = bucket.open(key, first_bytes=HEAD_BYTES).read()
    text = zlib.decompressobj(wbits=31).decompress(head) if key.endswith(".gz") else head
    return tuple(next(csv.reader(io.StringIO(text.decode(errors="replace"))), ()))


def _of_parquet(bucket: Bucket, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the `known` names that the schema has.

    The footer begins with the schema and is written in Thrift's compact form: each name as it is, behind its length in a byte.
    https://parquet.apache.org/docs/file-format/metadata/
    """
    tail = bucket.open(key, last_bytes=8).read()
    if tail[4:] != PARQUET:
        raise NoBill(f"s3://{bucket.name}/{key} does not end as a Parquet file does")
    footer = bucket.open(key, last_bytes=int.from_bytes(tail[:4], "little") + 8).read(HEAD_BYTES)
    return tuple(name for name in known if bytes([len(name)]) + name.encode() in footer)
