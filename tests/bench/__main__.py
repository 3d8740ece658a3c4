"""`make bench`: how fast we are. `make bench ARGS="at-size"` measures one topic only, `ARGS=--help` lists the options.

  floor    scanning, as ratios to a floor measured in the same run: the bare boto3 calls that nobody can do without. Where the peers'
           folder lies beside the project, Cloud Custodian runs side by side
  import   the import of the scan handler
  series   a unit of 1,000 instances whose CPU is read in full, with every answer through the real parser: 4.4 million datapoints at
           worst, half a minute
  at-size  Plan of 85,000 units; Rank and Aggregate on 100,000 and on 1,000,000 findings, some eight minutes; a tenth of that when all
           topics are measured
  accounts minutes and dollars of sweeps of 10, 100 and 500 accounts, simulated, and the quotas that get in the way
  end-to-end  only when it is named: whole sweeps of 10,000 and of 100,000 resources on the embedded AWS, some ten minutes
  own-account  only when it is named: `finops sweep --profile` of 1,500 resources, from the command to the report
  replies  only when it is named: 20,000 replies as AWS's models allow them, some five minutes; each is scanned to the end
  killed   only when it is named: 20 sweeps of 2,000 units, killed at random moments, in Plan, Rank and Aggregate too, and resumed, have
           to find what an undisturbed one finds; an hour
  soak     only when it is named: 50 sweeps in a row on one embedded AWS leave no process, no open file and no memory behind; ten minutes

A row that misses its goal says so and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from finops.terminal import PAGE_WIDTH
from tests import generated_replies
from tests.bench import accounts, at_size, end_to_end, killed, measure, own_account, series, soak

ROOT = Path(__file__).parents[2]
PEERS = ROOT.parent / "shared" / "peers"
CUSTODIAN = "c7n==0.9.53"

ASKED = ROOT / ".cache" / "bench-asked.json"
TOPICS = ("floor", "import", "series", "at-size", "accounts")
ONLY_NAMED = ("end-to-end", "killed", "own-account", "replies", "soak")
REPLIES = 20_000
MIXED = ("ebs:volume", "ebs:snapshot", "ec2:instance")


@dataclass(slots=True, frozen=True)
class Row:
    """One line of the table. `goal` None: shown for comparison only."""

    what: str
    measured: str
    goal: str
    met: bool | None


def custodian() -> str | None:
    """Cloud Custodian's command, installed on first use into .cache; None when the peers' policies are not here."""
    if not PEERS.is_dir():
        return None
    home = ROOT / ".cache" / "custodian"
    command = home / "bin" / "custodian"
    if not command.exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "-qq", CUSTODIAN], check=True)  # noqa: S603  # our own venv
    return str(command)


def against_floor(label: str, floor: Sequence[str], types: Sequence[str], policy: str, goals: tuple[float | None, float], runs: int,
                  with_peers: bool, **resources: int) -> list[Row]:  # fmt: skip
    """Measure our scan of some types against the floor, and Custodian where it is; `goals`: the most wall (None: not asked) and CPU."""
    commands: dict[str, Sequence[str]] = {"floor": floor, "ours": measure.python("tests.bench.ours", *types)}
    peer = custodian() if with_peers else None
    if peer:
        out = str(ROOT / ".cache" / "custodian-out")
        commands["custodian"] = [peer, "run", "-r", "us-east-1", "-s", out, "--cache-period", "0", str(PEERS / "policies" / policy)]
    with measure.seeded_server(**resources) as environment:
        if str(ASKED) in floor:
            measure.once("record", measure.python("tests.bench.ours", "--record", str(ASKED), *types), environment)
        costs = measure.compare(commands, environment, runs)
    base, ours = costs["floor"], costs["ours"]
    wall, cpu = ours.wall / base.wall, ours.cpu / base.cpu
    most_wall, most_cpu = goals
    rows = [
        Row(
            label,
            f"{wall:.2f}× wall, {cpu:.2f}× CPU of the floor ({base.wall:.1f} s, {base.cpu:.2f} s); {ours.rss_mib:.0f} MiB",
            (f"≤ {most_wall}× wall, " if most_wall else "") + f"≤ {most_cpu}× CPU",
            (most_wall is None or wall <= most_wall) and cpu <= most_cpu,
        )
    ]
    if "custodian" in costs:
        theirs = costs["custodian"]
        words = f"{theirs.wall / base.wall:.2f}× wall, {theirs.cpu / base.cpu:.2f}× CPU of the floor; {theirs.rss_mib:.0f} MiB"
        rows.append(Row(f"   the same by Cloud Custodian ({policy}, no dollars)", words, "", None))
    return rows


def cold_import(runs: int) -> Row:
    """Seconds from nothing to an imported scan handler, beside boto3 alone; the interpreter's own start is taken off."""
    program = [sys.executable, "-c"]
    commands = {
        "nothing": [*program, "pass"],
        "boto3": [*program, "import boto3"],
        "scan": [*program, "import functions.scan"],
    }
    costs = measure.compare(commands, {"PYTHONPATH": str(ROOT)}, runs)
    seconds = {name: cost.wall - costs["nothing"].wall for name, cost in costs.items()}
    words = f"{seconds['scan']:.2f} s, {seconds['scan'] / seconds['boto3']:.2f}× boto3 alone ({seconds['boto3']:.2f} s)"
    return Row("import of the scan handler, cold", words, "≤ 1.5× boto3", seconds["scan"] <= 1.5 * seconds["boto3"])


