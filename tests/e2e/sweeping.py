"""Sweeps the embedded AWS through its state machine, and reads from the bucket and the state table what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from functions.core import registry, run_ids
from functions.core.model import UnitOutcome
from functions.core.store import ledger, unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

Key = tuple[str, str]
LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Sweep:
    """`status`, `error` and `message` of the execution; `outcomes` and `failures` by unit id; `report` is empty when there is none.

    `found` are the findings of the unit objects, (ARN, check id); the report has to have the same. `arn` is the execution's.
    """

    arn: str
    status: str
    error: str
    message: str
    seconds: float
    keys: list[str]
    outcomes: Mapping[str, UnitOutcome]
    found: frozenset[Key]
    failures: Mapping[str, tuple[str, str]]
    report: Mapping[str, Any]


def sweep(aws: EmbeddedAws, **given: Any) -> Sweep:
    """Start a sweep, wait for its end, read everything."""
    machine = aws.client("stepfunctions")
    arn = machine.start_execution(stateMachineArn=aws.outputs["StateMachineArn"], input=json.dumps(given))["executionArn"]
    while (seen := machine.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(LOOK_SECONDS)
    run_id = run_ids.make(seen["startDate"], arn.rpartition(":")[2])
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    keys = list(folder.bucket.keys(folder.file("")))
    outcomes: dict[str, UnitOutcome] = {}
    found: set[Key] = set()
    for key in keys:
        if key.startswith(folder.units):
            outcome, findings = unit_objects.read_unit(folder.bucket, key)
            outcomes[outcome.unit_id] = outcome
            found.update((finding.resource_arn, finding.check_id) for finding in findings)
    return Sweep(
        arn=arn,
        status=seen["status"],
        error=seen.get("error", ""),
        message=_message(seen.get("cause", "")),
        seconds=(seen["stopDate"] - seen["startDate"]).total_seconds(),
        keys=[key.removeprefix(f"runs/{run_id}/") for key in keys],
        outcomes=outcomes,
        found=frozenset(found),
        failures=ledger.failures_of(aws.client("dynamodb"), aws.outputs["TableName"], run_id),
        report=folder.bucket.read_json(folder.file("report.json")) or {},
    )


def reported(report: Mapping[str, Any]) -> frozenset[Key]:
    """The findings of a report."""
    return frozenset((finding["resource_arn"], finding["check_id"]) for finding in report["findings"])


def within(fleet: Fleet, account: str, *without: str) -> frozenset[Key]:
    """The findings in one account, without those whose ARN or check id begins with one of `without`."""
    return frozenset(
        key for key in fleet.expected() if fleet.place(key[0])[0] == account and not any(part.startswith(without) for part in key)
    )


def of_types(fleet: Fleet, *kinds: str) -> frozenset[Key]:
    """The findings of the checks over these resource types. ARNs do not tell: AWS's own recommendations are about resources of any type."""
    types = {check.id: check.over.resource_type for check in registry.checks()}
    return frozenset(key for key in fleet.expected() if types[key[1]] in kinds)


def _message(cause: str) -> str:
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError):
        return cause
