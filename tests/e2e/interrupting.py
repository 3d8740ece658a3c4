"""Ends sweeps in the middle of their work, goes on with them, and says in bytes what they have found.

run = begin(aws, regions=[...])
wait_for_units(aws, run, 50)
stop(aws, run)                       or kill_scans(aws), kill_function(aws, "rank") or aws.servers.restart(cleanly=False)
resumed = finish(aws, begin(aws, resume=run.run_id))
assert findings(aws, run.run_id) == findings(aws, undisturbed.run_id)
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from finops.embedded.aws import EmbeddedAws
from functions.core import run_ids
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

LOOK_SECONDS = 0.1
WAIT_SECONDS = 1_800.0
RUN_FIELDS = ("x_RunId",)
"""What names the run in a row of the dataset; everything else is said of the resource, and of the moment that was looked at."""


@dataclass(slots=True, frozen=True)
class Begun:
    """An execution, and the run that it is of."""

    arn: str
    run_id: str


@dataclass(slots=True, frozen=True)
class Ended:
    """How an execution ended, and its seconds."""

    status: str
    error: str
    cause: str
    seconds: float


def begin(aws: EmbeddedAws, **given: Any) -> Begun:
    """Start a sweep, or go on with one (resume=…), and return at once."""
    machine = aws.client("stepfunctions")
    made = machine.start_execution(stateMachineArn=aws.outputs["StateMachineArn"], input=json.dumps(given))
    name = made["executionArn"].rpartition(":")[2]
    started = machine.describe_execution(executionArn=made["executionArn"])["startDate"]
    return Begun(made["executionArn"], run_ids.of_execution(started, name, json.dumps(given)))


def running(aws: EmbeddedAws, run: Begun) -> bool:
    return bool(aws.client("stepfunctions").describe_execution(executionArn=run.arn)["status"] == "RUNNING")


def finish(aws: EmbeddedAws, run: Begun) -> Ended:
    """Wait for an execution's end."""
    wait_until(lambda: not running(aws, run))
    seen = aws.client("stepfunctions").describe_execution(executionArn=run.arn)
    return Ended(seen["status"], seen.get("error", ""), seen.get("cause", ""), (seen["stopDate"] - seen["startDate"]).total_seconds())


def good_units(aws: EmbeddedAws, run: Begun) -> int:
    """How many units have ended well so far."""
    return sum(RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run.run_id).list_units().values())


def wait_for_units(aws: EmbeddedAws, run: Begun, count: int) -> int:
    """Wait until so many units have ended well; how many it were then. AssertionError when the sweep is over before."""
    while (done := good_units(aws, run)) < count:
        assert running(aws, run), f"the sweep is over, and {done} units ended well"
        time.sleep(LOOK_SECONDS)
    return done


def stop(aws: EmbeddedAws, run: Begun) -> None:
    """Stop the execution. The embedded AWS lets the items of its map run on: all of them."""
    aws.client("stepfunctions").stop_execution(executionArn=run.arn)


def kill_scans(aws: EmbeddedAws) -> int:
    """Kill every process that scans, as when Lambda loses them; how many they were."""
    return _kill(aws, lambda name: name.startswith(aws.outputs["ScanFunctionPrefix"]))


def kill_function(aws: EmbeddedAws, function: str) -> int:
    """Kill every process of a function, by its name in functions/; how many they were."""
    return _kill(aws, lambda name: name == aws.outputs["ScanFunctionPrefix"].removesuffix("scan-") + function)


def _kill(aws: EmbeddedAws, chosen: Callable[[str], bool]) -> int:
    killed = 0
    for pid in _group(aws.servers.groups["ministack"]):
        try:
            variables = dict(one.partition("=")[::2] for one in Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0"))
            if chosen(variables.get("AWS_LAMBDA_FUNCTION_NAME", "")):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError):  # it has ended in this moment
            continue
    return killed


def history(aws: EmbeddedAws, run: Begun) -> Iterator[dict[str, Any]]:
    """The events of an execution; those of the items of its maps are in executions of their own."""
    for page in aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=run.arn):
        yield from page["events"]


