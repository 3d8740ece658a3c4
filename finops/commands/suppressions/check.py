"""`finops suppressions check`: what a sweep would say of a file of suppressions, before one does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json

from finops.commands import listed_runs
from finops.commands.rights import BUCKET, FIND_STACK, LIST_RUNS, RUNS, Right, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping import deployed
from finops.terminal import say
from functions.core.errors import InvalidInput
from functions.core.rank.suppressions import KEY, SOON, Suppression, known, parse
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines
from functions.core.store.written_text import decoded

EXAMPLES = f"""
[bold]Examples[/bold]

A file on this machine, before it is put into the bucket; no account is needed:

finops suppressions check suppressions.toml

And what each of its entries matches in the newest report:

finops suppressions check suppressions.toml --against latest

The file of the deployed analyzer, {KEY} in its bucket:

finops suppressions check

[bold]Exit codes[/bold]

0 a sweep takes it (! marks what its report warns of), 2 bad input (a sweep would refuse it, no such file, stack or run), 4 failed,
130 interrupted
"""


@needs(FIND_STACK, LIST_RUNS, Right("s3:GetObject", RUNS, f"{BUCKET}/{KEY}"))
def check(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Default: the deployed analyzer's.", show_default=False)] = None,
    against: Annotated[
        str, typer.Option(metavar="RUN", help='Say what it matches in that run: an id, or "latest", the default without FILE.')
    ] = "",
    stack: Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")] = deployed.STACK,
) -> None:
    """Check a file of suppressions: which entry is wrong, and which ends soon, has expired or matches nothing."""
    name, content, folder = _given(file, against, stack)
    if content is None:
        say(f"there is no {name}: nothing is suppressed")
        return
    try:
        entries = known(parse(decoded(content, name), name))
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, f"{wrong}; a sweep would be refused") from None
    matched = None
    if folder is not None:
        with aws_mistakes(f"the findings of run {folder.run_id} cannot be read", ExitCode.FAILED):
            matched = counts(entries, findings(folder))
    for line in lines(entries, datetime.now(UTC).date(), matched, folder.run_id if folder else ""):
        say(line)


def _given(file: Path | None, against: str, stack: str) -> tuple[str, bytes | None, RunFolder | None]:
    """What the file is called, what is in it, and the run that it is compared with."""
    content: bytes | None = None
    if file is not None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise Ending(ExitCode.BAD_INPUT, f"cannot read {file}: {error.strerror}") from None
        if not against:
            return str(file), content, None
    target = deployed.find(stack)
    if file is None:
        with aws_mistakes(f"{KEY} cannot be read", ExitCode.FAILED):
            content = Bucket(target.s3, target.bucket).read(KEY)
        if content is None:
            return KEY, None, None
    try:
        run = listed_runs.read(target, against or listed_runs.LATEST)
    except Ending:
        if against:
            raise
        return str(file or KEY), content, None
    if run.summary is None and against:
        raise Ending(ExitCode.BAD_INPUT, f"run {run.run_id} has no report: `finops runs` lists the sweeps")
    return str(file or KEY), content, target.folder(run.run_id) if run.summary is not None else None


def findings(folder: RunFolder) -> Iterator[Mapping[str, Any]]:
    """Every finding of a run, as JSON; with those that it suppressed."""
    with folder.bucket.download(folder.ranked) as file:
        yield from map(from_json, gzip_lines(file))


def counts(entries: Sequence[Suppression], found: Iterator[Mapping[str, Any]]) -> list[int]:
    """How many findings each entry matches."""
    made = [0] * len(entries)
    for finding in found:
        for number, one in enumerate(entries):
            made[number] += one.matches(finding)
    return made


def lines(entries: Sequence[Suppression], today: date, matched: Sequence[int] | None, run_id: str) -> Iterator[str]:
    """A line for each entry, and one for all. `matched`: how many findings of the run each matches; None where it was not compared."""
    good = 0
    for number, one in enumerate(entries):
        count = None if matched is None else matched[number]
        left = (one.until - today).days
        said = f"expired on {one.until}" if left < 0 else f"until {one.until}"
        if 0 <= left <= SOON.days:
            said = f"ends on {one.until}, in {left} day{'' if left == 1 else 's'}"
        if count is not None:
            said += f", matches {f'{count:,}' if count else 'no'} finding{'' if count == 1 else 's'}"
        fine = left > SOON.days and count != 0
        good += fine
        yield f"{'✓' if fine else '!'} {one.where}: {said}: {one.why}"
    compared = f", compared with run {run_id}" if run_id else ""
    yield f"{len(entries)} suppression{'' if len(entries) == 1 else 's'}, {len(entries) - good} to look at{compared}"
