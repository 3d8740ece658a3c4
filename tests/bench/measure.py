"""Running whole commands in turn and comparing their medians, so that a slow moment of the machine hits all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Cost:
    """Medians of a command: wall and CPU seconds (user + system), and the largest resident set in MiB."""

    wall: float
    cpu: float
    rss_mib: float


def compare(commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], runs: int) -> dict[str, Cost]:
    """Each command once to warm up, then `runs` times in turn. RuntimeError with the output of one that fails."""
    samples: dict[str, list[Cost]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            cost = once(name, command, environment)
            if run:
                samples[name].append(cost)
    return {
        name: Cost(*(statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu", "rss_mib")))
        for name, costs in samples.items()
    }


def once(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end. RuntimeError with its output when it fails."""
    started = time.monotonic()
    child = subprocess.Popen(  # noqa: S603  # our own commands
        command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{name}: exit {child.returncode}\n{output.decode(errors='replace')[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]


def output(name: str, command: Sequence[str]) -> str:
    """What a command prints. RuntimeError with the end of what it complained about when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    if done.returncode:
        raise RuntimeError(f"{name}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def seeded_server(**resources: int) -> Iterator[dict[str, str]]:
    """A seeded moto server in a process of its own; yields the environment that points boto3 at it."""
    options = [word for what, count in resources.items() for word in (f"--{what}", str(count))]
    server = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "tests.bench.seeded_server", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = server.stdout.readline().strip()
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    finally:
        server.stdin.close()
        server.wait(30)
