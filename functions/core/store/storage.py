"""What lies in the bucket, under which key, and how it is written and read. Keys are deterministic: a retry overwrites.

A unit object is gzipped JSON Lines: line 1 the outcome, then one finding a line. The outcome is known last but stands first: it is a
gzip member of its own, put before the members of the findings (concatenated members are one valid gzip file), so that findings stream
out while the scan goes on, and a reader of the outcome needs only the first few hundred bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from functions.core.model import Finding, Unit, UnitOutcome

FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)
OUTCOME: TypeAdapter[UnitOutcome] = TypeAdapter(UnitOutcome)
UNIT: TypeAdapter[Unit] = TypeAdapter(Unit)

MULTIPART_BYTES = 8 * 1024 * 1024
"""boto3 uploads from here on in parts of this size. https://docs.aws.amazon.com/boto3/latest/guide/s3.html"""
OUTCOME_BYTES = 1024
"""What a compressed outcome takes, about."""
SPOOL_BYTES = 8 * 1024 * 1024
"""Compressed findings up to this size stay in memory, more goes to the temporary disk."""


def plan_key(run_id: str) -> str:
    """One planned unit a line."""
    return f"runs/{run_id}/plan.jsonl"


def planned_key(run_id: str) -> str:
    """What Plan returned. Written last, so where it is the plan is whole."""
    return f"runs/{run_id}/planned.json"


def resume_key(run_id: str, execution: str) -> str:
    """One unit a line that one resumption scans. `execution`: which, in a few hex digits; two at a time do each other no harm."""
    return f"runs/{run_id}/resume-{execution}.jsonl"


def units_prefix(run_id: str) -> str:
    """Under it lies one object for each unit that was scanned."""
    return f"runs/{run_id}/units/"


UNSEEN = ".unseen"


def unit_key(run_id: str, unit_id: str, *, good: bool = True) -> str:
    """The outcome and the findings of one unit.

    One that did not end well has a key of its own: so a listing tells what a resumption has to scan, and what has been seen once is not
    overwritten by a later scan, or one that was thought dead, that saw less.
    """
    return f"{units_prefix(run_id)}{unit_id}{'' if good else UNSEEN}.jsonl.gz"


def unit_id_of(key: str) -> str:
    """The unit id in a unit object's key."""
    return key.rsplit("/", 1)[-1].removesuffix(".jsonl.gz").removesuffix(UNSEEN)


def is_good(key: str) -> bool:
    """Whether the key is that of a unit that ended well."""
    return not key.endswith(f"{UNSEEN}.jsonl.gz")


def unit_keys(s3: Any, bucket: str, run_id: str) -> dict[str, str]:
    """Unit id → the key of its object; the good one where there are two."""
    found: dict[str, str] = {}
    for key in keys(s3, bucket, units_prefix(run_id)):
        found.setdefault(unit_id_of(key), key)  # "….jsonl.gz" is listed before "….unseen.jsonl.gz"
    return found


def groups_key(run_id: str) -> str:
    """One line for each group that is to be analysed: `group_id` and `facts_key`. The items of the state machine's map."""
    return f"runs/{run_id}/groups.jsonl"


def facts_key(run_id: str, group_id: str) -> str:
    """What is known of one group, see facts.py."""
    return f"runs/{run_id}/groups/{group_id}.json"


def advice_prefix(run_id: str) -> str:
    """Under it lies one object for each group that a model was asked about and answered."""
    return f"runs/{run_id}/advice/"


def advice_key(run_id: str, group_id: str) -> str:
    """What a model answered about one group, see answers.py."""
    return f"{advice_prefix(run_id)}{group_id}.json"


def bill_key(run_id: str) -> str:
    """What the bill says, see costs/bill.py."""
    return f"runs/{run_id}/bill.json"


def scope_key(run_id: str) -> str:
    """What the sweep looks at: {"accounts", "regions", "resource_types"}, each a list; and in "asked" the same as it was asked for.

    It may be too long to travel in the state.
    """
    return f"runs/{run_id}/scope.json"


def skipped_key(run_id: str) -> str:
    """One planned unit a line that is not scanned on purpose, with the reason; the object is there only when there are such units."""
    return f"runs/{run_id}/skipped.jsonl"


