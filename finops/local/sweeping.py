"""From a profile to the report: the same state machine as the deployed one, run on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode
from finops.local import asking
from finops.local.asking import Requests
from finops.local.machine import Machine, running
from finops.local.profile import open_profile
from finops.readiness import reaching
from finops.readiness.invoking import Unanswered
from finops.sweeping import options
from finops.sweeping.run import Screen, finish, run
from functions.core import registry, run_ids
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RUNS, RunFolder

QUIET: Mapping[str, Any] = {"analyze": False, "notify": False}
"""No model is asked, and nobody gets a mail."""
LATEST = "latest"
NOTHING = "nothing was scanned"


def sweep(name: str, given: Mapping[str, Any], out: Path, screen: Screen, *, yes: bool, free: bool) -> ExitCode:
    """Sweep what `given` asks for with the rights of the profile `name`. Ending when there is no report in the end."""
    asked = options.validate(given)
    regions = () if asked.regions == "all" else asked.regions
    profile = open_profile(name, regions)
    with running(profile, out, screen, free=free) as machine:
        reached = _reached(machine, given)
        types = registry.resource_types() if asked.resource_types == "all" else tuple(asked.resource_types)
        asking.allowed(Requests(reached, types, seen_before(machine)), profile, screen, yes=yes, free=free)
        return finish(run(machine.target, {**given, **QUIET}, out, screen), screen)


def resume(name: str, asked: str, given: Mapping[str, Any], out: Path, screen: Screen, *, yes: bool, free: bool) -> ExitCode:
    """Go on with a run on this machine, "latest" or the beginning of its id. Ending (bad input) when there is none."""
    profile = open_profile(name)
    with running(profile, out, screen, free=free) as machine:
        folder = machine.target.folder(find(_bucket(machine), asked))
        looks_at = folder.bucket.need_json(folder.scope)
        regions = dict.fromkeys(looks_at["accounts"], looks_at["regions"])
        reached = reaching.Reached(regions, [], {}, "")
        asking.allowed(Requests(reached, looks_at["resource_types"], seen_before(machine)), profile, screen, yes=yes, free=free)
        return finish(run(machine.target, {**given, **QUIET, "resume": folder.run_id}, out, screen), screen)


def _reached(machine: Machine, given: Mapping[str, Any]) -> reaching.Reached:
    """What Plan would reach: with the profile's rights, it asks the organization and each account."""
    what = {name: given[name] for name in ("accounts", "regions") if name in given}
    try:
        return reaching.ask(machine.functions, f"{machine.prefix}plan", what)
    except Unanswered as why:
        raise Ending(ExitCode.BAD_INPUT, f"{why.said or why.point.seen}; {NOTHING}") from None
    except Ending as ending:
        raise Ending(ending.code, f"{ending}; {NOTHING}") from None


def _bucket(machine: Machine) -> Bucket:
    return Bucket(machine.target.s3, machine.target.bucket)


def runs(bucket: Bucket) -> list[RunFolder]:
    """The runs that are kept and were planned, the newest first."""
    ids = [name for name in bucket.folders(RUNS, "") if run_ids.is_one(name)]
    folders = [RunFolder(bucket, run_id) for run_id in sorted(ids, reverse=True)]
    return [folder for folder in folders if bucket.has(folder.planned)]


def find(bucket: Bucket, asked: str) -> str:
    """The run that is meant, by its id, the beginning of it, or "latest"."""
    known = [folder.run_id for folder in runs(bucket)]
    matching = known[:1] if asked == LATEST else [run_id for run_id in known if run_id.startswith(asked)]
    if len(matching) == 1:
        return matching[0]
    there = f"there are: {', '.join(known[:5])}" if known else "there is none yet: `finops sweep --profile NAME` makes the first"
    how_many = "more than one" if matching else "no"
    raise Ending(ExitCode.BAD_INPUT, f"{how_many} run on this machine is {asked!r}; {there}")


def seen_before(machine: Machine) -> int:
    """Resources that the newest run with a report has seen; 0 where there is none."""
    for folder in runs(_bucket(machine)):
        summary = folder.bucket.read_json(folder.summary)
        if summary is not None:
            return int(summary["totals"]["resources"])
    return 0
