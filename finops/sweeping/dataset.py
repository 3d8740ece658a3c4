"""The SQL dataset on this machine: the parts in a folder, or those of the deployed analyzer, kept in a cache.

A part is findings/run_date=YYYY-MM-DD/run_id=…/part-NNNNN.jsonl.gz, in the bucket and on disk alike; functions/core/rank/dataset.py writes
it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode, aws_mistakes
from functions.core import run_ids
from functions.core.rank.dataset import TABLES
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

ROWS = (
    rf"(?P<table>{'|'.join(TABLES)})/run_date=(?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"/run_id=(?P<run>{run_ids.PATTERN})/part-[0-9]{{5,}}\.jsonl\.gz"
)
PART = re.compile(ROWS)
"""A whole key. Others may be able to write in the bucket too: what they call otherwise is not taken, and leads nowhere on this disk."""
ON_DISK = re.compile(rf"(?:^|/)(?P<key>{ROWS})\Z")
LOOKED_AT = 20
"""Runs, newest first, whose report is looked for."""
DOWNLOAD_BYTES = 2 * 1024**3
"""More than this is not downloaded in one go: it is Athena's business, which reads it where it lies."""


@dataclass(slots=True, frozen=True)
class Part:
    """One file of a table of the dataset, of one run."""

    path: Path
    date: str
    run: str
    table: str = "findings"


@dataclass(slots=True, frozen=True)
class Found:
    """The parts to query, by run; `where` names the place they come from."""

    parts: tuple[Part, ...]
    where: str

    @property
    def runs(self) -> list[str]:
        """The ids of the runs, the newest last."""
        return sorted({part.run for part in self.parts if part.table == "findings"})


def in_folder(folder: Path, since: str = "") -> Found:
    """What lies anywhere below a folder, each part once. Ending (bad input) when there is none.

    `since` (YYYY-MM-DD) leaves out the runs of earlier days.
    """
    parts: dict[str, Part] = {}
    for path in sorted(folder.resolve().rglob("part-*.jsonl.gz")):
        matched = ON_DISK.search(path.as_posix())
        if matched and matched["date"] >= since:
            parts.setdefault(matched["key"], Part(path, matched["date"], matched["run"], matched["table"]))
    return _some(parts.values(), str(folder), since, "a sweep puts them there: `make sweep`, or `finops sweep`")


def in_bucket(bucket: Bucket, cache: Path, note: Callable[[str], None], since: str = "") -> Found:
    """What the deployed analyzer has written, downloaded into `cache` as far as it is not there already; what the bucket has no more goes.

    `note` is told of a download. Ending when it cannot be read, and when there is none.
    """
    where = f"s3://{bucket.name}/findings/"
    with aws_mistakes(f"the findings in {where} cannot be read"):
        listed = _listed(bucket, since)
        missing = {key: item for key, item in listed.items() if not _is_here(cache / key, item)}
        size = sum(item["Size"] for item in missing.values())
        if size > DOWNLOAD_BYTES:
            raise Ending(
                ExitCode.BAD_INPUT, f"{where} holds {_megabytes(size)}: give a later --since, or use Athena, which reads it in place"
            )
        if missing:
            note(f"downloading {len(missing)} files, {_megabytes(size)}, from s3://{bucket.name} to {cache}")
        try:
            for key, item in missing.items():
                _download(bucket, key, item, cache / key)
            _forget(cache, listed, since)
        except OSError as error:
            raise Ending(ExitCode.FAILED, f"cannot write to {cache}: {error.strerror}: set XDG_CACHE_HOME to another folder") from error
    parts = ((PART.fullmatch(key), cache / key) for key in listed)
    found = (Part(path, matched["date"], matched["run"], matched["table"]) for matched, path in parts if matched)
    return _some(found, where, since, "the first sweep writes them: `finops sweep`")


def with_report(found: Found, bucket: Bucket) -> tuple[Found, list[str]]:
    """Without the newest runs as long as they have no report, and the ids of those: a run's rows are there before its report, or without.

    So the newest run in the table is the one that `latest` means elsewhere. Everything stays where no report can be seen at all.
    """
    with aws_mistakes(f"the reports in s3://{bucket.name} cannot be looked for"):
        newest = found.runs[: -LOOKED_AT - 1 : -1]
        without = [*takewhile(lambda run: not bucket.has(RunFolder(bucket, run).summary, may_list=False), newest)]
    if len(without) == len(newest):
        return found, []
    return Found(tuple(part for part in found.parts if part.run not in without), found.where), without


def cache_for(bucket: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the parts of a bucket are kept. https://specifications.freedesktop.org/basedir-spec/latest/"""
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "finops-analyzer" / bucket


def _some(parts: Iterable[Part], where: str, since: str, advice: str) -> Found:
    found = Found(tuple(sorted(parts, key=lambda part: (part.run, part.path))), where)
    if not found.runs:
        raise Ending(ExitCode.BAD_INPUT, f"no findings in {where}{since and f' since {since}'}: {advice}")
    return found


def _listed(bucket: Bucket, since: str) -> dict[str, Mapping[str, Any]]:
    items = chain.from_iterable(bucket.objects(f"{table}/", f"{table}/run_date={since}") for table in TABLES)
    return {item["Key"]: item for item in items if PART.fullmatch(item["Key"])}


def _is_here(path: Path, item: Mapping[str, Any]) -> bool:
    """A retried Rank overwrites a part: the same size and time make it the same."""
    try:
        seen = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return seen.st_size == item["Size"] and int(seen.st_mtime) == int(item["LastModified"].timestamp())


def _download(bucket: Bucket, key: str, item: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bucket.save(key, path)
    moment = item["LastModified"].timestamp()
    os.utime(path, (moment, moment))


def _forget(cache: Path, listed: Mapping[str, Any], since: str) -> None:
    for path in chain.from_iterable((cache / table).rglob("part-*.jsonl.gz") for table in TABLES):
        key = path.relative_to(cache).as_posix()
        matched = PART.fullmatch(key)
        if matched and matched["date"] >= since and key not in listed:
            path.unlink()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