def meter_prefix(run_id: str) -> str:
    """Under it lies what each invocation took that is no scan (a scan's unit object says it itself), see metered.py."""
    return f"runs/{run_id}/meter/"


def meter_key(run_id: str, name: str) -> str:
    """What one invocation took; `name` is the step's and the request's id: a second attempt takes something too."""
    return f"{meter_prefix(run_id)}{name}.json"


def cost_cache_key(digest: str) -> str:
    """An answer of Cost Explorer that is too big for the state table."""
    return f"cache/cost/{digest}.json.gz"


def prices_key(service: str, region: str) -> str:
    """Refreshed list prices of one service in one region, in the form of the embedded book's members, see prices.py."""
    return f"prices/{service}/{region}.tsv.gz"


def run_key(run_id: str, name: str) -> str:
    """runs/<run_id>/<name>: report.html, report.json, report.csv, summary.json, …"""
    return f"runs/{run_id}/{name}"


def dataset_key(run_date: str, run_id: str, part: int = 0) -> str:
    """The SQL dataset, partitioned as Athena's partition projection wants it, see dataset.py."""
    return f"findings/run_date={run_date}/run_id={run_id}/part-{part:05}.jsonl.gz"


class FindingsSpool:
    """Collects the findings of one unit as gzip, on disk when there are many; `close` comes with leaving `with`."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # type: ignore[assignment]  # noqa: SIM115
        self._gzip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1, mtime=0)

    def __enter__(self) -> FindingsSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._gzip.close()
        self._file.close()

    def add(self, finding: Finding) -> None:
        self._gzip.write(FINDING.dump_json(finding) + b"\n")

    def requests(self) -> list[str]:
        """What `upload` is going to ask S3, with everything added so far: the outcome says it before it is done."""
        self._gzip.close()
        size = self._file.seek(0, io.SEEK_END) + OUTCOME_BYTES
        if size < MULTIPART_BYTES:
            return ["s3:PutObject"]
        return ["s3:CreateMultipartUpload", *["s3:UploadPart"] * -(-size // MULTIPART_BYTES), "s3:CompleteMultipartUpload"]

    def upload(self, s3: Any, bucket: str, key: str, outcome: UnitOutcome) -> None:
        """Put the unit object: the outcome, then everything added so far."""
        self._gzip.close()
        self._file.seek(0)
        head = gzip.compress(OUTCOME.dump_json(outcome) + b"\n", compresslevel=1, mtime=0)
        s3.upload_fileobj(_Concatenated(head, self._file), bucket, key, ExtraArgs={"ContentType": "application/gzip"})


class _Concatenated(io.RawIOBase):
    """`head`, then the rest of `tail`, as one readable stream."""

    def __init__(self, head: bytes, tail: BinaryIO) -> None:
        self._head, self._tail = io.BytesIO(head), tail

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return self._head.read() + self._tail.read()
        first = self._head.read(size)
        return first + self._tail.read(size - len(first)) if len(first) < size else first


def read_unit(s3: Any, bucket: str, key: str) -> tuple[UnitOutcome, Iterator[Finding]]:
    """A unit object: its outcome, and its findings as they are asked for."""
    lines = iter(gzip.GzipFile(fileobj=s3.get_object(Bucket=bucket, Key=key)["Body"]))
    return OUTCOME.validate_json(next(lines)), (FINDING.validate_json(line) for line in lines)


def read_outcome(s3: Any, bucket: str, key: str) -> UnitOutcome:
    """Only the outcome of a unit object, from its first 8 KiB; from the whole object where a long reason does not fit into them."""
    head = s3.get_object(Bucket=bucket, Key=key, Range="bytes=0-8191")["Body"].read()
    member = zlib.decompressobj(wbits=31)
    line = member.decompress(head)
    return OUTCOME.validate_json(line) if member.eof else read_unit(s3, bucket, key)[0]


def read_plan(s3: Any, bucket: str, run_id: str) -> Iterator[Unit]:
    """The planned units, line by line."""
    for line in s3.get_object(Bucket=bucket, Key=plan_key(run_id))["Body"].iter_lines():
        if line:
            yield UNIT.validate_json(line)


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Every key under a prefix, in order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            yield item["Key"]


def read_json(s3: Any, bucket: str, key: str) -> Any:
    """The content of a JSON object."""
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
