"""`finops runs`, `finops show RUN` and `finops report RUN`: the sweeps of a deployed analyzer, and their reports."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from finops.commands.listed_runs import LOOKED_THROUGH, ListedRun, executions, numbers, read, reported, with_summary
from finops.commands.rights import FIND_STACK, LIST_RUNS, READ_REPORT, READ_RUNS, needs
from finops.ending import Ending, ExitCode
from finops.sweeping import deployed, download, excerpts, printout, rows
from finops.sweeping.excerpts import Format
from finops.sweeping.run import Screen
from finops.terminal import say, shown

SHOWN = 20
READERS = 8
COLUMNS = {"Run": False, "Ended": False, "Minutes": True, "Findings": True, "$ a month": True, "Seen": True}
"""Of the list; whether they are numbers, which stand to the right."""

StackOption = Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help='A run id as `finops runs` shows it, its start, or "latest".')]
EXIT_CODES = """
[bold]Exit codes[/bold]

0 done, 2 bad input (no such stack, no such run), 4 failed, 130 interrupted
"""
RUNS_EXAMPLES = f"""
[bold]Examples[/bold]

finops runs

The last hundred, for a program:

finops runs --limit 100 --json
{EXIT_CODES}"""
SHOW_EXAMPLES = f"""
[bold]Examples[/bold]

finops show latest

finops show 20261124T02
{EXIT_CODES}"""
REPORT_EXAMPLES = f"""
[bold]Examples[/bold]

The newest report in the browser:

finops report latest --open

What belongs to one owner, or to nobody, for an issue, a wiki, a spreadsheet or Jira's import:

finops report latest --owner web --format md

finops report latest --owner nobody --format jira

finops report latest --account 111122223333 --format excel -o production.xlsx

Of a sweep that was made on this machine, no account needed:

finops report latest --from out --owner web --open
{EXIT_CODES}"""


@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def runs(
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=LOOKED_THROUGH, help="How many, newest first.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """List the sweeps, newest first: how they ended, what they found, and how much they saw."""
    target = deployed.find(stack)
    listed = [*islice(executions(target), limit)]
    with ThreadPoolExecutor(READERS) as pool:
        seen = list(pool.map(lambda run: with_summary(target, run), listed))
    if as_json:
        Screen.standard(True).document({"runs": [run.as_json() for run in seen]})
    elif seen:
        rows.put(Screen.standard(False).output, *tables(seen))
    else:
        say("No sweep has run yet, or none in the last 90 days: `finops sweep` starts one.")


@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def show(run: RunArgument, stack: StackOption = deployed.STACK) -> None:
    """Print what a sweep found, as `finops sweep` printed it."""
    target = deployed.find(stack)
    found, summary = reported(target, run)
    with download.as_aggregate_wrote_it(found.run_id):
        printout.show(Screen.standard(False).output, summary, None, found.seconds or summary["run"]["seconds"])
    say(f"`finops report {found.run_id} --open` shows the whole report.")


@needs(FIND_STACK, LIST_RUNS, READ_REPORT)
def report(
    run: RunArgument,
    open_it: Annotated[bool, typer.Option("--open", help="Open report.html in the browser.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put the report.")] = Path("out"),
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help='Only what belongs to this owner; "nobody" is what nobody owns.', show_default=False)
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what is in this account, by its id or its name.", show_default=False)
    ] = None,
    kind: Annotated[Format | None, typer.Option("--format", help="What to write it as.", show_default=False)] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write that.", show_default="beside the report")
    ] = None,
    kept: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Reports on this machine: a sweep's --out.", show_default=False)
    ] = None,
    stack: StackOption = deployed.STACK,
) -> None:
    """Download the report of a sweep, or write the part of one owner or account."""
    if output is not None and kind is None and owner is None and account is None:
        raise Ending(
            ExitCode.BAD_INPUT, f"--output needs --owner, --account or --format ({', '.join(Format)}): what is to be written there?"
        )
    if kept is not None:
        folder = excerpts.local(kept, run)
    else:
        target = deployed.find(stack)
        folder = download.fetch(target.folder(read(target, run).run_id), out)
    page = folder / "report.html"
    if kind is None and owner is None and account is None:
        say(f"Report: {page}, .json, .csv")
    else:
        page, what = excerpts.write(folder, kind or Format.HTML, owner, account, output)
        say(f"{what}: {page}")
    if open_it and not webbrowser.open(page.resolve().as_uri()):
        raise Ending(ExitCode.FAILED, f"no browser was found to open {page}")


def tables(of: list[ListedRun]) -> Iterator[Table]:
    """All that there is to say, and narrower ones: how long it took can be missed first, then how much was seen."""
    yield from (table(of, without) for without in ((), ("Minutes",), ("Minutes", "Seen")))


def table(of: list[ListedRun], without: Sequence[str] = ()) -> Table:
    """One row a run."""
    made = Table(box=None, pad_edge=False)
    columns = [(name, right) for name, right in COLUMNS.items() if name not in without]
    for name, right in columns:
        made.add_column(name, justify="right" if right else "left", no_wrap=True)
    for run in of:
        said = numbers(run.summary) if run.summary else ("", "", "")
        minutes = "" if run.seconds is None else f"{run.seconds / 60:.1f}"
        row = dict(zip(COLUMNS, (run.run_id, run.words, minutes, *said), strict=True))
        made.add_row(*(shown(row[name]) for name, _ in columns))
    return made
