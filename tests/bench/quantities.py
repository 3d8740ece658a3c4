"""What a sweep takes of each resource type, on the sample fleet: `python -m tests.bench.quantities`; with --write, for the prediction.

The numbers behind finops/sweeping/estimate_model.py: metrics asked for and requests made by resource, CPU seconds by unit and by resource.
A resource type that is newer than finops/sweeping/measured.json is predicted too, from what is assumed: no need to hurry.
Each unit is scanned in this process, so the seconds are those of this machine's CPU, and no network is in them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass, field

from finops import fleet
from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.sweeping import estimate_model
from functions.core import registry
from functions.core.aws.clients import Aws
from functions.core.meter.quantities import Quantities
from functions.core.model import Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning

FLEETS = [1_500, 10_000]
"""Most of the resources of the first are there for the checks; the other is more like an ordinary account."""
WRITTEN_BY = "python -m tests.bench.quantities --write"


@dataclass(slots=True)
class Taken:
    """The units of one resource type."""

    units: int = 0
    resources: int = 0
    metrics: int = 0
    pages: int = 0
    findings: int = 0
    cpu: float = 0.0
    empty_cpu: list[float] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleet", type=int, nargs="+", default=FLEETS)
    parser.add_argument("--write", action="store_true", help="write what finops/sweeping/estimate_model.py predicts from")
    given = parser.parse_args()
    fleets = [take(wanted) for wanted in given.fleet]
    if given.write:
        kept = [{kind: counts(kind, took) for kind, took in sorted(taken.items())} for taken in fleets]
        estimate_model.MEASURED.write_text(json.dumps({"written_by": WRITTEN_BY, "fleets": kept}, indent=1) + "\n", encoding="utf-8")


def counts(resource_type: str, took: Taken) -> dict[str, int]:
    """What the prediction needs of a type."""
    billed = Quantities()
    billed.add_calls(took.calls)
    return {
        "resources": took.resources,
        "metrics": took.metrics,
        "declared": estimate_model.declared(resource_type),
        "scan_lists": round(billed.scan_lists),
        "scan_gets": round(billed.scan_gets),
    }


def take(wanted: int) -> dict[str, Taken]:
    """Make a fleet of so many resources, scan it, and print what each type took."""
    taken = {resource_type: Taken() for resource_type in registry.resource_types()}
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        aws = EmbeddedAws(ours)
        seeded = fleet.seed(aws, resources=wanted)
        for resource_type, took in taken.items():
            for account in ACCOUNTS:
                for region in REGIONS:
                    scan(aws, account, region, resource_type, seeded, took)
    print(f"{'type':20}{'units':>6}{'resources':>10}{'metrics':>9}{'each':>7}{'declared':>9}{'calls':>7}{'cpu ms/res':>11}")
    for resource_type, took in taken.items():
        some = max(1, took.resources)
        each, cpu = took.metrics / some, 1000 * took.cpu / some
        row = f"{resource_type:20}{took.units:6}{took.resources:10}{took.metrics:9}{each:7.3f}{estimate_model.declared(resource_type):9}"
        print(f"{row}{took.calls.total():7}{cpu:11.2f}  {dict(took.calls)}")
    resources, metrics = sum(took.resources for took in taken.values()), sum(took.metrics for took in taken.values())
    print(f"{resources} resources, {metrics} metrics: {metrics / resources:.3f} each, ${metrics / 1e5:.4f}")
    return taken


def scan(aws: EmbeddedAws, account: str, region: str, resource_type: str, seeded: fleet.Fleet, took: Taken) -> None:
    """Scan one unit and add up what it took."""
    unit = Unit(unit_id=unit_id(account, region, resource_type), account=account, region=region, resource_type=resource_type, function="")
    began = time.process_time()
    reader = Aws(account, region, aws.session(account), seeded.as_of)
    outcome = scanning.scan(unit, reader, Prices(region), lambda _: None)
    took.cpu += time.process_time() - began
    took.units += 1
    took.resources += outcome.resources
    took.metrics += outcome.metrics
    took.findings += outcome.findings
    took.calls.update(outcome.calls)


if __name__ == "__main__":
    main()
