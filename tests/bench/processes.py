"""What the processes of an embedded AWS take, while they run, as Linux tells it in /proc; on other systems nothing is known of them.

https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
LOOK_SECONDS = 0.5
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MIB = os.sysconf("SC_PAGESIZE") / 2**20


@dataclass(slots=True, frozen=True)
class Process:
    """Its id, its resident set in MiB, and how many files and pipes, and sockets, it has open."""

    pid: int
    mib: float
    open_files: int
    sockets: int


@dataclass(slots=True)
class Processes:
    """The processes of some process groups. `peaks`: the largest resident set of each that runs a program, by process id, in MiB."""

    groups: frozenset[int]
    program: str
    peaks: dict[int, float] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """User and system seconds of all that live, and of those that they have outlived."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._living()) / TICKS

    def look(self) -> None:
        """Remember the peaks until now: they go when a process ends."""
        for process, _ in self._living():
            with contextlib.suppress(OSError):
                if self.program in (process / "cmdline").read_text().split("\0"):
                    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
                    self.peaks[int(process.name)] = int(status["VmHWM"].split()[0]) / 1024

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look again and again, until the block is left."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                self.look()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            self.look()

    def now(self) -> list[Process]:
        """Each of them; what has ended and is only not waited for yet is none."""
        found = []
        for process, fields in self._living():
            with contextlib.suppress(OSError):
                if fields[0] != "Z":
                    resident = int((process / "statm").read_text().split()[1]) * PAGE_MIB
                    opened = list(_opened(process))
                    sockets = sum(one.startswith("socket:") for one in opened)
                    found.append(Process(int(process.name), resident, len(opened) - sockets, sockets))
        return found

    def _living(self) -> Iterable[tuple[Path, list[str]]]:
        """Each process of the groups, with its stat's fields from the state on: [0] is the third of the manual."""
        for stat in PROC.glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) in self.groups:
                    yield stat.parent, fields


def _opened(process: Path) -> Iterator[str]:
    """What a process has open, each as Linux names it; what it closes meanwhile is left out."""
    for one in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            yield str(one.readlink())
