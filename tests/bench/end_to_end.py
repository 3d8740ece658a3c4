"""Whole sweeps at size: real resources in 10 accounts and 4 regions of the embedded AWS, swept through the state machine.

The resources are the sample fleet's, so what has to be found is known, by resource and check. Each size has an AWS of its own. Seconds of
a sweep are Step Functions' own, from start to end; its CPU seconds are those of both servers and of all Lambda workers, which another
program on the machine changes less. States pass on keys and counts: the largest input or output of the execution's history is measured.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet, planted
from finops.fleet.bill import bill
from finops.fleet.planted import Comparison
from finops.sweeping import download, options, sample, sweep
from functions.core.store import unit_objects
from tests.bench.processes import Processes

ACCOUNTS = (*(str(number) * 12 for number in range(1, 10)), "101010101010")
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1")
SIZES = (10_000, 100_000)
"""Resources."""
GOAL_SECONDS, AT, GOAL_GROWTH = 30, 10_000, 0.7
"""For so many resources, on 2 cores; and ten times the resources take at most 10 ** 0.7, five times the seconds."""
GOAL_STATE_BYTES = 2048
WORKER = "functions.scan.handler"
Say = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Measured:
    """One sweep. `worker_mib`: the largest scan worker, 0 when unknown; `largest_unit`: the most resources of one account, region and
    type; `state_bytes`: the largest input or output of a state; `twice`: findings that the report has more than once."""

    resources: int
    units: int
    seed_seconds: float
    seconds: float
    cpu_seconds: float
    comparison: Comparison
    twice: int
    state_bytes: int
    worker_mib: float
    largest_unit: int


def measured(resources: int, say: Say, accounts: tuple[str, ...] = ACCOUNTS, regions: tuple[str, ...] = REGIONS) -> Measured:
    """Make a fleet, sweep it, compare. RuntimeError when the sweep does not end well."""
    with embedded.start(accounts=accounts, regions=regions) as aws, TemporaryDirectory() as folder:
        say(f"{resources:,} resources are made")
        began = time.monotonic()
        made = fleet.seed(aws, resources)
        bill.seed(aws, made)
        seeded = time.monotonic() - began
        say(f"{resources:,} resources are swept")
        return _swept(aws, made, seeded, Path(folder), say)


def _swept(aws: EmbeddedAws, made: Fleet, seed_seconds: float, folder: Path, say: Say) -> Measured:
    target = sweep.Target(
        machine_arn=aws.outputs["StateMachineArn"],
        bucket=aws.outputs["BucketName"],
        stepfunctions=aws.client("stepfunctions"),
        s3=aws.client("s3"),
    )
    asked = sample.completed({}, aws, made)
    processes = Processes(frozenset(aws.servers.groups.values()), WORKER)
    total = sum(made.resources.values())

    said = -1

    def observe(look: sweep.Look) -> None:
        nonlocal said
        tenths = 10 * look.done // max(look.planned, 1)
        if tenths > said:
            said = tenths
            say(f"{total:,} resources are swept: {look.done:,} of {look.planned:,} units, {look.seconds:.0f} s")

    before = processes.cpu_seconds()
    with processes.watched():
        execution = sweep.start(target, asked)
        ended = sweep.follow(target, execution, observe)
    cpu = processes.cpu_seconds() - before
    if ended.status != "SUCCEEDED":
        raise RuntimeError(f"the sweep of {total:,} resources is {ended.status}: {ended.error}: {ended.message}")
    report = download.read_report(download.fetch(target.folder(execution.run_id), folder))
    request = options.validate(asked)
    swept = target.folder(execution.run_id)
    outcomes = [unit_objects.read_outcome(swept.bucket, key) for key in swept.bucket.keys(swept.units)]
    return Measured(
        resources=sum(outcome.resources for outcome in outcomes),
        units=len(outcomes),
        seed_seconds=seed_seconds,
        seconds=ended.seconds,
        cpu_seconds=cpu,
        comparison=Comparison(planted.within(request, made.expected(request.as_of), made.place), planted.found_in(report)),
        twice=twice(report["findings"]),
        state_bytes=largest_state(history(target.stepfunctions, execution.arn)),
        worker_mib=max(processes.peaks.values(), default=0.0),
        largest_unit=max(outcome.resources for outcome in outcomes),
    )


def twice(findings: Iterable[Mapping[str, Any]]) -> int:
    """How many findings a report has more than once, by resource and check."""
    return sum(count > 1 for count in Counter((one["resource_arn"], one["check_id"]) for one in findings).values())


def history(stepfunctions: Any, execution: str) -> list[Mapping[str, Any]]:
    """Every event of an execution."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def largest_state(events: Sequence[Mapping[str, Any]]) -> int:
    """The largest that a state of a history is given or passes on, in bytes."""
    given = (event["stateEnteredEventDetails"]["input"] for event in events if "stateEnteredEventDetails" in event)
    passed_on = (event["stateExitedEventDetails"]["output"] for event in events if "stateExitedEventDetails" in event)
    return max(len(text.encode()) for text in (*given, *passed_on))


