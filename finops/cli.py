"""The command line: `finops sweep`, for the deployed analyzer or, with --embedded, for an AWS on this machine; and `finops breaker`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from finops import VERSION
from finops.commands import breaker, costs, doctor, estimate, policy, prices, resume, runs, sql, suppressions
from finops.commands.comparing import diff, history
from finops.commands.on_this_machine import FreeOption, ProfileOption, YesOption, refuse_without_profile
from finops.commands.rights import FIND_STACK, SWEEP, needs
from finops.commands.suppressions import suppress
from finops.commands.verdicts import checks, explain
from finops.ending import Ending, ExitCode
from finops.local import sweeping as local
from finops.sweeping import deployed, options, sample
from finops.sweeping.run import Screen, announce, finish, run
from finops.terminal import say, show_mistake

app = typer.Typer(
    rich_markup_mode="rich",
    help="Finds the waste in an AWS bill, prices it with sources, and says what to do about it.",
)
app.add_typer(breaker.app, name="breaker")
app.add_typer(checks.app, name="checks")
app.add_typer(costs.app, name="costs")
app.add_typer(prices.app, name="prices")
app.add_typer(suppressions.app, name="suppressions")
app.command(epilog=doctor.EXAMPLES)(doctor.doctor)
app.command(epilog=estimate.EXAMPLES)(estimate.estimate_cost)
app.command(epilog=explain.EXAMPLES)(explain.explain)
app.command(epilog=policy.EXAMPLES)(policy.policy)
app.command(epilog=runs.RUNS_EXAMPLES)(runs.runs)
app.command(epilog=runs.SHOW_EXAMPLES)(runs.show)
app.command(epilog=runs.REPORT_EXAMPLES)(runs.report)
app.command(epilog=history.EXAMPLES)(history.history)
app.command(epilog=diff.EXAMPLES)(diff.diff)
app.command(epilog=resume.EXAMPLES)(resume.resume)
app.command(epilog=sql.EXAMPLES)(sql.sql)
app.command(epilog=suppress.EXAMPLES)(suppress.suppress)

EXAMPLES = """
[bold]Examples[/bold]

An AWS with 1,500 resources on this machine, no account needed:

finops sweep --embedded

Your own account, with nothing deployed and nothing changed in it:

finops sweep --profile NAME

The same without any request that AWS bills:

finops sweep --profile NAME --free

The deployed analyzer: its own account, every enabled region:

finops sweep

Two regions, two resource types, two weeks of metrics:

finops sweep --regions us-east-1,eu-west-1 --types ebs:volume,ec2:instance --days 14

No advice from a Bedrock model, which costs a little; rule-based advice is free:

finops sweep --no-analyze

A file as input, a file as result:

finops sweep --input sweep.json --json > result.json

[bold]Exit codes[/bold]

0 done, 2 bad input (nothing was scanned), 3 coverage too low (the report is there), 4 failed, 130 interrupted
"""


def _say_version(asked: bool) -> None:
    if asked:
        say(f"finops {VERSION}")
        raise typer.Exit


@app.callback()
def _group(
    version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Takes what is typed before a command."""


@app.command(epilog=EXAMPLES)
@app.command("analyze", epilog=EXAMPLES, help="The same as sweep.")
@needs(FIND_STACK, SWEEP)
def sweep(
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Use an AWS emulator on this machine, with a sample fleet of planted waste.")
    ] = False,
    fleet: Annotated[int, typer.Option(metavar="N", min=1, help="Approximate number of resources in that fleet.")] = 1500,
    profile: ProfileOption = "",
    yes: YesOption = False,
    free: FreeOption = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the emulator running after the sweep, until Ctrl-C.")] = False,
    stack: Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")] = deployed.STACK,
    regions: Annotated[list[str], typer.Option(help='Regions, comma-separated, or "all".', show_default=False)] = [],  # noqa: B006
    accounts: Annotated[list[str], typer.Option(help='Account ids, comma-separated, or "self".', show_default=False)] = [],  # noqa: B006
    organization: Annotated[bool, typer.Option("--organization", help="All active accounts of the organization.")] = False,
    types: Annotated[list[str], typer.Option(help='Resource types such as "ebs:volume", or "all".', show_default=False)] = [],  # noqa: B006
    days: Annotated[str, typer.Option(metavar="DAYS", help="How many days of metrics to look back.", show_default=False)] = "",
    as_of: Annotated[str, typer.Option(metavar="TIME", help="ISO time at which ages are measured.", show_default=False)] = "",
    min_coverage: Annotated[str, typer.Option(metavar="SHARE", help="Minimum share of units seen, 0 to 1.", show_default=False)] = "",
    no_analyze: Annotated[bool, typer.Option("--no-analyze", help="Use no Bedrock model: all advice is rule-based.")] = False,
    input: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON input of the state machine; options override it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put the report.")] = Path("out"),
) -> None:
    """Sweep accounts, regions and resource types for waste, and download the report."""
    given = options.build(
        file=input,
        regions=regions,
        accounts=accounts,
        organization=organization,
        types=types,
        days=days or None,
        as_of=as_of or None,
        min_coverage=min_coverage or None,
        analyze=False if no_analyze else None,
    )
    screen = Screen.standard(as_json)
    if embedded and profile:
        raise Ending(ExitCode.BAD_INPUT, "--embedded sweeps a sample, --profile your own account: choose one of them")
    if embedded:
        raise typer.Exit(sample.sweep_embedded(given, out, screen, resources=fleet, keep=keep))
    if keep:
        raise Ending(ExitCode.BAD_INPUT, "--keep keeps the embedded AWS running: it needs --embedded")
    if profile:
        raise typer.Exit(local.sweep(profile, given, out, screen, yes=yes, free=free))
    refuse_without_profile(yes=yes, free=free)
    raise typer.Exit(finish(run(deployed.find(stack), given, out, screen), screen))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. What a person can mend is one line on standard error, never a stack trace."""
    sys.excepthook = show_mistake
    words = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    try:
        code = int(typer.main.get_command(app).main(words, prog_name="finops", standalone_mode=False) or 0)
    except Ending as ending:
        return _end(words, ending)
    except typer.TyperException as wrong:  # an unknown option, a missing value
        return _end(words, Ending(ExitCode.BAD_INPUT, f"{wrong.format_message()} ({_command(words)} --help shows what there is)"))
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:  # outside of a running sweep, where `run` says what becomes of it; typer hands it on as a number
        return _end(words, Ending(ExitCode.INTERRUPTED, "interrupted"))
    return code


def _command(words: Sequence[str]) -> str:
    """What was typed up to the first option: "finops costs refresh"."""
    return " ".join(("finops", *takewhile(lambda word: not word.startswith("-"), words)))


def _end(words: Sequence[str], ending: Ending) -> int:
    return int(announce(ending, Screen.standard("--json" in words)))
