"""`finops suppressions stop`: what was meant to stay is counted again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from finops.commands.rights import FIND_STACK, Right, needs
from finops.commands.runs import StackOption
from finops.commands.suppressions.deployed_file import DeployedFile, confirm
from finops.commands.suppressions.suppress import FILE
from finops.ending import Ending, ExitCode
from finops.explaining.stored import is_id
from finops.sweeping import deployed
from finops.terminal import say
from functions.core.errors import InvalidInput
from functions.core.rank.suppressions import KEY, Suppression
from functions.core.rank.suppressions.file_text import LEAST_DIGITS, without_entry

NUMBER = re.compile(rf"[0-9]{{1,{LEAST_DIGITS - 1}}}")
EXAMPLES = f"""
[bold]Examples[/bold]

The third entry, as `finops suppressions list` counts them:

finops suppressions stop 3

The entry of one finding, by the first digits of its id:

finops suppressions stop 4f1c2ab09d3e --yes

It takes the entry's lines out of {KEY} in the bucket; comments and the other entries stay as they are.

[bold]Exit codes[/bold]

0 done, 2 bad input (no such entry; nothing was written), 4 failed (the file may not be written, or was changed by somebody else
meanwhile), 130 interrupted
"""


@needs(FIND_STACK, Right("s3:GetObject", FILE), Right("s3:PutObject", FILE))
def stop(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its number, or a finding's id or the first digits of it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """End a suppression: take its entry out of the file, so that the next sweep counts again what it hides."""
    asked = entry.strip().lower()
    if not (NUMBER.fullmatch(asked) or is_id(asked)):
        raise Ending(ExitCode.BAD_INPUT, f"{entry!r} is no entry: give its number, or a finding's id or its first {LEAST_DIGITS} digits")
    file = DeployedFile.read(deployed.find(stack))
    entries = file.entries()
    number = _number(entries, asked)
    one = entries[number - 1]
    try:
        content = without_entry(file.content or b"", number)
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong)) from None
    say(f"Entry {number} of {KEY}: {conditions(one)}: {one.words}")
    confirm("End it?", yes=yes)
    file.write(content)
    say(f"Ended: the next sweep counts again what only this entry hid. {KEY} has {len(entries) - 1} left.")


def conditions(one: Suppression) -> str:
    """What an entry is about: check_id ebs-idle-volume, region us-east-1."""
    return ", ".join(f"{name} {value}" for name, value in one.conditions.items())


def _number(entries: Sequence[Suppression], asked: str) -> int:
    """Which entry is meant, from 1 on."""
    if NUMBER.fullmatch(asked):
        if not 1 <= int(asked) <= len(entries):
            raise Ending(ExitCode.BAD_INPUT, f"there is no entry {asked}: {KEY} has {len(entries)}, `finops suppressions list` shows them")
        return int(asked)
    matching = [number for number, one in enumerate(entries, 1) if one.conditions.get("finding_id", "").startswith(asked)]
    if not matching:
        raise Ending(ExitCode.BAD_INPUT, f"no entry is about finding {asked}: `finops suppressions list` shows them")
    if len(matching) > 1:
        raise Ending(ExitCode.BAD_INPUT, f"{asked} matches entries {', '.join(map(str, matching))}: give one of these numbers")
    return matching[0]