def whole_series(kind: str) -> Row:
    """A unit whose metrics are read in full."""
    took = json.loads(measure.output("series", measure.python("tests.bench.series", kind)).splitlines()[-1])
    words = f"{took['cpu']:.1f} s CPU, {took['datapoints']:,} datapoints; {took['rss_mib']:.0f} MiB"
    goal = series.GOAL_SECONDS
    return Row(f"{series.INSTANCES:,} instances, {kind} CPU series", words, f"≤ {goal:g} s", took["cpu"] <= goal)


def generated() -> Row:
    """Scans of made-up replies: what went wrong in them, the first of it in words."""
    wrong = [f"seed {seed}: {words}" for seed in range(REPLIES) for words in generated_replies.judge(seed)]
    words = f"{len(wrong)} faults{': ' if wrong else ''}{'; '.join(wrong[:3])}"
    return Row(f"{REPLIES:,} replies as AWS's models allow them, scanned", words, "0", not wrong)


def own_machine() -> Row:
    """A sweep of one's own account, nothing deployed."""
    took, resources = own_account.seconds()
    goal = own_account.GOAL_SECONDS
    return Row(f"finops sweep --profile, {resources:,} resources, to the report", f"{took:.1f} s", f"≤ {goal:g} s", took <= goal)


def floor_rows(asked: argparse.Namespace, console: Console) -> list[Row]:
    """Scanning against the floor."""
    rows: list[Row] = []
    with console.status("volumes …"):
        rows += against_floor(
            f"{asked.volumes:,} volumes, all checks of volumes, priced, with the metrics that they ask",
            measure.python("tests.bench.floor", "volumes", str(ASKED)), ["ebs:volume"], "volumes.yml", (1.0, 1.0),
            asked.runs, not asked.no_peers, volumes=asked.volumes,
        )  # fmt: skip
    with console.status("volumes, snapshots, instances and their metrics …"):
        rows += against_floor(
            f"{asked.mixed:,} each of instances, volumes and snapshots, with metrics",
            measure.python("tests.bench.floor", "volumes", "snapshots", "instances", str(ASKED)), MIXED, "mixed.yml", (None, 1.3),
            asked.runs, not asked.no_peers, volumes=asked.mixed, snapshots=asked.mixed, instances=asked.mixed,
        )  # fmt: skip
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, *ONLY_NAMED, []], metavar="topic",
                        help=f"{', '.join(TOPICS)}: all of them by default; {', '.join(ONLY_NAMED)}: only when named")  # fmt: skip
    parser.add_argument("--volumes", type=int, default=10_000, help="volumes of the first row (default 10000)")
    parser.add_argument("--mixed", type=int, default=1_000, help="instances, volumes and snapshots each of the second row (default 1000)")
    parser.add_argument("--runs", type=int, default=3, help="runs that count, after one that warms up (default 3)")
    parser.add_argument("--no-peers", action="store_true", help="leave Cloud Custodian out")
    parser.add_argument("--findings", type=int, nargs="+", help="sizes of at-size (default 100000 1000000)")
    parser.add_argument("--resources", type=int, nargs="+", help="sizes of end-to-end (default 10000 100000)")
    parser.add_argument("--kills", type=int, default=killed.REPETITIONS, help="sweeps that are killed (default 20)")
    parser.add_argument("--sweeps", type=int, default=soak.SWEEPS, help="sweeps of soak (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="decides when they are killed (default 1)")
    asked = parser.parse_args()
    topics = asked.topics or TOPICS
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    rows: list[Row] = []
    met = True
    if "floor" in topics:
        rows += floor_rows(asked, console)
    if "import" in topics:
        with console.status("imports …"):
            rows.append(cold_import(max(asked.runs, 7)))
    if "series" in topics:
        with console.status("series …"):
            rows += map(whole_series, series.KINDS)
    if "replies" in topics:
        with console.status("replies …"):
            rows.append(generated())
    if "own-account" in topics:
        with console.status("own account …"):
            rows.append(own_machine())
    if rows:
        table = Table("what", "measured", "goal", "")
        for row in rows:
            table.add_row(row.what, row.measured, row.goal, {True: "✓", False: "missed", None: ""}[row.met])
        console.print(table)
        met = not any(row.met is False for row in rows)
    if "at-size" in topics:
        sizes = asked.findings or (at_size.BIG if asked.topics else at_size.SMALL)
        with console.status("at size …") as status:
            table, all_met = at_size.table(sizes, status.update if console.is_terminal else console.print)
        console.print(table)
        met = met and all_met
        if sizes == at_size.SMALL:
            console.print('A million findings: make bench ARGS="at-size"')
    if "accounts" in topics:
        with console.status("accounts …") as status:
            table, words, well = accounts.table(status.update if console.is_terminal else console.print)
        console.print(table)
        console.print(words)
        met = met and well
    if "end-to-end" in topics:
        with console.status("end to end …") as status:
            table, all_met = end_to_end.table(asked.resources or end_to_end.SIZES, status.update if console.is_terminal else console.print)
        console.print(table)
        met = met and all_met
    if "killed" in topics:
        with console.status("killed …") as status:
            table, all_met = killed.table(asked.kills, asked.seed, status.update if console.is_terminal else console.print)
        console.print(table)
        met = met and all_met
    if "soak" in topics:
        with console.status("soak …") as status:
            table, all_met = soak.table(asked.sweeps, status.update if console.is_terminal else console.print)
        console.print(table)
        met = met and all_met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
