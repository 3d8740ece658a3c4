"""Starting a sweep and following it to its end: the same for the deployed stack and for the embedded AWS."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from finops.ending import NO_ANSWER, Ending, ExitCode, aws_mistakes
from functions.core import run_ids
from functions.core.errors import AlreadyStarted
from functions.core.outside.text import shell_word
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.unit_objects import read_outcome

PATIENCE = 10
"""Looks in a row that may get no answer at all (a network that comes and goes) before we give up looking."""
READS_PER_LOOK = 64
"""Unit outcomes read from the bucket in one look: the display may lag behind on a huge sweep, it never slows it down."""


@dataclass(slots=True, kw_only=True)
class Target:
    """A deployed analyzer: its state machine and bucket, with clients that reach them.

    `interval` is seconds between two looks; `stays`: the sweep goes on when we stop looking. `profile`: whose credentials an analyzer on
    this machine uses; its sweeps end with us, and can be resumed. `out`: where it keeps them, when that is not the usual folder.
    """

    machine_arn: str
    bucket: str
    stepfunctions: Any
    s3: Any
    interval: float = 1.0
    stays: bool = True
    profile: str = ""
    out: str = ""

    def folder(self, run_id: str) -> RunFolder:
        """A run in the bucket."""
        return RunFolder(Bucket(self.s3, self.bucket), run_id)


@dataclass(slots=True, frozen=True)
class Execution:
    """A started sweep."""

    arn: str
    name: str
    started: datetime
    run_id: str


@dataclass(slots=True, frozen=True)
class Look:
    """A sweep as seen at one moment. `phase`: "planning", "scanning", "reporting" or "done"; `monthly`: USD found so far."""

    phase: str
    seconds: float
    planned: int = 0
    done: int = 0
    findings: int = 0
    monthly: float = 0.0


@dataclass(slots=True, frozen=True)
class Ended:
    """How an execution ended: Step Functions' status, and for a failed one the error's name and its message. `seconds` of the sweep."""

    status: str
    error: str
    message: str
    seconds: float


@dataclass(slots=True)
class Scan:
    """The map run of a sweep: how many units there are, and how many are done, well or badly."""

    map_run: str = ""
    status: str = ""
    planned: int = 0
    done: int = 0

    @property
    def phase(self) -> str:
        return {"": "planning", "RUNNING": "scanning"}.get(self.status, "reporting")

    def look(self, stepfunctions: Any, execution: Execution) -> None:
        """Find the map run once it exists, and count until it has ended."""
        if not self.map_run:
            runs = stepfunctions.list_map_runs(executionArn=execution.arn)["mapRuns"]
            first = min(runs, key=lambda run: run["startDate"], default=None)  # the next one, of Analyze, may be there too
            self.map_run = first["mapRunArn"] if first else ""
        if self.map_run and self.phase != "reporting":
            answer = stepfunctions.describe_map_run(mapRunArn=self.map_run)
            counts = answer["itemCounts"]
            self.status, self.planned = answer["status"], counts["total"]
            self.done = counts["total"] - counts["pending"] - counts["running"]


@dataclass(slots=True)
class OutcomesSoFar:
    """The unit outcomes of a run, each read once, as they appear in the bucket."""

    folder: RunFolder
    seen: set[str] = field(default_factory=set)
    findings: int = 0
    monthly: float = 0.0

    def look(self) -> None:
        """Add up to READS_PER_LOOK outcomes that are new. ClientError when the bucket cannot be read."""
        bucket = self.folder.bucket
        listed = bucket.keys(self.folder.units)
        fresh = list(islice((key for key in listed if key not in self.seen), READS_PER_LOOK))
        with ThreadPoolExecutor(max_workers=8) as pool:
            for key, outcome in zip(fresh, pool.map(lambda key: read_outcome(bucket, key), fresh), strict=True):
                self.seen.add(key)
                self.findings += outcome.findings
                self.monthly += outcome.savings_likely


@dataclass(slots=True)
class Watch:
    """What is known of a running sweep, and what the next look adds."""

    target: Target
    execution: Execution
    scan: Scan = field(default_factory=Scan)
    ledger: OutcomesSoFar | None = None
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.ledger = OutcomesSoFar(self.target.folder(self.execution.run_id))

    def look(self) -> tuple[Mapping[str, Any], Look]:
        """DescribeExecution's answer, and what there is to show."""
        seen = self.target.stepfunctions.describe_execution(executionArn=self.execution.arn)
        scan = self.scan
        scan.look(self.target.stepfunctions, self.execution)
        if self.ledger and scan.done > len(self.ledger.seen):
            try:
                self.ledger.look()
            except ClientError:  # we may not read the bucket: that costs the display of the money, and nothing else
                self.ledger = None
        found, monthly = (self.ledger.findings, self.ledger.monthly) if self.ledger else (0, 0.0)
        phase = scan.phase if seen["status"] == "RUNNING" else "done"
        return seen, Look(phase, time.monotonic() - self.began, scan.planned, scan.done, found, monthly)


