"""`finops estimate-cost`: what a sweep will cost, before there is one. It does not call AWS and needs no stack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from cdk_app.settings import settings as deployment
from finops import terminal
from finops.commands.rights import needs
from finops.ending import Ending, ExitCode
from finops.sweeping import estimate_model, options, rows
from finops.sweeping.estimate_model import Scope
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.meter import sweep_cost

REGIONS_ENABLED = 17
"""Regions that every account has without enabling them: "all" counts so many.
https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""
DAYS = 30
HOME = "us-east-1"
NOTE = (
    "Predicted at list prices, with no free tier. The number of metrics depends most on the fleet: a fleet of mostly running "
    "instances and functions needs more. The report of a sweep says what it really cost. Not included: log ingestion, X-Ray "
    "traces, storage."
)
"""Goes with every estimate."""
EXAMPLES = """
[bold]Examples[/bold]

A thousand resources in two regions of one account, swept every day:

finops estimate-cost --regions us-east-1,us-west-2 --resources 1000

The volumes of fifty accounts, every half hour, without advice from a model:

finops estimate-cost --accounts 50 --regions all --types ebs:volume --resources 20000 --no-analyze --sweeps-per-month 1440

One more sweep on the same day, when Cost Explorer's answers are cached:

finops estimate-cost --regions us-east-1 --resources 1000 --cost-cached

[bold]Exit codes[/bold]

0 done, 2 bad input
"""


@needs()
def estimate_cost(
    regions: Annotated[list[str], typer.Option(help='Regions, comma-separated, or "all" (counted as 17).', show_default=False)],
    resources: Annotated[int, typer.Option(min=0, help="Approximate number of resources of all swept types.", show_default=False)],
    accounts: Annotated[list[str], typer.Option(help="Number of accounts, or their ids, comma-separated.", show_default="1")] = [],  # noqa: B006
    types: Annotated[list[str], typer.Option(help='Resource types such as "ebs:volume", or "all".', show_default="all")] = [],  # noqa: B006
    no_analyze: Annotated[bool, typer.Option("--no-analyze", help="Use no Bedrock model: all advice is rule-based.")] = False,
    cost_asked: Annotated[
        bool,
        typer.Option("--cost-asked/--cost-cached", help="Cost Explorer is asked (the first sweep of a day), or its answers are cached."),
    ] = True,
    commitments: Annotated[
        bool, typer.Option("--commitments/--no-commitments", help="Whether there are Savings Plans and reservations to ask about.")
    ] = True,
    sweeps_per_month: Annotated[int, typer.Option(metavar="N", min=1, help="Sweeps per month.")] = DAYS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
) -> None:
    """Predict what a sweep costs, line by line, and what would make it cheaper. Does not call AWS."""
    scope, home = read(regions, accounts, types, resources, analyze=not no_analyze, ask_bill=cost_asked, commitments=commitments)
    made = estimate(scope, home, sweeps_per_month)
    screen = Screen.standard(as_json)
    if as_json:
        screen.document(made)
        return
    rows.put(screen.output, table(made))
    for line in sentences(made):
        screen.output.print(terminal.shown(line), soft_wrap=True)


def read(
    regions: Sequence[str],
    accounts: Sequence[str],
    types: Sequence[str],
    resources: int,
    *,
    analyze: bool = True,
    ask_bill: bool = True,
    commitments: bool = True,
) -> tuple[Scope, str]:
    """The scope that the options describe, and the region whose prices count: the first one. Ending (bad input) names what is wrong."""
    named = options.listed(regions)
    try:
        every = named == ["all"]
        number = _accounts(options.listed(accounts))
        given: dict[str, Any] = {} if every else {"regions": named}
        kinds = options.listed(types) or ["all"]
        asked = options.validate(given | {"resource_types": "all" if kinds == ["all"] else kinds})
    except Ending as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong).removesuffix(f"; {options.NOT_STARTED}")) from None
    swept = registry.resource_types() if asked.resource_types == "all" else tuple(dict.fromkeys(asked.resource_types))
    count = REGIONS_ENABLED if every else len(dict.fromkeys(named))
    scope = Scope(number, count, swept, resources, analyze=analyze, ask_bill=ask_bill, commitments=commitments)
    return scope, HOME if every else named[0]


