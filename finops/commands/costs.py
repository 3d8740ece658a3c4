"""`finops costs show` and `finops costs refresh`: the Cost Explorer answers that a deployed analyzer caches, so as not to pay twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from finops.commands.rights import COSTS, FIND_STACK, TABLE, Right, needs
from finops.ending import ExitCode, aws_mistakes
from finops.sweeping import deployed
from finops.terminal import say
from functions.core.costs.cache import Cache, Entry
from functions.core.store.bucket import Bucket

app = typer.Typer(help="The cached answers of Cost Explorer, each $0.01, that the sweeps of a day share.", rich_markup_mode="rich")

StackOption = Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")]
EXIT_CODES = "0 done, 2 bad input (no such stack), 4 failed, 130 interrupted"
SHOW_EXAMPLES = f"""
[bold]Example[/bold]

finops costs show

[bold]Exit codes[/bold]

{EXIT_CODES}
"""
REFRESH_EXAMPLES = f"""
[bold]Example[/bold]

A permission was added, or a bill was corrected, and the next sweep need not wait for it:

finops costs refresh

[bold]Exit codes[/bold]

{EXIT_CODES}
"""


@app.command(epilog=SHOW_EXAMPLES)
@needs(FIND_STACK, Right("dynamodb:Scan", TABLE))
def show(stack: StackOption = deployed.STACK) -> None:
    """List the cached answers: what each is about, how old it is, and until when it is used."""
    with aws_mistakes("the cached answers cannot be read", ExitCode.FAILED):
        entries = sorted(cache(deployed.find_costs(stack)).entries(), key=lambda entry: (-entry.asked_at, entry.what, entry.key))
    for entry in entries:
        say(line(entry, time.time()))
    if not entries:
        say("no answer of Cost Explorer is cached; the next sweep asks")


@app.command(epilog=REFRESH_EXAMPLES)
@needs(FIND_STACK, Right("dynamodb:Scan", TABLE), Right("dynamodb:DeleteItem", TABLE), Right("s3:DeleteObject", COSTS))
def refresh(stack: StackOption = deployed.STACK) -> None:
    """Discard every cached answer, so that the next sweep asks Cost Explorer again."""
    with aws_mistakes("the cached answers cannot be discarded", ExitCode.FAILED):
        count = cache(deployed.find_costs(stack)).clear()
    say(f"discarded: {count} answer{'' if count == 1 else 's'} of Cost Explorer; the next sweep asks again")


def cache(of: deployed.KeptAnswers) -> Cache:
    """The cache that the functions ask."""
    return Cache(of.dynamodb, of.table, Bucket(of.s3, of.bucket))


def line(entry: Entry, now: float) -> str:
    """One answer in words. `now` is Unix seconds."""
    what = f"{entry.what or entry.key}: asked at {_moment(entry.asked_at)}"
    if entry.refusal:
        what += f", refused ({entry.refusal})"
    else:
        what += f", {entry.size / 1024:.1f} KiB"
    if entry.usable:
        return f"{what}, used until {_moment(entry.expires)}"
    return f"{what}, no longer used" + ("" if entry.expires <= now else ": another version made it")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
