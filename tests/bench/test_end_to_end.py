"""The benchmark of whole sweeps: what it reads from a report, a history and the system; and once, small, all of it."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from finops.embedded.aws import ACCOUNTS, REGIONS
from finops.fleet.planted import Comparison
from functions.core import registry
from tests.bench import end_to_end
from tests.bench.end_to_end import Measured
from tests.bench.processes import PROC, Processes

KEY = ("arn:aws:ec2:us-east-1:111111111111:volume/vol-1", "ebs-unattached-volume")
KEYS = frozenset({KEY})


def one(arn: str, check: str) -> dict[str, Any]:
    return {"resource_arn": arn, "check_id": check}


def test_a_finding_that_is_there_twice_is_counted() -> None:
    findings = [one("a", "x"), one("a", "y"), one("b", "x")]
    assert end_to_end.twice(findings) == 0
    assert end_to_end.twice([*findings, one("a", "y"), one("a", "y"), one("b", "x")]) == 2


def test_a_state_is_what_is_given_to_one_or_passed_on() -> None:
    events = [
        {"type": "ExecutionStarted", "executionStartedEventDetails": {"input": "x" * 500}},
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Plan", "input": "é" * 10}},
        {"type": "TaskScheduled", "taskScheduledEventDetails": {"parameters": "x" * 300}},
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "Plan", "output": "x" * 19}},
    ]
    assert end_to_end.largest_state(events) == 20
    assert end_to_end.largest_state([*events, {"stateExitedEventDetails": {"name": "Rank", "output": "x" * 21}}]) == 21


def measured(resources: int = 10_000, seconds: float = 20.0, **more: Any) -> Measured:
    given = {
        "units": 320, "seed_seconds": 9.0, "cpu_seconds": 2 * seconds, "comparison": Comparison(KEYS, KEYS), "twice": 0,
        "state_bytes": 1000, "worker_mib": 99.0, "largest_unit": 160, **more,
    }  # fmt: skip
    return Measured(resources=resources, seconds=seconds, **given)


@pytest.mark.parametrize(
    ("small", "big", "met"),
    [
        ({}, {"seconds": 100.0}, True),
        ({}, {"seconds": 101.0}, False),
        ({"seconds": 31.0}, {"seconds": 100.0}, False),
        ({}, {"comparison": Comparison(KEYS, frozenset())}, False),
        ({}, {"comparison": Comparison(frozenset(), KEYS)}, False),
        ({"twice": 1}, {}, False),
        ({}, {"state_bytes": 2049}, False),
    ],
)
def test_half_a_minute_for_ten_thousand_growth_below_proportion_all_found_once_and_small_states(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, Any], big: dict[str, Any], met: bool
) -> None:
    sweeps = {10_000: measured(10_012, **small), 100_000: measured(100_120, **big)}
    monkeypatch.setattr(end_to_end, "measured", lambda size, say: sweeps[size])
    table, all_met = end_to_end.table((10_000, 100_000), lambda line: None)
    assert all_met is met
    verdicts = [line.strip("│ ").rpartition("│")[2].strip() for line in printed(table).splitlines() if line.startswith("│")]
    assert verdicts.count("missed") == (not met)
    assert verdicts.count("✓") == 5 - (not met)


def printed(table: Table) -> str:
    with (console := Console(width=200, file=io.StringIO())).capture() as captured:
        console.print(table)
    return captured.get()


def test_growth_is_between_one_size_and_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {10_000: 20.0, 100_000: 90.0, 200_000: 135.0}
    monkeypatch.setattr(end_to_end, "measured", lambda size, say: measured(size, seconds[size]))
    text = printed(end_to_end.table(tuple(seconds), lambda line: None)[0])
    (line,) = (line for line in text.splitlines() if "swept in" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "swept in, s", "20.0", "90.0", "135.0", "4.5×, 1.5×", "10,000: ≤ 30; 10× in ≤ 5×", "✓"
    ]  # fmt: skip


@pytest.mark.skipif(not PROC.is_dir(), reason="no /proc on this system")
def test_the_processes_of_a_group_are_measured() -> None:
    busy = "import sys, time\nx = bytearray(30_000_000)\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True)\nsys.stdin.read()"
    child = subprocess.Popen(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", busy, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        child.stdout.readline()
        processes, others = Processes(frozenset({child.pid}), "worker"), Processes(frozenset({child.pid}), "server")
        with processes.watched(), others.watched():
            assert 0.25 < processes.cpu_seconds() < 5
        child.stdin.close()
    assert list(processes.peaks) == [child.pid]
    assert 30 < processes.peaks[child.pid] < 100
    assert others.peaks == {}
    assert processes.cpu_seconds() == 0


@pytest.mark.e2e
def test_a_small_sweep_is_measured() -> None:
    said: list[str] = []
    one = end_to_end.measured(1, said.append, ACCOUNTS[:2], REGIONS)
    assert one.comparison.equal, one.comparison.differences()
    assert one.twice == 0
    assert one.units == 2 * sum(len(registry.asked_in(kind, REGIONS)) for kind in registry.resource_types())
    assert one.resources > 100 > one.largest_unit > 10
    assert len(one.comparison.found) > 30
    assert 0 < one.state_bytes <= end_to_end.GOAL_STATE_BYTES
    assert 0 < one.seconds < one.cpu_seconds * 10
    assert said[-1].startswith(f"{one.resources} resources are swept: {one.units} of {one.units} units")
