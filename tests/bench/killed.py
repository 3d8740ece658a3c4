"""Sweeps of 2,000 units, killed at a random moment and gone on with: what they find has to be what an undisturbed sweep finds.

Byte for byte, sorted, without what names the run: the findings of the report, the rows for SQL, and what the report says of totals and
coverage. Six ways of being killed take turns:

- worker: every process that scans is killed at once, as when Lambda loses them; the sweep goes on without those units;
- engine: the whole embedded AWS is killed and started again on what it had kept, see finops/embedded/ministack/state.py;
- stop: StopExecution, which in the embedded AWS leaves the items of the map running, beside the resumption;
- Plan, Rank, Aggregate: the function's process is killed while the sweep is in that state, and the sweep fails, unless a Retry helps.

The moment of the first three is after a random number of units and up to a second: one in ten comes before the first unit is done, one in
ten after the last. That of the others is a random share of the time that the state takes undisturbed; where the function was quicker, the
next sweep is killed earlier. A sweep that was killed before its plan was written cannot be resumed, which it says; then a new one takes
its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded.aws import EmbeddedAws
from functions.core import registry
from tests.e2e import interrupting
from tests.e2e.interrupting import (
    LOOK_SECONDS,
    Begun,
    Ended,
    begin,
    failed_once,
    finish,
    good_units,
    kill_function,
    kill_scans,
    mapping,
    running,
    scanned,
    state_of,
    stop,
    wait_until,
)

ACCOUNTS = (*(str(number) * 12 for number in range(1, 10)), *(f"1000000000{number}" for number in range(10, 26)))
REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-west-2", "eu-north-1", "ca-central-1", "ap-south-1",
    "sa-east-1",
)  # fmt: skip
UNITS = 2_000
RESOURCES = 1_500
REPETITIONS = 20
STATES = {"Plan": "plan", "Rank": "rank", "Aggregate": "aggregate"}
"""Those that are killed, with their functions."""
KINDS = ("worker", "engine", "stop", *STATES)
LATER_SECONDS = 1.0
AIMS = 8
"""How often a state is aimed at before it counts as missed: each time in half the time that it was given before."""
STATE_BYTES = 2_048
Say = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Killed:
    """One repetition. `done`: units when it was killed; `resumed`: units scanned then, None when there was no plan to resume.

    `seconds`: from the first start to the last end. `states`: bytes of the largest thing that passed between two states.
    """

    kind: str
    done: int
    resumed: int | None
    seconds: float
    equal: bool
    states: int


@dataclass(slots=True, frozen=True)
class Undisturbed:
    """What has to come of each, and the seconds that it takes when nobody disturbs it, and that each state takes (`in_state`)."""

    findings: bytes
    said: Mapping[str, Any]
    seconds: float
    states: int
    in_state: Mapping[str, float]


def table(repetitions: int, seed: int, say: Say, accounts: tuple[str, ...] = ACCOUNTS) -> tuple[Table, bool]:
    """Kill so many sweeps; whether all found the same, with small states."""
    dice = Random(seed)  # noqa: S311  # moments, not secrets
    units = len(accounts) * sum(len(registry.asked_in(kind, REGIONS)) for kind in registry.resource_types())
    rows: list[Killed] = []
    with TemporaryDirectory() as folder, embedded.start(state=Path(folder), accounts=accounts, regions=REGIONS) as aws:
        made = fleet.seed(aws, resources=RESOURCES * units // UNITS)
        aws.servers.restart(cleanly=True)
        given = {
            "accounts": list(accounts), "regions": list(REGIONS), "as_of": made.as_of.isoformat(), "analyze": False, "notify": False,
        }  # fmt: skip
        base = undisturbed(aws, given, units)
        lines = len(base.findings.splitlines())
        say(f"undisturbed: {units:,} units in {base.seconds:.0f} s, {lines} lines, {len(base.findings):,} bytes; seed {seed}")
        for number in range(repetitions):
            kind = KINDS[number % len(KINDS)]
            rows.append(killed(aws, given, base, kind, moment(dice, units), dice.random()))
            say(f"{number + 1} of {repetitions}: {' · '.join(_cells(rows[-1]))}")
    shown = Table("killed", "units done", "units resumed", "took", "largest state", "equal", title=_title(base, units, seed))
    for row in rows:
        shown.add_row(*_cells(row))
    return shown, all(row.equal and row.states <= STATE_BYTES for row in rows) and base.states <= STATE_BYTES


def moment(dice: Random, units: int) -> int:
    """After how many units a sweep is killed: in one of ten cases after none, in one of ten after all."""
    return max(0, min(units, dice.randint(-units // 8, units + units // 8)))


def _cells(row: Killed) -> list[str]:
    resumed = "no plan: new sweep" if row.resumed is None else f"{row.resumed:,}"
    return [row.kind, f"{row.done:,}", resumed, f"{row.seconds:.0f} s", f"{row.states:,} bytes", "✓" if row.equal else "missed"]


def _title(base: Undisturbed, units: int, seed: int) -> str:
    return (
        f"{units:,} units, killed and resumed; seed {seed}\n"
        f"undisturbed: {base.seconds:.0f} s, {len(base.findings):,} bytes of findings, largest state {base.states:,} bytes"
    )


def undisturbed(aws: EmbeddedAws, given: Mapping[str, Any], units: int) -> Undisturbed:
    """The sweep that all others are compared with. RuntimeError when it does not see everything."""
    run = begin(aws, **given)
    ended = finish(aws, run)
    if ended.status != "SUCCEEDED" or good_units(aws, run) != units:
        raise RuntimeError(f"the undisturbed sweep saw {good_units(aws, run)} of {units} units: {ended}")
    of_run = interrupting.findings(aws, run.run_id), interrupting.said(aws, run.run_id)
    return Undisturbed(*of_run, ended.seconds, _largest(aws, run), interrupting.seconds_in(aws, run))


def killed(aws: EmbeddedAws, given: Mapping[str, Any], base: Undisturbed, kind: str, units: int, share: float) -> Killed:
    """Kill one sweep after so many units, or in a state, and a share of the time there; go on with it, compare."""
    began = time.monotonic()
    if kind in STATES:
        run = _killed_in(aws, given, kind, share * base.in_state[kind])
        done = good_units(aws, run)
    else:
        run = begin(aws, **given)
        wait_until(lambda: good_units(aws, run) >= units or not running(aws, run), look_seconds=LATER_SECONDS)  # a listing of them all
        time.sleep(share * LATER_SECONDS)
        done = good_units(aws, run)
        _kill(aws, run, kind)
        finish(aws, run)
    executions = [run]
    resumed = begin(aws, resume=run.run_id)
    ended = finish(aws, resumed)
    planned = ended.error != "InvalidInput"
    if not planned:
        resumed = begin(aws, **given)
        ended = finish(aws, resumed)
    executions.append(resumed)
    equal = _equal(aws, resumed, ended, base)
    seconds = time.monotonic() - began
    if kind == "stop":
        wait_until(lambda: not mapping(aws, run))  # they have written into the run until now; once more from what lies there then
        executions.append(begin(aws, resume=resumed.run_id))
        equal = equal and _equal(aws, executions[-1], finish(aws, executions[-1]), base)
    states = max(_largest(aws, one) for one in executions)
    return Killed(kind, done, scanned(aws, resumed) if planned else None, seconds, equal, states)


def _killed_in(aws: EmbeddedAws, given: Mapping[str, Any], state: str, seconds: float) -> Begun:
    """A sweep of which a function was killed so long after its state began. RuntimeError when each time it was over before."""
    for aim in range(AIMS):
        run = begin(aws, **given)
        while state_of(aws, run) != state and running(aws, run):
            time.sleep(LOOK_SECONDS / 10)
        time.sleep(seconds / 2**aim)
        kill_function(aws, STATES[state])
        if finish(aws, run).status == "FAILED" or failed_once(aws, run):
            return run
    raise RuntimeError(f"{state} was over each of {AIMS} times before it was killed")


def _kill(aws: EmbeddedAws, run: Begun, kind: str) -> None:
    if kind == "worker":
        kill_scans(aws)
    elif kind == "engine":
        aws.servers.restart(cleanly=False)
    elif running(aws, run):
        stop(aws, run)


def _equal(aws: EmbeddedAws, run: Begun, ended: Ended, base: Undisturbed) -> bool:
    return (
        ended.status == "SUCCEEDED"
        and interrupting.findings(aws, run.run_id) == base.findings
        and interrupting.said(aws, run.run_id) == base.said
    )


def _largest(aws: EmbeddedAws, run: Begun) -> int:
    return max(interrupting.states(aws, run).values(), default=0)
