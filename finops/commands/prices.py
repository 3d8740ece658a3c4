"""`finops prices refresh` and `finops prices show`: the list prices that a deployed analyzer uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from finops.commands.on_this_machine import ProfileOption
from finops.commands.rights import FIND_STACK, PRICES, Right, function, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.local.machine import running
from finops.local.profile import open_profile
from finops.sweeping import deployed, options
from finops.sweeping.run import Screen
from finops.terminal import say
from functions.core.errors import InvalidInput
from functions.core.money import Price
from functions.core.prices import book
from functions.core.prices.book import Prices
from functions.core.prices.refresh import parse
from functions.core.prices.refreshed import RefreshedPrices
from functions.core.store.bucket import Bucket

app = typer.Typer(help="The list prices that savings are computed with, and how fresh they are.", rich_markup_mode="rich")

StackOption = Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")]
EXIT_CODES = "0 done, 2 bad input (no such stack, no such service), 4 failed (what could not be refreshed is unchanged), 130 interrupted"
REFRESH_EXAMPLES = f"""
[bold]Examples[/bold]

What the sweeps of the last days looked at; the schedule does the same every week:

finops prices refresh

On this machine, for the sweeps with a profile:

finops prices refresh --profile NAME

One service in two regions:

finops prices refresh --regions eu-west-1,us-east-1 --services AmazonEBS

[bold]Exit codes[/bold]

{EXIT_CODES}
"""
SHOW_EXAMPLES = f"""
[bold]Examples[/bold]

finops prices show volume.gp3 --region eu-west-1

finops prices show ondemand.linux.shared.m5.large

[bold]Exit codes[/bold]

{EXIT_CODES}
"""


@app.command(epilog=REFRESH_EXAMPLES)
@needs(FIND_STACK, Right("lambda:InvokeFunction", function("prices")))
def refresh(
    regions: Annotated[list[str], typer.Option(help="Regions, comma-separated.", show_default=False)] = [],  # noqa: B006
    services: Annotated[list[str], typer.Option(help='Services of the price book, such as "AmazonEBS".', show_default=False)] = [],  # noqa: B006
    stack: StackOption = deployed.STACK,
    profile: ProfileOption = "",
    out: Annotated[Path, typer.Option(metavar="DIR", help="With --profile: where the reports are put.")] = Path("out"),
) -> None:
    """Fetch list prices from the AWS Price List, and say what changed. It may take minutes, and costs nothing."""
    request = {name: given for name, given in (("regions", options.listed(regions)), ("services", options.listed(services))) if given}
    try:
        parse(request)
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong)) from None
    if profile:
        with running(open_profile(profile), out, Screen.standard(False)) as machine:
            result = _refreshed(machine.functions, f"{machine.prefix}prices", request)
    else:
        found = deployed.find_prices(stack)
        result = _refreshed(found.functions, found.function, request)
    for line in lines(result):
        say(line)
    if result["kept"]:
        raise typer.Exit(ExitCode.FAILED)


def _refreshed(functions: Any, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the function answers. Ending when it gave no answer, or refreshed nothing."""
    with aws_mistakes("the prices cannot be refreshed", ExitCode.FAILED):
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(request).encode())
        result: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Ending(ExitCode.FAILED, f"the prices are unchanged: {result.get('errorMessage', answer['FunctionError'])}")
    return result


@app.command(epilog=SHOW_EXAMPLES)
@needs(FIND_STACK, Right("s3:GetObject", PRICES))
def show(
    key: Annotated[str, typer.Argument(help='A key of the price book, such as "volume.gp3".')],
    region: Annotated[str, typer.Option(help="Default: the region of the current credentials.", show_default=False)] = "",
    stack: StackOption = deployed.STACK,
) -> None:
    """Show a price in a region, where it comes from, and how old it is."""
    found = deployed.find_prices(stack)
    asked = Prices(region or found.s3.meta.region_name, RefreshedPrices(Bucket(found.s3, found.bucket)).rows)
    known = [price for service in book.services() if (price := asked.price(service, key)) is not None]
    if not known:
        raise Ending(ExitCode.BAD_INPUT, f"no price known for {key}: keys look like volume.gp3, ondemand.linux.shared.m5.large or backup")
    for price in known:
        say(described(price))


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What the function did, a line for each part, the failures last."""
    for part in result["refreshed"]:
        what = f"{part['keys']} rates as published on {part['published']}, {part['changed'] or 'none'} changed"
        examples = ", ".join(f"{one['key']} {_usd(one['before'])} → {_usd(one['now'])}" for one in part["examples"])
        more = part["changed"] - len(part["examples"])
        changes = (f": {examples}" if examples else "") + (f" and {more} more" if more else "")
        yield f"{part['service']} in {part['region']}: {what}{changes}{_left_out(part['left_out'])}"
    for part in result["kept"]:
        yield f"{part['service']} in {part['region']}: unchanged: {part['reason']}"


def _left_out(count: int) -> str:
    return f"; {count} left out, because the Price List does not say which rate applies (the function's log names them)" if count else ""


def _usd(rate: float | None) -> str:
    return "unknown" if rate is None else f"${rate:.10g}"


def described(price: Price) -> str:
    """One price with its source."""
    where = f"{price.region}, which stands in for {price.fallback_for}" if price.fallback_for else price.region
    return f"{price.service} {price.key}: {_usd(price.usd)} per {price.unit} in {where} ({price.source}, {price.as_of})"
