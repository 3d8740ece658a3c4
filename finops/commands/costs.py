"""`finops costs show` and `refresh`: the Cost Explorer answers that a deployed analyzer caches, so as not to pay twice; and `rates`: the
account's own rates, as a sweep read them from the bill."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from finops.commands import listed_runs
from finops.commands.rights import COSTS, FIND_STACK, LIST_RUNS, READ_RUNS, TABLE, Right, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping import deployed, rows
from finops.sweeping.run import Screen
from finops.terminal import say, shown
from functions.core.costs.cache import Cache, Entry
from functions.core.money import money
from functions.core.report import own_rates
from functions.core.report.as_html import quantity
from functions.core.report.own_rates import OwnRates, unit_price
from functions.core.store.bucket import Bucket

app = typer.Typer(
    help="What Cost Explorer answered: the cached answers, each $0.01, that the sweeps of a day share, and the account's own rates.",
    rich_markup_mode="rich",
)

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
RATES_EXAMPLES = """
[bold]Examples[/bold]

What this account pays for a unit, beside the list price:

finops costs rates

Of the report that `make sweep` left in out/, in one region, of the services whose name has EC2 in it:

finops costs rates --from out --region eu-west-1 --service ec2

Why some usage types have no own rate, in an earlier run:

finops costs rates --refused --run 20261124T02

[bold]Exit codes[/bold]

0 done, 2 bad input (no such stack, no such run), 4 failed, 130 interrupted
"""
NOT_TOLD = "it is of a time when none were read from the bill"


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


@app.command(epilog=RATES_EXAMPLES)
@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def rates(
    run: Annotated[
        str, typer.Option(metavar="RUN", help='A run id as `finops runs` shows it, its start, or "latest".')
    ] = listed_runs.LATEST,
    region: Annotated[str, typer.Option(help="Only of this region.", show_default=False)] = "",
    service: Annotated[str, typer.Option(help="Only of the services with this in their name.", show_default=False)] = "",
    refused: Annotated[bool, typer.Option("--refused", help="The usage types that have no own rate, and why.")] = False,
    from_: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="Read the report under DIR, such as out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """Print the account's own rates: what a unit costs on the bill, the list price, and what of the savings it explains."""
    run_id, head = _on_disk(from_, run) if from_ else _deployed(stack, run)
    try:
        bill = head.get("bill") or {}
        told = bill.get("rates") or {"reason": bill.get("reason") or NOT_TOLD, "currency": "USD", "cost": "", "rows": []}
        wanted = [one for one in told["rows"] if region in ("", one["region"]) and service.lower() in one["service"].lower()]
        of = OwnRates({**told, "rows": wanted})
        listed = of.refused if refused else of.used
        if as_json:
            Screen.standard(True).document({"run_id": run_id, **told, "rows": listed})
            return
        made = refused_table(listed, of.currency) if refused else rates_table(listed, of.currency)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        what = f"the rates of run {run_id} are not as they were written ({type(error).__name__}: {error})"
        raise Ending(ExitCode.FAILED, f"{what}: `finops resume {run_id}` writes them anew") from error
    if not told["rows"]:
        say(f"run {run_id} has no own rates: {of.reason or 'the bill has no usage'}")
    elif not wanted:
        say(f"run {run_id} has no own rates of that region and service; without --region and --service it has {len(told['rows']):,}")
    else:
        if listed:
            rows.put(Screen.standard(False).output, made)
        say(" ".join([*of.in_words, f"All is of a month; the cost is {of.cost} (run {run_id})."]))


def rates_table(of: Sequence[Mapping[str, Any]], currency: str) -> Table:
    """One row a usage type and region; quantity and amounts are of a month. Own rate and cost are in `currency`, the others in USD."""
    made = _table(("Usage type", "Region"), ("Own rate", "List rate", "Discount", "Quantity", "Cost", "Explains", "Findings"))
    for row in of:
        made.add_row(
            *map(shown, (_usage(row), row["region"], unit_price(row["own"], currency) + (f" per {row['unit']}" if row["unit"] else ""))),
            shown("unknown" if row["list"] is None else unit_price(row["list"], "USD")),
            shown(
                own_rates.discount_in_words(row["discount"]).removesuffix(" than list"),
                "green" if (row["discount"] or 0.0) >= own_rates.AT_LIST else "",
            ),
            *map(shown, (quantity(row["quantity"]), money(row["cost"], currency))),
            *map(shown, (money(own_rates.explains(row), "USD"), f"{row['findings']:,}") if row.get("findings") else ("", "")),
        )
    return made


def refused_table(of: Sequence[Mapping[str, Any]], currency: str) -> Table:
    """One row a usage type and region without an own rate, with its cost of a month in `currency`."""
    made = _table(("Usage type", "Region"), ("Cost",))
    made.add_column("Why it is not used", overflow="fold")
    for row in of:
        made.add_row(*map(shown, (_usage(row), row["region"], money(row["cost"], currency), own_rates.why(row))))
    return made


def _table(names: Sequence[str], numbers: Sequence[str]) -> Table:
    made = Table(box=None, pad_edge=False)
    for name in names:
        made.add_column(name, overflow="fold", no_wrap=name == "Region")
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def _usage(row: Mapping[str, Any]) -> str:
    return f"{row['usage_type']} ({row['operation']})" if row["operation"] else str(row["usage_type"])


def _deployed(stack: str, asked: str) -> tuple[str, Mapping[str, Any]]:
    """The run's id and what its report begins with: ranking.json, which is as small as the report may be large."""
    target = deployed.find(stack)
    found = listed_runs.read(target, asked)
    folder = target.folder(found.run_id)
    with aws_mistakes(f"the rates of run {found.run_id} cannot be read", ExitCode.FAILED):
        try:
            head: Mapping[str, Any] | None = folder.bucket.read_json(folder.ranking, may_list=False)
        except ValueError as error:
            raise Ending(ExitCode.FAILED, f"s3://{target.bucket}/{folder.ranking} is no JSON: {error}") from error
    if head is None:
        raise Ending(ExitCode.BAD_INPUT, f"run {found.run_id} ({found.words}) has no report")
    return found.run_id, head


def _on_disk(out: Path, asked: str) -> tuple[str, Mapping[str, Any]]:
    """The same of a report on this machine, read as far as the long lists at its end."""
    reports = sorted(out.glob("*/report.json"))
    matching = [path for path in reports if path.parent.name == asked] or [path for path in reports if path.parent.name.startswith(asked)]
    if len(matching) != 1:
        what = f"{asked!r} matches {len(matching)} runs in {out}" if matching else f"there is no report of run {asked!r} in {out}"
        raise Ending(ExitCode.BAD_INPUT, f"{what}: `make sweep` and `finops report` put them there")
    try:
        with matching[0].open(encoding="utf-8") as lines:
            head = "".join(takewhile(lambda line: not line.startswith('"resolved": '), lines))
        read = json.loads(head.rstrip().removesuffix(",") + "}")
        return str(read["run"]["run_id"]), read
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Ending(ExitCode.FAILED, f"{matching[0]} cannot be read: {error}") from error


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
