"""What is seen of a sweep while it runs: a live line on a terminal, plain lines on standard error anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from finops.sweeping.sweep import Look
from finops.terminal import say
from functions.core.report.counts import plural

PHASES = {
    "planning": "Planning",
    "scanning": "Scanning",
    "reporting": "Getting advice, writing the report",
    "done": "Ended",
}
Observer = Callable[[Look], None]


def sentence(look: Look) -> str:
    """One look in words: Scanning: 12 of 48 units, 310 findings, about $4,321 a month."""
    if not look.planned:
        return PHASES[look.phase]
    found = f"{plural(look.findings, 'finding')}, about ${look.monthly:,.0f} a month"
    return f"{PHASES[look.phase]}: {look.done:,} of {plural(look.planned, 'unit')}, {found}"


@contextmanager
def plain(stream: IO[str] | None = None, every_seconds: float = 5.0) -> Iterator[Observer]:
    """Writes a line when the phase changes, and in a long phase at most one each `every_seconds` when something has changed."""
    shown: list[tuple[str, str, float]] = []

    def observe(look: Look) -> None:
        words = sentence(look)
        if shown:
            phase, before, at = shown[-1]
            if words == before or (look.phase == phase and look.seconds - at < every_seconds):
                return
        shown[:] = [(look.phase, words, look.seconds)]
        note(words, stream)

    yield observe


@contextmanager
def live(console: Console) -> Iterator[Observer]:
    """A spinner, a bar, what was found so far, and the time, redrawn in place."""
    words = TextColumn("{task.description}", markup=False, table_column=Column(overflow="fold"))  # on a narrow screen two lines, none cut
    columns = (SpinnerColumn(), words, BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        task = progress.add_task(PHASES["planning"], total=None)

        def observe(look: Look) -> None:
            progress.update(task, description=sentence(look), total=look.planned or None, completed=look.done)

        yield observe


def note(line: str, stream: IO[str] | None = None) -> None:
    """One plain line on standard error."""
    say(line, stream or sys.stderr)
