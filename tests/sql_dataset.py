"""Two runs through the real Rank and Aggregate, and what they leave: the SQL dataset as files, and report.json to hold its sums against.

The runs are ten days and one day old, as the clock goes: the saved queries look back from today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions import aggregate, rank
from functions.core import run_ids
from functions.core.model import Finding
from functions.core.rank import dataset
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core.report import bills

OTHER = "444455556666"
FIRST_DAYS_AGO, SECOND_DAYS_AGO = 10, 1
SUPPRESSIONS = """
[[suppress]]
resource_arn = "*vol-quiet"
reason = "a test's"
until = 2999-01-01
"""


@dataclass(slots=True, frozen=True)
class Runs:
    """`folder` has the dataset as the bucket has it; `reports` are the report.json of both runs, by run id, the older first."""

    folder: Path
    reports: Mapping[str, Mapping[str, Any]]

    @property
    def latest(self) -> Mapping[str, Any]:
        return list(self.reports.values())[-1]


def write(folder: Path) -> Runs:
    """Make both runs, and download their datasets into `folder`."""
    first, second = findings(), findings()
    second["ebs:volume"] = [one for one in second["ebs:volume"] if one.resource_id != "vol-0"]
    second["ebs:volume"] += [sweeps.finding(f"vol-late-{n}", sweeps.saving(3.33 + n), tags={"team": "late"}) for n in range(3)]
    with sweeps.world() as world:
        world.s3.put_object(Bucket=sweeps.BUCKET, Key="config/suppressions.toml", Body=SUPPRESSIONS.encode())
        reports = {}
        for days, found in ((FIRST_DAYS_AGO, first), (SECOND_DAYS_AGO, second)):
            run_id, report = _run(world, datetime.now(UTC) - timedelta(days=days), found)
            reports[run_id] = report
        rate = {**bills.rate("EBS:VolumeUsage.gp2"), "explains": 12.5, "findings": 3}
        started = datetime.fromisoformat(report["run"]["started"])
        dataset.write_rates(sweeps.folder(world.s3, run_id), started, {"currency": "USD", "rows": [rate]})
        for table in dataset.TABLES:
            for key in Bucket(world.s3, sweeps.BUCKET).keys(f"{table}/"):
                (folder / key).parent.mkdir(parents=True, exist_ok=True)
                world.s3.download_file(sweeps.BUCKET, key, str(folder / key))
    return Runs(folder, reports)


def findings() -> dict[str, list[Finding]]:
    """Of every kind: priced with cents that do not add up in binary, unpriced, tidying, counted elsewhere, suppressed."""
    volumes = [
        sweeps.finding(f"vol-{n}", sweeps.saving(0.1 + n, 0.05 + n, 0.2 + n), tags={"team": f"t{n % 3}", "Name": f"vol-{n}"})
        for n in range(60)
    ]
    for volume in volumes[::2]:
        volume.owner = volume.tags["team"]
    volumes.append(sweeps.finding("vol-1", sweeps.saving(0.7), check="ebs-gp2-to-gp3", counted_by=volumes[1].finding_id))
    volumes.append(sweeps.finding("vol-quiet", sweeps.saving(1000)))
    other = sweeps.unit("rds:db-instance", account=OTHER, region="eu-west-1")
    databases = [sweeps.finding(f"db-{n}", sweeps.saving(20.15 * (n + 1)), check="rds-idle", of=other, tags={}) for n in range(5)]
    databases.append(sweeps.finding("db-odd", sweeps.UNPRICED, check="rds-idle", of=other))
    return {"ebs:volume": volumes, "rds:db-instance": databases, "elb:target-group": [sweeps.hygiene()]}


def _run(world: sweeps.World, started: datetime, found: Mapping[str, list[Finding]]) -> tuple[str, Any]:
    run_id = run_ids.make(started, "sweep")
    moment = started.isoformat(timespec="seconds")
    units = {
        name: sweeps.unit(name, account=some[0].account, region=some[0].region) if some else sweeps.unit(name)
        for name, some in found.items()
    }
    sweeps.write_plan(world.s3, units.values(), run_id)
    for name, unit in units.items():
        sweeps.write_unit(world.s3, unit, found[name], run_id)
    plan = sweeps.plan_output(run_id, as_of=moment, started=moment)
    ranked = rank.handler({"plan": plan, "cost": sweeps.NO_BILL}, sweeps.Context())
    answer = aggregate.handler({"plan": plan, "rank": ranked}, sweeps.Context())
    return run_id, Bucket(world.s3, sweeps.BUCKET).need_json(answer["report"]["json"])
