"""`finops diff RUN1 RUN2`: what is new, resolved, back or changed between two runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from finops.commands.comparing import comparable, differences
from finops.commands.comparing.differences import AFTER, BACK, BEFORE, CHANGED, GONE, NEW, Differences
from finops.commands.rights import FIND_STACK, LIST_RUNS, READ_RUNS, needs
from finops.commands.runs import StackOption
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping import deployed, download, rows
from finops.sweeping.run import Screen
from finops.terminal import say, shown
from functions.core.money import usd
from functions.core.rank.totals import PER_DOLLAR
from functions.core.report.counts import plural
from functions.core.store.bucket import NoObject

Json = Mapping[str, Any]
LISTED = 10
WORDS = {NEW: "new", BACK: "back again", GONE: "resolved", CHANGED: "changed", BEFORE: "not comparable (1)", AFTER: "not comparable (2)"}
EXAMPLES = """
[bold]Examples[/bold]

Since the sweep of a week ago:

finops diff 20261117T02 latest

All of it, for a program:

finops diff 20261117T02 20261124T02 --limit 100000 --json

A sweep of one region with one of all: only what both have seen is compared:

finops diff 20261117T02 20261120T11 --anyway

[bold]Exit codes[/bold]

0 done, 2 bad input (no such stack or run, runs of different scopes), 4 failed, 130 interrupted
"""


@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def diff(
    run1: Annotated[str, typer.Argument(metavar="RUN1", help='A run id as `finops runs` shows it, its start, or "latest".')],
    run2: Annotated[str, typer.Argument(metavar="RUN2", help="The other one; which began first does not matter.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare runs of different scopes, as far as both have looked.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="How many findings of each kind to list, the largest first.")] = LISTED,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """Compare two runs of the same scope: which findings are new, resolved, back again or bring another amount, and what that sums up to.

    What one of them could not look at is neither new nor resolved.
    """
    target = deployed.find(stack)
    (first, before), (second, after) = sorted((comparable.found(target, run) for run in (run1, run2)), key=lambda one: one[0])
    if first == second:
        raise Ending(ExitCode.BAD_INPUT, f"both are run {first}: name another one, `finops runs` lists them")
    _refuse_other_scopes((first, before), (second, after), anyway)
    with aws_mistakes(f"the findings of the runs {first} and {second} cannot be read", ExitCode.FAILED):
        try:
            found = differences.between(target.folder(first), target.folder(second), before["run"]["as_of"], limit)
        except NoObject as gone:
            raise Ending(ExitCode.BAD_INPUT, f"not all of the two runs is kept any more: {gone.response['Error']['Message']}") from None
    with download.as_aggregate_wrote_it(f"{first} or {second}"):
        document = as_document((first, before), (second, after), found)
    if as_json:
        Screen.standard(True).document(document)
        return
    screen = Screen.standard(False).output
    for line in _head(document):
        say(line)
    rows.put(screen, sums(found))
    if any(kind.largest for kind in found.kinds.values()):
        say("")
        rows.put(screen, findings(found), at_least=90)


def _refuse_other_scopes(first: tuple[str, Json], second: tuple[str, Json], anyway: bool) -> None:
    """Ending (bad input) for runs that are not of the same scope, unless that is what is asked for."""
    if anyway:
        return
    for name, summary in (first, second):
        if why := comparable.alone(summary):
            raise Ending(ExitCode.BAD_INPUT, f"run {name} is {why}: --anyway compares it all the same")
    scopes = [summary["run"]["scope"] for _, summary in (first, second)]
    if scopes[0]["id"] != scopes[1]["id"]:
        words = " and ".join(f"{name} ({comparable.in_words(scope)})" for (name, _), scope in zip((first, second), scopes, strict=True))
        raise Ending(ExitCode.BAD_INPUT, f"{words} were not asked to look at the same: --anyway compares what both have seen")


def as_document(first: tuple[str, Json], second: tuple[str, Json], found: Differences) -> dict[str, Any]:
    """Everything by names; money is USD per month. What is not comparable is in neither of the other sums."""

    def run(name: str, summary: Json) -> dict[str, Any]:
        return {"run_id": name, "as_of": summary["run"]["as_of"], "monthly_likely": summary["totals"]["monthly_savings"]["likely"]}

    kinds = {
        name: {"findings": kind.findings, "monthly_likely": kind.money / PER_DOLLAR, "listed": kind.largest}
        for name, kind in found.kinds.items()
    }
    same_scope = bool(comparable.scope_id(first[1])) and comparable.scope_id(first[1]) == comparable.scope_id(second[1])
    return {
        "before": run(*first),
        "after": run(*second),
        "same_scope": same_scope,
        "monthly_likely": found.money / PER_DOLLAR,
        "unchanged": found.same,
        **{name: kinds[name] for name in (NEW, BACK, GONE, CHANGED)},
        "not_comparable": {"units": found.units_in_one, **{name: kinds[name] for name in (BEFORE, AFTER)}},
        "units_in_both": found.units_in_both,
    }


def _head(document: Json) -> Iterable[str]:
    before, after = document["before"], document["after"]
    yield f"(1) {before['run_id']}: {usd(before['monthly_likely'])} a month. (2) {after['run_id']}: {usd(after['monthly_likely'])} a month."
    if not document["same_scope"]:
        yield f"They are not of the same scope: only what both have seen is compared, {plural(document['units_in_both'], 'unit')}."
    if units := document["not_comparable"]["units"]:
        yield f"Not comparable: {plural(units, 'unit')} that only one of them has seen; what is there is neither new nor resolved."


def sums(found: Differences) -> Table:
    """One row for each kind of change, and their sum, which is the difference of the two reports' sums."""
    made = Table(box=None, pad_edge=False)
    for name in ("", "Findings", "$ a month"):
        made.add_column(name, justify="right" if name else "left", no_wrap=True)
    for name, kind in found.kinds.items():
        made.add_row(*map(shown, (WORDS[name], f"{kind.findings:,}", f"{kind.money / PER_DOLLAR:+,.2f}" if kind.money else "0.00")))
    made.add_row(*map(shown, ("unchanged", f"{found.same:,}", "0.00")))
    made.add_row(*map(shown, ("the sum", "", f"{found.money / PER_DOLLAR:+,.2f}")))
    return made


def findings(found: Differences) -> Table:
    """The largest findings of each kind; `$ a month` is what each changes the sum by."""
    made = Table(box=None, pad_edge=False)
    made.add_column("", no_wrap=True)
    made.add_column("$ a month", justify="right", no_wrap=True)
    for name in ("Check", "Resource", "Account", "Region"):
        made.add_column(name, overflow="fold", no_wrap=name in ("Account", "Region"))
    for name, kind in found.kinds.items():
        for row in kind.largest:
            change = row["after"] - row["before"]
            resource = row["resource_name"] or row["resource_arn"]
            cells = (WORDS[name], f"{change:+,.2f}" if change else "0.00", row["check_id"], resource, row["account"], row["region"])
            made.add_row(*map(shown, cells))
    return made
