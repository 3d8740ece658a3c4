"""README.md's sample output: what `make sweep` prints of the sweep that `sample_summary.json` is the summary of.

`make docs ARGS="--sample out/latest/report.json"` takes the last sweep of the sample fleet over. tests/e2e/test_sweep.py holds its counts
to those of a sweep of today.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from finops.fleet.planted import Comparison
from finops.sweeping import printout
from functions.core.report.summary import Summary

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SUMMARY = Path(__file__).with_name("sample_summary.json")
BEGIN, END = "```text\nLargest savings\n", "```\n"
KEPT = frozenset({"run", "coverage", "totals", "warnings", "advice", "bill", "sweep_cost", "largest", "not_seen"})
"""What of a summary is printed."""
ROWS = 4
"""So many of the largest savings are shown, for the form of it."""
WIDTH = 118


def take(report: Path) -> None:
    """Show the sweep of this report.json from now on."""
    read = json.loads(report.read_text(encoding="utf-8"))
    made = Summary(read)
    for finding in read["findings"]:
        made.add(finding)
    kept = {name: value for name, value in made.as_json({}).items() if name in KEPT}
    SUMMARY.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def summary() -> dict[str, Any]:
    """The summary of the sweep that is shown."""
    read: dict[str, Any] = json.loads(SUMMARY.read_text(encoding="utf-8"))
    return read


def block(of: dict[str, Any]) -> str:
    """What is printed of a sweep of the sample fleet, with the first few rows of its table and without the seconds that it took."""
    screen = io.StringIO()
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):  # what lies in out/ here is not shown
        printout.show(Console(file=screen, width=WIDTH), of, Path("out") / of["run"]["run_id"], 0.0)
    keys = frozenset((str(number), "") for number in range(of["totals"]["findings"]))
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    after = next(number for number, line in enumerate(lines) if line.startswith("Coverage "))
    shown = [*lines[: 2 + ROWS], "   …", *(line for line in lines[after:] if not line.startswith("The sweep took"))]
    return "\n".join([*shown, Comparison(keys, keys).line()]) + "\n"


def page() -> str:
    """README.md with the block as it has to be."""
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin.removesuffix("Largest savings\n") + block(summary()) + end + after
