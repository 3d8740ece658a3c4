"""`finops resume RUN`: scan what a run did not see, and rebuild its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.commands import listed_runs
from finops.commands.on_this_machine import FreeOption, ProfileOption, YesOption, refuse_without_profile
from finops.commands.rights import FIND_STACK, LIST_RUNS, SWEEP, needs
from finops.commands.runs import RunArgument, StackOption
from finops.ending import Ending, ExitCode
from finops.local import sweeping as local
from finops.sweeping import deployed, options
from finops.sweeping.run import Screen, finish, run

EXAMPLES = """
[bold]Examples[/bold]

The newest run, after its missing permissions were granted:

finops resume latest

A sweep on this machine, after its session had expired:

finops resume latest --profile NAME

A run that `finops runs` shows as timed out or aborted:

finops resume 20261124T020000Z-1f3c9a

[bold]Exit codes[/bold]

0 done, 2 bad input (no such run, or it is still running), 3 coverage still too low (the report is there), 4 failed, 130 interrupted
"""


@needs(FIND_STACK, LIST_RUNS, SWEEP)
def resume(
    asked: RunArgument,
    min_coverage: Annotated[str, typer.Option(metavar="SHARE", help="Minimum share of units seen, 0 to 1.", show_default=False)] = "",
    no_analyze: Annotated[bool, typer.Option("--no-analyze", help="Use no Bedrock model: all advice is rule-based.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put the report.")] = Path("out"),
    stack: StackOption = deployed.STACK,
    profile: ProfileOption = "",
    yes: YesOption = False,
    free: FreeOption = False,
) -> None:
    """Scan the units of a run that were denied, throttled, cut short, failed or never started, and rebuild its report."""
    given = options.build(min_coverage=min_coverage or None, analyze=False if no_analyze else None)
    screen = Screen.standard(as_json)
    if profile:
        raise typer.Exit(local.resume(profile, asked, given, out, screen, yes=yes, free=free))
    refuse_without_profile(yes=yes, free=free)
    target = deployed.find(stack)
    found = listed_runs.with_summary(target, listed_runs.find(target, asked))
    if found.stopped is None:
        raise Ending(ExitCode.BAD_INPUT, f"run {found.run_id} is still running: wait until it ends, or stop its execution first")
    given["resume"] = found.run_id
    options.validate(given)
    raise typer.Exit(finish(run(target, given, out, screen), screen))
