"""The sweeps of a deployed analyzer as Step Functions lists them, and which of them is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping import download, progress
from finops.sweeping.sweep import Target
from functions.core import run_ids
from functions.core.outside.pages import ending
from functions.core.report.counts import percent

LATEST = "latest"
LOOKED_THROUGH = 1_000
"""Executions among which a run is looked for: three years of daily sweeps. Step Functions itself forgets them after 90 days."""
PASSED_OVER_SHOWN = 3
LOOKED_FOR_A_PLAN = 20
NOTHING_YET = "no sweep has finished yet: `finops sweep` starts one"


@dataclass(slots=True, frozen=True)
class ListedRun:
    """One execution. `status` is Step Functions'; `summary` is None where there is no report (yet), or it may not be read.

    Its run is its own, until `with_summary` has seen that it resumed an earlier one.
    """

    run_id: str
    status: str
    started: datetime
    stopped: datetime | None
    execution_arn: str
    summary: Mapping[str, Any] | None = None

    @property
    def seconds(self) -> float | None:
        return (self.stopped - self.started).total_seconds() if self.stopped else None

    @property
    def words(self) -> str:
        """The status as a person reads it: timed out."""
        return self.status.lower().replace("_", " ")

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        totals, coverage = (self.summary or {}).get("totals", {}), (self.summary or {}).get("coverage", {})
        return {
            "run_id": self.run_id,
            "status": self.status,
            "started": self.started.astimezone(UTC).isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "findings": totals.get("findings"),
            "monthly_savings": totals.get("monthly_savings"),
            "coverage_ratio": coverage.get("ratio"),
        }


def executions(target: Target) -> Iterator[ListedRun]:
    """The executions of the state machine, newest first. Ending when they cannot be listed."""
    with aws_mistakes("the sweeps cannot be listed", ExitCode.FAILED):
        pages = target.stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=target.machine_arn)
        for page in ending(pages, "states:ListExecutions", lambda page: page.get("nextToken")):
            for one in page["executions"]:
                yield ListedRun(
                    run_ids.make(one["startDate"], one["name"]), one["status"], one["startDate"], one.get("stopDate"), one["executionArn"]
                )


def find(target: Target, asked: str) -> ListedRun:
    """The one run that is meant: "latest" is the one to go on with. Ending (bad input) when none is, or more than one."""
    if asked == LATEST:
        return resumable(target)
    known = islice(executions(target), LOOKED_THROUGH)
    matching = [run for run in known if run.run_id.startswith(asked)]
    if len(matching) > 1:
        raise Ending(ExitCode.BAD_INPUT, f"{asked!r} matches {len(matching)} runs: {', '.join(run.run_id for run in matching[:5])}")
    if not matching:
        raise Ending(ExitCode.BAD_INPUT, f"there is no run {asked!r}: `finops runs` lists them")
    return matching[0]


def resumable(target: Target) -> ListedRun:
    """The newest that has ended and was planned; what is passed over is said: a refused input, a start that was delivered twice."""
    passed_over: list[ListedRun] = []
    for execution in islice((run for run in executions(target) if run.stopped), LOOKED_FOR_A_PLAN):
        seen = with_summary(target, execution)
        if seen.summary is not None or (folder := target.folder(seen.run_id)).bucket.has(folder.planned, may_list=False):
            return _said(seen, passed_over, "a plan")
        passed_over.append(seen)
    if passed_over:
        return passed_over[0]  # no plan is seen: Plan itself will say what is wrong
    raise Ending(ExitCode.BAD_INPUT, NOTHING_YET)


def read(target: Target, asked: str) -> ListedRun:
    """The one run whose report is meant, with its summary: "latest" is the newest with a report, and what is passed over is said.

    Ending (bad input) when there is none; a run that is named may have no summary.
    """
    return latest(target) if asked == LATEST else with_summary(target, find(target, asked))


def reported(target: Target, asked: str) -> tuple[ListedRun, Mapping[str, Any]]:
    """The same with its summary, for who needs one. Ending (bad input) when there is none."""
    found = read(target, asked)
    if found.summary is None:
        raise Ending(ExitCode.BAD_INPUT, f"run {found.run_id} ({found.words}) has no report: `finops runs` lists the sweeps")
    return found, found.summary


def latest(target: Target) -> ListedRun:
    """The newest run with a report: by when it began, as everywhere else, whatever was resumed since."""
    passed_over: list[ListedRun] = []
    resumed: ListedRun | None = None
    for execution in islice(executions(target), LOOKED_THROUGH):
        seen = with_summary(target, execution)
        if seen.run_id != execution.run_id:  # its run comes later in the list, unless Step Functions has forgotten how it began
            resumed = max(filter(None, (resumed, seen if seen.summary else None)), key=lambda run: run.run_id, default=None)
        elif seen.summary is None:
            passed_over.append(seen)
        else:
            return _said(seen, passed_over, "a report")
    if resumed is not None:
        return _said(resumed, passed_over, "a report")
    raise Ending(ExitCode.BAD_INPUT, f"no sweep has a report: {_listed(passed_over)}" if passed_over else NOTHING_YET)


def _said(found: ListedRun, passed_over: list[ListedRun], what: str) -> ListedRun:
    if passed_over:
        progress.note(f"latest is {found.run_id}; passed over, without {what}: {_listed(passed_over)}")
    return found


def _listed(of: list[ListedRun]) -> str:
    names = [f"{run.run_id} ({run.words})" for run in of[:PASSED_OVER_SHOWN]]
    return ", ".join([*names, f"and {len(of) - len(names)} more"] if len(of) > len(names) else names)


def with_summary(target: Target, run: ListedRun) -> ListedRun:
    """The run with its summary.json; without, where there is none. An execution that resumed a run has that run's."""
    content = _summary(target, run.run_id)
    if content is None:
        given = target.stepfunctions.describe_execution(executionArn=run.execution_arn).get("input")
        run_id = run_ids.of_execution(run.started, run.execution_arn.rpartition(":")[2], given)
        if run_id != run.run_id:
            return replace(run, run_id=run_id, summary=_summary(target, run_id))
    return replace(run, summary=content)


def _summary(target: Target, run_id: str) -> Mapping[str, Any] | None:
    folder = target.folder(run_id)
    try:
        content: Mapping[str, Any] | None = folder.bucket.read_json(folder.summary, may_list=False)
        with download.as_aggregate_wrote_it(run_id):
            return None if content is None or not numbers(content) else content
    except (Ending, ValueError):  # one that somebody broke: the others are listed all the same
        return None


def numbers(summary: Mapping[str, Any]) -> tuple[str, str, str]:
    """Findings, dollars a month, and what was seen."""
    totals = summary["totals"]
    return f"{totals['findings']:,}", f"{totals['monthly_savings']['likely']:,.2f}", percent(summary["coverage"]["ratio"])