def seconds_in(aws: EmbeddedAws, run: Begun) -> dict[str, float]:
    """How long an execution was in each of its states; not in those of branches and maps."""
    entered: dict[str, datetime] = {}
    took: dict[str, float] = {}
    for event in history(aws, run):
        if "stateEnteredEventDetails" in event:
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        elif name := event.get("stateExitedEventDetails", {}).get("name"):
            took[name] = (event["timestamp"] - entered[name]).total_seconds()
    return took


def failed_once(aws: EmbeddedAws, run: Begun) -> bool:
    """Whether a task of an execution failed, whatever was done about it then."""
    return any(event["type"] == "TaskFailed" for event in history(aws, run))


def state_of(aws: EmbeddedAws, run: Begun) -> str:
    """The state that an execution is in, by its name; "" between two and at its end."""
    machine = aws.client("stepfunctions")
    for event in machine.get_execution_history(executionArn=run.arn, reverseOrder=True, maxResults=5)["events"]:
        if "stateExitedEventDetails" in event:
            return ""
        if "stateEnteredEventDetails" in event:
            return str(event["stateEnteredEventDetails"]["name"])
    return ""


def _group(group: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) == group:
                yield int(entry.name)
        except ProcessLookupError:
            continue


def findings(aws: EmbeddedAws, run_id: str) -> bytes:
    """Every finding of a run, sorted, one a line, without what names the run: as the report has them, then the rows for SQL."""
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    lines = [*_lines(folder.bucket, folder.ranked)]
    for key in folder.bucket.keys("findings/"):
        if f"/run_id={run_id}/" in key:
            lines += [_without(line) for line in _lines(folder.bucket, key)]
    return b"\n".join(sorted(lines))


def _lines(bucket: Bucket, key: str) -> list[bytes]:
    return gzip.decompress(bucket.need(key)).splitlines()


def _without(line: bytes) -> bytes:
    row = json.loads(line)
    for name in RUN_FIELDS:
        del row[name]
    return json.dumps(row, sort_keys=True).encode()


def report(aws: EmbeddedAws, run_id: str) -> dict[str, Any]:
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    found: dict[str, Any] = folder.bucket.need_json(folder.file("report.json"))
    return found


def said(aws: EmbeddedAws, run_id: str) -> dict[str, Any]:
    """What a report says of the accounts, and not of the sweep."""
    found = report(aws, run_id)
    coverage = found["coverage"]
    return {
        "totals": found["totals"],
        "findings": found["findings"],
        "coverage": {name: coverage[name] for name in ("ratio", "planned", "units", "insufficient_data", "not_seen")},
    }


def scanned(aws: EmbeddedAws, resumed: Begun) -> int:
    """How many units a resumption had to scan."""
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), resumed.run_id)
    return len(list(folder.bucket.lines(folder.resume(run_ids.short(resumed.arn.rpartition(":")[2])))))


def mapping(aws: EmbeddedAws, run: Begun) -> bool:
    """Whether items of an execution's maps still run; those of a stopped one do, in the embedded AWS."""
    machine = aws.client("stepfunctions")
    listed = machine.list_map_runs(executionArn=run.arn)["mapRuns"]
    return any(machine.describe_map_run(mapRunArn=one["mapRunArn"])["status"] == "RUNNING" for one in listed)


def states(aws: EmbeddedAws, run: Begun) -> dict[str, int]:
    """The bytes of everything that passed between the states of an execution: the largest by the name of the state.

    The children of its maps are executions of their own: theirs is what they were started with and what came of them.
    """
    machine = aws.client("stepfunctions")
    sizes: dict[str, int] = {}

    def note(name: str, text: str | None) -> None:
        sizes[name] = max(sizes.get(name, 0), len((text or "").encode()))

    for event in history(aws, run):
        for details in (value for key, value in event.items() if key.endswith("EventDetails")):
            name = details.get("name", event["type"])
            note(f"{name} in", details.get("input"))
            note(f"{name} out", details.get("output"))
    for mapped in machine.list_map_runs(executionArn=run.arn)["mapRuns"]:
        for page in machine.get_paginator("list_executions").paginate(mapRunArn=mapped["mapRunArn"]):
            for child in page["executions"]:
                seen = machine.describe_execution(executionArn=child["executionArn"])
                note("item in", seen.get("input"))
                note("item out", seen.get("output"))
    return sizes


def wait_until(true: Callable[[], bool], seconds: float = WAIT_SECONDS, look_seconds: float = LOOK_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not after {seconds:g} s"
        time.sleep(look_seconds)