@dataclass(slots=True, frozen=True)
class _Line:
    """A line of the table: what it says of each sweep, the numbers whose growth matters, the goal, and whether it is met."""

    what: str
    words: Sequence[str]
    numbers: Sequence[float] | None = None
    goal: str = ""
    met: bool | None = None

    def cells(self) -> list[str]:
        grown = ", ".join(f"{after / before:.1f}×" for before, after in pairwise(self.numbers or ()))
        return [self.what, *self.words, grown, self.goal, {True: "✓", False: "missed", None: ""}[self.met]]


def table(sizes: Sequence[int], say: Say) -> tuple[Table, bool]:
    """The table, a column for each size, and whether every goal is met that applies to these sizes."""
    sweeps = [measured(size, say) for size in sizes]
    lines = _lines(sweeps)
    made = Table(
        "", *(f"{one.resources:,} resources" for one in sweeps), "growth", "goal", "",
        title=f"End to end, {len(ACCOUNTS)} accounts × {len(REGIONS)} regions",
    )  # fmt: skip
    for line in lines:
        made.add_row(*line.cells())
    return made, all(line.met is not False for line in lines)


def _lines(sweeps: Sequence[Measured]) -> list[_Line]:
    resources, seconds = [float(one.resources) for one in sweeps], [one.seconds for one in sweeps]
    quick = all(one.seconds <= GOAL_SECONDS for one in sweeps if one.resources <= 1.01 * AT)
    linear = all(b.seconds / a.seconds <= (b.resources / a.resources) ** GOAL_GROWTH for a, b in pairwise(sweeps))
    counts = [one.comparison for one in sweeps]

    def none(what: str, wrong: Sequence[int]) -> _Line:
        return _Line(what, [f"{number:,}" for number in wrong], goal="0", met=not any(wrong))

    return [
        _Line("units (account × region × type)", [f"{one.units:,}" for one in sweeps]),
        _Line("made in, s", [f"{one.seed_seconds:.0f}" for one in sweeps], [one.seed_seconds for one in sweeps]),
        _Line("swept in, s", [f"{one:.1f}" for one in seconds], seconds, f"{AT:,}: ≤ {GOAL_SECONDS}; 10× in ≤ 5×", quick and linear),
        _Line("CPU of the sweep, s", [f"{one.cpu_seconds:.0f}" for one in sweeps], [one.cpu_seconds for one in sweeps]),
        _Line("resources a second", [f"{one / second:,.0f}" for one, second in zip(resources, seconds, strict=True)]),
        _Line("findings planted", [f"{len(one.planted):,}" for one in counts]),
        _Line("found", [f"{len(one.found):,}" for one in counts]),
        none("missed", [len(one.missed) for one in counts]),
        none("unexpected", [len(one.unexpected) for one in counts]),
        none("found twice", [one.twice for one in sweeps]),
        _Line(
            "largest state, bytes", [f"{one.state_bytes:,}" for one in sweeps], [float(one.state_bytes) for one in sweeps],
            f"≤ {GOAL_STATE_BYTES:,}", all(one.state_bytes <= GOAL_STATE_BYTES for one in sweeps),
        ),
        _Line("largest unit, resources", [f"{one.largest_unit:,}" for one in sweeps]),
        _Line("largest scan worker, MiB", [f"{one.worker_mib:.0f}" if one.worker_mib else "?" for one in sweeps]),
    ]  # fmt: skip
