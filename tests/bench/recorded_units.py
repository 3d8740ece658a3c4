"""What units of a real sweep took, for the simulation: `python -m tests.bench.recorded_units` records them anew.

A sweep of the embedded AWS tells each unit's requests, metrics, and seconds, and when its map began and ended; then each unit is scanned
once more in this process, which tells its CPU seconds, with the API models loaded. The last region has nothing in it, as most regions of
most accounts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded import servers
from finops.embedded.aws import MAX_CONCURRENCY, EmbeddedAws
from finops.fleet import Fleet
from functions.core.aws import clients, sessions
from functions.core.model import Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.sweeping import sweep

FILE = Path(__file__).with_name("recorded_units.jsonl")
EMPTY_REGION = "eu-west-1"
RESOURCES = 1500


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One unit. `calls` by "service:Operation"; `cpu` seconds of this machine; `seconds` and `billed_seconds` on the embedded AWS."""

    resource_type: str
    region: str
    resources: int
    findings: int
    metrics: int
    cpu: float
    seconds: float
    billed_seconds: float
    calls: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Recording:
    """All units, in the order of the plan; the map's `seconds` at its `concurrency`."""

    concurrency: int
    seconds: float
    units: list[Recorded]


@cache
def load() -> Recording:
    """What was recorded."""
    head, *lines = FILE.read_text(encoding="utf-8").splitlines()
    return Recording(**json.loads(head), units=[Recorded(**json.loads(line)) for line in lines])


def record() -> Recording:
    """A sweep of the sample fleet, on an AWS of its own."""
    with embedded.start(print) as running:
        made = fleet.seed(running, resources=RESOURCES)
        regions = [*running.regions, EMPTY_REGION]
        swept = sweep(running, accounts=list(running.accounts), regions=regions, as_of=made.as_of.isoformat(), analyze=False)
        run_id = swept.report["run"]["run_id"]
        plan = RunFolder(Bucket(running.client("s3"), running.outputs["BucketName"]), run_id).read_plan()
        os.environ.update(running.environment)
        units = [_recorded(running, unit, swept.outcomes[unit.unit_id], made) for unit in plan]
        return Recording(concurrency=MAX_CONCURRENCY, seconds=_map_seconds(running, swept.arn), units=units)


def _recorded(running: EmbeddedAws, unit: Unit, outcome: UnitOutcome, made: Fleet) -> Recorded:
    return Recorded(
        resource_type=unit.resource_type, region=unit.region, resources=outcome.resources, findings=outcome.findings,
        metrics=outcome.metrics, cpu=round(min(_cpu(running, unit, made) for _ in range(2)), 4), seconds=outcome.seconds,
        billed_seconds=outcome.billed_seconds, calls=outcome.calls,
    )  # fmt: skip


def _cpu(running: EmbeddedAws, unit: Unit, made: Fleet) -> float:
    """Of one scan, with the session that a worker makes for an account that it has not seen before."""
    session = sessions._session(aws_access_key_id=unit.account, aws_secret_access_key=servers.SECRET)
    reader = clients.Aws(unit.account, unit.region, session, made.as_of)
    began = time.process_time()
    scanning.scan(unit, reader, Prices(unit.region), lambda _: None)
    return time.process_time() - began


def _map_seconds(running: EmbeddedAws, arn: str) -> float:
    """From the map's first child to its last."""
    machine = running.client("stepfunctions")
    [run] = machine.list_map_runs(executionArn=arn)["mapRuns"]  # the other map is for the advice, which was not asked for
    told: Any = machine.describe_map_run(mapRunArn=run["mapRunArn"])
    seconds: float = (told["stopDate"] - told["startDate"]).total_seconds()
    return round(seconds, 3)


def main() -> None:
    made = record()
    head = {"concurrency": made.concurrency, "seconds": made.seconds}
    FILE.write_text("".join(json.dumps(line) + "\n" for line in (head, *map(asdict, made.units))), encoding="utf-8")
    print(f"{len(made.units)} units in {made.seconds} s, {sum(unit.cpu for unit in made.units):.1f} s of CPU: {FILE}", file=sys.stderr)


if __name__ == "__main__":
    main()
