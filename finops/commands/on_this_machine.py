"""The options of the commands that can do without a deployed analyzer, and look at accounts with a profile of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.ending import Ending, ExitCode

ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile", metavar="NAME", help="Use no deployed analyzer: run it on this machine, with this AWS profile.", show_default=False
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="With --profile: do not ask before requests that AWS bills.")]
FreeOption = Annotated[bool, typer.Option("--free", help="With --profile: make no request that AWS bills: no bill, metrics or buckets.")]


def refuse_without_profile(*, yes: bool, free: bool) -> None:
    """Ending (bad input) for an option that says something of a sweep on this machine only."""
    if yes or free:
        raise Ending(ExitCode.BAD_INPUT, "--free and --yes are about a sweep on this machine: they need --profile")