def _accounts(given: Sequence[str]) -> int:
    """A number of accounts, or how many ids there are; one when nothing is said."""
    if not given or given == ["self"]:
        return 1
    if len(given) == 1 and re.fullmatch(r"[1-9]\d{0,4}", given[0]):
        return int(given[0])
    if wrong := next((one for one in given if not re.fullmatch(r"\d{12}", one)), None):
        raise Ending(ExitCode.BAD_INPUT, f"--accounts: {wrong!r} is neither a number of accounts (1 to 99999) nor an id of 12 digits")
    return len(dict.fromkeys(given))


def estimate(scope: Scope, home: str, sweeps_per_month: int) -> dict[str, Any]:
    """The document: `sweep` like sweep_cost of a report, `month_usd`, and the `lever`: the largest line and what makes it smaller; None
    where nothing has a price, as in the partitions that the price book does not know.

    In a month Cost Explorer is asked at most once a day: later sweeps of the day use the answers.
    """
    settings = deployment.parse(deployment.cdk_context().get(deployment.CONTEXT_KEY))
    sweep = sweep_cost.priced(estimate_model.predict(scope, settings, home), home, scope.resources, NOTE)
    bill = next((line["usd"] for line in sweep["lines"] if line["what"] == sweep_cost.BILL), 0.0)
    largest = next(iter(sweep["lines"]), None)
    return {
        "accounts": scope.accounts,
        "regions": scope.regions,
        "resource_types": list(scope.types),
        "units": scope.units,
        "sweep": sweep,
        "sweeps_per_month": sweeps_per_month,
        "month_usd": round(sweeps_per_month * (sweep["usd"] - bill) + min(sweeps_per_month, DAYS) * bill, 4),
        "lever": largest
        and {
            "what": largest["what"],
            "share": round(largest["usd"] / sweep["usd"], 6),
            "advice": sweep_cost.LEVERS[largest["what"]],
        },
    }


def table(made: Mapping[str, Any]) -> Table:
    """One row a line of the cost, the most expensive first."""
    shown = Table(title="A sweep", title_justify="left", box=None, pad_edge=False)
    for name in ("$ a sweep", "Share", "Quantity"):
        shown.add_column(name, justify="right", no_wrap=True)
    for name in ("What", "Price"):
        shown.add_column(name, overflow="fold")
    for line in made["sweep"]["lines"]:
        quantity = f"{line['quantity']:,.10g}" if line["quantity"] < 1 else f"{line['quantity']:,.0f}"
        share = line["usd"] / made["sweep"]["usd"]
        shown.add_row(
            f"{line['usd']:.6f}",
            f"{100 * share:.0f} %",
            f"{quantity} {line['unit']}",
            terminal.shown(line["what"]),
            terminal.shown(line["source"]),
        )
    return shown


def sentences(made: Mapping[str, Any]) -> list[str]:
    """The sums, what is not in them, and the lever."""
    sweep, lever = made["sweep"], made["lever"]
    places = f"{made['accounts']:,} accounts" if made["accounts"] > 1 else "1 account"
    areas = f"{made['regions']:,} regions" if made["regions"] > 1 else "1 region"
    thousand = f" (${sweep['per_1000_resources_usd']:.4f} per 1,000)" if sweep["resources"] else ""
    what = f"{sweep['resources']:,} resources in {places} and {areas}, {made['units']:,} units"
    if lever:
        lines = [
            f"{what}: about ${sweep['usd']:.4f} a sweep{thousand}.",
            f"{made['sweeps_per_month']:,} sweeps a month: about ${made['month_usd']:,.2f}.",
            f"{lever['what']} is {100 * lever['share']:.0f} %: {lever['advice']}.",
        ]
    else:
        lines = [f"{what}: what it costs there is not known."]
    if sweep["unpriced"]:
        unpriced = ", ".join(f"{one['what']} ({one['quantity']:,} {one['unit']})" for one in sweep["unpriced"])
        lines.append(f"Not included, because there is no price: {unpriced}.")
    return [*lines, sweep["note"]]
