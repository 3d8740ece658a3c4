"""Plan, Rank and Aggregate on a whole organization, each in a process of its own: seconds, memory and disk, and how the two last ones
grow with the findings.

The run is made once and kept in .cache (300 MB for a million findings; the reports, 3 GB, are deleted after measuring). A tenth of the
findings lie in a tenth of the accounts, so that a unit has as many in both sizes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from tests.bench import big_run, measure
from tests.bench.big_run import Size

CACHE = Path(__file__).parents[2] / ".cache"
STEPS = ("rank", "aggregate")
"""The ones whose work grows with the findings."""
SMALL, BIG = (10_000, 100_000), (100_000, 1_000_000)
"""Findings."""
GOAL_CPU, GOAL_MIB, GOAL_GROWTH = 8, 230, 1.1
"""CPU of both steps together, as a ratio to reading the same units once in the same run; either step's memory; and how much more than in
proportion the time may grow."""
READ = "read"
GOAL_DISK_MIB = 2048
"""What both functions are deployed with."""
PLAN_SECONDS, PLAN_UNITS, PLAN_MIB = 25, 340_000, 150
"""So many seconds for so many units, fewer for fewer."""
Say = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Measured:
    """One step, or both together: seconds, MiB, and hashes of what was written."""

    wall: float
    cpu: float
    rss_mib: float
    disk_mib: float
    digests: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return f"{self.wall:.1f}", f"{self.cpu:.1f}", f"{self.rss_mib:.0f}", f"{self.disk_mib:.0f}"

    def after(self, first: Measured) -> Measured:
        """Both, one after the other."""
        return Measured(first.wall + self.wall, first.cpu + self.cpu, max(first.rss_mib, self.rss_mib), max(first.disk_mib, self.disk_mib))


def folder(size: Size) -> Path:
    """Where the run of a size lies. A generator that changed makes another one."""
    made_by = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("big_run", "big_findings", "big_bill"))
    version = blake2b(b"".join(made_by), digest_size=4).hexdigest()
    return CACHE / f"bench-{size.findings}-{version}"


def measured(size: Size, say: Say) -> dict[str, Measured]:
    """Each step, and both ("")."""
    root = folder(size)
    if not root.exists():
        for old in CACHE.glob(f"bench-{size.findings}-*"):
            shutil.rmtree(old)
        say(f"{size.findings:,} findings in {size.units:,} units are made up")
        big_run.make(size, root)
    found: dict[str, Measured] = {}
    say(f"reading {size.units:,} units once")
    found[READ] = _measured(_run(READ, root))
    for step in STEPS:
        say(f"{step}, {size.findings:,} findings")
        told = _run(step, root, "--digest")
        digest = blake2b(json.dumps(told["digests"], sort_keys=True).encode(), digest_size=6).hexdigest()
        found[step] = _measured(told, digest)
    found[""] = found["aggregate"].after(found["rank"])
    for report in root.glob("runs/*/report.*"):
        report.unlink()
    return found


def planned() -> tuple[Measured, int]:
    """Plan on the largest organization, and how many units it planned."""
    with TemporaryDirectory(dir=CACHE) as root:
        told = _run("plan", Path(root))
        return _measured(told), told["units"]


def _run(step: str, root: Path, *options: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        measure.output(step, measure.python("tests.bench.one_step", step, str(root), *options)).splitlines()[-1]
    )
    return told


def _measured(told: dict[str, Any], digest: str = "") -> Measured:
    return Measured(told["wall"], told["cpu"], told["rss_mib"], told["disk_mib"], digest)


def table(sizes: Sequence[int], say: Say) -> tuple[Table, bool]:
    """The table, and whether every goal is met that applies to these sizes."""
    made = Table("step", "findings", "units", "s", "CPU s", "RSS MiB", "disk MiB", "growth", "goal", "", "output", title="At size")
    CACHE.mkdir(exist_ok=True)
    say("plan")
    plan, units = planned()
    plan_seconds = PLAN_SECONDS * units / PLAN_UNITS
    all_met = plan.wall <= plan_seconds and plan.rss_mib <= PLAN_MIB
    made.add_row("plan", "", f"{units:,}", *plan.cells, "", f"≤ {plan_seconds:.1f} s, ≤ {PLAN_MIB} MiB", "✓" if all_met else "missed")
    before: tuple[int, Measured] | None = None
    for findings in sizes:
        size = Size(findings)
        seen = measured(size, say)
        for step, one in seen.items():
            grown, goals, met = "", [], True
            if not step:
                goals, met = [f"≤ {GOAL_MIB} MiB", f"disk ≤ {GOAL_DISK_MIB}"], one.rss_mib <= GOAL_MIB and one.disk_mib <= GOAL_DISK_MIB
                ratio = one.cpu / seen[READ].cpu
                goals, met = [f"{ratio:.1f}× CPU of reading, ≤ {GOAL_CPU}×", *goals], met and ratio <= GOAL_CPU
                if before:
                    times, more = findings / before[0], one.wall / before[1].wall
                    grown = f"{times:g}× in: {more:.1f}× s, {one.cpu / before[1].cpu:.1f}× CPU"
                    goals, met = [*goals, f"≤ {GOAL_GROWTH * times:g}× s"], met and more <= GOAL_GROWTH * times
            all_met = all_met and met
            made.add_row(
                step or "both", f"{findings:,}", f"{size.units:,}", *one.cells, grown, ", ".join(goals),
                "" if step else "✓" if met else "missed", one.digests,
            )  # fmt: skip
        before = (findings, seen[""])
    return made, all_met