def start(target: Target, given: Mapping[str, Any]) -> Execution:
    """Start the state machine with `given`, which has been validated.

    Under a name of its own: where botocore asks again because there was no answer, the same name and input are the same execution.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    asked = json.dumps(given)
    with aws_mistakes("the sweep was not started"):
        answer = target.stepfunctions.start_execution(stateMachineArn=target.machine_arn, name=str(uuid.uuid4()), input=asked)
    arn, started = answer["executionArn"], answer["startDate"]
    name = arn.rsplit(":", 1)[-1]
    return Execution(arn, name, started, run_ids.of_execution(started, name, asked))


def follow(target: Target, execution: Execution, observe: Callable[[Look], None], sleep: Callable[[float], None] = time.sleep) -> Ended:
    """Look until the execution ends, and give `observe` every look. Ending when AWS stops answering: the sweep itself goes on then."""
    watch = Watch(target, execution)
    missed = 0
    with aws_mistakes("lost sight of the sweep", ExitCode.FAILED, hint=interrupted(target, execution)):
        while True:
            sleep(target.interval)  # also before the first look: what was just started is not everywhere known yet
            try:
                seen, look = watch.look()
            except NO_ANSWER:
                missed += 1
                if missed > PATIENCE:
                    raise
                continue
            missed = 0
            observe(look)
            if seen["status"] != "RUNNING":
                return _ended(seen)


def resume_command(target: Target, run_id: str) -> str:
    """What to type to go on with a run."""
    options = (("--profile", target.profile), ("--out", target.out))
    return " ".join([f"finops resume {run_id}", *(f"{name} {shell_word(value)}" for name, value in options if value)])


def interrupted(target: Target, execution: Execution) -> str:
    """What becomes of a sweep that nobody follows any more."""
    if target.profile:
        return f"What was scanned is kept: `{resume_command(target, execution.run_id)}` goes on with it"
    return how_to_look(target, execution) if target.stays else "The sweep is stopped with its AWS; nothing is left behind"


def how_to_look(target: Target, execution: Execution) -> str:
    """Where a sweep that goes on without us can be seen, and where its report will be."""
    report = f"s3://{target.bucket}/{target.folder(execution.run_id).file('report.html')}"
    arn = shell_word(execution.arn)
    return f"The sweep continues: aws stepfunctions describe-execution --execution-arn {arn}; its report will be {report}"


def failure(ended: Ended, execution: Execution, target: Target) -> Ending | None:
    """The Ending of a sweep that did not succeed; None for one that did."""
    if ended.error == AlreadyStarted.__name__:
        return Ending(ExitCode.BAD_INPUT, f"{ended.message}; nothing was scanned")
    if ended.status == "SUCCEEDED":
        return None
    if ended.error in ("InvalidInput", "OrganizationError"):
        return Ending(ExitCode.BAD_INPUT, f"{ended.message}; nothing was scanned")
    if ended.error == "InvalidSuppressions":
        return Ending(ExitCode.FAILED, ended.message)
    if ended.error == "CoverageTooLow":
        advice = (
            f"Grant what is missing and `{resume_command(target, execution.run_id)}`, list regions that are denied on purpose in "
            "denied_regions, or accept less with --min-coverage"
        )
        return Ending(ExitCode.COVERAGE_TOO_LOW, f"coverage is too low: {ended.message} {advice}")
    what = f"{ended.error}: {ended.message}" if ended.error else ended.status.lower().replace("_", " ")
    if target.profile:
        return Ending(ExitCode.FAILED, f"the sweep failed ({what}): `{resume_command(target, execution.run_id)}` goes on with it")
    look = f"aws stepfunctions get-execution-history --reverse-order --max-items 5 --execution-arn {shell_word(execution.arn)}"
    return Ending(ExitCode.FAILED, f"the sweep failed ({what}): see its last steps with {look}")


def _ended(seen: Mapping[str, Any]) -> Ended:
    seconds = (seen["stopDate"] - seen["startDate"]).total_seconds()
    caught = json.loads(seen.get("output") or "{}")  # how a start ends well that was delivered before
    error, cause = seen.get("error") or caught.get("Error", ""), seen.get("cause") or caught.get("Cause", "")
    return Ended(seen["status"], error, _message(cause), seconds)


def _message(cause: str) -> str:
    """The message in a cause: a Lambda's cause is {"errorMessage": …} as JSON, a Fail state's is plain text."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return cause
