"""The report on a terminal: the ten largest savings, what was not seen, the totals, and where the whole report lies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

LARGEST = 10
UNSEEN_SHOWN = 5
NOT_COUNTED = frozenset({"suppressed", "resolved"})


def largest(report: Mapping[str, Any], count: int = LARGEST) -> list[Mapping[str, Any]]:
    """The findings with the largest likely savings; only those that count: headlines, neither suppressed nor resolved."""
    counted = [found for found in report["findings"] if found["headline"] and found["lifecycle"] not in NOT_COUNTED]
    return sorted(counted, key=lambda found: (-found["savings"]["likely"], found["finding_id"]))[:count]


def show(console: Console, report: Mapping[str, Any], folder: Path, seconds: float) -> None:
    """Print it all. `seconds`: the sweep's own wall time."""
    console.print(table(largest(report)))
    for line in coverage(report["coverage"]):
        console.print(escape(line))
    console.print(f"[bold]{totals(report['totals'])}[/bold]")
    console.print(f"The sweep took {seconds:.1f} s (run {report['run']['run_id']}).")
    console.print(f"Report: {escape(str(folder / 'report.html'))}, .json, .csv (also {escape(str(folder.parent / 'latest'))})")


def table(findings: Sequence[Mapping[str, Any]]) -> Table:
    """One row a finding: dollars a month, what to do, on what, where, and which check says so."""
    made = Table(title="Largest savings" if findings else "No savings found", title_justify="left", box=None, pad_edge=False)
    made.add_column("$ a month", justify="right", style="green", no_wrap=True)
    for name in ("Action", "Resource", "Account", "Region", "Check"):
        made.add_column(name, overflow="fold")
    for found in findings:
        made.add_row(
            "unpriced" if found["savings"]["unpriced"] else f"{found['savings']['likely']:,.2f}",
            found["action"],
            escape(found["resource_name"] or found["resource_id"]),
            found["account"],
            found["region"],
            found["check_id"],
        )
    return made


def coverage(seen: Mapping[str, Any]) -> list[str]:
    """The share of the planned units that was seen, then the scopes that were not, and why."""
    units = seen["units"]
    good = units.get("ok", 0) + units.get("empty", 0)
    lines = [f"Coverage {math.floor(1e4 * seen['ratio'] + 1e-6) / 100:g} %: {good:,} of {sum(units.values()):,} units seen."]
    unseen = seen["not_seen"]
    lines += [
        f"  not seen: {one['account']} {one['region']} {one['resource_type']}: {one['outcome']}: {one['reason']}"
        for one in unseen[:UNSEEN_SHOWN]
    ]
    if len(unseen) > UNSEEN_SHOWN:
        lines.append(f"  and {len(unseen) - UNSEEN_SHOWN:,} more, in the report")
    return lines


def totals(of: Mapping[str, Any]) -> str:
    """The money in one line, as the range that it is."""
    monthly = of["monthly_savings"]
    return (
        f"{of['findings']:,} findings in {of['resources']:,} resources: ${monthly['likely']:,.2f} a month "
        f"(${monthly['low']:,.2f} to ${monthly['high']:,.2f}), ${12 * monthly['likely']:,.2f} a year."
    )
