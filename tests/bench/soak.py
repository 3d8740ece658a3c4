"""Sweep after sweep on one embedded AWS: nothing may grow but what the sweeps are asked to keep.

Counted after each sweep: the processes of the embedded AWS, what they have open, the files in its folder, and what the largest of its
Lambda workers holds in memory. The first sweeps warm up: workers start, caches fill. Then the highest of the first third is
compared with the highest of the last third. The servers hold objects, table, logs and histories in memory, as AWS holds them on disks: they
may grow by what a sweep leaves, and that is shown for each sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded.aws import EmbeddedAws
from tests.bench.processes import Processes
from tests.e2e.interrupting import begin, finish, report

SWEEPS = 50
RESOURCES = 200
WARM_UP = 5
GROWN_SHARE = 0.05
"""How much of its memory a worker may have more at the end: an allocator gives back in large pieces."""
SERVER_MIB = 2.0
"""What the servers may hold more after each sweep: its objects, its items, its log lines and its history."""
Say = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Sample:
    """After a sweep. `worker_mib`: of the largest Lambda worker; `server_mib`: of both servers together; `seconds` of the sweep."""

    processes: int
    open_files: int
    files: int
    worker_mib: float
    server_mib: float
    seconds: float
    findings: int


@dataclass(slots=True, frozen=True)
class Line:
    """A measure: what it was early and late, as text, and whether that is no growth."""

    what: str
    early: str
    late: str
    goal: str
    met: bool | None


def table(sweeps: int, say: Say, resources: int = RESOURCES) -> tuple[Table, bool]:
    """So many sweeps; whether nothing grew, and each found the same. RuntimeError when one does not end well."""
    samples: list[Sample] = []
    with embedded.start() as aws:
        made = fleet.seed(aws, resources=resources)
        for number in range(1, sweeps + 1):
            samples.append(swept(aws, made.as_of.isoformat()))
            say(f"{number} of {sweeps}: {samples[-1]}")
    found = lines(samples)
    shown = Table("", "early", "late", "goal", "", title=f"{sweeps} sweeps of {resources} resources in a row, on one embedded AWS")
    for line in found:
        shown.add_row(line.what, line.early, line.late, line.goal, {True: "✓", False: "missed", None: ""}[line.met])
    return shown, all(line.met is not False for line in found)


def swept(aws: EmbeddedAws, as_of: str) -> Sample:
    """One sweep, and what there is after it."""
    run = begin(aws, accounts=list(aws.accounts), regions=list(aws.regions), as_of=as_of, notify=False)
    ended = finish(aws, run)
    if ended.status != "SUCCEEDED":
        raise RuntimeError(f"the sweep {run.run_id} is {ended.status}: {ended.error}: {ended.cause}")
    groups = aws.servers.groups
    now = Processes(frozenset(groups.values()), "").now()
    servers = set(groups.values())
    return Sample(
        processes=len(now),
        open_files=sum(one.open_files for one in now),
        files=sum(1 for path in aws.servers.folder.rglob("*") if path.is_file()),
        worker_mib=max((one.mib for one in now if one.pid not in servers), default=0.0),
        server_mib=sum(one.mib for one in now if one.pid in servers),
        seconds=ended.seconds,
        findings=report(aws, run.run_id)["totals"]["findings"],
    )


def lines(samples: Sequence[Sample]) -> list[Line]:
    """What is said of the sweeps after the warm-up; of fewer than three there is nothing to compare."""
    warm = list(samples[WARM_UP:]) or list(samples[-1:])
    third = max(1, len(warm) // 3)
    early, late = warm[:third], warm[-third:]

    def highest(name: str) -> tuple[float, float]:
        before, after = (max(float(getattr(one, name)) for one in part) for part in (early, late))
        return before, after

    def count(what: str, name: str) -> Line:
        before, after = highest(name)
        return Line(what, f"{before:,.0f}", f"{after:,.0f}", "no more", after <= before)

    workers, servers = highest("worker_mib"), highest("server_mib")
    a_sweep = (servers[1] - servers[0]) / max(1, len(warm) - third)
    seconds = [sum(one.seconds for one in part) / len(part) for part in (early, late)]
    findings = sorted({one.findings for one in samples})
    return [
        count("processes", "processes"),
        count("open files, sockets, pipes", "open_files"),
        count("files in the folder of the embedded AWS", "files"),
        Line(
            "largest Lambda worker, MiB", f"{workers[0]:.1f}", f"{workers[1]:.1f}", f"≤ {100 * GROWN_SHARE:g} % more",
            workers[1] <= workers[0] * (1 + GROWN_SHARE),
        ),
        Line("both servers, MiB", f"{servers[0]:.0f}", f"{servers[1]:.0f}", f"≤ {SERVER_MIB:g} MiB a sweep", a_sweep <= SERVER_MIB),
        Line("   of that, a sweep", "", f"{a_sweep:.2f}", "", None),
        Line("a sweep, seconds", f"{seconds[0]:.1f}", f"{seconds[1]:.1f}", "", None),
        Line("findings of each sweep", str(findings[0]), str(findings[-1]), "the same", len(findings) == 1),
    ]  # fmt: skip
