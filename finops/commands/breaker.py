"""`finops breaker status` and `finops breaker reset`: the circuit breaker in front of Bedrock, of a deployed analyzer."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from finops.commands.rights import FIND_STACK, TABLE, Right, function, needs
from finops.ending import ExitCode, aws_mistakes
from finops.sweeping import deployed
from finops.terminal import say
from functions.core.advice.breaker import Breaker, Snapshot, State

app = typer.Typer(
    help="The circuit breaker in front of Bedrock: it stops calls while the model is known to be down.", rich_markup_mode="rich"
)

StackOption = Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")]
SETTINGS = Right("lambda:GetFunctionConfiguration", function("analyze"))
EXIT_CODES = "0 done, 2 bad input (no such stack), 4 failed, 130 interrupted"
STATUS_EXAMPLES = f"""
[bold]Example[/bold]

finops breaker status

[bold]Exit codes[/bold]

{EXIT_CODES}
"""
RESET_EXAMPLES = f"""
[bold]Example[/bold]

The quota has been raised, and the next sweep need not wait for the recovery time:

finops breaker reset

[bold]Exit codes[/bold]

{EXIT_CODES}
"""


@app.command(epilog=STATUS_EXAMPLES)
@needs(FIND_STACK, SETTINGS, Right("dynamodb:GetItem", TABLE))
def status(stack: StackOption = deployed.STACK) -> None:
    """Say in one line whether Bedrock is being called, and if not, until when."""
    found = deployed.find_circuit(stack)
    with aws_mistakes("the circuit breaker cannot be read", ExitCode.FAILED):
        seen = breaker(found).read()
    say(line(seen, found, time.time()))


@app.command(epilog=RESET_EXAMPLES)
@needs(FIND_STACK, SETTINGS, Right("dynamodb:GetItem", TABLE), Right("dynamodb:DeleteItem", TABLE))
def reset(stack: StackOption = deployed.STACK) -> None:
    """Close it by hand: forget the failures, so that Bedrock is called for the next group."""
    found = deployed.find_circuit(stack)
    with aws_mistakes("the circuit breaker cannot be reset", ExitCode.FAILED):
        ours = breaker(found)
        seen = ours.read()
        ours.reset()
    was = seen.state(time.time(), found.threshold, found.recovery_seconds)
    say(f"reset: {found.model_id}: was {was} with {_in_a_row(seen.failures)}, and is closed")


def breaker(of: deployed.Circuit) -> Breaker:
    """The breaker that the analyze function asks."""
    return Breaker(of.dynamodb, of.table, of.model_id, threshold=of.threshold, recovery_seconds=of.recovery_seconds)


def line(seen: Snapshot, of: deployed.Circuit, now: float) -> str:
    """The state in words. `now` is Unix seconds."""
    state = seen.state(now, of.threshold, of.recovery_seconds)
    what = f"{state}: {of.model_id}: {_in_a_row(seen.failures)}"
    if state is State.CLOSED:
        return f"{what}; it opens at {of.threshold}"
    what += f", the last at {_moment(seen.opened_at)}"
    if state is State.OPEN:
        return f"{what}; not called for another {seen.opened_at + of.recovery_seconds - now:.0f} s"
    if seen.probe_until > now:
        return f"{what}; one call is testing whether it is up again, until {_moment(seen.probe_until)} at the latest"
    return f"{what}; the next call will test whether it is up again"


def _in_a_row(failures: int) -> str:
    return f"{failures or 'no'} failure{'' if failures == 1 else 's'} in a row"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
