"""`finops checks`: what is looked for, what it compares with, and what the last run found of it; and whether a file of changes is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from finops.commands import listed_runs
from finops.commands.rights import BUCKET, FIND_STACK, LIST_RUNS, READ_RUNS, Right, needs
from finops.commands.verdicts.default_command import ShowsByDefault
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.explaining import declared, kept_limits
from finops.sweeping import deployed, progress, rows
from finops.sweeping.run import Screen
from finops.terminal import say, shown
from functions.core import registry
from functions.core.errors import InvalidInput
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines
from functions.core.store.written_text import decoded
from functions.core.tuning.file import KEY, parse
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot

StackOption = Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")]
EXIT_CODES = """
[bold]Exit codes[/bold]

0 done, 2 bad input (no such check, run or stack; a file that a sweep would refuse), 4 failed, 130 interrupted
"""
EXAMPLES = f"""
[bold]Examples[/bold]

Every check, what to do about what it finds, and what its metrics cost; no account is needed:

finops checks

One of them: thresholds, rights, metrics, prices, command:

finops checks ec2-idle-instance

With what was in force in the newest run, and what it counted:

finops checks ec2-idle-instance --run latest

A file that switches checks off or changes their thresholds, before it is put into the bucket:

finops checks validate checks.toml
{EXIT_CODES}"""
VALIDATE_EXAMPLES = f"""
[bold]Examples[/bold]

A file on this machine; no account is needed:

finops checks validate checks.toml

The file of the deployed analyzer, {KEY} in its bucket:

finops checks validate
{EXIT_CODES}"""

app = typer.Typer(cls=ShowsByDefault, help="What is looked for, and what it compares with.", rich_markup_mode="rich", epilog=EXAMPLES)


@app.callback()
def _group() -> None:
    """Keeps `show` and `validate` subcommands."""


@app.command(epilog=EXAMPLES)
@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def show(
    check_id: Annotated[str, typer.Argument(metavar="[ID]", help="A check; default: all of them.", show_default=False)] = "",
    run: Annotated[str, typer.Option(metavar="RUN", help='Say what that run counted: an id, or "latest".', show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """List the checks, or show one: thresholds in force, rights, metrics, prices. Without --run it does not call AWS."""
    chosen = [declared.find(check_id)] if check_id else list(registry.checks())
    limits, folder, ranking = _of_run(run, stack) if run else (kept_limits.of_this_folder(), None, None)
    made = [declared.as_json(check, limits) for check in chosen]
    if ranking is not None:
        for one in made:
            one["run"] = declared.counts(one["id"], ranking)
    if check_id and folder is not None:
        with (
            aws_mistakes(f"the findings of run {folder.run_id} cannot be read", ExitCode.FAILED),
            folder.bucket.download(folder.ranked) as file,
        ):
            made[0]["price_keys"] = declared.price_keys(check_id, gzip_lines(file))
    screen = Screen.standard(as_json)
    if as_json:
        screen.document({"checks": made})
    elif check_id:
        for line in declared.lines(made[0]):
            screen.output.print(shown(line), soft_wrap=True)
    else:
        rows.put(screen.output, declared.table(made))


def _of_run(asked: str, stack: str) -> tuple[Snapshot, RunFolder, Mapping[str, Any]]:
    """What a run compared with, where it lies, and ranking.json."""
    target = deployed.find(stack)
    found, _ = listed_runs.reported(target, asked)
    folder = target.folder(found.run_id)
    kept = kept_limits.of_run(folder)
    if kept is None:
        progress.note(kept_limits.OLDER.format(run=folder.run_id))
    with aws_mistakes(f"run {found.run_id} cannot be read", ExitCode.FAILED):
        return kept or Snapshot(), folder, folder.bucket.need_json(folder.ranking)


def _price_keys(check_id: str, folder: RunFolder) -> list[str]:
    doing = f"the findings of run {folder.run_id} cannot be read"
    with aws_mistakes(doing, ExitCode.FAILED), folder.bucket.download(folder.ranked) as file:
        return declared.price_keys(check_id, gzip_lines(file))


@app.command(epilog=VALIDATE_EXAMPLES)
@needs(FIND_STACK, Right("s3:GetObject", f"{BUCKET}/{KEY}"))
def validate(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Default: the deployed analyzer's.", show_default=False)] = None,
    stack: StackOption = deployed.STACK,
) -> None:
    """Check a file that switches checks off or changes their thresholds: all that is wrong with it, or what each entry does."""
    name, content = (str(file), _read(file)) if file else (KEY, _deployed(stack))
    if content is None:
        say(f"there is no {name}: every check is on, with its defaults and the setting thresholds")
        return
    for line in said(read(content, name)):
        say(line)


def read(content: bytes, name: str) -> list[Rule]:
    """The entries of a file. Ending (bad input) with all that is wrong."""
    try:
        return parse(decoded(content, name), name)
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, f"{wrong}; a sweep would be refused") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Ending(ExitCode.BAD_INPUT, f"cannot read {file}: {error.strerror}") from None


def _deployed(stack: str) -> bytes | None:
    target = deployed.find(stack)
    with aws_mistakes(f"{KEY} cannot be read", ExitCode.FAILED):
        return Bucket(target.s3, target.bucket).read(KEY)


def said(rules: Sequence[Rule]) -> Iterator[str]:
    """A line for each entry, and one for all."""
    defaults = {check.id: check.thresholds for check in registry.checks()}
    for rule in rules:
        changes = [] if rule.enabled is None else ["enabled" if rule.enabled else "disabled"]
        changes += [f"{name} {value:g} instead of {defaults[rule.check_id][name].default:g}" for name, value in rule.thresholds.items()]
        yield f"✓ {rule.where}: {rule.check_id} {rule.place}: {', '.join(changes)}"
    yield f"{len(rules)} entr{'y' if len(rules) == 1 else 'ies'}: a sweep takes it"
