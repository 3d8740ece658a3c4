"""`finops suppress FINDING`: one finding is meant to stay, says who decides it, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from pydantic_core import from_json

from finops.commands import listed_runs
from finops.commands.rights import BUCKET, FIND_STACK, LIST_RUNS, RUNS, Right, needs
from finops.commands.runs import StackOption
from finops.commands.suppressions.deployed_file import DeployedFile, confirm
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.explaining.stored import is_id
from finops.sweeping import deployed
from finops.terminal import say
from functions.core.errors import InvalidInput
from functions.core.money import usd
from functions.core.rank.suppressions import KEY, Suppression
from functions.core.rank.suppressions.file_text import LEAST_DIGITS, SHORT_DIGITS, entry_for, with_entry
from functions.core.rank.totals import Place, place
from functions.core.report.counts import plural
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines

FILE = f"{BUCKET}/{KEY}"
LONGEST_DAYS = 400
"""A year and a bit: a decision is looked at again once a year."""
SHOWN = 5

EXAMPLES = f"""
[bold]Examples[/bold]

A finding of the newest report, by its id or the first digits of it, at least {LEAST_DIGITS}; it shows what it hides, and asks:

finops suppress 4f1c2ab09d3e --reason "Cold standby of the billing database" --until 2027-03-31

Without being asked, and with the name of who decided it:

finops suppress 4f1c2ab09d3e --reason "Agreed in review 12" --until 2027-03-31 --owner ann@example.com --yes

It adds one entry to {KEY} in the bucket; the finding stays in the report, with the reason, and is not counted.

[bold]Exit codes[/bold]

0 done, 2 bad input (no such finding, no reason, no day within {LONGEST_DAYS} days; nothing was written), 4 failed (the file may not be
written, or was changed by somebody else meanwhile), 130 interrupted
"""


@needs(FIND_STACK, LIST_RUNS, Right("s3:GetObject", RUNS, FILE), Right("s3:PutObject", FILE))
def suppress(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help=f"Its id, or the first {LEAST_DIGITS} digits of it or more.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is meant to stay.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day that this holds, such as 2027-03-31.")],
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who decided it.", show_default=False)] = "",
    run: Annotated[str, typer.Option(metavar="RUN", help='The run that has it: an id, or "latest".')] = listed_runs.LATEST,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """Suppress one finding, with a reason and an end: it stays in the report, and is no longer counted."""
    day, why, asked = _day(until, datetime.now(UTC).date()), _reason(reason), _digits(finding)
    target = deployed.find(stack)
    read, _ = listed_runs.reported(target, run)
    folder = target.folder(read.run_id)
    with aws_mistakes(f"the findings of run {read.run_id} cannot be read", ExitCode.FAILED):
        scope = folder.bucket.read_json(folder.scope, may_list=False) or {}
        found, others = find(folder, asked)
    file = DeployedFile.read(target, may_list=False)
    _refuse_twice(file.entries(), found, day)
    about = f"{found['check_id']}: {found['resource_arn']}"
    try:
        content = with_entry(file.content, entry_for(found["finding_id"], day, why, " ".join(owner.split()), about))
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong)) from None
    number = len(file.checked(content, scope.get("regions", ())))
    for line in lines(found, others, read.run_id):
        say(line)
    confirm(f"Suppress it until {day}?", yes=yes)
    file.write(content)
    say(f"Suppressed until {day}, from the next sweep on: entry {number} of {KEY}. `finops suppressions stop {number}` ends it.")


def _day(given: str, today: date) -> date:
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Ending(ExitCode.BAD_INPUT, f"--until {given}: must be a day such as 2027-03-31") from None
    last = today + timedelta(days=LONGEST_DAYS)
    if not today <= day <= last:
        raise Ending(ExitCode.BAD_INPUT, f"--until {given}: must be a day from today, {today}, to {last}, in {LONGEST_DAYS} days")
    return day


def _reason(given: str) -> str:
    """A text with something in it that can be read: what the report writes for a reason is only its place."""
    reason = " ".join(given.split())
    if not any(map(str.isalnum, reason)):
        raise Ending(ExitCode.BAD_INPUT, f"--reason {given!r}: say in words why this is meant to stay")
    return reason


def _digits(given: str) -> str:
    digits = given.strip().lower()
    if not is_id(digits):
        raise Ending(ExitCode.BAD_INPUT, f"{given!r} is no finding: give its id, or the first {LEAST_DIGITS} to 32 hex digits of it")
    return digits


def find(folder: RunFolder, asked: str) -> tuple[Mapping[str, Any], int]:
    """The one finding whose id begins so, as JSON, and how many others it counts for. Ending (bad input) for none and for several."""
    naming = list(_naming(folder, asked))
    found = [one for one in naming if one["finding_id"].startswith(asked)]
    if not found:
        raise Ending(ExitCode.BAD_INPUT, f"run {folder.run_id} has no finding {asked}: --run names another one, `finops runs` lists them")
    if len(found) > 1:
        ids = [one["finding_id"][:SHORT_DIGITS] for one in found[:SHOWN]]
        raise Ending(ExitCode.BAD_INPUT, f"{asked} matches {plural(len(found), 'finding')}, give more digits: {', '.join(ids)}")
    whole = found[0]["finding_id"]
    return found[0], sum(one["counted_by"] == whole and one["lifecycle"] != "suppressed" for one in naming)


def _naming(folder: RunFolder, asked: str) -> Iterator[Mapping[str, Any]]:
    """The findings that have an id with this beginning in them; to parse the others too would take ten times as long."""
    needle = f'"{asked}'.encode()
    with folder.bucket.download(folder.ranked) as file:
        yield from (from_json(line) for line in gzip_lines(file) if needle in line)


def _refuse_twice(entries: list[Suppression], found: Mapping[str, Any], until: date) -> None:
    for number, one in enumerate(entries, 1):
        if one.until >= until and one.matches(found):
            raise Ending(ExitCode.BAD_INPUT, f"it is suppressed until {one.until} already, by entry {number} of {KEY}: {one.why}")


def lines(found: Mapping[str, Any], others: int, run_id: str) -> Iterator[str]:
    """What will be hidden: the resource, and USD a month."""
    name = found["resource_name"] or found["resource_id"]
    yield f"{found['action']} {name} ({found['check_id']}) in {found['account']} {found['region']}: {worth(found)}"
    yield f"  {found['resource_arn']}"
    yield f"  finding {found['finding_id']} of run {run_id}"
    if others:
        yield f"  {plural(others, 'other finding')} that it counts for may count instead"


def worth(found: Mapping[str, Any]) -> str:
    """USD a month, and whether they are in the sum."""
    amount = f"{usd(found['savings']['likely'])} a month"
    match place(found):
        case Place.COUNTED:
            return f"{amount}, in the sum"
        case Place.UNPRICED:
            return f"no price ({found['savings']['unpriced']})"
        case Place.HYGIENE:
            return "to tidy up, it saves nothing"
        case Place.COUNTED_ELSEWHERE:
            return f"{amount}, counted by finding {found['counted_by'][:SHORT_DIGITS]}"
        case Place.SUPPRESSED:
            return f"{amount}, suppressed already: {found['suppression']}"
