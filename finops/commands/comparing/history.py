"""`finops history`: how the sums of a scope went, run after run, and what was realised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Annotated, Any

import typer
from rich.table import Table

from finops.commands.comparing import comparable
from finops.commands.listed_runs import LATEST, LOOKED_THROUGH, ListedRun, executions, with_summary
from finops.commands.rights import FIND_STACK, LIST_RUNS, READ_RUNS, needs
from finops.commands.runs import EXIT_CODES, READERS, StackOption
from finops.ending import Ending, ExitCode
from finops.sweeping import deployed, download, rows
from finops.sweeping.run import Screen
from finops.sweeping.sweep import Target
from finops.terminal import say, shown
from functions.core.money import usd
from functions.core.report.counts import percent, plural

Json = Mapping[str, Any]
LISTED = 60
"""Executions that are looked through for runs of another scope: two months of nightly ones."""
NAMED = 5
EXAMPLES = f"""
[bold]Examples[/bold]

The newest run and those of the same scope before it:

finops history

Up to a run, for a program:

finops history 20261124T02 --json
{EXIT_CODES}"""


@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def history(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The last run to show: an id or its start. Default: the newest.")] = LATEST,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=LOOKED_THROUGH, help="Look for runs that are left out among the newest N.")
    ] = LISTED,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """Show how findings and savings went over the runs of one scope, at most 26, and what was realised by them."""
    target = deployed.find(stack)
    with ThreadPoolExecutor(READERS) as pool:
        listed = list(pool.map(lambda one: with_summary(target, one), islice(executions(target), limit)))
    run_id, summary = _last(target, listed, run)
    with download.as_aggregate_wrote_it(run_id):
        entries = _entries(run_id, summary, listed)
        left_out = _left_out(run_id, summary, entries, listed)
        document = {"scope": summary["run"]["scope"], "runs": entries, "realised": summary["realised"], "left_out": left_out}
        if as_json:
            Screen.standard(True).document(document)
            return
        rows.put(Screen.standard(False).output, table(entries))
        for line in (*_realised(summary["realised"]), *_in_words(left_out)):
            say(line)


def _last(target: Target, listed: Sequence[ListedRun], asked: str) -> tuple[str, Json]:
    """The run to end with. The newest is the newest that may be compared, where there is one. Ending (bad input) without any."""
    if asked == LATEST:
        may = {one.run_id: one.summary for one in listed if one.summary and comparable.scope_id(one.summary)}
        if may:
            return max(may.items())
    run_id, summary = comparable.found(target, asked)
    if why := comparable.alone(summary):
        raise Ending(ExitCode.BAD_INPUT, f"run {run_id} is {why}: it is compared with no other")
    return run_id, summary


def _entries(run_id: str, summary: Json, listed: Iterable[ListedRun]) -> list[Json]:
    """The trend of the last run; with what the runs in it say of themselves now, for one may have been resumed or have ended since."""
    found: dict[str, Json] = {entry["run_id"]: entry for entry in summary["trend"]}
    scope = comparable.scope_id(summary)
    for one in listed:
        if one.summary and comparable.scope_id(one.summary) == scope and min(found) <= one.run_id <= run_id and one.summary["trend"]:
            found[one.run_id] = one.summary["trend"][-1]
    return [entry for _, entry in sorted(found.items())]


def _left_out(run_id: str, summary: Json, entries: Sequence[Json], listed: Iterable[ListedRun]) -> list[dict[str, str]]:
    """Runs that began between the first and the last that are shown, and why they are not."""
    shown_ids = {entry["run_id"] for entry in entries}
    between = {one.run_id: one for one in listed if min(shown_ids) < one.run_id < run_id and one.run_id not in shown_ids}
    return [
        {"run_id": name, "reason": (comparable.alone(one.summary) or comparable.OTHER_SCOPE) if one.summary else comparable.NO_REPORT}
        for name, one in sorted(between.items())
    ]


def _in_words(left_out: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """A line for each reason, with the newest of its runs."""
    for reason in dict.fromkeys(one["reason"] for one in left_out):
        names = [one["run_id"] for one in reversed(left_out) if one["reason"] == reason]
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield f"Left out, {reason}: {plural(len(names), 'run')}, {', '.join(names[:NAMED])}{more}."


def _realised(realised: Json) -> Iterable[str]:
    if not realised["findings"]:
        yield "Nothing that saves money was resolved yet."
        return
    brought = f"{plural(realised['findings'], 'finding')} resolved and not back, the first on {realised['since'][:10]}"
    yield f"Realised so far: {usd(realised['monthly_likely'])} a month, by {brought}."
    if compared := realised["compared"]:
        fell = compared["billed"]
        what = f"it fell by {usd(fell)}" if fell >= 0 else f"it rose by {usd(-fell)}"
        findings = plural(compared["findings"], "finding")
        yield f"The bill has the resources of {findings} of these: expected were {usd(compared['expected'])} a month, {what}."


def table(of: Iterable[Json]) -> Table:
    """One row a run, oldest first. Money is USD per month."""
    made = Table(box=None, pad_edge=False)
    for name in ("Run", "Found", "New", "Resolved", "$ a month", "Realised", "Seen"):
        made.add_column(name, justify="left" if name == "Run" else "right", no_wrap=True)
    for entry in of:
        numbers = (f"{entry[name]:,}" for name in ("findings", "new", "resolved"))
        money = (f"{entry[name]:,.2f}" for name in ("monthly_likely", "realised_likely"))
        made.add_row(*map(shown, (entry["run_id"], *numbers, *money, percent(entry["coverage_ratio"]))))
    return made
