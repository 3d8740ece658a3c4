"""A run on this machine: `out/<run_id>/report.{html,json,csv}`, its rows for `finops sql`, and `out/latest`, a link to the newest run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode, aws_mistakes
from functions.core import run_ids
from functions.core.rank.dataset import TABLES
from functions.core.store.bucket import NoObject
from functions.core.store.run_folder import RunFolder

FILES = ("report.html", "report.json", "report.csv")
RUN_STARTED = re.compile(r"(\d{4})(\d\d)(\d\d)T")
"""How a run id begins: with the day that the run was started, UTC (functions/plan.py)."""


def fetch(run: RunFolder, out: Path) -> Path:
    """Download the report into `out/<run_id>` and point `out/latest` there; returns that folder. Ending when there is none to download.

    Each file appears whole or not at all, and `latest` changes only when all of them are there, and never from a newer run to an older. The
    run's parts of the SQL dataset come along, under the keys that they have in the bucket; a run without any is no mistake.
    """
    if not run_ids.is_one(run.run_id):
        raise Ending(ExitCode.BAD_INPUT, f"{run.run_id!r} is no run's id: `finops runs` lists them")
    folder = out / run.run_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with aws_mistakes(f"the report of run {run.run_id} cannot be downloaded", ExitCode.FAILED):
            for name in FILES:
                _download(run, name, folder / name)
            _download_rows(run, folder)
        if not _is_newer(out / "latest", run.run_id):
            point(out / "latest", run.run_id)
    except OSError as error:
        raise Ending(ExitCode.FAILED, f"cannot write the report to {folder}: {error.strerror}: name another folder with --out") from error
    return folder


def _is_newer(link: Path, run_id: str) -> bool:
    """Whether the link leads to a run that is there and began later: ids sort by time."""
    there = link.readlink().name if link.is_symlink() else ""
    return RUN_STARTED.match(there) is not None and there > run_id and link.is_dir()


def point(link: Path, target: str) -> None:
    """Make `link` a symbolic link to `target`, at once: a reader sees the old one or the new one, never none."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def read_summary(run: RunFolder) -> dict[str, Any]:
    """summary.json of a run: a few kilobytes, however large the report is."""
    with aws_mistakes(f"the summary of run {run.run_id} cannot be read", ExitCode.FAILED):
        summary: dict[str, Any] = run.bucket.need_json(run.summary)
    return summary


@contextmanager
def as_aggregate_wrote_it(run_id: str) -> Iterator[None]:
    """For the block that reads a run's summary: Ending where that lacks what Aggregate writes, or has something else in its place."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = f"the summary of run {run_id} is not as it was written ({type(error).__name__}: {error})"
        raise Ending(ExitCode.FAILED, f"{what}: `finops resume {run_id}` writes it anew") from error


def read_report(folder: Path) -> dict[str, Any]:
    """report.json of a downloaded run."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def _download_rows(run: RunFolder, folder: Path) -> None:
    """Of each table part after part, until there is none."""
    started = RUN_STARTED.match(run.run_id)
    if not started:
        return
    for table in TABLES:
        keys = (run.rows("-".join(started.groups()), part, table) for part in count())
        for key in takewhile(lambda key: run.bucket.has(key, may_list=False), keys):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            run.bucket.save(key, folder / key)


def _download(run: RunFolder, name: str, path: Path) -> None:
    try:
        run.bucket.save(run.file(name), path)
    except NoObject:
        raise Ending(
            ExitCode.FAILED, f"s3://{run.bucket.name}/{run.file(name)} does not exist: see the log of the aggregate function"
        ) from None
