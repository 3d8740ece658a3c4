"""Sweep after sweep on one embedded AWS: nothing may grow but what the sweeps are asked to keep.

Counted after each sweep: the processes of the embedded AWS, what they have open, the files in its folder, and what the largest of its
Lambda workers holds in memory. The first sweeps warm up: workers start, caches and pools of connections fill. Then the highest of the
first third is compared with the highest of the last third.

Two things may grow a little. A worker keeps up to 64 connections for each client that it keeps, and those of a unit's clients until Python
collects them: sockets go up and down. And the servers hold objects, table, logs and histories in memory, as AWS holds them on disks: they
grow by a few times of what a sweep leaves in the bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded.aws import EmbeddedAws
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.bench.processes import Processes
from tests.e2e.interrupting import begin, finish, report

SWEEPS = 50
RESOURCES = 200
WARM_UP = 10
GROWN_SHARE = 0.05
"""How much of its memory a worker may have more at the end: an allocator gives back in large pieces."""
MORE = 0.1
"""How many more processes, and what they have open, there may be: of some service two units come at the same time only late, and take a
worker more. What is left behind by each sweep comes to more than that."""
TIMES_LEFT = 4.0
"""What the servers may hold more after each sweep, in times of what it leaves in the bucket: as much again in items, log lines and the
histories of its executions, each with what it was given and what came of it."""
Say = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Sample:
    """After a sweep. `worker_mib`: of the largest Lambda worker; `server_mib`: of both servers together; `left_mib`: its objects."""

    processes: int
    open_files: int
    sockets: int
    files: int
    worker_mib: float
    server_mib: float
    left_mib: float
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
    objects = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run.run_id)
    groups = aws.servers.groups
    now = Processes(frozenset(groups.values()), "").now()
    servers = set(groups.values())
    return Sample(
        processes=len(now),
        open_files=sum(one.open_files for one in now),
        sockets=sum(one.sockets for one in now),
        files=sum(1 for path in aws.servers.folder.rglob("*") if path.is_file()),
        worker_mib=max((one.mib for one in now if one.pid not in servers), default=0.0),
        server_mib=sum(one.mib for one in now if one.pid in servers),
        left_mib=sum(one["Size"] for one in objects.bucket.objects(objects.file(""))) / 2**20,
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

    def count(what: str, name: str, more: float = 0.0) -> Line:
        before, after = highest(name)
        goal = f"≤ {100 * more:g} % more" if more else "no more"
        return Line(what, f"{before:,.0f}", f"{after:,.0f}", goal, after <= before * (1 + more))

    servers, left = highest("server_mib"), max(one.left_mib for one in warm)
    a_sweep = (servers[1] - servers[0]) / max(1, len(warm) - third)
    seconds = [sum(one.seconds for one in part) / len(part) for part in (early, late)]
    findings = sorted({one.findings for one in samples})
    return [
        count("processes", "processes", MORE),
        count("open files and pipes", "open_files", MORE),
        count("sockets", "sockets", MORE),
        count("files in the folder of the embedded AWS", "files"),
        count("largest Lambda worker, MiB", "worker_mib", GROWN_SHARE),
        Line(
            "both servers, MiB", f"{servers[0]:.0f}", f"{servers[1]:.0f}", f"≤ {TIMES_LEFT:g}× what a sweep leaves, each",
            a_sweep <= TIMES_LEFT * left,
        ),
        Line("   more after each sweep, which leaves", f"{left:.2f}", f"{a_sweep:.2f}", "", None),
        Line("a sweep, seconds", f"{seconds[0]:.1f}", f"{seconds[1]:.1f}", "", None),
        Line("findings of each sweep", str(findings[0]), str(findings[-1]), "the same", len(findings) == 1),
    ]  # fmt: skip
