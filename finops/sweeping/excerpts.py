"""A downloaded report, whole or the part of one owner or account, in the format that somebody asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO

from finops.ending import Ending, ExitCode
from finops.sweeping import workbook
from functions.core.errors import InvalidInput
from functions.core.report import as_json
from functions.core.report.as_csv import CsvReport
from functions.core.report.as_html import html, page_of
from functions.core.report.counts import plural
from functions.core.report.excerpts import as_jira, as_markdown
from functions.core.report.excerpts.excerpt import Excerpt, chosen

Json = Mapping[str, Any]
Findings = Callable[[], Iterator[Json]]
NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Format(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    CSV = "csv"
    MD = "md"
    JIRA = "jira"
    EXCEL = "excel"


ENDINGS = {Format.JIRA: ".jira.csv", Format.EXCEL: ".xlsx"}
"""Of the others it is the format's name."""


def local(folder: Path, run: str) -> Path:
    """The folder of a run below `folder`, as a sweep or `finops report` left it. Ending (bad input) where there is none."""
    there = folder / run
    if Path(run).name != run or not (there / "report.json").is_file():
        runs = sorted((one.parent.name for one in folder.glob("*/report.json")), reverse=True)[:5]
        raise Ending(ExitCode.BAD_INPUT, f"there is no report of run {run!r} in {folder}; there are: {', '.join(runs) or 'none'}")
    return there


def write(folder: Path, kind: Format, owner: str | None, account: str | None, path: Path | None = None) -> tuple[Path, str]:
    """Write the part of the report in `folder`; without `path` into the same folder. Returns where, and what it says in a line.

    Ending (bad input) where nothing belongs to that owner or account, and where the file cannot be written.
    """
    try:
        head, findings = as_json.read(folder / "report.json")
        excerpt = chosen(head, owner, account)
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, f"{wrong}") from None
    except (OSError, ValueError, LookupError) as wrong:
        raise Ending(ExitCode.FAILED, f"{folder / 'report.json'} is not as it was written: {wrong}") from None
    path = path or folder / file_name(excerpt, kind)
    own = excerpt.head(head, findings())
    try:
        _write(folder, path, kind, excerpt, own, lambda: excerpt.of(findings()))
    except OSError as error:
        raise Ending(ExitCode.FAILED, f"cannot write {path}: {error.strerror}: name another file with --output") from error
    totals = own["totals"]
    return path, f"{plural(totals['findings'], 'finding')} of {excerpt.words}, ${totals['monthly_savings']['likely']:,.2f} a month"


def file_name(excerpt: Excerpt, kind: Format) -> str:
    """report-web.md: of whose findings it is. What a file's name cannot have is left out, and then the hash tells two from each other."""
    parts = [excerpt.owner or "nobody"] if excerpt.owner is not None else []
    whose = "-".join([*parts, *([excerpt.account] if excerpt.account is not None else [])])
    safe = NO_NAME.sub("-", whose).strip("-.")[:60]
    if safe != whose:
        safe = f"{safe}-{hashlib.blake2b(whose.encode(), digest_size=4).hexdigest()}".strip("-")
    return f"report{f'-{safe}' if safe else ''}{ENDINGS.get(kind, f'.{kind.value}')}"


def _write(folder: Path, path: Path, kind: Format, excerpt: Excerpt, head: Json, findings: Findings) -> None:
    if kind is Format.EXCEL:
        with _whole(path) as fresh:
            workbook.write(fresh, excerpt, head, findings())
        return
    with _whole(path) as fresh, fresh.open("wb") as out:
        if kind is Format.JIRA:
            as_jira.write(out, excerpt, head, findings())
        elif kind is Format.MD:
            out.writelines(line.encode("utf-8", "replace") + b"\n" for line in as_markdown.lines(excerpt, head, findings()))
        elif excerpt.whole:
            with (folder / f"report.{kind.value}").open("rb") as file:
                copyfileobj(file, out)
        elif kind is Format.CSV:
            report = CsvReport(out, head["run"]["as_of"], head["run"].get("account_names"))
            for finding in findings():
                report.add(finding)
        else:
            _page(out, head, findings)


def _page(out: BinaryIO, head: Json, findings: Findings) -> None:
    page = page_of(dict(head))
    for scope in head["coverage"]["not_seen"]:
        page.add_not_seen(scope)
    for resolved in head["resolved"]:
        page.add_resolved(resolved)
    for finding in findings():
        page.add(finding)
    out.writelines(html(page))


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when the block ends well: a reader sees the whole of it or nothing."""
    fresh = path.with_name(f".{path.name}.part")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
