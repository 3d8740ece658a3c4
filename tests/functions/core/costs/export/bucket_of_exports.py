"""An export in a bucket of moto, laid out as AWS does, and its tables in DuckDB as Athena has them."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import duckdb

from functions.core.costs.export.athena import table_name
from functions.core.costs.export.manifest import Period
from functions.core.costs.rows import Window
from functions.core.store.bucket import Bucket

NAME = "the-bill"
HOLDS = "bill-of-the-payer"
URI = f"s3://{HOLDS}/exports/{NAME}"


def bucket() -> Bucket:
    """An empty one; inside of mock_aws."""
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket=HOLDS)
    return Bucket(s3, HOLDS)


def window(start: str, end: str) -> Window:
    first = date.fromisoformat(start)
    return Window(first, date.fromisoformat(end), None, first)


def deliver(
    to: Bucket, month: str, files: dict[str, bytes], *, folder: str = "", partition: str = "BILLING_PERIOD", named: Sequence[str] = ()
) -> None:
    """Write files and, last, their manifest; `folder`: of this refresh, where each has its own. `named`: instead of the files written."""
    data = f"exports/{NAME}/data/{partition}={month}/{folder}"
    for name, body in files.items():
        to.put(f"{data}{name}", body, "application/octet-stream")
    manifest = {"exportName": NAME, "dataFiles": list(named) or [f"s3://{to.name}/{data}{name}" for name in files], "columns": []}
    to.put_json(f"exports/{NAME}/metadata/{partition}={month}/{NAME}-Manifest.json", manifest)


def recorded(to: Bucket, export: Path) -> None:
    """Deliver a recorded export's months."""
    for partition in sorted((export / "data").iterdir()):
        deliver(to, partition.name.partition("=")[2], {file.name: file.read_bytes() for file in partition.iterdir()})


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """Lines as AWS writes them in CSV: gzipped, every value in quotes."""
    names = list(rows[0])
    lines = [names, *([str(row[name]) for name in names] for row in rows)]
    return gzip.compress("".join(",".join('"{}"'.format(cell.replace('"', '""')) for cell in line) + "\n" for line in lines).encode())


def ask(sql: str, periods: Iterable[Period], files: Bucket, folder: Path) -> list[dict[str, Any]]:
    """The query's answer from DuckDB, over the files of the periods' folders, which are copied into `folder`."""
    connection = duckdb.connect()
    for period in periods:
        readers = []
        for number, key in enumerate(files.keys(period.location.removeprefix(f"s3://{files.name}/"))):
            path = folder / f"{period.month}-{number}-{key.rpartition('/')[2]}"
            path.write_bytes(files.need(key))
            readers.append(
                f"FROM read_parquet('{path}')" if period.parquet else f"FROM read_csv('{path}', all_varchar = true, header = true)"
            )
        connection.execute(f"CREATE TEMP TABLE {table_name(period)} AS {' UNION ALL BY NAME '.join(readers)}")
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
